"""Layouts: the places of the entries' parts in the outputs, and the resulting space."""

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from murk_env.errors import BlueprintError
from murk_env.observation._checks import MOST
from murk_env.observation.entry import Fitted, Part, Scene

__all__ = ["Layout", "Place", "in_output_order", "output_boxes", "place_parts"]

Layout = Literal["flat", "image", "dict"]


@dataclasses.dataclass(frozen=True)
class Place:
    """The place of one part in a viewer's row.

    Attributes:
        part: the part.
        num_agents: number of copies in a row, one per agent; None for a part that is not per agent.
        output: index of the output array.
        begin: its first column.
    """

    part: Part
    num_agents: int | None
    output: int
    begin: int

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape over all agents."""
        return self.part.shape if self.num_agents is None else (self.num_agents, *self.part.shape)

    @property
    def size(self) -> int:
        """Number of columns over all agents."""
        return self.part.size * (1 if self.num_agents is None else self.num_agents)

    @property
    def stride(self) -> int:
        """Number of columns from one agent's copy to the next."""
        return 0 if self.num_agents is None else self.part.size

    def with_zero(self) -> Self:
        """Return a copy whose bounds include 0."""
        low, high = np.minimum(self.part.low, 0.0), np.maximum(self.part.high, 0.0)
        return dataclasses.replace(self, part=dataclasses.replace(self.part, low=low, high=high))

    def limit(self, side: Literal["low", "high"], dtype: "np.dtype[Any]") -> npt.NDArray[Any]:
        """Return the lowest or the highest value of every column."""
        limit: Any = getattr(self.part, side)
        with np.errstate(over="ignore"):  # values beyond float32 become infinite
            return np.broadcast_to(np.asarray(limit).astype(dtype), self.shape).ravel()


def place_parts(fitted: Sequence[Fitted], scene: Scene, layout: Layout) -> list[Place]:
    """Return where each part goes, in order; the outputs of the dict layout are in the order of their keys.

    Raises:
        BlueprintError: two parts have the same key, cannot be stacked as one image, or are far too large.
    """
    places: list[Place] = []
    begin = 0
    for entry in fitted:
        for part in entry.parts:
            num_agents = scene.num_agents if entry.per_agent and not scene.row_per_agent else None
            separate = layout == "dict"
            place = Place(part, num_agents, len(places) if separate else 0, 0 if separate else begin)
            _check_size(place)
            places.append(place)
            begin += place.size
    if layout == "dict":
        _check_keys([place.part.key for place in places])
        ranks = {key: rank for rank, key in enumerate(sorted(place.part.key for place in places))}
        places = [dataclasses.replace(place, output=ranks[place.part.key]) for place in places]
    elif layout == "image":
        _check_image(places)
    return places


def output_boxes(places: Sequence[Place], layout: Layout, dtype: "np.dtype[Any]") -> list[spaces.Box]:
    """Return the space of each output of one viewer."""
    if layout == "dict":
        return [_box([place], place.shape, dtype) for place in in_output_order(places)]
    total = sum(place.size for place in places)
    if layout == "flat":
        return [_box(places, (total,), dtype)]
    sides = places[0].part.shape[1:]
    return [_box(places, (sum(place.part.shape[0] for place in places), *sides), dtype)]


def in_output_order(places: Sequence[Place]) -> list[Place]:
    """Return the places by their outputs; Gymnasium sorts the keys of a Dict space."""
    return sorted(places, key=lambda place: place.output)


def _box(places: Sequence[Place], shape: tuple[int, ...], dtype: "np.dtype[Any]") -> spaces.Box:
    low = np.concatenate([place.limit("low", dtype) for place in places])
    high = np.concatenate([place.limit("high", dtype) for place in places])
    return spaces.Box(low.reshape(shape), high.reshape(shape), dtype=dtype.type)


def _check_size(place: Place) -> None:
    if place.size > MOST:
        raise BlueprintError(
            f"{place.part.key!r} has the shape {place.shape} for each viewer, more than {MOST} numbers; show "
            f"fewer."
        )


def _check_keys(keys: Sequence[str]) -> None:
    for key in keys:
        if keys.count(key) > 1:
            raise BlueprintError(
                f"two entries of the observation are called {key!r}; give one of them a name=."
            )


def _check_image(places: Sequence[Place]) -> None:
    for place in places:
        part = place.part
        if not part.picture:
            raise BlueprintError(
                f"layout='image' stacks entries over cells, but {part.key!r} has the shape {part.shape} "
                f"for each viewer; use layout='flat' or 'dict'."
            )
        if place.num_agents is not None:
            raise BlueprintError(
                f"layout='image' stacks one picture an entry, but {part.key!r} has one for each of "
                f"{place.num_agents} agents; use over='agents', layout='flat' or 'dict'."
            )
        sides, others = part.shape[1:], places[0].part.shape[1:]
        if sides != others:
            raise BlueprintError(
                f"layout='image' stacks pictures of equal sides, but {part.key!r} has {sides} and "
                f"{places[0].part.key!r} {others}; use layout='flat' or 'dict'."
            )
