"""Learn an environment by RLlib's PPO, on this machine or on a Ray cluster.

    python examples/rllib_ppo.py HeatSeeker
    python examples/rllib_ppo.py HexPursuit                 # every group has a policy of its own
    python examples/rllib_ppo.py HeatSeeker --address auto  # on the cluster that `ray start` has begun

Env runners are processes, wherever Ray puts them. Each holds many rows of the native vector env, which it
steps at once; an environment whose agents are rewarded apart has one world in each env instead. Every node
needs the package installed; the first runner of a node compiles into the node's kernel cache, and the others
load it.
"""
# pyright: reportMissingImports=false

import argparse
from typing import Any

import ray
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.connectors.env_to_module.mean_std_filter import MeanStdFilter
from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig

import murk_envs
from murk_env.integrations.rllib import register_agents, register_rows


def scaled(*_: Any, **__: Any) -> MeanStdFilter:
    """Scale observations by their running mean and deviation, as most environments here want it."""
    return MeanStdFilter()


def config_for(env_class: Any, num_runners: int, num_rows: int, **options: Any) -> PPOConfig:
    """PPO for an environment: one policy for its rows or, if its agents are rewarded apart, one a group."""
    apart = env_class.registered_agents == "apart"
    config = PPOConfig().environment((register_agents if apart else register_rows)(env_class, **options))
    config.env_runners(
        num_env_runners=num_runners,
        num_envs_per_env_runner=num_rows,
        gym_env_vectorize_mode="sync" if apart else "vector_entry_point",
        rollout_fragment_length=64,
        env_to_module_connector=None if apart else scaled,
    )
    if apart:
        blueprint = env_class.blueprint_for(env_class.Params(**options))
        config.multi_agent(
            policies={group.name for group in blueprint.groups},
            policy_mapping_fn=lambda agent, *_, **__: agent.rpartition("_")[0],
        )
    batch = 64 * num_rows * max(num_runners, 1)  # steps
    config.rl_module(model_config=DefaultModelConfig(fcnet_hiddens=[64, 64]))
    return config.training(
        lr=3e-4,
        lambda_=0.95,
        train_batch_size_per_learner=batch,
        minibatch_size=max(batch // 8, 32),
        num_epochs=6,
        entropy_coeff=0.005,
        use_kl_loss=False,
        vf_loss_coeff=0.01,  # returns are of any size here, and so are the critic's errors:
        vf_clip_param=float("inf"),  # RLlib by itself clips them at 10
        grad_clip=1.0,
    )


def train(config: PPOConfig, num_iterations: int, enough: float = float("inf"), at_least: int = 25) -> float:
    """Train, and return the last mean return of an episode; stop early where it is enough.

    The first means are those of short episodes, which end first, so that some iterations have to be made.
    """
    algorithm, mean = config.build_algo(), float("nan")
    for iteration in range(num_iterations):
        found = algorithm.train()["env_runners"]
        mean = found.get("episode_return_mean", mean)
        each = {name: round(value, 2) for name, value in found.get("module_episode_returns_mean", {}).items()}
        steps = int(found.get("num_env_steps_sampled_lifetime", 0))
        print(f"{iteration + 1:4d} {steps:>10,} steps  mean return {mean:9.3f}  {each}", flush=True)
        if mean >= enough and iteration >= at_least:
            break
    algorithm.stop()
    return mean


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description="Learn an environment by RLlib's PPO.")
    parser.add_argument("name", help="an environment, such as HeatSeeker")
    parser.add_argument("--num-runners", type=int, default=2, help="processes with envs (%(default)s)")
    parser.add_argument("--num-rows", type=int, default=32, help="envs of each of them (%(default)s)")
    parser.add_argument("--num-iterations", type=int, default=40, help="(%(default)s)")
    parser.add_argument("--address", help="of a Ray cluster, such as auto; without it Ray begins one here")
    options = parser.parse_args(arguments)
    ray.init(address=options.address)
    env_class = getattr(murk_envs, options.name)
    train(config_for(env_class, options.num_runners, options.num_rows), options.num_iterations)
    ray.shutdown()


if __name__ == "__main__":
    main()
