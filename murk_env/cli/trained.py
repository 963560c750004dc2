"""Trained policies: files of numbers, which run no code when they are read.

A file is in the safetensors format, as written by `examples/play.py`. Its metadata name the environment and
version (`env_id`), the group of agents it acts for, if not for whole worlds (`group`), and the lattice of its
convolutions, if it has any (`lattice`).
"""

import dataclasses
import importlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete, MultiDiscrete
from safetensors import SafetensorError, safe_open

from murk_env.cli.networks import Network, NetworkError, Tensors, lattice_of, network_of
from murk_env.cli.refusals import CommandError

__all__ = ["Trained", "is_file_name", "read", "shipped"]

_SUFFIX = ".safetensors"


@dataclasses.dataclass(frozen=True)
class Trained:
    """A trained policy.

    Attributes:
        path: its file.
        env_id: the id of its environment, with version.
        group: the group whose agents' observations it takes; None for those of whole worlds, or if unknown.
        num_seen: size of an observation.
        num_outputs: size of its network's output.
    """

    path: Path
    env_id: str
    group: str | None
    num_seen: int
    num_outputs: int
    _network: Network

    def __call__(self, observations: Any, action_space: Any, rng: np.random.Generator) -> Any:
        """Return the most likely actions of rows (num_rows, ...)."""
        seen = np.asarray(observations, np.float32).reshape(len(observations), -1)
        said = self._network(seen)
        if isinstance(action_space, Box):
            return _within(said, action_space)
        options = _options(action_space)
        likely = said.reshape(len(seen), len(options), -1)
        possible = np.arange(likely.shape[2]) < options[:, np.newaxis]
        chosen = np.where(possible, likely, -np.inf).argmax(axis=2).reshape(len(seen), *action_space.shape)
        return chosen + getattr(action_space, "start", 0)

    def fits(self, observations: gymnasium.Space[Any], actions: gymnasium.Space[Any]) -> bool:
        """Return whether it takes such observations and returns such actions."""
        if not isinstance(observations, Box) or not isinstance(actions, Box | Discrete | MultiDiscrete):
            return False
        if isinstance(actions, Box):
            num_outputs = math.prod(actions.shape)
        else:
            options = _options(actions)
            num_outputs = len(options) * int(options.max())
        return (self.num_seen, self.num_outputs) == (math.prod(observations.shape), num_outputs)


def _within(numbers: Any, space: Any) -> Any:
    """Return numbers (num_rows, ...) clipped to the bounds of a Box."""
    return np.clip(numbers.reshape(-1, *space.shape), space.low, space.high).astype(space.dtype)


def _options(space: Any) -> Any:
    """Return the number of options of every choice, (num_choices,)."""
    return np.atleast_1d(space.nvec if hasattr(space, "nvec") else space.n)


def is_file_name(name: str) -> bool:
    """Return whether the name of a policy is that of a file."""
    return name.endswith(_SUFFIX) or "/" in name or Path(name).is_file()


def shipped(env_class: Any) -> Path | None:
    """Return the file of the policy that comes with an environment, None if there is none.

    It has the name of the class, in the FOLDER of a package `trained` next to the environment's module.
    """
    package = env_class.__module__.rpartition(".")[0]
    name = f"{package}.trained" if package else "trained"
    try:
        folder = importlib.import_module(name).FOLDER
    except ModuleNotFoundError as error:
        if error.name is None or not name.startswith(error.name):
            raise
        return None
    path = Path(folder) / f"{env_class.__name__}{_SUFFIX}"
    return path if path.is_file() else None


def read(path: Path) -> Trained:
    """Return the policy in a file.

    Raises:
        CommandError: there is no such file, or it does not hold a policy of a known network.
    """
    if not path.is_file():
        raise CommandError(f"there is no policy file {path}.")
    opened: Any = safe_open  # it is not typed
    try:
        with opened(path, framework="np") as file:
            said: Mapping[str, str] = file.metadata() or {}
            tensors: Tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise CommandError(f"{path} is not a policy file: {error}") from error
    try:
        lattice = lattice_of(said["lattice"]) if "lattice" in said else None
        network = network_of(tensors, lattice)
        num_seen = int(tensors["moments"].shape[1])
        num_outputs = network(np.zeros((1, num_seen), np.float32)).size
    except (NetworkError, KeyError, IndexError, ValueError) as error:
        raise CommandError(f"{path} holds no policy: {error}.") from error
    return Trained(
        path, said.get("env_id", "no environment"), said.get("group"), num_seen, num_outputs, network
    )
