"""Propagator: an operator that reads and writes fields once a tick, and what it declares."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from murk_env.errors import PipelineError
from murk_env.fields import Field
from murk_env.fields.declaring import Span
from murk_env.lattice import Lattice
from murk_env.propagators.coefficients import Coefficient
from murk_env.propagators.frame import Frame

__all__ = ["FLOATS", "Declaration", "Propagator"]

FLOATS = (np.float32, np.float64)  # the dtypes of a propagator that computes in its field's own


@dataclass(frozen=True, kw_only=True, eq=False)
class Declaration:
    """What a propagator touches, and its coefficients.

    The bounds of fields are applied at the end of the tick, after all propagators. So what is found in
    `reads_previous` lies within them; what is found in `reads` may not yet, if an earlier propagator, or
    `act`, has written it in this tick. Parameters alone are brought within theirs before the first propagator
    runs.

    Attributes:
        reads: fields whose values of this tick it reads (Euler), before their bounds are applied.
        reads_previous: fields whose values of the tick before it reads (Jacobi).
        writes: fields of which it sets every element, every tick.
        updates: fields that it changes starting from their previous values.
        coefficients: numbers, or parameters of the world, in the order of `frame.coefficients`.
        same_units: groups of fields and parameters that it adds, copies or compares to each other: two of a
            group that both name a unit must name the same. Fields that meet only through a coefficient, or
            through dt, which may convert, are in no group: a wave's displacement and velocity, predators and
            prey, a resource and what consumes it.
    """

    reads: tuple[Field, ...] = ()
    reads_previous: tuple[Field, ...] = ()
    writes: tuple[Field, ...] = ()
    updates: tuple[Field, ...] = ()
    coefficients: tuple[Coefficient, ...] = ()
    same_units: tuple[tuple[Field, ...], ...] = ()


class Propagator:
    """A stateless operator that runs once a tick on all worlds.

    A subclass returns what it touches from `declare`, and implements `step`; one built on a compiled kernel
    implements `bind` instead, and returns the kernel with its arguments. As a rule it is a frozen dataclass,
    made with eq=False: its fields first, its coefficients as keywords. Then `declare` is called when it is
    made, and may refuse a coefficient there; what it has returned never changes. A class that is no dataclass
    may set `reads`, `writes` and the others as attributes in `__init__` instead.
    """

    def __post_init__(self) -> None:
        """Declare, so that a dataclass with a wrong coefficient is refused where it is made."""
        _ = self.declared

    def declare(self) -> Declaration:
        """Return what it touches and its coefficients, or raise PropagatorConfigError for a wrong one."""
        return Declaration()

    @cached_property
    def declared(self) -> Declaration:
        """What `declare` returned, once."""
        return self.declare()

    @cached_property
    def reads(self) -> tuple[Field, ...]:
        """Fields whose values of this tick it reads."""
        return self.declared.reads

    @cached_property
    def reads_previous(self) -> tuple[Field, ...]:
        """Fields whose values of the tick before it reads."""
        return self.declared.reads_previous

    @cached_property
    def writes(self) -> tuple[Field, ...]:
        """Fields of which it sets every element."""
        return self.declared.writes

    @cached_property
    def updates(self) -> tuple[Field, ...]:
        """Fields that it changes starting from their previous values."""
        return self.declared.updates

    @cached_property
    def coefficients(self) -> tuple[Coefficient, ...]:
        """Numbers and parameters, in the order of `frame.coefficients`."""
        return self.declared.coefficients

    @cached_property
    def same_units(self) -> tuple[tuple[Field, ...], ...]:
        """Groups of fields and parameters whose units must agree."""
        return self.declared.same_units

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
        bounds of `field`, the world skips a pass over the field in every tick.
        """
        return (-math.inf, math.inf)

    def step(self, frame: Frame) -> None:
        """Run one tick for all worlds, on arrays with the worlds axis first."""
        raise PipelineError(
            f"{type(self).__name__} has nothing to run yet: implement step(frame), or bind(frame)."
        )

    def bind(self, frame: Frame) -> Callable[[int, int], None]:
        """Return a function that runs the worlds `[start, stop)` on this frame's arrays.

        It is called again whenever an array has moved, so what depends on the worlds' coefficients is made
        here. What it returns is called at every tick, possibly by several threads at once for different
        ranges of worlds, so it must neither create arrays nor share any between worlds.

        A propagator built on a compiled kernel returns a `KernelCall` of the kernel with its arguments:
        arrays, numbers and tuples of numbers. The world then runs it together with its neighbours in the
        pipeline, in one call that does not return to Python in between. Called again, `bind` returns the same
        kernel, with arguments of the same shapes and types. A kernel that cannot go on raises one of Python's
        own exceptions, such as ``ValueError(f"agent {agent} of world {world} is on no cell")``.
        """

        def run(start: int, stop: int) -> None:
            self.step(frame)

        return run

    def require(
        self,
        field: Field,
        *,
        over: Span = "cells",
        dtype: type | tuple[type, ...] = np.float32,
        components: int | None = None,
        static: bool = False,
    ) -> None:
        """Raise PipelineError unless the field has this span, dtype and number of components.

        Args:
            field: the field to look at.
            over: its span.
            dtype: its dtype, or those that will do.
            components: its number of components, None for a scalar.
            static: whether a static field will do, which has no worlds axis.
        """
        kind = "scalar " if components is None else ""
        kinds = [np.dtype(one) for one in (dtype if isinstance(dtype, tuple) else (dtype,))]
        if field.dtype not in kinds or (field.over, field.components) != (over, components):
            wanted = f"{kind}{' or '.join(map(str, kinds))}"
            planes = "" if components is None else f" with components={components}"
            raise PipelineError(
                f"{self.name} needs {field.name!r} as a {wanted} field over {over}{planes}, "
                f"but it is {field.dtype} over {field.over} with components={field.components}."
            )
        if field.mutability == "static" and not static:
            raise PipelineError(
                f"{self.name} needs a value of {field.name!r} for every world, but it is static, one for "
                f"all worlds; make it per_tick or sparse."
            )

    def require_one_dtype(self, *fields: Field) -> None:
        """Raise PipelineError unless the fields have the same dtype."""
        if len({field.dtype for field in fields}) > 1:
            found = " and ".join(f"{field.name!r} in {field.dtype}" for field in fields)
            raise PipelineError(
                f"{self.name} computes in one dtype, but has {found}; declare them with the same dtype."
            )
