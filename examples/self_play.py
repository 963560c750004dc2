"""Self-play with TorchRL: all groups of an environment learn at once, against each other.

    python examples/self_play.py HexPursuit --out docs/pictures/self_play.png

`GroupsWrapper` steps every group of every world by one compiled call. The agents of a group share a policy
and a critic (independent PPO). The picture shows each group's return during training: against the other
learners, and against the scripts, whose own returns are lines.
"""
# pyright: reportMissingImports=false, reportPrivateImportUsage=false

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from tensordict import TensorDict
from tensordict.nn import TensorDictModule, TensorDictSequential
from torch import nn
from torch.distributions import Categorical
from torchrl.collectors import Collector
from torchrl.modules import MLP, ProbabilisticActor, ValueOperator
from torchrl.objectives import ClipPPOLoss
from torchrl.objectives.value.functional import generalized_advantage_estimate

import murk_envs
from murk_env import MurkGroupsEnv
from murk_env.integrations.torchrl import GroupsWrapper
from murk_envs.scripted import hex_pursuit

ROLLOUT = 64  # steps of every world per update
NUM_EPOCHS, NUM_PARTS = 4, 8
DISCOUNT, TRACE, RATE = 0.99, 0.95, 1e-3
SCALE = 0.1  # of rewards, so that a catch counts 1
RETURNS_OF = 256  # number of worlds for a point of the curves

Acts = Callable[[np.ndarray], np.ndarray]


class Learner:
    """A group's policy, critic and optimiser.

    Args:
        env: the env.
        group: the group whose agents share the policy.
    """

    def __init__(self, env: GroupsWrapper, group: str) -> None:
        self.group = group
        space = cast(Any, env.full_action_spec[group, "action"].space)
        num_seen = env.observation_spec[group, "observation"].shape[-1]
        self.actor = MLP(num_seen, space.n, num_cells=[64, 64], activation_class=nn.Tanh)
        critic = MLP(num_seen, 1, num_cells=[64, 64], activation_class=nn.Tanh)
        self.policy = self.acting((group, "observation"), (group, "logits"), (group, "action"))
        self.critic = ValueOperator(critic, in_keys=["observation"])
        self.loss = ClipPPOLoss(
            self.acting("observation", "logits", "action"),
            self.critic,
            clip_epsilon=0.2,
            entropy_coeff=0.005,
            critic_coeff=0.5,
            loss_critic_type="l2",
            normalize_advantage=True,
        )
        self.loss.set_keys(sample_log_prob="action_log_prob")
        self.optimiser = torch.optim.Adam(self.loss.parameters(), lr=RATE, eps=1e-5)

    def acting(self, seen: Any, logits: Any, action: Any) -> ProbabilisticActor:
        """The policy, with the names of entries in the env or in the loss."""
        likely = (
            (*action[:-1], f"{action[-1]}_log_prob") if isinstance(action, tuple) else f"{action}_log_prob"
        )
        return ProbabilisticActor(
            TensorDictModule(self.actor, in_keys=[seen], out_keys=[logits]),
            in_keys=[logits],
            out_keys=[action],
            distribution_class=Categorical,
            return_log_prob=True,
            log_prob_key=likely,
        )

    def learn(self, batch: TensorDict, left: float) -> None:
        """Update from a rollout, (num_worlds, num_steps), in which agents count while they are active."""
        self.optimiser.param_groups[0]["lr"] = left * RATE
        now, later = (cast(TensorDict, batch[key]) for key in (self.group, ("next", self.group)))
        with torch.no_grad():
            values, next_values = (self.critic.module(part["observation"]) for part in (now, later))
            rewards = SCALE * later["reward"]
            gained, target = generalized_advantage_estimate(
                DISCOUNT,
                TRACE,
                *(rows(part) for part in (values, next_values, rewards, later["done"], later["terminated"])),
            )
        there = now["mask"]  # inactive agents do not count
        samples = TensorDict(
            {
                **{key: now[key][there] for key in ("observation", "action", "action_log_prob")},
                "advantage": back(gained, values)[there],
                "value_target": back(target, values)[there],
            },
            batch_size=[int(there.sum())],
        )
        for _ in range(NUM_EPOCHS):
            for part in torch.randperm(len(samples)).chunk(NUM_PARTS):
                losses = self.loss(samples[part])
                total = losses["loss_objective"] + losses["loss_critic"] + losses["loss_entropy"]
                self.optimiser.zero_grad()
                total.backward()
                nn.utils.clip_grad_norm_(self.loss.parameters(), 0.5)
                self.optimiser.step()

    @torch.no_grad()
    def act(self, observations: np.ndarray) -> np.ndarray:
        """Sample the actions of agents, (num_worlds, size)."""
        return Categorical(logits=self.actor(torch.from_numpy(observations))).sample().numpy()


def rows(values: torch.Tensor) -> torch.Tensor:
    """Transpose (num_worlds, num_steps, size, 1) to (num_worlds, size, num_steps, 1)."""
    return values.transpose(1, 2)


def back(values: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """The inverse of `rows`."""
    return values.transpose(1, 2).reshape(like.shape)


def earned(env_class: Any, acts: Mapping[str, Acts], seed: int) -> dict[str, float]:
    """The mean return of each group in an episode, over worlds and agents."""
    envs = MurkGroupsEnv(env_class, RETURNS_OF)
    seen, infos = envs.reset(seed=seed)
    totals = {group: np.zeros((RETURNS_OF, len(agents))) for group, agents in envs.agents.items()}
    running = np.ones(RETURNS_OF, bool)
    while running.any():
        seen, rewards, _, _, infos = envs.step({group: act(seen[group]) for group, act in acts.items()})
        for group, own in rewards.items():
            totals[group] += own * running[:, None]
        running &= np.any([active.any(axis=1) for active in infos["active"].values()], axis=0)
    envs.close()
    return {group: round(float(own.mean()), 3) for group, own in totals.items()}


def scripts(seed: int = 0) -> dict[str, Acts]:
    """The scripted policies of HexPursuit, by group."""
    rng = np.random.default_rng(seed)

    def chase(seen: np.ndarray) -> np.ndarray:
        rows = seen.reshape(-1, seen.shape[-1])
        return hex_pursuit.chase(rows, None, rng).reshape(seen.shape[:-1])

    return {"predator": chase, "prey": hex_pursuit.flee}


def train(
    env_class: Any, num_worlds: int, num_steps: int, seed: int = 0, num_points: int = 12
) -> dict[str, Any]:
    """Train all groups; return the curves: world steps, and returns by opponent and group."""
    torch.manual_seed(seed)
    env = GroupsWrapper(MurkGroupsEnv(env_class, num_worlds, autoreset_mode="Disabled"))
    env.set_seed(seed)
    learners = [Learner(env, group) for group in env.group_map]
    policy = TensorDictSequential([learner.policy for learner in learners])
    num_updates = max(1, num_steps // (ROLLOUT * num_worlds))
    frames = ROLLOUT * num_worlds
    collector = Collector(env, policy, frames_per_batch=frames, total_frames=frames * num_updates)
    curves: dict[str, Any] = {"steps": [], "against the learners": [], "against the scripts": []}
    due = set(np.linspace(0, num_updates, num_points + 1).round().astype(int).tolist())
    note(curves, env_class, learners, 0)
    for update, batch in enumerate(collector):
        for learner in learners:
            learner.learn(batch, 1.0 - update / num_updates)
        if update + 1 in due:
            note(curves, env_class, learners, (update + 1) * frames)
    collector.shutdown()
    return curves


def note(curves: dict[str, Any], env_class: Any, learners: list[Learner], steps: int) -> None:
    """Add a point to the curves."""
    learnt = {learner.group: learner.act for learner in learners}
    curves["steps"].append(steps)
    curves["against the learners"].append(earned(env_class, learnt, seed=1_000_000))
    one_learnt = {
        group: earned(env_class, {**scripts(), group: act}, seed=1_000_000)[group]
        for group, act in learnt.items()
    }
    curves["against the scripts"].append(one_learnt)
    told = {how: points[-1] for how, points in curves.items() if how != "steps"}
    print(f"{steps:>10,} steps of worlds  {told}", flush=True)


def draw(curves: Mapping[str, Any], lines: Mapping[str, float], path: Path) -> None:
    """Draw both curves, against the learners and against the scripts."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, 3.2), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    steps = np.array(curves["steps"]) / 1e6
    for axis, how in zip(axes, ("against the learners", "against the scripts"), strict=True):
        for index, group in enumerate(lines):
            axis.plot(steps, [point[group] for point in curves[how]], color=f"C{index}", label=group)
            axis.axhline(lines[group], color=f"C{index}", linestyle="--", linewidth=1.0)
        axis.set_title(how, loc="left", fontsize="medium")
        axis.set_xlabel("million steps of worlds")
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("mean return of an agent")
    axes[0].legend(fontsize="small")
    figure.savefig(path, dpi=110, metadata={"Software": None})


def main(arguments: list[str] | None = None) -> None:
    """Read the command line, train and draw."""
    parser = argparse.ArgumentParser(description="Let all groups of HexPursuit learn at once.")
    parser.add_argument("--num-worlds", type=int, default=64, help="stepped together (%(default)s)")
    parser.add_argument("--num-steps", type=int, default=600_000, help="of worlds (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    parser.add_argument("--out", type=Path, help="a picture of the curves")
    parser.add_argument("--numbers", type=Path, help="a file for the numbers of the curves")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)  # the layers are small
    curves = train(murk_envs.HexPursuit, options.num_worlds, options.num_steps, options.seed)
    if options.numbers is not None:
        options.numbers.write_text(json.dumps(curves) + "\n", encoding="utf-8")
    if options.out is not None:
        draw(curves, earned(murk_envs.HexPursuit, scripts(), seed=1_000_000), options.out)


if __name__ == "__main__":
    main()
