"""Frame: the arrays, coefficients and random numbers that a propagator gets in a tick."""

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

    They have the same addresses every second tick, so `Propagator.bind` fetches them once per buffer.
    """

    @property
    def lattice(self) -> Lattice:
        """The lattice of every world."""
        ...

    @property
    def dt(self) -> float:
        """Duration of one tick, or of one sub-step if a tick has several."""
        ...

    @property
    def num_worlds(self) -> int:
        """Number of worlds in the batch."""
        ...

    @property
    def elapsed_steps(self) -> npt.NDArray[np.int32]:
        """Ticks of every world's episode, the one in progress included, (num_worlds,), read-only.

        If a tick has sub-steps, it counts sub-steps, and `time` is the time of the sub-step. Its address
        never changes, so it may be passed to a kernel in `bind`, like the fields.
        """
        ...

    @property
    def time(self) -> npt.NDArray[np.float64]:
        """Time of every world at the end of this tick: elapsed steps times dt, (num_worlds,), read-only.

        It may be passed to a kernel in `bind`; it is updated before the kernel runs.
        """
        ...

    @property
    def rng(self) -> WorldRng:
        """Random draws of this propagator, one row per world."""
        ...

    @property
    def coefficients(self) -> npt.NDArray[np.float64]:
        """The declared coefficients of every world, (num_worlds, num_coefficients) float64.

        A parameter's value is rounded to the parameter's dtype first.
        """
        ...

    def read(self, field: Field) -> npt.NDArray[Any]:
        """Return this tick's values of a field declared in `reads`, read-only.

        Bounds are applied after all propagators have run, so these values may exceed them. A static field
        has no worlds axis. A field of a level has one: in `step` it is a copy of every world's map; in `bind`
        it is a handle to pass to a KernelCall unchanged, which a kernel indexes by world; do not compute with
        it.
        """
        ...

    def previous(self, field: Field) -> npt.NDArray[Any]:
        """Return the previous tick's values of a field declared in `reads_previous`, read-only."""
        ...

    def table_of(
        self, field: Field, make: Callable[[Lattice, npt.NDArray[Any]], npt.NDArray[Any]]
    ) -> npt.NDArray[Any]:
        """Return a table computed from the map of a declared field, static or of a level, for a kernel.

        It is computed once per map, and cached.

        Args:
            field: the field.
            make: a module-level function of the lattice and a map, (*shape); for every map it returns an
                array of the same shape and dtype.

        Returns:
            The table; a kernel reads row `min(world, len(table) - 1)`.
        """
        ...

    def write(self, field: Field) -> npt.NDArray[Any]:
        """Return the array of a field declared in `writes`; every element must be set."""
        ...

    def update(self, field: Field) -> npt.NDArray[Any]:
        """Return the array of a field declared in `updates`; it holds the previous values."""
        ...
