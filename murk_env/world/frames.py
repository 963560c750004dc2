"""The arrays of one propagator in one buffer: the implementation of `murk_env.propagators.Frame`."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import PipelineError
from murk_env.fields import LEVEL, Field, Parameter, Values
from murk_env.kernels import KernelCall, chain, kernel
from murk_env.lattice import Lattice
from murk_env.propagators.base import Propagator
from murk_env.random import WorldRng
from murk_env.world.layout import Layout
from murk_env.world.level_maps import LevelMaps

__all__ = ["PropagatorFrame", "Routes"]

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Routes:
    """The arrays that a propagator may get.

    Attributes:
        earlier: the values of the previous tick, or of the previous sub-step.
        values: the values of this tick, or of this sub-step.
        steps: number of ticks, or of sub-steps, in each world's episode up to this one, (num_worlds,) int32.
        writable: returns the array of a field that the propagator writes.
    """

    earlier: Values
    values: Values
    steps: npt.NDArray[np.int32]
    writable: Callable[[Field], Array]


class PropagatorFrame:
    """The frame of one propagator, in one of the arena's two buffers.

    Args:
        layout: the layout of the worlds.
        propagator: the propagator.
        rng: its random numbers; None for one that sets derived fields, which may not draw.
    """

    __slots__ = (
        "_arrays",
        "_maps",
        "_propagator",
        "_rng",
        "_table",
        "_tables",
        "_times",
        "coefficients",
        "dt",
        "elapsed_steps",
        "lattice",
        "num_worlds",
    )

    def __init__(self, layout: Layout, propagator: Propagator, rng: WorldRng | None) -> None:
        self.lattice: Lattice = layout.lattice
        self.dt = layout.dt if rng is None else layout.sub_dt
        self.num_worlds = layout.num_worlds
        self._propagator = propagator
        self._table = np.empty((layout.num_worlds, len(propagator.coefficients)), np.float64)
        for column, coefficient in enumerate(propagator.coefficients):
            if not isinstance(coefficient, Parameter):
                self._table[:, column] = coefficient
        self.coefficients = self._table.view()
        self.coefficients.flags.writeable = False
        self._arrays: Mapping[str, Values] = {}
        self._rng = rng
        self._maps = LevelMaps(propagator.name, layout.num_worlds)
        self._tables: dict[tuple[Field, Callable[..., Array]], Array] = {}
        self._times: npt.NDArray[np.float64] | None = None  # set at the first use of `time`
        self.elapsed_steps: npt.NDArray[np.int32]

    def fetch(self, routes: Routes) -> None:
        """Fetch the arrays and the parameters' values of the tick in progress."""
        self.elapsed_steps = routes.steps
        self._arrays = _declared_arrays(self._propagator, routes)
        if LEVEL in routes.values:
            self._maps.begin(routes.values[LEVEL])
        for column, coefficient in enumerate(self._propagator.coefficients):
            if isinstance(coefficient, Parameter):
                self._table[:, column] = routes.values[coefficient]

    @property
    def rng(self) -> WorldRng:
        """The propagator's random numbers, one row per world."""
        if self._rng is None:
            raise PipelineError(
                f"{self._propagator.name} draws from rng, so it cannot be derived: derived values depend on "
                f"the other fields alone; list it in propagators."
            )
        return self._rng

    @property
    def time(self) -> npt.NDArray[np.float64]:
        """Time of each world's episode, including the tick in progress, (num_worlds,)."""
        if self._times is None:
            self._times = np.zeros(self.num_worlds)
        self._tell_time()
        times = self._times.view()
        times.flags.writeable = False
        return times

    def bound(self, run: KernelCall) -> KernelCall:
        """Return the kernel that the propagator's `bind` returned, in the form in which it runs.

        Each world gets the maps of its own level, and `time` is updated if the propagator uses it.
        """
        run = self._maps.bound(run)
        if self._times is None:
            return run
        return chain(KernelCall(_tell_time, (self.elapsed_steps, self.dt, self._times)), run)

    def restart(self) -> None:
        """Set random numbers and time to those of a new tick, for a propagator that runs in Python."""
        self._maps.binds = False
        if self._rng is not None:
            self._rng.rewind()
        self._tell_time()

    def _tell_time(self) -> None:
        if self._times is not None:
            np.multiply(self.elapsed_steps, self.dt, out=self._times)

    def read(self, field: Field) -> Array:
        """Return this tick's values of a field declared in `reads`."""
        return self._declared("reads", field)

    def previous(self, field: Field) -> Array:
        """Return the previous values of a field declared in `reads_previous`."""
        return self._declared("reads_previous", field)

    def write(self, field: Field) -> Array:
        """Return the array of a field declared in `writes`."""
        return self._declared("writes", field)

    def update(self, field: Field) -> Array:
        """Return the array of a field declared in `updates`."""
        return self._declared("updates", field)

    def _declared(self, role: str, field: Field) -> Array:
        arrays = self._arrays[role]
        if field not in arrays:
            names = ", ".join(sorted(other.name for other in arrays)) or "none"
            raise PipelineError(
                f"{self._propagator.name} uses {field!r}, which it does not declare (in {role}: {names}); "
                f"add it to {role}."
            )
        array = arrays.stored(field)
        return self._maps.of(field.name, array) if field.mutability == "level" else array

    def table_of(self, field: Field, make: Callable[[Lattice, Array], Array]) -> Array:
        """Return a function's result for the map of a static field, or for each map of a level's field."""
        declared = [arrays for arrays in self._arrays.values() if field in arrays]
        if not field.fixed or not declared:
            raise PipelineError(
                f"{self._propagator.name} cannot make a table of {field!r}: table_of takes a field that the "
                f'propagator declares, and with mutability="static" or "level"; use such a field.'
            )
        if (field, make) not in self._tables:
            maps = declared[0].stored(field)
            maps = maps if field.mutability == "level" else maps[np.newaxis]
            self._tables[field, make] = np.stack([make(self.lattice, one) for one in maps])
        table = self._tables[field, make]
        return self._maps.of(field.name, table) if field.mutability == "level" else table


@kernel
def _tell_time(
    start: int, stop: int, steps: npt.NDArray[np.int32], dt: float, times: npt.NDArray[np.float64]
) -> None:
    for world in range(start, stop):
        times[world] = steps[world] * dt


def _declared_arrays(propagator: Propagator, routes: Routes) -> Mapping[str, Values]:
    """Return the arrays by role."""
    values, earlier, writable = routes.values, routes.earlier, routes.writable
    return {
        "reads": Values({field: values.stored(field) for field in propagator.reads}),
        "reads_previous": Values({field: earlier.stored(field) for field in propagator.reads_previous}),
        "writes": Values({field: writable(field) for field in propagator.writes}),
        "updates": Values({field: writable(field) for field in propagator.updates}),
    }
