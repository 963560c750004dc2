"""Observation buffers: a plan, and the arrays that it fills."""

from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.fields.values import Values
from murk_env.kernels.program import Fill, Program
from murk_env.observation.output import Output, each_array
from murk_env.observation.output_sets import Outputs, OutputSet
from murk_env.observation.plan import ObservationPlan

__all__ = ["ObservationBuffers"]


class ObservationBuffers:
    """The observations of one kind of viewer: the plan, and the arrays that it fills.

    Attributes:
        plan: the observation plan.
        template: placeholder arrays with which a program is made; every step replaces their addresses.
        outputs: the sets of arrays to fill.
        latest: the set that was filled last.
    """

    def __init__(self, plan: ObservationPlan, num_worlds: int, *, copy: bool) -> None:
        self.plan = plan
        self.outputs = Outputs(plan, num_worlds, copy=copy)
        self.template = OutputSet(plan.allocate(num_worlds))  # never written, so it takes no memory
        self.latest = self.template

    def take(self, program: Program, side: int = 0) -> None:
        """Let a program fill the next set; `side` is that of `Outputs.take`."""
        self.latest = taken = self.outputs.take(side)
        fill = program.fills.get(self)
        if fill is None:
            fill = program.fills[self] = Fill([program.places(array) for array in self.template.arrays])
        if fill.target is not taken:
            fill.target = None  # until it is complete: an interrupt may come in between
            for places, address in zip(fill.places, taken.addresses, strict=True):
                for words, place in places:
                    words[place] = address
            fill.target = taken

    def row(self, world: int) -> Output:
        """Return one world's latest observation, as views of its rows."""
        output = self.latest.output
        if isinstance(output, dict):
            return {key: array[world] for key, array in output.items()}
        return output[world]

    def rows(self, worlds: npt.NDArray[np.intp]) -> Output:
        """Return a copy of some worlds' latest observations."""
        return each_array(self.latest.output, lambda array: array[worlds])

    def fill(self, values: Values, side: int = 0) -> None:
        """Fill the next set from these values, for all worlds; `side` is that of `Outputs.take`."""
        self.latest = self.outputs.take(side)
        self.plan.fill(values, self.latest.output)

    def fill_rows(self, values: Values, worlds: npt.NDArray[np.intp]) -> None:
        """Fill some worlds' latest observations again."""
        output, rows = self.latest.output, self.plan.fill_rows(values, worlds)
        if isinstance(output, dict):
            for key, array in output.items():
                array[worlds] = cast("dict[str, npt.NDArray[Any]]", rows)[key]
        else:
            output[worlds] = rows
