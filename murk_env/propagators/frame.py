"""Frame: the arrays, coefficients and random numbers that a propagator is given in a tick."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.random import WorldRng

__all__ = ["Frame"]


class Frame(Protocol):
    """The arrays a propagator works on in one tick, worlds axis first.

    They stay at the same place every second tick, so a kernel may fetch them once (`Propagator.bind`).
    """

    @property
    def lattice(self) -> Lattice:
        """The lattice of every world."""
        ...

    @property
    def dt(self) -> float:
        """Time that one tick advances, or one sub-step where a tick has several."""
        ...

    @property
    def num_worlds(self) -> int:
        """Number of worlds in the batch."""
        ...

    @property
    def elapsed_steps(self) -> npt.NDArray[np.int32]:
        """Ticks of every world's episode, the one in progress included, (num_worlds,), read-only.

        Where a tick has sub-steps, it is they that are counted, and `time` is theirs.

        It does not move, so a kernel may be given it in `bind`, like the fields.
        """
        ...

    @property
    def time(self) -> npt.NDArray[np.float64]:
        """Time of every world at the end of this tick: elapsed steps times dt, (num_worlds,), read-only.

        It may be given to a kernel in `bind`; it is brought up to date before the kernel runs.
        """
        ...

    @property
    def rng(self) -> WorldRng:
        """Draws of this propagator, one row per world."""
        ...

    @property
    def coefficients(self) -> npt.NDArray[np.float64]:
        """The declared coefficients of every world, (num_worlds, num_coefficients).

        A plain number is taken as a float64, a parameter's value as its dtype holds it.
        """
        ...

    def read(self, field: Field) -> npt.NDArray[Any]:
        """Return this tick's values of a field declared in `reads`, read-only.

        Bounds are applied when all propagators have run: these values may still lie beyond them. A static
        field has no worlds axis. One of a level has: in `step` a copy of every world's own map. In `bind` it
        is an array that a KernelCall may be given as it is, of which a kernel finds every world's map at the
        world's index; nothing can be computed with it.
        """
        ...

    def previous(self, field: Field) -> npt.NDArray[Any]:
        """Return the previous tick's values of a field declared in `reads_previous`, read-only."""
        ...

    def table_of(
        self, field: Field, make: Callable[[Lattice, npt.NDArray[Any]], npt.NDArray[Any]]
    ) -> npt.NDArray[Any]:
        """Return what a function makes of the map of a declared field, static or of a level, for a kernel.

        It is made once for every map there is, and kept.

        Args:
            field: the field.
            make: a function of a module, given the lattice and a map, (*shape); it always returns an array of
                the same shape and dtype.

        Returns:
            The table, of which a kernel reads row `min(world, len(table) - 1)`.
        """
        ...

    def write(self, field: Field) -> npt.NDArray[Any]:
        """Return the array of a field declared in `writes`; every element must be set."""
        ...

    def update(self, field: Field) -> npt.NDArray[Any]:
        """Return the array of a field declared in `updates`; it holds the previous values."""
        ...
