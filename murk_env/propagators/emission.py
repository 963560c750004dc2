"""Emission: cells in which something is present emit into a field."""

import math
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, get_args

from murk_env.errors import PropagatorConfigError, did_you_mean
from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.propagators.writing import (
    FLOATS,
    Coefficient,
    Declaration,
    Frame,
    KernelCall,
    Propagator,
    batched,
    highest,
    in_range,
    kernel,
    parameters,
)

__all__ = ["Emission"]

Mode = Literal["add", "set"]


@dataclass(frozen=True, eq=False)
class Emission(Propagator):
    """Cells in which something is present emit into a field.

    Equation: add: e' = e + intensity * [present]; set: e' = intensity * [present].

    Scheme: exact, in the emission's dtype, on the previous tick's values; an amount per tick for any dt.

    Stability: any dt.

    Shapes: reads presence (num_worlds, num_cells) of either dtype, or static (num_cells,), and, to add, the
    emission; writes the emission (num_worlds, num_cells), float32 or float64. On every lattice: cells are
    independent of each other.

    Reference: murk 0.2.0, AgentEmission, with equal numbers to the last bit.

    Attributes:
        presence: cells emit where it is not 0 in the previous tick, whatever its sign.
        emission: the field emitted into.
        intensity: amount that a cell emits in a tick, >= 0.
        mode: "add" to the previous values, or "set", with 0 where nothing is present.

    Raises:
        PropagatorConfigError: an argument is invalid.
    """

    presence: Field
    emission: Field
    _: KW_ONLY
    intensity: Coefficient = 1.0
    mode: Mode = "add"

    def declare(self) -> Declaration:
        """Return its fields and its intensity."""
        intensity = in_range("Emission", "intensity", self.intensity)
        if self.mode not in get_args(Mode):
            raise PropagatorConfigError(
                f"Emission has no mode {self.mode!r}; {did_you_mean(self.mode, get_args(Mode))}"
            )
        adds = (self.emission,) if self.mode == "add" else ()
        return Declaration(
            reads_previous=(self.presence, *adds),
            writes=(self.emission,),
            coefficients=(intensity,),
            same_units=((self.emission, *parameters(intensity)),),
        )

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for fields that are not scalars over cells."""
        self.require(self.presence, dtype=self.presence.dtype.type, static=True)
        self.require(self.emission, dtype=FLOATS)

    def guarantees(self, field: Field) -> tuple[float, float]:
        """Return [0, intensity] to set; to add, only that no value falls below the field's lower bound."""
        if self.mode == "set":
            return 0.0, highest(self.intensity)
        return self.emission.bounds[0], math.inf

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled kernel of a tick with this frame's arrays."""
        presence = batched(self.presence, frame.previous(self.presence))
        out = frame.write(self.emission)
        if self.mode == "set":
            return KernelCall(_set, (presence, out, frame.coefficients))
        return KernelCall(_add, (presence, frame.previous(self.emission), out, frame.coefficients))


@kernel
def _add(start: int, stop: int, presence: Any, previous: Any, out: Any, coefficients: Any) -> None:
    """Add in the worlds [start, stop); all arrays (num_worlds, num_cells), a static presence (1, ...)."""
    for world in range(start, stop):
        intensity = out.dtype.type(coefficients[world, 0])
        present = presence[min(world, presence.shape[0] - 1)]
        for cell in range(out.shape[1]):
            before = previous[world, cell]
            out[world, cell] = before + intensity if present[cell] != 0 else before


@kernel
def _set(start: int, stop: int, presence: Any, out: Any, coefficients: Any) -> None:
    """Set the worlds [start, stop); all arrays (num_worlds, num_cells), a static presence (1, ...)."""
    for world in range(start, stop):
        intensity = out.dtype.type(coefficients[world, 0])
        present = presence[min(world, presence.shape[0] - 1)]
        for cell in range(out.shape[1]):
            out[world, cell] = intensity if present[cell] != 0 else out.dtype.type(0.0)
