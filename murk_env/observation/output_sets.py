"""The arrays that observations are written into, reused when no caller holds them any more."""

from sys import getrefcount
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.kernels.fused import address
from murk_env.observation import ObservationPlan
from murk_env.observation.output import Output, arrays_of

__all__ = ["OutputSet", "Outputs"]

_MOST_KEPT = 4


class OutputSet:
    """One observation of all worlds.

    Attributes:
        output: the observation.
        arrays: its arrays.
        addresses: the addresses of their memory.
    """

    __slots__ = ("addresses", "arrays", "output")

    def __init__(self, output: Output) -> None:
        self.output = output
        self.arrays: list[npt.NDArray[Any]] = arrays_of(output)
        self.addresses = [address(array) for array in self.arrays]

    def handed_out(self) -> Output:
        """Return views, so that the caller's changes of shape, dtype or flags do not affect the set."""
        output = self.output
        if isinstance(output, dict):
            return {key: array.view() for key, array in output.items()}
        return output.view()


class Outputs:
    """Gives out a set of arrays for every step.

    With `copy`, a set is reused only when nobody holds any of its arrays or a view of one. Reuse matters
    because large new arrays cost a page fault per 4 KiB. Without `copy`, two sets alternate.

    Args:
        plan: the plan that fills the outputs.
        num_worlds: number of worlds.
        copy: whether every observation has its own arrays.
    """

    def __init__(self, plan: ObservationPlan, num_worlds: int, *, copy: bool) -> None:
        self._plan = plan
        self._num_worlds = num_worlds
        self._copy = copy
        self._sets = [] if copy else [self._new(), self._new()]

    def take(self, side: int = 0) -> OutputSet:
        """Return the set to write next.

        Args:
            side: 0 or 1, which of the two alternating sets; a failed step is repeated with the same one.
        """
        if not self._copy:
            return self._sets[side]
        for known in self._sets:
            for array in known.arrays:
                if getrefcount(array) > _UNSHARED:
                    break
            else:
                return known
        made = self._new()
        if len(self._sets) < _MOST_KEPT:
            self._sets.append(made)
        return made

    def _new(self) -> OutputSet:
        return OutputSet(self._plan.allocate(self._num_worlds))


def _count_unshared() -> int:
    """Return the reference count that `take` sees for an array that nobody else holds."""
    lone = OutputSet(np.empty(1, np.float32))
    for array in lone.arrays:
        return getrefcount(array)
    raise AssertionError


_UNSHARED = _count_unshared()
