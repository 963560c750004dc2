"""Coefficients of propagators: numbers or parameters, their ranges checked."""

import math

from murk_env.errors import PropagatorConfigError
from murk_env.fields import Parameter
from murk_env.propagators._inputs import fits_float32

__all__ = ["Coefficient", "highest", "in_range", "lowest", "parameters"]

Coefficient = float | Parameter


def highest(coefficient: Coefficient) -> float:
    """Return the largest value a coefficient can have: what stability has to bear."""
    return coefficient.bounds[1] if isinstance(coefficient, Parameter) else float(coefficient)


def lowest(coefficient: Coefficient) -> float:
    """Return the smallest value a coefficient can have."""
    return coefficient.bounds[0] if isinstance(coefficient, Parameter) else float(coefficient)


def parameters(*coefficients: Coefficient) -> tuple[Parameter, ...]:
    """Return those coefficients that are parameters: `same_units` lists them, as numbers have no unit."""
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
