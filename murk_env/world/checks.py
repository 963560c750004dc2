"""The checks of checked mode in a tick: full writes are complete, floats finite, categories known."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_arena import TickGuard, UncoveredWriteError
from murk_env.errors import HookError, PropagatorError
from murk_env.fields import Field
from murk_env.fields.checks import check_values
from murk_env.propagators.base import Propagator
from murk_env.world.layout import Layout

__all__ = ["TickChecks"]

_UNSET = 0x7FC2_A5A5  # a NaN that no computation returns; as an int a huge number


class TickChecks:
    """Checks the values that propagators and hooks have just written.

    Args:
        layout: the layout of the worlds.

    Attributes:
        skipped: worlds whose values are not checked, because they are reset later in this tick.
    """

    def __init__(self, layout: Layout) -> None:
        self._ids, self._sides = layout.ids, layout.sides
        self._owned = [
            field
            for field in layout.fields.values()
            if field not in layout.pipeline.writers and not field.derived
        ]
        self.skipped: npt.NDArray[np.intp] | None = None

    def propagator(self, propagator: Propagator, guard: TickGuard) -> None:
        """Check that the writes of a propagator are complete and finite."""
        try:
            guard.prove_covered([self._ids[field] for field in propagator.writes])
        except UncoveredWriteError as error:
            raise PropagatorError(f"{propagator.name} left a part of its write unset: {error}") from error
        written = [
            (field, guard.read(self._ids[field])) for field in (*propagator.writes, *propagator.updates)
        ]
        check_values(propagator.name, written, PropagatorError, self._sides, skipped=self.skipped)

    def spoil(self, arrays: Iterable[npt.NDArray[Any]]) -> None:
        """Fill arrays that a propagator will set in full, so that `substep` finds elements left unset."""
        for array in arrays:
            array.view(np.int32).fill(_UNSET)

    def substep(self, propagator: Propagator, writable: Callable[[Field], npt.NDArray[Any]]) -> None:
        """Check that the writes of a propagator in a sub-step are complete and finite.

        Args:
            propagator: the propagator.
            writable: returns the array of a field that it writes.
        """
        for field in propagator.writes:
            left = int((writable(field).view(np.int32) == _UNSET).sum())
            if left:
                raise PropagatorError(
                    f"{propagator.name} left a part of its write unset: in a sub-step, {left} elements of "
                    f"{field.name!r}; set every element, or declare it in updates."
                )
        written = [(field, writable(field)) for field in (*propagator.writes, *propagator.updates)]
        check_values(propagator.name, written, PropagatorError, self._sides, skipped=self.skipped)

    def hook(self, who: str, guard: TickGuard) -> None:
        """Check that the fields that a hook may have written are finite."""
        written = [(field, guard.read(self._ids[field])) for field in self._owned]
        check_values(who, written, HookError, self._sides, skipped=self.skipped)
