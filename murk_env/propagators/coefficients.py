"""Coefficients of propagators: numbers or parameters, their ranges checked."""

import math
from collections.abc import Sequence

from murk_env.errors import PropagatorConfigError
from murk_env.fields import Field, Parameter
from murk_env.fields.declaring import Span
from murk_env.propagators._inputs import fits_float32

__all__ = ["Coefficient", "Varying", "highest", "in_range", "is_varying", "lowest", "parameters", "varying"]

Coefficient = float | Parameter
Varying = Coefficient | Field  # a field over cells varies in space, one over the world from tick to tick


def highest(coefficient: Varying) -> float:
    """Return the largest value a coefficient can have, which the stability check uses."""
    return coefficient.bounds[1] if isinstance(coefficient, Field) else float(coefficient)


def lowest(coefficient: Varying) -> float:
    """Return the smallest value a coefficient can have."""
    return coefficient.bounds[0] if isinstance(coefficient, Field) else float(coefficient)


def parameters(*coefficients: Coefficient) -> tuple[Parameter, ...]:
    """Return the coefficients that are parameters, for `same_units`: numbers have no unit."""
    return tuple(value for value in coefficients if isinstance(value, Parameter))


def in_range(
    owner: str, name: str, coefficient: Coefficient, low: float = 0.0, high: float = math.inf
) -> Coefficient:
    """Return a coefficient, or raise PropagatorConfigError if it can be outside `[low, high]` or infinite.

    Values that do not fit into a float32 count as infinite.
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


def is_varying(coefficient: object) -> bool:
    """Return whether a coefficient is a field other than a parameter."""
    return isinstance(coefficient, Field) and not isinstance(coefficient, Parameter)


def varying(
    owner: str,
    name: str,
    coefficient: Varying,
    low: float = 0.0,
    high: float = math.inf,
    spans: Sequence[Span] = ("cells",),
) -> tuple[tuple[Coefficient, ...], tuple[Field, ...]]:
    """Return a coefficient that may be a field: its entry among the coefficients, and the fields to read.

    For a number or parameter there are no fields; for a field the entry is the number 1. Stability is checked
    against the field's bounds, so the propagator reads the previous tick's values, which lie within them.

    Args:
        owner: the class of the propagator.
        name: the name of the coefficient.
        coefficient: the coefficient.
        low: the lowest value that it may have.
        high: the highest.
        spans: the spans that a field may have: "cells", to vary in space, or "world".

    Raises:
        PropagatorConfigError: it can be outside `[low, high]` or infinite, or is a field of another kind.
    """
    if not isinstance(coefficient, Field) or isinstance(coefficient, Parameter):
        return (in_range(owner, name, coefficient, low, high),), ()
    lowest, largest = coefficient.bounds
    kind = coefficient.over in spans and coefficient.components is None and coefficient.dtype.kind == "f"
    if not kind or (coefficient.over == "world" and coefficient.fixed):
        own = {"cells": "cells", "world": "the world that is per_tick or sparse"}
        places = ", or ".join(own[span] for span in spans)
        raise PropagatorConfigError(
            f"{owner}'s {name} varies as a scalar float field over {places}, not as {coefficient!r}."
        )
    if not (low <= lowest and largest <= high and fits_float32(lowest) and fits_float32(largest)):
        raise PropagatorConfigError(
            f"{owner}'s {name} is the field {coefficient!r} with bounds [{lowest:g}, {largest:g}]; it needs "
            f"finite bounds within [{low:g}, {high:g}], which stability is checked against."
        )
    return (1.0,), (coefficient,)
