"""Train an environment with continuous actions by soft actor-critic (SAC) of Stable-Baselines3.

    python -m examples.sac HeatControl
    python -m examples.sac Transport --set window=1000

All worlds are stepped together by the native vector env, and each of their steps is followed by two updates.
Rewards are scaled by the deviation of the return. The deterministic policy is evaluated at checkpoints, of
which the best is kept. The printed return is for the default parameters, whatever is set for training, over
episodes that neither training nor that selection saw.

Haarnoja et al. (2018), https://arxiv.org/abs/1801.01290.
"""
# pyright: reportMissingImports=false

import argparse
import ast
import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from stable_baselines3 import SAC
from stable_baselines3.common.vec_env import VecNormalize

import murk_envs
from benchmarks.returns.play import returns
from murk_env.integrations.sb3 import make_vec

__all__ = ["learn", "played"]

FRESH, CHOICE = 1_000_000, 2_000_000  # first seeds of the final test and of selection, far from training
NUM_CHECKPOINTS = 5


def learn(
    name: str,
    num_steps: int,
    seed: int,
    report: Callable[[str], None] = print,
    *,
    num_worlds: int = 32,
    wait: int = 3200,
    num_episodes: int = 100,
    **options: Any,
) -> SAC:
    """Train, and return the best checkpoint.

    Args:
        name: the environment.
        num_steps: total number of steps of all worlds.
        seed: seed of the worlds and the networks.
        report: called with a line for every checkpoint.
        num_worlds: number of worlds stepped together.
        wait: number of steps with random actions before the first update.
        num_episodes: number of episodes for evaluating a checkpoint.
        options: parameters of the environment in training.
    """
    env_id = f"murk_envs:{murk_envs.ENVIRONMENTS[name][0]}"
    envs = VecNormalize(make_vec(env_id, num_worlds, seed=seed, **options), norm_obs=False)
    model = SAC(
        "MlpPolicy",
        envs,
        learning_rate=1e-3,
        buffer_size=200_000,
        learning_starts=wait,
        gradient_steps=2,
        ent_coef="auto_0.1",
        policy_kwargs={"net_arch": [64, 64]},
        seed=seed,
    )
    best, kept = -np.inf, model.get_parameters()
    for part in range(1, NUM_CHECKPOINTS + 1):
        model.learn(num_steps // NUM_CHECKPOINTS, reset_num_timesteps=False)
        earned = played(name, model, num_episodes, CHOICE).mean()
        report(f"{name} {part * num_steps // NUM_CHECKPOINTS:>10,} steps {earned:9.3f}")
        if earned > best:
            best, kept = earned, copy.deepcopy(model.get_parameters())
    model.set_parameters(kept)  # pyright: ignore[reportArgumentType]  # dicts are missing in its annotation
    return model


def played(name: str, model: SAC, num_episodes: int, seed: int = FRESH) -> np.ndarray[Any, Any]:
    """Return the returns of the deterministic policy with default parameters, (num_episodes,)."""
    return returns(
        name, lambda seen, *_: model.predict(seen, deterministic=True)[0], num_episodes, group=None, seed=seed
    )


def main(arguments: list[str] | None = None, report: Callable[[str], None] = print) -> None:
    """Read the command line, train and evaluate."""
    parser = argparse.ArgumentParser(description="Learn an environment by SAC.")
    parser.add_argument("name", help="an environment whose actions are a Box, such as Transport")
    parser.add_argument("--num-steps", type=int, default=80_000, help="of all worlds (%(default)s)")
    parser.add_argument("--num-episodes", type=int, default=1000, help="that are played (%(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="parameters in training")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)  # the layers are small
    given = {key: ast.literal_eval(value) for key, _, value in (pair.partition("=") for pair in options.set)}
    model = learn(options.name, options.num_steps, options.seed, report, **given)
    earned = played(options.name, model, options.num_episodes)
    error = earned.std(ddof=1) / np.sqrt(len(earned))
    report(f"{options.name}: mean return {earned.mean():.2f} ± {error:.2f} in {len(earned)} episodes")


if __name__ == "__main__":
    main()
