"""The base class of an observation's entries, and the records with which they are fitted to a lattice."""

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
    """The worlds that are observed, and by whom.

    Attributes:
        lattice: the topology of the worlds.
        num_agents: number of agents per world.
        row_per_agent: whether every agent has its own observation.
        dtype: dtype of the observation, float32 or float64.
        num_levels: number of levels, 0 for worlds without levels.
    """

    lattice: Lattice
    num_agents: int
    row_per_agent: bool
    dtype: "np.dtype[Any]"
    num_levels: int = 0

    @property
    def sides(self) -> Sides:
        """The sizes of a world."""
        return Sides(self.lattice.shape, self.lattice.num_cells, self.num_agents, self.num_levels)


@dataclasses.dataclass(frozen=True)
class Part:
    """One array of an entry.

    Attributes:
        key: its name in the dict layout.
        shape: its shape for one viewer; `(channels, *sides)` for a picture.
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
        """Return the value clipped to the bounds, which must be single numbers."""
        return float(np.clip(value, self.low, self.high))


@dataclasses.dataclass(frozen=True)
class Fitted:
    """An entry fitted to a scene.

    Attributes:
        parts: its arrays, for one agent if `per_agent`.
        per_agent: whether there is one of each per agent rather than per world.
        write: adds the calls that fill them to a loop; it takes an expression for each part.
    """

    parts: tuple[Part, ...]
    per_agent: bool
    write: Callable[[Loop, tuple[str, ...]], None]


class Entry(ABC):
    """One part of an observation."""

    @property
    @abstractmethod
    def fields(self) -> tuple[Field, ...]:
        """The fields that it reads; the first gives it its name."""

    @abstractmethod
    def fit(self, scene: Scene) -> Fitted:
        """Return its arrays in a scene, and how to fill them.

        Raises:
            BlueprintError: it cannot be observed there.
        """
