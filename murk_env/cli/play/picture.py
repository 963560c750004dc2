"""The picture of the played world, with a ring around the person's agent."""

import dataclasses
from typing import Any

import numpy as np

from murk_env.fields import Field, Values
from murk_env.rendering import Marker, Picture
from murk_env.rendering.picture import default_picture
from murk_env.rendering.renderer import Renderer

__all__ = ["Shown"]


class _Person:
    """The person's cell."""

    cell = Field(over="world", indexes="cells")  # (num_worlds,)


class Shown:
    """Draws a face's first world.

    Args:
        env_class: the environment.
        params: its parameters.
        face: the face.
        agent: the index of the person's agent; None for a single actor.
    """

    def __init__(self, env_class: Any, params: Any, face: Any, agent: int | None) -> None:
        fields: dict[str, Field] = dict(face.world.fields)
        self._face, self._fields, self._agent = face, list(fields.values()), agent
        places = [one for one in self._fields if one.over == "agents" and one.indexes == "cells"]
        self._places = places[0] if places and agent is not None else None
        picture = env_class.picture_for(params) or default_picture(fields)
        if picture is not None and self._places is not None:
            picture = _with(picture, Marker(_Person.cell, "ring", colour="#fff200", label="you"))
            fields["you"] = _Person.cell
        lattice = env_class.blueprint_for(params).lattice
        self._renderer = None if picture is None else Renderer(lattice, picture, fields)
        first = None if picture is None else dataclasses.replace(picture, beside=())
        self._writer = None if first is None else Renderer(lattice, first, fields)

    def frame(self) -> Any:
        """Return a picture, (height, width, 3) uint8; a blank one if there is nothing to draw."""
        if self._renderer is None:
            return np.full((64, 64, 3), 255, np.uint8)
        return self._renderer.frame(self._values(), 0)

    def text(self) -> str:
        """Return the first picture as text, with its legend after an empty line; empty without a picture."""
        return "" if self._writer is None else self._writer.text(self._values(), 0)

    def _values(self) -> Values:
        arrays = {field: self._face.world.view(field) for field in self._fields}
        if self._places is not None and self._agent is not None:
            arrays[_Person.cell] = arrays[self._places][:, self._agent]
        return Values(arrays)


def _with(picture: Picture, marker: Marker) -> Picture:
    """Return a picture, and all those beside it, with one more marker on top."""
    beside = [_with(one, marker) for one in picture.beside]
    return dataclasses.replace(picture, markers=[*picture.markers, marker], beside=beside)
