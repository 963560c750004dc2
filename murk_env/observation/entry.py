"""What every entry of an observation is: something that fits itself to a lattice."""

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.fields import Field
from murk_env.fields.fitting import Sides
from murk_env.lattice import Lattice
from murk_env.observation.loop import Loop

__all__ = ["Entry", "Fitted", "Part", "Scene"]

Limit = float | npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class Scene:
    """What an observation is of.

    Attributes:
        lattice: the topology of the worlds.
        num_agents: number of agents in each.
        row_per_agent: whether every agent has an observation of its own.
        dtype: of the observation, float32 or float64.
        num_levels: number of levels, 0 for worlds without.
    """

    lattice: Lattice
    num_agents: int
    row_per_agent: bool
    dtype: "np.dtype[Any]"
    num_levels: int = 0

    @property
    def sides(self) -> Sides:
        """How large a world is."""
        return Sides(self.lattice.shape, self.lattice.num_cells, self.num_agents, self.num_levels)


@dataclasses.dataclass(frozen=True)
class Part:
    """One array that an entry gives.

    Attributes:
        key: its name in the dict layout.
        shape: its shape for one viewer; where it is a picture, `(channels, *sides)`.
        low: lowest value, for all elements or for each.
        high: highest value.
        picture: whether it can be a channel of an image.
    """

    key: str
    shape: tuple[int, ...]
    low: Limit
    high: Limit
    picture: bool = False

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    def nearest(self, value: float) -> float:
        """Return the value, or the bound next to it if it lies beyond; the bounds are single numbers."""
        return float(np.clip(value, self.low, self.high))


@dataclasses.dataclass(frozen=True)
class Fitted:
    """An entry fitted to a scene.

    Attributes:
        parts: the arrays it gives, of one agent where it is per agent.
        per_agent: whether there is one of each for every agent, not for the world.
        write: adds the calls that fill them to a loop; it is given an expression for each part.
    """

    parts: tuple[Part, ...]
    per_agent: bool
    write: Callable[[Loop, tuple[str, ...]], None]


class Entry(ABC):
    """One part of an observation."""

    @property
    @abstractmethod
    def fields(self) -> tuple[Field, ...]:
        """The fields it is read from, the one that names it first."""

    @abstractmethod
    def fit(self, scene: Scene) -> Fitted:
        """Return what it looks like in a scene, and how it is filled.

        Raises:
            BlueprintError: it cannot be seen there.
        """
