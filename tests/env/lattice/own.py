"""Lattices as an author writes them."""

import itertools
from dataclasses import dataclass

import numpy as np

from murk_env.lattice import Edge, Grid, Lattice

LEAPS = tuple(leap for leap in itertools.product((-2, -1, 1, 2), repeat=2) if abs(leap[0]) != abs(leap[1]))


@dataclass(frozen=True, repr=False)
class Knights(Grid):
    """Squares of a chess board, neighbours by a knight's leap."""

    rows: int
    cols: int
    edge: Edge = "absorb"

    @property
    def box(self):
        return self.rows, self.cols

    @property
    def directions(self):
        return tuple(map(str, LEAPS))

    @property
    def steps(self):
        return LEAPS


@dataclass(frozen=True)
class Rooms(Lattice):
    """The free cells ("." ) of a plan, neighbours to the east and to the west."""

    plan: tuple[str, ...]

    @property
    def box(self):
        return len(self.plan), len(self.plan[0])

    @property
    def directions(self):
        return "east", "west"

    def _coordinates(self):
        return np.argwhere(np.array([list(row) for row in self.plan]) == ".")

    def _hop(self, direction):
        return self.rank(self.coordinates + np.array([0, (1, -1)[direction]]))

    def _positions(self):
        return self.coordinates[:, ::-1].astype(float)

    def _displacements(self):
        return np.array([[1.0, 0.0], [-1.0, 0.0]])


@dataclass(frozen=True)
class Triangles(Lattice):
    """Rows of triangles, pointing up where row + col is even, with a direction for each of the six ways."""

    rows: int
    cols: int

    @property
    def box(self):
        return self.rows, self.cols

    @property
    def directions(self) -> tuple[str, ...]:
        return "up west", "up east", "up across", "down west", "down east", "down across"

    def _coordinates(self):
        return np.argwhere(np.ones(self.box, np.bool_))

    def _hop(self, direction):
        step = [(0, -1), (0, 1), (1, 0), (0, -1), (0, 1), (-1, 0)][direction]
        own_kind = self.coordinates.sum(axis=1) % 2 == direction // 3
        return np.where(own_kind, self.shifted(np.arange(self.num_cells), step), -1)

    def _positions(self):
        row, col = self.coordinates.T
        return np.stack([col * np.sqrt(0.75), 1.5 * row - 0.5 * ((row + col) % 2)], axis=1)

    def _displacements(self):
        up = np.array([(-np.sqrt(0.75), -0.5), (np.sqrt(0.75), -0.5), (0.0, 1.0)])
        return np.concatenate([up, up * (1.0, -1.0)])


@dataclass(frozen=True)
class Careless(Triangles):
    """The same with three directions, as if the ways were those of upward triangles everywhere."""

    @property
    def directions(self):
        return "west", "east", "across"

    def _hop(self, direction):
        return np.maximum(super()._hop(direction), super()._hop(direction + 3))

    def _displacements(self):
        return super()._displacements()[:3]


@dataclass(frozen=True)
class ThreeWays(Careless):
    """The same with the ways that there are."""

    def _neighbour_displacements(self):
        ways = self.positions[self.neighbours] - self.positions[:, np.newaxis]
        return np.where(self.neighbours[:, :, np.newaxis] >= 0, ways, 0.0)
