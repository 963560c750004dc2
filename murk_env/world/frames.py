"""The arrays of one propagator in one buffer: what `murk_env.propagators.Frame` promises."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_arena import PingPongArena, TickGuard
from murk_env.errors import PipelineError
from murk_env.fields import Field, Parameter, Values
from murk_env.lattice import Lattice
from murk_env.propagators.base import Propagator
from murk_env.random import WorldRng
from murk_env.world.layout import Layout
from murk_env.world.staged import Staged

__all__ = ["PropagatorFrame"]

Array = npt.NDArray[Any]


class PropagatorFrame:
    """What one propagator is given, in one of the arena's two buffers."""

    __slots__ = (
        "_arrays",
        "_draws",
        "_propagator",
        "_rng",
        "_table",
        "coefficients",
        "dt",
        "lattice",
        "num_worlds",
    )

    def __init__(self, layout: Layout, propagator: Propagator, rng: WorldRng) -> None:
        self.lattice: Lattice = layout.lattice
        self.dt = layout.dt
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
        self._draws = False  # whether the propagator has ever asked for random numbers

    def fetch(self, layout: Layout, arena: PingPongArena, guard: TickGuard, staged: Staged) -> None:
        """Fetch the arrays and the parameters' values of the tick in progress."""
        self._arrays = _declared_arrays(self._propagator, layout, arena, guard, staged)
        for column, coefficient in enumerate(self._propagator.coefficients):
            if isinstance(coefficient, Parameter):
                self._table[:, column] = staged.after[coefficient]

    @property
    def rng(self) -> WorldRng:
        """Draws of the propagator, one row per world."""
        self._draws = True
        return self._rng

    def restart_draws(self) -> None:
        """Let the propagator's draws be those of a new tick."""
        if self._draws:
            self._rng.rewind()

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
                f"the propagator asks for {field!r}, which it does not declare (in {role}: {names}); add it "
                f"to {role}."
            )
        return arrays[field]


def _declared_arrays(
    propagator: Propagator, layout: Layout, arena: PingPongArena, guard: TickGuard, staged: Staged
) -> Mapping[str, Values]:
    def writable(field: Field) -> Array:
        field_id = layout.ids[field]
        return guard.update(field_id) if field.mutability == "sparse" else arena.staging_view(field_id)

    return {
        "reads": Values({field: staged.after[field] for field in propagator.reads}),
        "reads_previous": Values({field: staged.before[field] for field in propagator.reads_previous}),
        "writes": Values({field: writable(field) for field in propagator.writes}),
        "updates": Values({field: writable(field) for field in propagator.updates}),
    }
