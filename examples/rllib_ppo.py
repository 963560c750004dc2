"""Train an environment with RLlib's PPO, on this machine or on a Ray cluster.

    python examples/rllib_ppo.py HeatSeeker
    python examples/rllib_ppo.py HexPursuit                 # one policy per group
    python examples/rllib_ppo.py HeatSeeker --address auto  # on the cluster started by `ray start`

Env runners are processes placed by Ray. Each holds many worlds, stepped together by one compiled call. Every
node needs the package installed; the first runner of a node compiles into the node's kernel cache, and the
others load from it.
"""
# pyright: reportMissingImports=false

import argparse
from typing import Any

import numpy as np
import ray
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.connectors.connector_v2 import ConnectorV2
from ray.rllib.connectors.env_to_module.mean_std_filter import MeanStdFilter
from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig

import murk_envs
from murk_env.integrations.rllib import GroupsEnvRunner, register_agents, register_rows

FRAGMENT = 64  # steps of every row per update


class ScaledRewards(ConnectorV2):
    """Divides the rewards for training by the deviation of returns, separately for each policy.

    Returns here are of any size, and so would be the critic's errors, which would dominate the clipped
    gradient. The returns that RLlib reports are not scaled.
    """

    def __init__(self, *spaces: Any, discount: float = 0.99) -> None:
        super().__init__(*spaces)
        self.discount, self.moments = discount, {}  # by policy: rollouts, mean and mean square of returns

    def __call__(self, *, batch: dict[str, Any], episodes: list[Any], **_: Any) -> dict[str, Any]:
        """Put scaled rewards into the batch, in place of those of the episodes."""
        chunks = list(self.single_agent_episode_iterator(episodes, agents_that_stepped_only=False))
        rewards = [np.asarray(chunk.get_rewards(slice(0, len(chunk))), np.float32) for chunk in chunks]
        for policy in {chunk.module_id for chunk in chunks}:
            own = [earned for chunk, earned in zip(chunks, rewards, strict=True) if chunk.module_id == policy]
            self.observe(policy, np.concatenate([self.returns(earned) for earned in own]))
        for chunk, earned in zip(chunks, rewards, strict=True):
            scaled = earned / self.deviation(chunk.module_id)
            self.add_n_batch_items(batch, Columns.REWARDS, scaled, len(chunk), chunk)
        return batch

    def returns(self, rewards: np.ndarray) -> np.ndarray:
        """The discounted rewards from every step to the end of a chunk."""
        found, later = np.zeros(len(rewards)), 0.0
        for step in reversed(range(len(rewards))):
            found[step] = later = rewards[step] + self.discount * later
        return found

    def observe(self, policy: Any, returns: np.ndarray) -> None:
        """Update the running moments with a rollout's returns."""
        count, mean, square = self.moments.get(policy, (0, 0.0, 0.0))
        count += 1
        mean += (returns.mean() - mean) / count
        self.moments[policy] = count, mean, square + (np.square(returns).mean() - square) / count

    def deviation(self, policy: Any) -> float:
        """The deviation of a policy's returns so far."""
        _, mean, square = self.moments[policy]
        return max(square - mean**2, 1e-6) ** 0.5

    def get_state(self, *_: Any, **__: Any) -> dict[str, Any]:
        """The state for checkpoints."""
        return {"moments": self.moments}

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore the state from a checkpoint."""
        self.moments = state["moments"]


def config_for(
    env_class: Any, num_runners: int, num_rows: int, num_iterations: int, seed: int = 0, **options: Any
) -> PPOConfig:
    """PPO for an environment: one policy for its rows or, if every agent has its reward, one per group."""
    apart = env_class.registered_agents == "apart"
    config = PPOConfig().environment((register_agents if apart else register_rows)(env_class, **options))
    config.env_runners(
        num_env_runners=num_runners,
        num_envs_per_env_runner=num_rows,
        rollout_fragment_length=FRAGMENT,
        # observations of mean 0 and deviation 1, which most environments here need:
        env_to_module_connector=lambda *_, **__: MeanStdFilter(multi_agent=apart),
    )
    if apart:
        blueprint = env_class.blueprint_for(env_class.Params(**options))
        config.env_runners(env_runner_cls=GroupsEnvRunner)
        config.multi_agent(
            policies={group.name for group in blueprint.groups},
            policy_mapping_fn=lambda agent, *_, **__: agent.rpartition("_")[0],
        )
    else:
        config.env_runners(gym_env_vectorize_mode="vector_entry_point")
    batch = FRAGMENT * num_rows * max(num_runners, 1)  # steps of worlds
    last = batch * num_iterations
    config.rl_module(model_config=DefaultModelConfig(fcnet_hiddens=[64, 64]))
    config.learners(learner_connector=lambda *spaces: ScaledRewards(*spaces))
    config.debugging(seed=seed)
    return config.training(
        lr=[[0, 1e-3], [last, 0.0]],  # decays linearly, like the entropy coefficient
        entropy_coeff=[[0, 0.01], [last, 0.0]],
        lambda_=0.95,
        clip_param=0.2,
        train_batch_size_per_learner=batch,
        minibatch_size=max(batch // 8, 32),
        num_epochs=4,
        use_kl_loss=False,
        vf_loss_coeff=0.5,
        vf_clip_param=float("inf"),  # RLlib's default clips the critic's errors at 10
        grad_clip=0.5,
    )


def train(config: PPOConfig, num_iterations: int, enough: float = float("inf")) -> float:
    """Train, and return the last mean return of an episode; stop when 3 in a row are `enough`.

    The first means are of short episodes, which end first, so one value is not sufficient.
    """
    algorithm, mean, running = config.build_algo(), float("nan"), 0
    for iteration in range(num_iterations):
        found = algorithm.train()["env_runners"]
        mean = found.get("episode_return_mean", mean)
        each = {
            name: round(float(value), 2)
            for name, value in found.get("module_episode_returns_mean", {}).items()
        }
        steps = int(found.get("num_env_steps_sampled_lifetime", 0))
        print(f"{iteration + 1:4d} {steps:>10,} steps  mean return {mean:9.3f}  {each}", flush=True)
        running = running + 1 if mean >= enough else 0
        if running == 3:
            break
    algorithm.stop()
    return mean


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description="Learn an environment by RLlib's PPO.")
    parser.add_argument("name", help="an environment, such as HeatSeeker")
    parser.add_argument(
        "--size", type=int, help="of its lattice, where the class has a parameter of that name"
    )
    parser.add_argument("--num-runners", type=int, default=2, help="processes with envs (%(default)s)")
    parser.add_argument("--num-rows", type=int, default=32, help="worlds of each of them (%(default)s)")
    parser.add_argument("--num-iterations", type=int, default=40, help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    parser.add_argument("--address", help="of a Ray cluster, such as auto; without it Ray begins one here")
    options = parser.parse_args(arguments)
    ray.init(address=options.address)
    sizes = {} if options.size is None else {"size": options.size}
    env_class = getattr(murk_envs, options.name)
    counts = options.num_runners, options.num_rows, options.num_iterations
    train(config_for(env_class, *counts, options.seed, **sizes), options.num_iterations)
    ray.shutdown()


if __name__ == "__main__":
    main()
