"""Play a policy that was learnt by PPO and ships with the examples.

    python -m examples.play Wildfire
    python -m examples.play HeatControl --num-episodes 1000 --file my_own.safetensors

A policy is a file of numbers, safetensors, which runs no code when it is read. It says of which environment
and version it is, and is refused for any other. `python -m examples.curves learn` writes such files.
"""
# pyright: reportMissingImports=false

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as dumped

import murk_envs
from benchmarks.returns.play import make, returns
from examples import networks, ppo
from examples.lessons import LESSONS, pupil_group

__all__ = ["FOLDER", "PolicyFileError", "build", "load", "played", "save"]

FOLDER = Path(__file__).parent / "policies"


class PolicyFileError(ValueError):
    """A file holds no policy, or one of another environment."""


def build(name: str, *, flat: bool = False) -> ppo.Policy:
    """Return the policy of an environment's lesson, or the flat one, before it has learnt anything."""
    lesson = LESSONS[name]
    envs = make(name, 1, pupil_group(name))
    seen, done = envs.single_observation_space, envs.single_action_space
    envs.close()
    if flat or lesson.network is None:
        settings = ppo.Settings(**lesson.settings)
        return ppo.Policy(seen, done, settings.num_hidden, settings.log_deviation)
    return getattr(networks, lesson.network)(seen, done)


def save(path: Path, name: str, policy: ppo.Policy) -> None:
    """Write a policy, with the environment and the shapes that it is of."""
    tensors = {key: value.contiguous() for key, value in acting(policy).items()}
    path.write_bytes(dumped(tensors, metadata=identity(name, policy) | seen_by(name, policy)))


def acting(policy: ppo.Policy) -> dict[str, torch.Tensor]:
    """Return the numbers that choose actions; the critic's only serve learning, and are not kept."""
    return {key: value for key, value in policy.state_dict().items() if not key.startswith("critic")}


def identity(name: str, policy: ppo.Policy) -> dict[str, str]:
    """Return what a file says of its policy: the environment with its version, and the network."""
    shapes = {key: "x".join(map(str, value.shape)) for key, value in acting(policy).items()}
    layers = ", ".join(f"{key} {shape}" for key, shape in shapes.items())
    return {"env_id": murk_envs.ENVIRONMENTS[name][0], "network": layers}


def seen_by(name: str, policy: ppo.Policy) -> dict[str, str]:
    """Return what `murk` needs to play a policy without torch: whose it is, and over which lattice."""
    said = {"group": pupil_group(name)}
    if isinstance(policy, networks.Cells):
        said["lattice"] = repr(policy.lattice)
    return {key: value for key, value in said.items() if value is not None}


def load(path: Path, name: str) -> ppo.Policy:
    """Return the policy that a file holds, to act; its critic knows nothing.

    Raises:
        PolicyFileError: it is no such file, or of another environment, version or network.
    """
    policy = build(name)
    wanted = identity(name, policy)
    try:
        with safe_open(path, framework="pt") as file:
            found = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  # it is no dict
    except (SafetensorError, OSError) as error:
        raise PolicyFileError(f"{path} is no policy file: {error}; write one with save().") from error
    for key, what in (("env_id", "for"), ("network", "with the network")):
        if found.get(key) != wanted[key]:
            raise PolicyFileError(
                f"the policy in {path} is {what} {found.get(key)!r}, not {wanted[key]!r}; learn one by "
                f"`python -m examples.curves learn {name}`."
            )
    policy.load_state_dict(tensors, strict=False)  # but for the critic
    return policy


def played(name: str, policy: ppo.Policy, num_episodes: int, seed: int) -> np.ndarray[Any, Any]:
    """Return what the most likely actions earn in some episodes, (num_episodes,)."""

    def act(observations: Any, space: Any, rng: Any) -> Any:
        return policy.act(observations, greedy=True)

    return returns(name, act, num_episodes, group=pupil_group(name), seed=seed)


def main(arguments: list[str] | None = None) -> None:
    """Read the command line, and play."""
    parser = argparse.ArgumentParser(description="Play a policy that was learnt by PPO.")
    parser.add_argument("name", choices=sorted(LESSONS), help="an environment, such as HeatControl")
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
