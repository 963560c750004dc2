"""Copy: a field receives another field's values of the previous tick."""

from dataclasses import dataclass
from typing import Any

from murk_env.errors import PipelineError
from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.propagators.writing import Declaration, Frame, KernelCall, Propagator, kernel

__all__ = ["Copy"]


@dataclass(frozen=True, eq=False)
class Copy(Propagator):
    """A field receives the values that another field, or the field itself, had in the previous tick.

    Equation: output' = field.

    Scheme: exact, bit for bit. Several in a row keep a history: `Copy(now, output=last)`,
    `Copy(last, output=last_but_one)`.

    Stability: any dt.

    Shapes: reads and writes (num_worlds, ...) of one shape and dtype, of any span. On every lattice.

    Reference: murk 0.2.0, IdentityCopy.

    Attributes:
        field: the field to copy.
        output: field that receives the copy, None for ``field`` itself.
    """

    field: Field
    output: Field | None = None

    def declare(self) -> Declaration:
        """Return both fields, which must have the same unit."""
        return Declaration(
            reads_previous=(self.field,), writes=(self._target,), same_units=((self.field, self._target),)
        )

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for fields of different shape or dtype, or one that never changes."""
        one, other = self.field, self._target
        if (one.over, one.components, one.dtype) != (other.over, other.components, other.dtype):
            raise PipelineError(
                f"{self.name} copies {one!r} with components={one.components}, which does not fit into "
                f"{other!r} with components={other.components}; declare both with the same span, components "
                f"and dtype."
            )
        if one.fixed:
            raise PipelineError(
                f"{self.name} copies {one.name!r}, which is {one.mutability} and never changes; read it "
                f"where it is."
            )

    def guarantees(self, field: Field) -> tuple[float, float]:
        """Return the bounds of the copied field."""
        return self.field.bounds

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled kernel of a tick with this frame's arrays."""
        previous = frame.previous(self.field).reshape(frame.num_worlds, -1)
        out = frame.write(self._target).reshape(frame.num_worlds, -1)
        return KernelCall(_copy, (previous, out))

    @property
    def _target(self) -> Field:
        return self.field if self.output is None else self.output


@kernel
def _copy(start: int, stop: int, previous: Any, out: Any) -> None:
    """Copy the worlds [start, stop) of (num_worlds, num_elements)."""
    for world in range(start, stop):
        for element in range(previous.shape[1]):
            out[world, element] = previous[world, element]
