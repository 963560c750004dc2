"""The product of lattices."""

import itertools
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from murk_env.errors import LatticeError
from murk_env.lattice._checks import check_num_cells
from murk_env.lattice.base import Lattice
from murk_env.lattice.grid import last_fastest

__all__ = ["Product"]


@dataclass(frozen=True, init=False, repr=False)
class Product(Lattice):
    """A cell for every combination of the cells of some lattices; a hop is a hop in one of them.

    Layers of hexagons are ``Product(Hex2D(8, 8), Line1D(5))``. Coordinates and positions are those of the
    parts, concatenated; in canonical order the first part is the slowest. So the first axes of positions are
    x and y only if the planar part comes first: the axes of ``Product(Line1D(5), Square4(8, 8))`` are the
    line's, then east, then south. Directions are those of the first part, then those of the second, and so
    on, with the part's index as a prefix, such as ``"1.east"``. Distances are sums. A part may be a product
    itself.

    Attributes:
        lattices: the parts, one or more.

    Raises:
        LatticeError: there is no part, a part is not a lattice, or there are 2**31 cells or more.
    """

    lattices: tuple[Lattice, ...]

    def __init__(self, *lattices: Lattice) -> None:
        object.__setattr__(self, "lattices", lattices)
        strangers = [part for part in lattices if not isinstance(part, Lattice)]  # pyright: ignore[reportUnnecessaryIsInstance]
        if strangers or not lattices:
            given = f"{strangers[0]!r}" if strangers else "nothing"
            raise LatticeError(f"Product takes one or more lattices, as in Product(a, b); got {given}")
        check_num_cells(repr(self), self.num_cells)

    def __repr__(self) -> str:
        return f"Product({', '.join(map(repr, self.lattices))})"

    def __reduce__(self) -> tuple[type, tuple[Lattice, ...]]:
        return type(self), self.lattices

    @property
    def box(self) -> tuple[int, ...]:
        """The parts' boxes, concatenated."""
        return tuple(itertools.chain.from_iterable(part.box for part in self.lattices))

    @property
    def shape(self) -> tuple[int, ...]:
        """The parts' shapes, concatenated."""
        return tuple(itertools.chain.from_iterable(part.shape for part in self.lattices))

    @property
    def periods(self) -> tuple[int, ...]:
        """The parts' periods, concatenated."""
        return tuple(itertools.chain.from_iterable(part.periods for part in self.lattices))

    @property
    def num_cells(self) -> int:
        """The product of the parts' numbers of cells."""
        return math.prod(part.num_cells for part in self.lattices)

    @property
    def directions(self) -> tuple[str, ...]:
        """Every part's directions, as ``"part.direction"``."""
        return tuple(
            f"{index}.{name}" for index, part in enumerate(self.lattices) for name in part.directions
        )

    def rank(self, coordinates: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the ranks of coordinates (..., ndim), -1 where there is no cell; see ``Lattice.rank``."""
        array = self._arity("coordinate", coordinates)
        ranks = [part.rank(array[..., axes]) for part, axes in zip(self.lattices, self._axes, strict=True)]
        stacked = np.stack(ranks, axis=-1)  # (..., num_parts)
        return np.where((stacked >= 0).all(axis=-1), (stacked * np.array(self._strides)).sum(axis=-1), -1)

    @property
    def _strides(self) -> tuple[int, ...]:
        """The increase of a rank from cell to cell of each part."""
        return last_fastest(tuple(part.num_cells for part in self.lattices))

    @property
    def _axes(self) -> tuple[slice, ...]:
        """The slice of a coordinate that is each part's."""
        return _slices([part.ndim for part in self.lattices])

    @cached_property
    def _parts(self) -> npt.NDArray[np.int64]:
        """Every cell's ranks in the parts, (num_parts, num_cells)."""
        return self._ranks_in_parts(np.arange(self.num_cells))

    def _ranks_in_parts(self, cells: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return these cells' ranks in the parts, (num_parts, num_cells)."""
        sizes = np.array([part.num_cells for part in self.lattices])
        return cells // np.array(self._strides)[:, np.newaxis] % sizes[:, np.newaxis]

    def _coordinates(self) -> npt.NDArray[np.int32]:
        columns = [part.coordinates[ranks] for part, ranks in zip(self.lattices, self._parts, strict=True)]
        return np.concatenate(columns, axis=1)

    def _hop(self, direction: int) -> npt.NDArray[np.int64]:
        of_parts = [
            (index, own) for index, part in enumerate(self.lattices) for own in range(len(part.directions))
        ]
        index, own = of_parts[direction]
        here = self._parts[index]
        there = self.lattices[index].neighbours[here, own].astype(np.int64)
        cells = np.arange(self.num_cells)
        return np.where(there >= 0, cells + (there - here) * self._strides[index], -1)

    def _hops(self, a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        pairs = zip(self.lattices, self._ranks_in_parts(a), self._ranks_in_parts(b), strict=True)
        return np.sum([part.distance(one, other) for part, one, other in pairs], axis=0)

    def _positions(self) -> npt.NDArray[np.float64]:
        columns = [part.positions[ranks] for part, ranks in zip(self.lattices, self._parts, strict=True)]
        return np.concatenate(columns, axis=1)

    def _displacements(self) -> npt.NDArray[np.float64]:
        return self._in_blocks([part.displacements for part in self.lattices])

    def _neighbour_displacements(self) -> npt.NDArray[np.float64]:
        pairs = zip(self.lattices, self._parts, strict=True)
        return self._in_blocks([part.neighbour_displacements[ranks] for part, ranks in pairs])

    def _scale(self) -> npt.NDArray[np.float64]:
        return np.concatenate([part.scale for part in self.lattices])

    def _laplacian(self) -> npt.NDArray[np.float64]:
        return np.concatenate([part.laplacian for part in self.lattices])

    def _in_blocks(self, blocks: list[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
        """Return the parts' arrays (..., num_directions, k) along the diagonal of one array, 0 elsewhere."""
        rows, columns = (_slices([block.shape[axis] for block in blocks]) for axis in (-2, -1))
        out = np.zeros((*blocks[0].shape[:-2], rows[-1].stop, columns[-1].stop))
        for block, row, column in zip(blocks, rows, columns, strict=True):
            out[..., row, column] = block
        return out


def _slices(lengths: list[int]) -> tuple[slice, ...]:
    """Return the ranges that parts of these lengths take one after the other."""
    ends = list(itertools.accumulate(lengths, initial=0))
    return tuple(slice(start, stop) for start, stop in itertools.pairwise(ends))
