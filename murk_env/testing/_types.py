"""The types that the rules use, and two functions on them."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol, TypeGuard, cast

import gymnasium
import numpy as np
from gymnasium import Space, spaces
from numpy.typing import NDArray

__all__ = ["AnyArray", "AnyEnv", "AnyVectorEnv", "BoolArray", "Ending", "Seeds", "is_array", "parts_of"]

AnyArray = NDArray[Any]
AnyEnv = gymnasium.Env[Any, Any]
BoolArray = NDArray[np.bool_]
Ending = Literal["terminated", "truncated"]
Seeds = int | list[int | None] | None


class AnyVectorEnv(Protocol):
    """The members of a `gymnasium.vector.VectorEnv` that the rules use, typed so that any such env fits."""

    @property
    def metadata(self) -> dict[str, Any]:
        """The env's metadata, including the autoreset mode."""
        ...

    @property
    def num_envs(self) -> int:
        """Number of rows."""
        ...

    @property
    def closed(self) -> bool:
        """Whether it has been closed."""
        ...

    @property
    def observation_space(self) -> Space[Any]:
        """The space of a batch of observations."""
        ...

    @property
    def action_space(self) -> Space[Any]:
        """The space of a batch of actions."""
        ...

    @property
    def single_observation_space(self) -> Space[Any]:
        """The space of one observation."""
        ...

    @property
    def single_action_space(self) -> Space[Any]:
        """The space of one action."""
        ...

    @property
    def np_random_seed(self) -> Any:
        """The seeds of the rows."""
        ...

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        """Begin new episodes."""
        ...

    def step(self, actions: Any, /) -> tuple[Any, Any, Any, Any, Any]:
        """Make one step in every row."""
        ...

    def close(self) -> Any:
        """Close the env."""
        ...


def is_array(value: Any) -> TypeGuard[AnyArray]:
    """Whether a value is an array."""
    return isinstance(value, np.ndarray)


def parts_of(space: Space[Any]) -> Mapping[Any, Space[Any]]:
    """The parts of a Dict or Tuple space, by key or position; empty for any other space."""
    if isinstance(space, spaces.Dict):
        return cast("Mapping[Any, Space[Any]]", cast("Any", space).spaces)
    if isinstance(space, spaces.Tuple):
        return dict(enumerate(cast("tuple[Space[Any], ...]", cast("Any", space).spaces)))
    return {}
