"""Play a policy that was trained by PPO and ships with the examples.

    python -m examples.play Wildfire
    python -m examples.play HeatControl --num-episodes 1000 --file my_own.safetensors

A policy is a safetensors file, which runs no code when it is read. It names its environment and version, and
is rejected for any other. `python -m examples.curves learn` writes such files.
"""
# pyright: reportMissingImports=false

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gymnasium.vector import VectorEnv
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as dumped

from benchmarks.returns.play import make, returns
from examples import ppo
from examples.lessons import LESSONS, env_id_of, env_of, options_of, pupil_group

__all__ = ["FOLDER", "PolicyFileError", "build", "load", "played", "save", "worlds"]

FOLDER = Path(__file__).parent / "policies"
SAID = {"env_id": "for", "group": "of the group", "network": "with the network"}


class PolicyFileError(ValueError):
    """A file does not hold a policy, or one for another environment."""


def build(name: str, *, flat: bool = False) -> ppo.Policy:
    """Return the untrained policy of a lesson, or the flat one."""
    lesson, envs = LESSONS[name], worlds(name, 1)
    policy = ppo.policy_for(envs, ppo.Settings(**lesson.settings), None if flat else lesson.network)
    envs.close()
    return policy


def worlds(name: str, num_worlds: int, **options: Any) -> VectorEnv[Any, Any, Any]:
    """Return the worlds of a lesson, with the rows that its policy acts for."""
    return make(env_of(name), num_worlds, pupil_group(name), **options_of(name), **options)


def save(path: Path, name: str, policy: ppo.Policy) -> None:
    """Write a policy, with its environment and shapes."""
    tensors = {key: value.contiguous() for key, value in acting(policy).items()}
    path.write_bytes(dumped(tensors, metadata=identity(name, policy)))


def acting(policy: ppo.Policy) -> dict[str, torch.Tensor]:
    """Return the tensors that choose actions; the critic only serves training, and is not kept."""
    return {key: value for key, value in policy.state_dict().items() if not key.startswith("critic")}


def identity(name: str, policy: ppo.Policy) -> dict[str, str]:
    """Return the metadata of a policy's file: the environment with its version, the network, and the group.

    The group is omitted if rows are worlds, and the lattice if the network has none.
    """
    shapes = {key: "x".join(map(str, value.shape)) for key, value in acting(policy).items()}
    layers = ", ".join(f"{key} {shape}" for key, shape in shapes.items())
    said = {"env_id": env_id_of(name), "network": layers, "group": pupil_group(name)}
    said["lattice"] = None if policy.lattice is None else repr(policy.lattice)
    return {key: value for key, value in said.items() if value is not None}


def load(path: Path, name: str) -> ppo.Policy:
    """Return the policy in a file, for acting; its critic is untrained.

    Raises:
        PolicyFileError: it is not a policy file, or for another environment, version or network.
    """
    policy = build(name)
    wanted = identity(name, policy)
    try:
        with safe_open(path, framework="pt") as file:
            found = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  # it is no dict
    except (SafetensorError, OSError) as error:
        raise PolicyFileError(f"{path} is not a policy file: {error}; write one with save().") from error
    for key, what in SAID.items():
        if found.get(key) != wanted.get(key):
            raise PolicyFileError(
                f"the policy in {path} is {what} {found.get(key)!r}, not {wanted.get(key)!r}; learn one by "
                f"`python -m examples.curves learn {name}`."
            )
    policy.load_state_dict(tensors, strict=False)  # without the critic
    return policy


def played(
    name: str, policy: ppo.Policy, num_episodes: int, seed: int, **options: Any
) -> np.ndarray[Any, Any]:
    """Return the returns of the most likely actions, (num_episodes,)."""

    def act(observations: Any, space: Any, rng: Any) -> Any:
        return policy.act(observations, greedy=True)

    group = pupil_group(name)
    return returns(env_of(name), act, num_episodes, group=group, seed=seed, **options_of(name), **options)


def main(arguments: list[str] | None = None) -> None:
    """Read the command line, and play."""
    parser = argparse.ArgumentParser(description="Play a policy that was learnt by PPO.")
    parser.add_argument("name", choices=sorted(LESSONS), help="a lesson, such as HeatControl")
    parser.add_argument("--num-episodes", type=int, default=200, help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the episodes (%(default)s)")
    parser.add_argument("--file", type=Path, help="another policy than the one that ships")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)  # the layers are small
    policy = load(options.file or FOLDER / f"{options.name}.safetensors", options.name)
    earned = played(options.name, policy, options.num_episodes, options.seed)
    error = earned.std(ddof=1) / np.sqrt(len(earned)) if len(earned) > 1 else np.nan
    print(f"{options.name}: mean return {earned.mean():.3f} ± {error:.3f} in {len(earned)} episodes")


if __name__ == "__main__":
    main()
