"""Train any of the environments with proximal policy optimisation (PPO), in one file.

    python examples/ppo.py HeatControl
    python examples/ppo.py HexPursuit --group predator
    python examples/ppo.py HeatSeeker --log runs/a --checkpoint a.pt --resume  # goes on from a.pt

Many worlds are stepped together by the native vector env, or by the one whose rows are agents. Two things
are easy to get wrong. A truncated episode still has a future, which the critic estimates from the observation
that the last action led to: in next-step mode that is the next observation, in same-step mode it is in
`final_obs`. And in next-step mode the step that only resets a row is not a transition, nor is a step in which
the row's agent is inactive. `Rollouts.collect` has the three lines in which the modes differ.

Schulman et al. (2017), https://arxiv.org/abs/1707.06347; advantages as in https://arxiv.org/abs/1506.02438.
"""
# pyright: reportMissingImports=false

import argparse
import importlib
import itertools
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium.spaces import Box, MultiDiscrete
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.wrappers.vector import NormalizeReward, RecordEpisodeStatistics
from torch import Tensor, nn
from torch.distributions import Categorical, Distribution, Independent, Normal

import murk_envs
from murk_env import MurkAgentVectorEnv, MurkEnv, MurkParallelEnv


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The hyperparameters of PPO."""

    num_steps: int = 2_000_000  # total over all rows
    rollout: int = 64  # steps of every row per update
    num_epochs: int = 4  # passes over each rollout
    num_minibatches: int = 8
    learning_rate: float = 1e-3  # decays linearly to 0
    discount: float = 0.99
    memory: int = 0  # steps over which the deviation of returns, the scale of rewards, is taken; 0 for all
    trace: float = 0.95  # lambda of the advantages: 0 trusts the critic alone, 1 the rewards alone
    common: float = 0.0  # share of the rows' mean advantage per step to subtract: 1 if all start together
    clip: float = 0.2  # bound on the change of the probability ratio in an update
    entropy: float = 0.01  # initial coefficient of the entropy bonus; decays like the learning rate
    num_hidden: int = 64
    log_deviation: float = -0.5  # initial log standard deviation of each component of a Box action
    calming: float = 0.0  # total linear decrease of log_deviation in training, in addition to learning
    seed: int = 0


class Policy(nn.Module):
    """An actor and a critic, whose inputs are scaled by their running mean and deviation.

    Attributes:
        lattice: the lattice of the network; None for a network without one.
    """

    lattice: Any = None

    def __init__(self, seen: Any, done: Any, num_hidden: int, log_deviation: float = -0.5) -> None:
        super().__init__()
        num_seen = int(np.prod(seen.shape))
        self.space, self.shape = done, done.shape
        self.register_buffer("moments", torch.stack([torch.zeros(num_seen), torch.ones(num_seen)]))
        self.count = 0
        if isinstance(done, Box):
            num_outputs = int(np.prod(done.shape))
            self.log_deviation = nn.Parameter(torch.full((num_outputs,), log_deviation))
        else:  # a Discrete is one choice, a MultiDiscrete several, with different numbers of options
            options = np.atleast_1d(done.nvec if isinstance(done, MultiDiscrete) else done.n)
            self.possible = torch.arange(int(options.max())) < torch.as_tensor(options)[:, None]
            num_outputs = self.possible.numel()
        self.actor = network(num_seen, num_hidden, num_outputs, gain=0.01)
        self.critic = network(num_seen, num_hidden, 1, gain=1.0)

    def observe(self, observations: Tensor) -> None:
        """Update the running moments with observations, (num_rows, num_seen)."""
        self.count += 1
        moments = torch.stack([observations.mean(dim=0), observations.square().mean(dim=0)])
        self.moments += (moments - self.moments) / self.count

    def scaled(self, observations: Tensor) -> Tensor:
        """Observations scaled by the running mean and deviation."""
        mean, square = self.moments
        deviation = (square - mean.square()).clamp(min=1e-6).sqrt()
        return ((observations - mean) / deviation).clamp(-10.0, 10.0)

    def distribution(self, observations: Tensor) -> Distribution:
        """The distribution of actions: (num_rows, num_choices), or of a Box, (num_rows, num_numbers)."""
        outputs = self.actor(self.scaled(observations))
        if isinstance(self.space, Box):
            deviation = self.log_deviation.exp().expand_as(outputs)
            return Independent(Normal(outputs, deviation, validate_args=False), 1)
        logits = outputs.unflatten(1, self.possible.shape).masked_fill(~self.possible, -1e9)
        return Independent(Categorical(logits=logits, validate_args=False), 1)

    def value(self, observations: Tensor) -> Tensor:
        """The critic's values, (num_rows,)."""
        return self.critic(self.scaled(observations)).squeeze(-1)

    def to_env(self, actions: Tensor) -> np.ndarray:
        """Actions in the env's form: within the bounds of a Box, single numbers for a Discrete."""
        if isinstance(self.space, Box):
            actions = actions.clamp(*map(torch.as_tensor, (self.space.low.ravel(), self.space.high.ravel())))
        return actions.numpy().reshape(len(actions), *self.shape)

    @torch.no_grad()
    def act(self, observations: np.ndarray, *, greedy: bool = False) -> np.ndarray:
        """Actions for a batch of observations: sampled, or with `greedy` the most likely."""
        chosen = self.distribution(flat(observations))
        return self.to_env(chosen.mode if greedy else chosen.sample())


def network(num_inputs: int, num_hidden: int, num_outputs: int, gain: float) -> nn.Sequential:
    """A network with two hidden layers; a small gain makes the outputs nearly equal at first."""
    sizes = [num_inputs, num_hidden, num_hidden, num_outputs]
    layers = [nn.Linear(*pair) for pair in itertools.pairwise(sizes)]
    for layer in layers:
        nn.init.orthogonal_(layer.weight, gain if layer is layers[-1] else 2**0.5)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(layers[0], nn.Tanh(), layers[1], nn.Tanh(), layers[2])


def flat(observations: np.ndarray) -> Tensor:
    """A batch of observations as a tensor, (num_rows, num_seen)."""
    return torch.as_tensor(observations, dtype=torch.float32).flatten(1)


def advantages(
    rewards: Tensor, values: Tensor, later: Tensor, terminated: Tensor, ended: Tensor, settings: Settings
) -> Tensor:
    """The generalised advantage estimates, (num_steps, num_rows).

    Args:
        rewards: (num_steps, num_rows).
        values: the critic's values of the observations, (num_steps, num_rows).
        later: the values of the observations that the actions led to, final ones too, (num_steps, num_rows).
        terminated: 1.0 where the step terminates the episode, (num_steps, num_rows).
        ended: 1.0 where the step terminates or truncates the episode, (num_steps, num_rows).
        settings: the discount and the trace.
    """
    surprises = rewards + settings.discount * later * (1.0 - terminated) - values
    kept = settings.discount * settings.trace * (1.0 - ended)
    result, after = torch.zeros_like(rewards), torch.zeros_like(rewards[0])
    for step in reversed(range(len(rewards))):
        after = surprises[step] + kept[step] * after
        result[step] = after
    return result


def last_seen(observations: np.ndarray, infos: Mapping[str, Any]) -> np.ndarray:
    """The observations that the actions of a step in same-step mode led to, (num_rows, ...)."""
    if "final_obs" not in infos:
        return observations
    led_to, ended = observations.copy(), infos["_final_obs"]
    led_to[ended] = np.stack(infos["final_obs"][ended])
    return led_to


class Rollouts:
    """Steps an env with a policy, and collects rollouts."""

    def __init__(self, envs: VectorEnv, policy: Policy, settings: Settings) -> None:
        self.statistics = RecordEpisodeStatistics(envs, buffer_length=envs.num_envs)
        self.envs = NormalizeReward(self.statistics, gamma=settings.discount)
        self.policy, self.settings = policy, settings
        observations, infos = self.envs.reset(seed=settings.seed)
        self.observations = flat(observations)
        self.active = torch.as_tensor(infos.get("active", np.ones(envs.num_envs, bool)))
        self.same_step = envs.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP

    @torch.no_grad()
    def collect(self) -> dict[str, Tensor]:
        """Collect a rollout: observations, actions, likelihoods, advantages and returns of active steps."""
        policy, seen, led_to, steps = self.policy, [self.observations], [], []
        for _ in range(self.settings.rollout):
            chosen = policy.distribution(seen[-1])
            actions = chosen.sample()
            observations, rewards, terminated, truncated, infos = self.envs.step(policy.to_env(actions))
            outcome = np.stack([rewards, terminated, terminated | truncated])
            steps.append((actions, chosen.log_prob(actions), torch.as_tensor(outcome).float(), self.active))
            seen.append(flat(observations))
            led_to.append(seen[-1])  # in next-step mode, the observation that the action led to
            going_on = ~(terminated | truncated)
            if self.same_step:  # at the end of an episode it is in final_obs, and every step counts
                led_to[-1], going_on = flat(last_seen(observations, infos)), np.ones_like(going_on)
            self.active = torch.as_tensor(infos.get("active", going_on))
        self.observations, known = seen[-1], self.envs.return_rms
        known.count = min(known.count, self.settings.memory or known.count)  # so that new returns weigh more
        actions, likely, outcomes, active = (torch.stack(part) for part in zip(*steps, strict=True))
        values = torch.stack([policy.value(one) for one in seen])
        later = torch.stack([policy.value(one) for one in led_to]) if self.same_step else values[1:]
        rewards, terminated, ended = outcomes.unbind(1)
        gained = advantages(rewards, values[:-1], later, terminated, ended, self.settings)
        batch = {"seen": torch.stack(seen[:-1]), "actions": actions, "likely": likely}
        batch["returns"] = gained + values[:-1]
        batch["gained"] = gained - self.settings.common * gained.mean(dim=1, keepdim=True)
        return {name: part[active] for name, part in batch.items()}


def improve(policy: Policy, optimiser: Any, batch: Mapping[str, Tensor], settings: Settings, left: float):
    """One update: several passes over a rollout in minibatches; `left` is the remaining share of training."""
    num_samples = len(batch["seen"])
    for _ in range(settings.num_epochs):
        for rows in torch.randperm(num_samples).tensor_split(settings.num_minibatches):
            part = {name: values[rows] for name, values in batch.items()}
            chosen = policy.distribution(part["seen"])
            ratio = (chosen.log_prob(part["actions"]) - part["likely"]).exp()
            gained = (part["gained"] - part["gained"].mean()) / (part["gained"].std() + 1e-8)
            if ratio.dim() > 1:  # a policy with a likelihood per choice: each ratio is clipped
                gained = gained.unsqueeze(1)
            clipped = ratio.clamp(1.0 - settings.clip, 1.0 + settings.clip)
            actor_loss = -torch.minimum(ratio * gained, clipped * gained).mean()
            critic_loss = 0.5 * (policy.value(part["seen"]) - part["returns"]).square().mean()
            loss = actor_loss + critic_loss - left * settings.entropy * chosen.entropy().mean()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(policy.parameters(), 0.5)
            optimiser.step()


def anneal(policy: Policy, optimiser: Any, settings: Settings, update: int, num_updates: int) -> float:
    """Update scheduled quantities before an update; return the remaining share of training."""
    left = 1.0 - update / num_updates
    optimiser.param_groups[0]["lr"] = left * settings.learning_rate
    if settings.calming:
        policy.log_deviation.data -= settings.calming / num_updates
    return left


def train(
    envs: VectorEnv,
    settings: Settings,
    report: Callable[[str], None] = print,
    *,
    policy: Policy | None = None,
    log: str | None = None,
    keeper: "Keeper | None" = None,
) -> Policy:
    """Train on all rows of an env.

    Args:
        envs: the env, in next-step or same-step mode.
        settings: the hyperparameters.
        report: called with a line of progress from time to time.
        policy: the policy to train; None for the flat network.
        log: a folder for TensorBoard, None for no logs.
        keeper: writes checkpoints and resumes from them; None for neither.
    """
    torch.manual_seed(settings.seed)
    policy = policy or policy_for(envs, settings)
    optimiser = torch.optim.Adam(policy.parameters(), lr=settings.learning_rate, eps=1e-5)
    num_updates = max(1, settings.num_steps // (settings.rollout * envs.num_envs))
    first = 0 if keeper is None else keeper.take_up(policy, optimiser)
    rollouts, scalars, began = Rollouts(envs, policy, settings), scalars_of(log), time.perf_counter()
    for update in range(first, num_updates):
        left = anneal(policy, optimiser, settings, update, num_updates)
        batch = rollouts.collect()
        improve(policy, optimiser, batch, settings, left)
        policy.observe(batch["seen"])
        if rollouts.statistics.return_queue:
            steps = (update + 1) * settings.rollout * envs.num_envs
            mean, seconds = np.mean(rollouts.statistics.return_queue), time.perf_counter() - began
            scalars("mean return", float(mean), steps)
            scalars(
                "steps a second", (update + 1 - first) * settings.rollout * envs.num_envs / seconds, steps
            )
            if update % max(1, num_updates // 20) == 0:
                report(f"{steps:>10,} steps {seconds:6.1f} s  mean return {mean:9.3f}")
        if keeper is not None:
            keeper.keep(policy, optimiser, update + 1, last=update + 1 == num_updates)
    return policy


def scalars_of(log: str | None) -> Callable[[str, float, int], None]:
    """Return a function that logs a scalar, by name and step, to TensorBoard; without a folder, a no-op."""
    if log is None:
        return lambda name, value, step: None
    from torch.utils.tensorboard import SummaryWriter  # it needs the package tensorboard

    return SummaryWriter(log).add_scalar


@dataclass(frozen=True)
class Keeper:
    """Writes checkpoints to a file and resumes from it; worlds then start new episodes.

    Attributes:
        path: the file.
        every: updates between checkpoints; there is always one at the end.
        resume: whether to resume from the file, if it exists.
    """

    path: str
    every: int = 50
    resume: bool = False

    def keep(self, policy: Policy, optimiser: Any, done: int, *, last: bool) -> None:
        """Write a checkpoint if one is due; an existing file is replaced atomically."""
        if done % self.every and not last:
            return
        kept = {"policy": policy.state_dict(), "count": policy.count, "updates": done}
        torch.save(
            {**kept, "optimiser": optimiser.state_dict(), "rng": torch.get_rng_state()}, f"{self.path}.new"
        )
        os.replace(f"{self.path}.new", self.path)

    def take_up(self, policy: Policy, optimiser: Any) -> int:
        """Load the checkpoint, and return the number of updates done."""
        if not self.resume or not os.path.exists(self.path):
            return 0
        kept = torch.load(self.path, weights_only=True)
        policy.load_state_dict(kept["policy"])
        policy.count = kept["count"]
        optimiser.load_state_dict(kept["optimiser"])
        torch.set_rng_state(kept["rng"])
        return kept["updates"]


def make(
    name: str, num_worlds: int, group: str | None = None, others: Any = None, mode: str = "NextStep"
) -> VectorEnv:
    """The native vector env or, with a group, the one whose rows are its agents in all worlds."""
    if group is None:
        return gymnasium.make_vec(murk_envs.ENVIRONMENTS[name][0], num_envs=num_worlds, autoreset_mode=mode)
    env_class = getattr(murk_envs, name)
    others = at_random(env_class, group) if others is None else others
    return MurkAgentVectorEnv(env_class, num_worlds, group=group, others=others, autoreset_mode=mode)


def at_random(env_class: type[MurkEnv], group: str) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """A random policy for every other group."""
    rng, env = np.random.default_rng(0), MurkParallelEnv(env_class)
    spaces: dict[str, Any] = {
        agent.rpartition("_")[0]: env.action_space(agent) for agent in env.possible_agents
    }
    return {
        name: lambda observations, space=space: rng.integers(space.n, size=observations.shape[:2])
        for name, space in spaces.items()
        if name != group
    }


def policy_for(envs: VectorEnv, settings: Settings, network: str | None = None) -> Policy:
    """The flat policy, or that of a `module:function` of both spaces: examples.networks:over_regions."""
    seen, done = envs.single_observation_space, envs.single_action_space
    if network is None:
        return Policy(seen, done, settings.num_hidden, settings.log_deviation)
    module, _, name = network.partition(":")
    policy = getattr(importlib.import_module(module), name)(seen, done)
    if isinstance(done, Box):
        nn.init.constant_(policy.log_deviation, settings.log_deviation)
    return policy


def returns(envs: VectorEnv, act: Callable[[np.ndarray], np.ndarray], seed: int) -> np.ndarray:
    """The return of the first episode of every row, (num_rows,)."""
    observations, _ = envs.reset(seed=seed)
    totals, running = np.zeros(envs.num_envs), np.ones(envs.num_envs, dtype=bool)
    while running.any():
        observations, rewards, terminated, truncated, _ = envs.step(act(observations))
        totals += np.where(running, rewards, 0.0)
        running &= ~(terminated | truncated)
    return totals


def main(arguments: list[str] | None = None) -> None:
    """Read the command line, train, and play."""
    parser = argparse.ArgumentParser(description="Learn an environment by PPO.")
    parser.add_argument("name", help="an environment, such as HeatControl")
    parser.add_argument("--num-worlds", type=int, default=256, help="worlds stepped together (%(default)s)")
    parser.add_argument("--group", help="of agents, which share the policy; other groups act at random")
    parser.add_argument("--autoreset-mode", choices=("NextStep", "SameStep"), default="NextStep")
    parser.add_argument("--network", help="module:function(observation_space, action_space) of a Policy")
    parser.add_argument("--log", help="a folder for TensorBoard")
    parser.add_argument("--checkpoint", help="a file that keeps what is learnt")
    parser.add_argument("--checkpoint-every", type=int, default=50, help="updates (%(default)s)")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    for field in fields(Settings):
        option = f"--{field.name.replace('_', '-')}"
        parser.add_argument(option, type=type(field.default), default=field.default, help="(%(default)s)")
    options = parser.parse_args(arguments)
    if options.resume and options.checkpoint is None:
        parser.error("--resume needs the --checkpoint to go on from")
    torch.set_num_threads(1)  # the layers are small
    settings = Settings(**{field.name: getattr(options, field.name) for field in fields(Settings)})
    envs = make(options.name, options.num_worlds, options.group, mode=options.autoreset_mode)
    keeper = options.checkpoint and Keeper(options.checkpoint, options.checkpoint_every, options.resume)
    policy = policy_for(envs, settings, options.network)
    policy = train(envs, settings, policy=policy, log=options.log, keeper=keeper)
    earned = returns(envs, policy.act, settings.seed + 1)
    print(f"mean return {earned.mean():.3f} in the first episode of each of {len(earned)} rows")
    envs.close()


if __name__ == "__main__":
    main()
