"""Final observations: the last ones of an episode, kept by the step that begins the next episode."""

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
    """The worlds whose episodes end in a step, and their last observations.

    Worlds may be listed on several threads, in any order.

    Args:
        observed: the observation buffers of the worlds.
        num_worlds: number of worlds.
        count: (1,) int64, the number of worlds listed; set to 0 before every step.
    """

    def __init__(
        self, observed: Sequence[ObservationBuffers], num_worlds: int, count: npt.NDArray[np.int64]
    ) -> None:
        self._observed = observed
        self._count = count
        self._worlds = np.empty(num_worlds, np.intp)
        self._places = np.empty(num_worlds, np.intp)  # each ended world's place in that list
        # Room for all worlds to end at once; pages that are never written take no memory.
        self._kept = [buffers.plan.allocate(num_worlds) for buffers in observed]

    def stages(self, ended: Choice) -> list[Stage]:
        """Return the stages that keep the observations of the worlds that have ended."""
        calls = [KernelCall(_enter, (address(self._count), self._worlds, self._places))]
        for buffers, output in zip(self._observed, self._kept, strict=True):
            for seen, kept in zip(buffers.template.arrays, arrays_of(output), strict=True):
                calls.append(KernelCall(_keep, (self._places, seen, kept)))
        return [Stage("the final observation", lambda call=call: call, choice=ended) for call in calls]

    def copies(self) -> tuple[Worlds, list[Output]]:
        """Return the listed worlds and their last observations."""
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
