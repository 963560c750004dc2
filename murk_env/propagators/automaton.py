"""Cellular automata that count living neighbours."""

from collections.abc import Collection
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from murk_env.errors import PipelineError, PropagatorConfigError
from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.propagators._inputs import whole_number
from murk_env.propagators.writing import (
    Declaration,
    Frame,
    KernelCall,
    Propagator,
    add_neighbours,
    kernel,
    neighbourhood,
)

__all__ = ["Automaton"]


@dataclass(frozen=True, eq=False)
class Automaton(Propagator):
    """A cell is born, survives or dies by its number of living neighbours: an outer-totalistic rule.

    Equation: with n living neighbours, an empty cell becomes 1 if n is in `birth`, and a living one stays 1
    if n is in `survival`; every other cell becomes 0. A cell lives where the field is not 0. A neighbour in
    two directions, as on a torus 2 wide, counts twice. A clamped cell is its own neighbour, once for each
    clamped direction.

    Scheme: exact, all cells at once, from the previous tick's values; one generation per tick for any dt.

    Stability: any dt.

    Shapes: reads and writes (num_worlds, num_cells) int32. On every lattice with at least as many directions
    as the largest count.

    Source: S. Wolfram and N. H. Packard, "Two-dimensional cellular automata", J. Stat. Phys. 38 (1985),
    https://doi.org/10.1007/BF01010423; Conway's Life: M. Gardner, Scientific American 223(4) (1970), which is
    `Automaton(alive, birth={3}, survival={2, 3})` on Square8.

    Attributes:
        field: the cells' states, an int32 field such as `Field(categories=2)`.
        birth: numbers of living neighbours with which an empty cell comes to life.
        survival: numbers of living neighbours with which a living cell stays alive.

    Raises:
        PropagatorConfigError: a count is not an integer >= 0.
    """

    field: Field
    _: KW_ONLY
    birth: Collection[int]
    survival: Collection[int]

    def declare(self) -> Declaration:
        """Return its field; raise PropagatorConfigError for an invalid count."""
        _ = self._counts
        return Declaration(reads_previous=(self.field,), writes=(self.field,))

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for counts above the number of directions, or an unsuitable field."""
        self.require(self.field, dtype=np.int32)
        most = len(lattice.directions)
        beyond = sorted({count for counts in self._counts for count in counts if count > most})
        if beyond:
            raise PipelineError(
                f"{self.name} waits for {beyond} living neighbours, but a cell of {lattice!r} has at most "
                f"{most}; name counts up to {most}, or use a lattice with more directions."
            )

    def guarantees(self, field: Field) -> tuple[float, float]:
        """Return 0 and 1."""
        return 0, 1

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled kernel of a tick with this frame's arrays."""
        previous = frame.previous(self.field)
        rule = np.zeros((2, len(frame.lattice.directions) + 1), np.int32)
        for state, counts in enumerate(self._counts):
            rule[state, list(counts)] = 1
        return KernelCall(
            _generation,
            (
                previous,
                frame.write(self.field),
                np.empty_like(previous),
                rule,
                *neighbourhood(frame.lattice),
            ),
        )

    @cached_property
    def _counts(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The counts for birth and survival, checked and copied once."""
        return _checked_counts("birth", self.birth), _checked_counts("survival", self.survival)


def _checked_counts(name: str, counts: Collection[Any]) -> tuple[int, ...]:
    try:
        numbers = sorted({whole_number(count) for count in counts})
    except TypeError:
        numbers = [-1]
    if numbers and numbers[0] < 0:
        raise PropagatorConfigError(
            f"Automaton's {name} must be a collection of numbers of neighbours, integers >= 0, not "
            f"{counts!r}."
        )
    return tuple(numbers)


@kernel
def _generation(
    start: int,
    stop: int,
    previous: Any,  # (num_worlds, num_cells)
    out: Any,  # (num_worlds, num_cells)
    alive: Any,  # (num_worlds, num_cells), scratch
    rule: Any,  # (2, num_directions + 1): next state by state and count
    *neighbours: Any,
) -> None:
    """One tick of the worlds [start, stop)."""
    for world in range(start, stop):
        state, new = alive[world], out[world]
        for cell in range(state.size):
            state[cell] = previous[world, cell] != 0
        add_neighbours(state, new, neighbours)
        for cell in range(state.size):
            new[cell] = rule[state[cell], new[cell]]
