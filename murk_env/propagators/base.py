"""What every propagator is: a law that reads and writes fields once a tick."""

import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from murk_env.errors import PipelineError, PropagatorConfigError
from murk_env.fields import Field, Parameter
from murk_env.fields.field import Span
from murk_env.lattice import Lattice
from murk_env.propagators._inputs import fits_float32
from murk_env.random import WorldRng

__all__ = ["Coefficient", "Frame", "Propagator", "highest", "in_range", "lowest", "parameters"]

Coefficient = float | Parameter


class Frame(Protocol):
    """The arrays a propagator works on in one tick, worlds axis first.

    They stay at the same place every second tick, so a kernel may fetch them once (`bind`).
    """

    @property
    def lattice(self) -> Lattice:
        """The lattice of every world."""
        ...

    @property
    def dt(self) -> float:
        """Time that one tick advances."""
        ...

    @property
    def num_worlds(self) -> int:
        """Number of worlds in the batch."""
        ...

    @property
    def rng(self) -> WorldRng:
        """Draws of this propagator, one row per world."""
        ...

    @property
    def coefficients(self) -> npt.NDArray[np.float64]:
        """The declared coefficients of every world, (num_worlds, num_coefficients).

        A plain number is what it is as a float64; a parameter's value has been rounded to float32.
        """
        ...

    def read(self, field: Field) -> npt.NDArray[Any]:
        """Return this tick's values of a field declared in `reads`, read-only.

        Bounds are applied when all laws have run: they may lie beyond those of the field still.
        """
        ...

    def previous(self, field: Field) -> npt.NDArray[Any]:
        """Return the previous tick's values of a field declared in `reads_previous`, read-only."""
        ...

    def write(self, field: Field) -> npt.NDArray[Any]:
        """Return the array of a field declared in `writes`; every element must be set."""
        ...

    def update(self, field: Field) -> npt.NDArray[Any]:
        """Return the array of a field declared in `updates`; it holds the previous values."""
        ...


class Propagator:
    """One law of a world: a stateless operator that runs once a tick.

    A subclass declares what it touches and implements `step`; one built on a compiled kernel
    implements `bind` instead, and returns the kernel with its arguments. Declarations are read once, when
    the world is built.

    The bounds of fields are applied at the end of the tick, after all laws. So what a law finds in
    `reads_previous` lies within them; what it finds in `reads` may not yet, if an earlier law, or `act`, has
    written it in this tick. Parameters alone are brought within theirs before the first law runs.

    Attributes:
        reads: fields whose values of this tick it reads (Euler), before their bounds are applied.
        reads_previous: fields whose values of the tick before it reads (Jacobi).
        writes: fields of which it sets every element, every tick.
        updates: fields that it changes starting from their previous values.
        coefficients: its numbers, or parameters of the world, in the order of `frame.coefficients`.
        alike: groups of fields, parameters among them, that it adds, copies or compares to each other, so
            that their units must agree. Fields that meet only through a coefficient, or through dt, which may
            convert, are not alike: a wave's displacement and velocity, predators and prey, a resource and
            what consumes it.
    """

    reads: tuple[Field, ...] = ()
    reads_previous: tuple[Field, ...] = ()
    writes: tuple[Field, ...] = ()
    updates: tuple[Field, ...] = ()
    coefficients: tuple[Coefficient, ...] = ()
    alike: tuple[tuple[Field, ...], ...] = ()

    @property
    def name(self) -> str:
        """Name in messages: the class and what it writes."""
        fields = ", ".join(field.name for field in (*self.writes, *self.updates))
        return f"{type(self).__name__}({fields})"

    def max_dt(self, lattice: Lattice) -> float:
        """Return the largest stable time step on this lattice (inf for none)."""
        return math.inf

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for what cannot work on this lattice."""

    def guarantees(self, field: Field) -> tuple[float, float]:
        """Return a range that everything it writes to `field` lies in.

        It may rely on the bounds of what it reads of the previous tick. Where the range lies within the
        bounds of `field`, the world saves itself a pass over the field in every tick.
        """
        return (-math.inf, math.inf)

    def step(self, frame: Frame) -> None:
        """Run one tick for all worlds, on arrays with the worlds axis first."""
        raise PipelineError(f"{type(self).__name__} is no law yet: implement step(frame), or bind(frame).")

    def bind(self, frame: Frame) -> Callable[[int, int], None]:
        """Return a function that runs the worlds `[start, stop)` on this frame's arrays.

        It is asked for again whenever an array has moved, so what depends on the worlds' coefficients is made
        here. Called at every tick, for several ranges of worlds at once by several threads, it makes no array
        and shares none between worlds.

        A propagator built on a compiled kernel returns a `KernelCall` of the kernel with its arguments:
        arrays, numbers and tuples of numbers. The world then runs it together with its neighbours in the
        pipeline, in one call that never comes back to Python; asked for again, the kernel is the same, and
        its arguments are of the same shapes and types. What cannot go on raises an exception of Python's own
        within the kernel, such as ``ValueError(f"agent {agent} of world {world} is on no cell")``.
        """

        def run(start: int, stop: int) -> None:
            self.step(frame)

        return run

    def require(
        self,
        field: Field,
        *,
        over: Span = "cells",
        dtype: type = np.float32,
        components: int | None = None,
        static: bool = False,
    ) -> None:
        """Raise PipelineError unless the field has this span, dtype and number of components.

        Args:
            field: the field to look at.
            over: its span.
            dtype: its dtype.
            components: its number of components, None for a scalar.
            static: whether a static field will do, which has no worlds axis.
        """
        kind = "scalar " if components is None else ""
        if (field.over, field.dtype, field.components) != (over, np.dtype(dtype), components):
            planes = "" if components is None else f" with components={components}"
            raise PipelineError(
                f"{self.name} needs {field.name!r} as a {kind}{np.dtype(dtype)} field over {over}{planes}, "
                f"but it is {field.dtype} over {field.over} with components={field.components}."
            )
        if field.mutability == "static" and not static:
            raise PipelineError(
                f"{self.name} needs a value of {field.name!r} for every world, but it is static, one for "
                f"all worlds; make it per_tick or sparse."
            )


def highest(coefficient: Coefficient) -> float:
    """Return the largest value a coefficient can have: what stability has to bear."""
    return coefficient.bounds[1] if isinstance(coefficient, Parameter) else float(coefficient)


def lowest(coefficient: Coefficient) -> float:
    """Return the smallest value a coefficient can have."""
    return coefficient.bounds[0] if isinstance(coefficient, Parameter) else float(coefficient)


def parameters(*coefficients: Coefficient) -> tuple[Parameter, ...]:
    """Return those coefficients that are parameters: what `alike` asks for, as numbers have no unit."""
    return tuple(value for value in coefficients if isinstance(value, Parameter))


def in_range(
    owner: str, name: str, coefficient: Coefficient, low: float = 0.0, high: float = math.inf
) -> Coefficient:
    """Return a coefficient, or raise PropagatorConfigError if it can be outside `[low, high]` or infinite.

    What does not fit into a float32 counts as infinite.
    """
    if isinstance(coefficient, Parameter):
        lowest, largest = coefficient.bounds
        if not (low <= lowest and largest <= high and fits_float32(lowest) and fits_float32(largest)):
            raise PropagatorConfigError(
                f"{owner}'s {name} is the parameter {coefficient!r} with bounds "
                f"[{lowest:g}, {largest:g}]; it needs finite bounds within [{low:g}, {high:g}]."
            )
        return coefficient
    if not (fits_float32(coefficient) and low <= coefficient <= high):
        raise PropagatorConfigError(
            f"{owner} needs a finite {name} from {low:g} to {high:g}, or a Parameter, not {coefficient!r}; "
            f"it has to fit into a float32."
        )
    return float(coefficient)
