"""Propagator: an operator that reads and writes fields once a tick, and its declaration."""

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

FLOATS = (np.float32, np.float64)  # dtypes that a propagator accepts if it computes in its field's dtype


@dataclass(frozen=True, kw_only=True, eq=False)
class Declaration:
    """The fields that a propagator reads and writes, and its coefficients.

    The bounds of fields are applied at the end of the tick, after all propagators. So values in
    `reads_previous` lie within bounds; values in `reads` may not, if an earlier propagator or `act` has
    written them in this tick. Only parameters are clipped to their bounds before the first propagator runs.

    Attributes:
        reads: fields it reads at this tick's values, before their bounds are applied.
        reads_previous: fields it reads at the previous tick's values (Jacobi).
        writes: fields it overwrites: every element, every tick.
        updates: fields it changes in place, starting from their previous values.
        coefficients: numbers, or parameters of the world, in the order of `frame.coefficients`.
        same_units: groups of fields and parameters that it adds, copies or compares: all units named within a
            group must be equal. Fields that meet only through a coefficient or dt, which may convert units,
            are in no group: a wave's displacement and velocity, predators and prey, a resource and its
            consumers.
    """

    reads: tuple[Field, ...] = ()
    reads_previous: tuple[Field, ...] = ()
    writes: tuple[Field, ...] = ()
    updates: tuple[Field, ...] = ()
    coefficients: tuple[Coefficient, ...] = ()
    same_units: tuple[tuple[Field, ...], ...] = ()


class Propagator:
    """A stateless operator that runs once a tick on all worlds.

    A subclass returns its `Declaration` from `declare` and implements `step`; one built on a compiled kernel
    implements `bind` instead, which returns the kernel with its arguments. It is usually a frozen dataclass
    with eq=False: fields first, coefficients as keywords. Its constructor then calls `declare`, which may
    raise for an invalid coefficient; the declaration never changes afterwards. A class that is not a
    dataclass may set `reads`, `writes` and the others as attributes in `__init__` instead.
    """

    def __post_init__(self) -> None:
        """Call `declare`, so that an invalid coefficient raises in the constructor."""
        _ = self.declared

    def declare(self) -> Declaration:
        """Return the fields and coefficients it uses; raise PropagatorConfigError for an invalid one."""
        return Declaration()

    @cached_property
    def declared(self) -> Declaration:
        """The declaration, computed once."""
        return self.declare()

    @cached_property
    def reads(self) -> tuple[Field, ...]:
        """Fields it reads at this tick's values."""
        return self.declared.reads

    @cached_property
    def reads_previous(self) -> tuple[Field, ...]:
        """Fields it reads at the previous tick's values."""
        return self.declared.reads_previous

    @cached_property
    def writes(self) -> tuple[Field, ...]:
        """Fields it overwrites, every element."""
        return self.declared.writes

    @cached_property
    def updates(self) -> tuple[Field, ...]:
        """Fields it changes in place, starting from their previous values."""
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
        """Name in messages: the class and the fields it writes or updates."""
        fields = ", ".join(field.name for field in (*self.writes, *self.updates))
        return f"{type(self).__name__}({fields})"

    def max_dt(self, lattice: Lattice) -> float:
        """Return the largest stable time step on this lattice (inf for none)."""
        return math.inf

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError if it cannot run on this lattice or with these fields."""

    def guarantees(self, field: Field) -> tuple[float, float]:
        """Return a range that contains every value it writes to `field`.

        It may rely on the bounds of the fields in `reads_previous`. If the range lies within the bounds of
        `field`, the world need not clip the field in every tick.
        """
        return (-math.inf, math.inf)

    def step(self, frame: Frame) -> None:
        """Run one tick for all worlds, on arrays with the worlds axis first."""
        raise PipelineError(
            f"{type(self).__name__} has nothing to run yet: implement step(frame), or bind(frame)."
        )

    def bind(self, frame: Frame) -> Callable[[int, int], None]:
        """Return a function that runs the worlds `[start, stop)` on this frame's arrays.

        The world calls `bind` again whenever an array has moved, so tables that depend on the worlds'
        coefficients are computed here. The returned function is called every tick, possibly by several
        threads at once for different ranges of worlds, so it must neither create arrays nor share scratch
        arrays between worlds.

        A propagator built on a compiled kernel returns a `KernelCall` of the kernel with its arguments:
        arrays, numbers and tuples of numbers. The world fuses it with adjacent kernels of the pipeline into
        one compiled call that does not return to Python in between. Every call of `bind` must return the same
        kernel, with arguments of the same shapes and types. A kernel that cannot continue raises a builtin
        exception, such as ``ValueError(f"agent {agent} of world {world} is on no cell")``.
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
            field: the field to check.
            over: the required span.
            dtype: the required dtype, or a tuple of accepted ones.
            components: the required number of components, None for a scalar.
            static: whether a static field, which has no worlds axis, is accepted.
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
