"""One world to draw: a lattice, a field over its cells, and where its agents are."""

import dataclasses
from typing import Any

import numpy as np

from murk_env import Field, Lattice, Picture
from murk_env.fields.values import Values
from murk_env.rendering.renderer import Renderer

__all__ = ["Scene", "agents_field", "cells_field"]


def cells_field(name: str = "heat", **declared: Any) -> Field:
    """A field over cells; from 0 to 1 unless it is declared otherwise."""
    keywords: dict[str, Any] = {"low": 0.0, "high": 1.0} | declared
    field = Field(**keywords)
    field.name = name
    return field


def agents_field(over: Any = "agents", **declared: Any) -> Field:
    """A field that holds cells."""
    keywords: dict[str, Any] = {"over": over, "dtype": np.int32} | declared
    field = Field(**keywords)
    field.name = "agents"
    return field


@dataclasses.dataclass
class Scene:
    """Values of one or more worlds, and what draws them."""

    lattice: Lattice
    picture: Picture
    arrays: dict[Field, Any]

    @property
    def values(self) -> Values:
        return Values({field: np.asarray(array, field.dtype) for field, array in self.arrays.items()})

    @property
    def renderer(self) -> Renderer:
        return Renderer(self.lattice, self.picture, {field.name: field for field in self.arrays})

    def frame(self, world: int = 0) -> Any:
        return self.renderer.frame(self.values, world)

    def text(self, world: int = 0) -> str:
        return self.renderer.text(self.values, world)
