"""Hashes of all that seeded rollouts of the environments return: `python -m tests.golden write` records them.

Refactoring changes none of them. An environment whose rules change on purpose gets a new version, `-v1`, and
the hashes are recorded again; the changelog says so.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

import murk_envs

__all__ = ["PATH", "rollout", "rows", "setting"]

PATH = Path(__file__).parent / "data" / "golden.json"
MODES = ("NextStep", "SameStep", "Disabled")
PARALLEL = "parallel"
NUM_ENVS, NUM_STEPS, NUM_EPISODES = 5, 260, 3


def setting() -> dict[str, str]:
    """Return what the actions of a rollout depend on: what draws them.

    Nothing else differs anywhere, but for environments in Fourier modes, whose transforms are numpy's.
    """
    return {"gymnasium": ".".join(version("gymnasium").split(".")[:2])}


def rows() -> list[str]:
    """Return the names of all rollouts: an id without its namespace, and an autoreset mode or `parallel`."""
    found: list[str] = []
    for env_id, _, _, agents in murk_envs.ENVIRONMENTS.values():
        name = env_id.removeprefix("murk/")
        found += [f"{name} {mode}" for mode in MODES if agents != "apart"]
        found += [f"{name} {PARALLEL}"] if agents else []
    return found


def rollout(row: str) -> str:
    """Return the hash of everything that one rollout returns."""
    name, form = row.split()
    digest = hashlib.sha256()
    if form == PARALLEL:
        play_parallel(name.partition("-")[0], digest)
    else:
        play_vector(f"murk/{name}", form, digest)
    return digest.hexdigest()


def play_vector(env_id: str, mode: str, digest: Any) -> None:
    """Hash what some worlds return under random actions, through several episodes."""
    envs: Any = gymnasium.make_vec(env_id, NUM_ENVS, "vector_entry_point", autoreset_mode=mode, num_threads=1)
    take(digest, envs.reset(seed=11))
    envs.action_space.seed(7)
    for _ in range(NUM_STEPS):
        output = envs.step(envs.action_space.sample())
        take(digest, output)
        ended = output[2] | output[3]
        if mode == "Disabled" and ended.any():
            take(digest, envs.reset(options={"reset_mask": ended}))
    envs.close()


def play_parallel(name: str, digest: Any) -> None:
    """Hash what a parallel env returns under random actions, through some episodes."""
    from murk_env import MurkParallelEnv  # needs PettingZoo

    env = MurkParallelEnv(getattr(murk_envs, name))
    for episode in range(NUM_EPISODES):
        take(digest, env.reset(seed=3 + episode))
        for agent in env.possible_agents:
            env.action_space(agent).seed(5)
        while env.agents:
            take(digest, env.step({agent: env.action_space(agent).sample() for agent in env.agents}))
    env.close()


def take(digest: Any, output: Any) -> None:
    """Feed an output into a hash: dicts in the order of their keys, arrays with dtype and shape."""
    if isinstance(output, Mapping):
        for key in sorted(output):
            digest.update(str(key).encode())
            take(digest, output[key])
    elif isinstance(output, np.ndarray) and output.dtype != object:
        digest.update(f"{output.dtype.str}{output.shape}".encode() + output.tobytes())
    elif isinstance(output, list | tuple | np.ndarray):
        for part in output:
            take(digest, part)
    else:
        digest.update(repr(output).encode())


def write() -> None:
    """Record all rollouts."""
    record = {"setting": setting(), "rollouts": {row: rollout(row) for row in rows()}}
    PATH.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] != ["write"]:
        sys.exit(f"{__doc__}\nusage: python -m tests.golden write")
    write()
