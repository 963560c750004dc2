"""What worlds look like at the end of their episode, kept by the step that begins the next one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.kernels import kernel
from murk_env.kernels.call import KernelCall
from murk_env.kernels.fused import Choice, address
from murk_env.kernels.native import fetch_add
from murk_env.kernels.stage import Stage
from murk_env.observation.buffers import ObservationBuffers
from murk_env.observation.output import Output, arrays_of, each_array

__all__ = ["FinalObs"]

Worlds = npt.NDArray[np.intp]


class FinalObs:
    """The worlds whose episodes end in a step, and what was seen of them last.

    Worlds may be listed on several threads, in whatever order.

    Args:
        observed: what is seen of the worlds.
        num_worlds: number of worlds.
        count: (1,) int64, how many worlds have been listed; whoever begins a step sets it to 0.
    """

    def __init__(
        self, observed: Sequence[ObservationBuffers], num_worlds: int, count: npt.NDArray[np.int64]
    ) -> None:
        self._observed = observed
        self._count = count
        self._worlds = np.empty(num_worlds, np.intp)
        self._places = np.empty(num_worlds, np.intp)  # of each world that has ended, in that list
        # For all worlds to end at once. What is never written takes no memory: the system gives it then.
        self._kept = [buffers.plan.allocate(num_worlds) for buffers in observed]

    def stages(self, ended: Choice) -> list[Stage]:
        """Return the stages that keep what has been seen of the worlds that have ended."""
        calls = [KernelCall(_enter, (address(self._count), self._worlds, self._places))]
        for buffers, output in zip(self._observed, self._kept, strict=True):
            for seen, kept in zip(buffers.template.arrays, arrays_of(output), strict=True):
                calls.append(KernelCall(_keep, (self._places, seen, kept)))
        return [Stage("the final observation", lambda call=call: call, choice=ended) for call in calls]

    def copies(self) -> tuple[Worlds, list[Output]]:
        """Return the worlds that are listed, and their last observations."""
        count = self._count.item(0)
        kept = [each_array(output, lambda array: array[:count].copy()) for output in self._kept]
        return self._worlds[:count].copy(), kept


@kernel
def _enter(start: int, stop: int, count: int, worlds: Worlds, places: Worlds) -> None:
    """List the worlds [start, stop)."""
    for world in range(start, stop):
        place = fetch_add(count, 0, 1)
        worlds[place] = world
        places[world] = place


@kernel
def _keep(start: int, stop: int, places: Worlds, seen: npt.NDArray[Any], kept: npt.NDArray[Any]) -> None:
    for world in range(start, stop):
        kept[places[world]] = seen[world]
