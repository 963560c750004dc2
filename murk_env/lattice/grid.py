"""Lattices whose cells are the points of a box, with the same steps everywhere and the same edges."""

import math
from abc import abstractmethod
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from murk_env.errors import LatticeError
from murk_env.lattice._checks import check_edge, check_num_cells, check_side
from murk_env.lattice.base import Lattice
from murk_env.lattice.spacing import Spacing, axis_scale, checked_spacing, straight_laplacian

__all__ = ["Edge", "Grid"]

_NO_SIDES = ("edge", "spacing", "unit")

Edge = Literal["absorb", "clamp", "wrap"]


class Grid(Lattice):
    """A lattice whose cells are all points of a box; a hop adds one of the ``steps`` to the coordinate.

    A subclass is a frozen dataclass of its sides and its ``edge`` that defines ``box``, ``directions`` and
    ``steps``. The canonical order is that of the box as an array, the last coordinate fastest. Positions
    follow from the ``basis``: by default the last coordinate is x (east), the one before it y (south), then
    z, so that (row, col) lies at (col, row). A hop across the border finds no neighbour (``absorb``), is held
    at the border, so that a cell may be its own neighbour (``clamp``, for steps of at most 1 along every
    axis, with their mirror images), or enters on the other side (``wrap``).

    A subclass with the fields ``spacing`` and ``unit``, as in this package, can have cells of any size:
    ``spacing`` is one length, or one for each coordinate, and positions are multiplied by it.

    Raises:
        LatticeError: a side is not an integer >= 1, the edge is unknown or impossible with the steps, the
            steps do not match the directions and the box, there are 2**31 cells or more, or the spacing is
            not positive, or unequal where steps or axes are oblique.
    """

    edge: Edge
    spacing: Spacing = 1.0
    unit: str = ""

    def __post_init__(self) -> None:
        name = type(self).__name__
        for side, value in self._parameters().items():
            if side not in _NO_SIDES:
                object.__setattr__(self, side, check_side(name, side, value))
        object.__setattr__(self, "spacing", checked_spacing(name, self.spacing, self.ndim))
        check_edge(name, self.edge, self._edges)
        check_num_cells(repr(self), self.num_cells)
        self._check_steps()
        self._check_spacing(name)

    def _check_spacing(self, name: str) -> None:
        """Raise LatticeError for a unit without a name, or unequal spacing along oblique steps."""
        if not isinstance(self.unit, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise LatticeError(f"{name} takes as unit the name of one, such as 'm', not {self.unit!r}")
        if axis_scale(self.lengths, self.basis) is None or self._laplacian() is None:
            raise LatticeError(
                f"{name} has hops that lead along several axes at once, so its cells are as far apart along "
                f"each: give it one spacing, not {self.lengths}"
            )

    def _check_steps(self) -> None:
        """Raise LatticeError for steps that do not match the directions and the box, or cannot be clamped."""
        lengths = [len(step) for step in self.steps]
        if lengths != [self.ndim] * len(self.directions) or not lengths:
            raise LatticeError(
                f"{self!r} has {len(self.directions)} directions in {self.ndim} dimensions, but "
                f"{len(lengths)} steps of lengths {lengths}; give every direction one of {self.ndim} integers"
            )
        if self.edge == "clamp" and not _mirrored(self.steps):
            raise LatticeError(
                f"{self!r} cannot clamp: with steps longer than 1, or without their mirror images along "
                "every axis, a hop held at the border has no hop back, and nothing would be conserved; use "
                'edge="absorb" or "wrap"'
            )

    def __repr__(self) -> str:
        told = self._parameters()
        lengths, unit = self.lengths, told.pop("unit", "")
        told.pop("spacing", None)
        arguments = [f'edge="{value}"' if name == "edge" else str(value) for name, value in told.items()]
        if set(lengths) != {1.0}:
            arguments.append(f"spacing={lengths[0] if len(set(lengths)) == 1 else lengths}")
        arguments += [f'unit="{unit}"'] if unit else []
        return f"{type(self).__name__}({', '.join(arguments)})"

    @property
    @abstractmethod
    def steps(self) -> tuple[tuple[int, ...], ...]:
        """The step that a hop in each direction adds to the coordinate."""

    @property
    def periods(self) -> tuple[int, ...]:
        """The box if the lattice wraps, otherwise zeros."""
        return self.box if self.edge == "wrap" else (0,) * self.ndim

    @property
    def num_cells(self) -> int:
        """Number of cells."""
        return math.prod(self.box)

    @property
    def shape(self) -> tuple[int, ...]:
        """The box."""
        return self.box

    def rank(self, coordinates: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the ranks of coordinates (..., ndim), -1 where there is no cell; see ``Lattice.rank``."""
        array, inside = self._placed(coordinates)
        return np.where(inside, (array * np.array(self._strides)).sum(axis=-1), -1)

    @property
    def _edges(self) -> tuple[str, ...]:
        """The edges that the lattice can have."""
        return get_args(Edge)

    @property
    def _strides(self) -> tuple[int, ...]:
        """The increase of a rank along each axis."""
        return last_fastest(self.box)

    @property
    def lengths(self) -> tuple[float, ...]:
        """The spacing along each coordinate, (ndim,)."""
        spacing = self.spacing
        return spacing if isinstance(spacing, tuple) else (float(spacing),) * self.ndim

    @property
    def basis(self) -> tuple[tuple[float, ...], ...]:
        """The Cartesian vector of one step along each axis of the box, (ndim, k): x east, y south, z, ...

        It is for a spacing of 1; positions are multiplied by `scale`.
        """
        axes = range(self.ndim)
        return tuple(tuple(float(axis + other == self.ndim - 1) for other in axes) for axis in axes)

    def _coordinates(self) -> npt.NDArray[np.integer[Any]]:
        return self._in_box(np.arange(self.num_cells))

    def _in_box(self, places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the coordinates of the box's points with these numbers, (num_places, ndim)."""
        return places[:, np.newaxis] // np.array(self._strides) % np.array(self.box)

    def _hop(self, direction: int) -> npt.NDArray[np.integer[Any]]:
        if self.edge == "clamp":
            target = self.coordinates.astype(np.int64) + np.array(self.steps[direction])
            return self.rank(np.clip(target, 0, np.array(self.box) - 1))
        return self.shifted(np.arange(self.num_cells), self.steps[direction])

    def _positions(self) -> npt.NDArray[np.float64]:
        return _combined(self.coordinates, self.basis) * self._scale()

    def _displacements(self) -> npt.NDArray[np.float64]:
        return _combined(np.array(self.steps), self.basis) * self._scale()

    def _scale(self) -> npt.NDArray[np.float64]:
        found = axis_scale(self.lengths, self.basis)
        return super()._scale() if found is None else found

    def _laplacian(self) -> npt.NDArray[np.float64] | None:
        return straight_laplacian(self.lengths, self.steps)

    def _neighbour_displacements(self) -> npt.NDArray[np.float64]:
        if self.edge == "clamp":
            ways = self.positions[self.neighbours] - self.positions[:, np.newaxis]
            return np.where(self.neighbours[:, :, np.newaxis] >= 0, ways, 0.0)
        return super()._neighbour_displacements()


def last_fastest(box: tuple[int, ...]) -> tuple[int, ...]:
    """Return the strides of an array of this shape, in elements."""
    return tuple(math.prod(box[axis + 1 :]) for axis in range(len(box)))


def _mirrored(steps: tuple[tuple[int, ...], ...]) -> bool:
    """Return whether no step is longer than 1, and all have their mirror images along every axis."""
    flipped = (
        sorted((*step[:axis], -step[axis], *step[axis + 1 :]) for step in steps)
        for axis in range(len(steps[0]))
    )
    return all(abs(by) <= 1 for step in steps for by in step) and all(
        mirror == sorted(steps) for mirror in flipped
    )


def _combined(
    coordinates: npt.NDArray[np.integer[Any]], basis: tuple[tuple[float, ...], ...]
) -> npt.NDArray[np.float64]:
    """Return the sum of the basis vectors times the coordinates, (..., k)."""
    return (coordinates[..., np.newaxis] * np.array(basis)).sum(axis=-2)
