"""The order of a world's propagators, checked before the first tick."""

import math
import operator
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from murk_arena import WriteMode
from murk_env.errors import PipelineError, StabilityError
from murk_env.fields import Field, Parameter
from murk_env.fields.names import KEPT, known_as
from murk_env.lattice import Lattice
from murk_env.propagators.base import Propagator

__all__ = ["Pipeline", "whole_substeps"]


def whole_substeps(substeps: Any) -> int:
    """Return a number of sub-steps as a Python int, or raise PipelineError."""
    try:
        whole = 0 if isinstance(substeps, bool | np.bool_) else operator.index(substeps)
    except TypeError:
        whole = 0
    if whole < 1:
        raise PipelineError(
            f"substeps, how many times the propagators run in a step, must be a whole number of at least 1, "
            f"not {substeps!r}."
        )
    return whole


class Pipeline:
    """Propagators in order, and who writes which field.

    Args:
        propagators: the propagators of a tick.
        derived: the propagators that set derived fields, after the others and at every reset.
        fields: the fields of the worlds.
        lattice: their lattice.
        dt: time that one tick advances.
        substeps: how many times the propagators run in a tick, for dt / substeps each.

    Attributes:
        propagators: the propagators of a tick, in the order they run.
        derived: the propagators that set derived fields, in the order they run.
        writers: the propagator that writes each field, including derived ones; every other field belongs to
            the hooks.
        derived_by_hook: the derived fields that no propagator writes.

    Raises:
        PipelineError: propagators and fields do not fit together; the message names them.
        StabilityError: `dt` lies above a propagator's stability bound.
    """

    def __init__(
        self,
        propagators: Sequence[Propagator],
        derived: Sequence[Propagator],
        fields: Iterable[Field],
        lattice: Lattice,
        dt: float,
        substeps: int = 1,
    ) -> None:
        if not (math.isfinite(dt) and dt > 0.0):
            raise PipelineError(f"dt must be a positive finite time step, not {dt}.")
        self.propagators, self.derived = tuple(propagators), tuple(derived)
        everything, known = (*self.propagators, *self.derived), dict.fromkeys(fields)
        for propagator in everything:
            _check_declarations(propagator, known)
            propagator.check(lattice)
            _check_dt(propagator, lattice, dt, substeps)
        _check_derived(self.propagators, self.derived)
        self.writers = _writers(everything)
        self.derived_by_hook = tuple(field for field in known if field.derived and field not in self.writers)
        _check_order(everything, self.derived, self.writers)

    def write_mode(self, field: Field) -> WriteMode:
        """Return the write mode of a field."""
        writer = self.writers.get(field)
        if writer is None:
            return WriteMode.FULL if field.derived else WriteMode.CARRIED
        return WriteMode.FULL if field in writer.writes else WriteMode.INCREMENTAL

    def bounds_held(self, field: Field) -> bool:
        """Whether a limited field's own writer already keeps it within its bounds, by clamping."""
        if field not in self.writers:
            return False
        low, high = field.bounds
        lowest, highest = self.writers[field].guarantees(field)
        return low <= lowest and (highest < high or (highest == high and field.at_bounds != "wrap"))


def _check_declarations(propagator: Propagator, known: Collection[Field]) -> None:
    touched: tuple[Any, ...] = (
        *propagator.reads,
        *propagator.reads_previous,
        *propagator.writes,
        *propagator.updates,
    )
    touched += tuple(value for value in propagator.coefficients if isinstance(value, Parameter))
    for field in touched:
        if not isinstance(field, Field):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise PipelineError(f"{type(propagator).__name__} takes Field objects, not {field!r}.")
        if field not in known:
            names = ", ".join(sorted(other.name for other in known))
            raise PipelineError(
                f"{propagator.name} names {field!r}, which is not a field of this world; use one of {names}."
            )
    _check_units(propagator)
    written = (*propagator.writes, *propagator.updates)
    for field in written:
        if field in KEPT:
            raise PipelineError(f"{type(propagator).__name__} writes {known_as(field)!r}: {KEPT[field]}")
        if field.fixed:
            raise PipelineError(
                f"{propagator.name} writes {field.name!r}, which is {field.mutability}; make it per_tick."
            )
        if written.count(field) > 1:
            raise PipelineError(
                f"{propagator.name} declares {field.name!r} twice among its writes and updates; declare "
                f"it once."
            )


def _check_units(propagator: Propagator) -> None:
    """Raise PipelineError if fields that are added to each other have different units (as strings)."""
    for group in propagator.same_units:
        if len({field.unit for field in group if field.unit}) > 1:
            units = " and ".join(f"{field.name!r} in {field.unit or 'no unit'}" for field in group)
            raise PipelineError(
                f"{propagator.name} adds or copies fields to each other that have different units: {units}; "
                f"declare them in one unit."
            )


def _check_dt(propagator: Propagator, lattice: Lattice, dt: float, substeps: int) -> None:
    limit = propagator.max_dt(lattice)
    if not limit > 0.0:
        raise PipelineError(f"{propagator.name}.max_dt must return a positive number or inf, not {limit}.")
    share = dt / substeps
    if share > limit:
        each = f" in {substeps} sub-steps of {share:g}" if substeps > 1 else ""
        raise StabilityError(
            f"dt={dt:g}{each} is above {propagator.name}'s stability limit of {limit:g} on {lattice!r}; "
            f"use substeps={_enough_substeps(dt, limit)}, or dt <= {limit * substeps:g}, or lower its "
            f"coefficients by the factor {limit / share:.3g}."
        )


def _enough_substeps(dt: float, limit: float) -> int:
    """Return the smallest number of sub-steps with dt / substeps at most the limit."""
    enough = math.ceil(dt / limit)
    return enough if dt / enough <= limit else enough + 1


def _writers(propagators: Sequence[Propagator]) -> Mapping[Field, Propagator]:
    writers: dict[Field, Propagator] = {}
    for propagator in propagators:
        for field in (*propagator.writes, *propagator.updates):
            if field in writers:
                raise PipelineError(
                    f"{writers[field].name} and {propagator.name} both write {field.name!r}; a field has one "
                    f"writer: give one of them another field, or make the two one propagator."
                )
            writers[field] = propagator
    return writers


def _check_derived(propagators: Sequence[Propagator], derived: Sequence[Propagator]) -> None:
    """Raise PipelineError unless derived propagators only write derived fields, and all others none."""
    for propagator in propagators:
        for field in (*propagator.writes, *propagator.updates):
            if field.derived:
                raise PipelineError(
                    f"{propagator.name} writes {field.name!r}, which is derived; list the propagator in "
                    f"derived=[...] instead of propagators, or declare the field without derived=True."
                )
    for propagator in derived:
        if propagator.updates:
            names = ", ".join(repr(field.name) for field in propagator.updates)
            raise PipelineError(
                f"{propagator.name} cannot be derived: it changes {names} starting from the previous values; "
                f"list it in propagators."
            )
        for field in propagator.writes:
            if not field.derived:
                raise PipelineError(
                    f"{propagator.name} is listed as derived, but {field.name!r}, which it writes, is not; "
                    f"declare it Field(derived=True), or list the propagator in propagators."
                )


def _check_order(
    propagators: Sequence[Propagator], derived: Sequence[Propagator], writers: Mapping[Field, Propagator]
) -> None:
    position = {propagator: index for index, propagator in enumerate(propagators)}
    for index, propagator in enumerate(propagators):
        is_derived = propagator in derived
        for field in (*propagator.reads, *(propagator.reads_previous if is_derived else ())):
            writer = writers.get(field)
            if writer is not None and position[writer] >= index:
                who = "itself" if writer is propagator else f"{writer.name}, which runs later"
            elif writer is None and field.derived:
                who = "the hook derive, which runs later"
            else:
                continue
            hint = "declare it in reads_previous, or change the order"
            raise PipelineError(
                f"{propagator.name} reads {field.name!r} of this tick, but it is written by {who}; "
                f"{'change the order' if is_derived else hint}."
            )
