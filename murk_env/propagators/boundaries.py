"""Boundaries: what happens at the sides of a lattice, by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from murk_env.errors import PropagatorConfigError
from murk_env.fields import Field, Parameter
from murk_env.propagators.coefficients import Coefficient, in_range

__all__ = ["Boundaries", "Boundary", "Flux", "NoFlux", "Periodic", "Value", "checked_boundaries"]

Given = Coefficient | Field


class Boundary:
    """What happens at a side of a lattice: `Periodic`, `NoFlux`, `Flux` or `Value`.

    A side is named by the direction that leads out of it, such as "west", or "0.west" on a Product. It lies
    on the faces of its cells, half a spacing beyond their centres.
    """

    @property
    def given(self) -> Given | None:
        """The number, parameter or field that sets it, None for none."""
        return None


Boundaries = Boundary | Mapping[str, Boundary]


@dataclass(frozen=True, eq=False)
class Periodic(Boundary):
    """The cells beyond a side are those of the opposite side: the default on a lattice that wraps."""


@dataclass(frozen=True, eq=False)
class NoFlux(Boundary):
    """Nothing crosses a side: the default on lattices with other edges."""


@dataclass(frozen=True, eq=False)
class Flux(Boundary):
    """A given flux enters through a side (Neumann).

    Attributes:
        amount: inflow per unit of the side and unit of time, so that the border cells gain amount / spacing;
            negative for outflow. A number, a Parameter, a Field over the world, or a Field over cells, which
            is read at the cells of the side.
    """

    amount: Given

    @property
    def given(self) -> Given | None:
        """The amount."""
        return self.amount


@dataclass(frozen=True, eq=False)
class Value(Boundary):
    """A side is held at a given value (Dirichlet).

    Attributes:
        value: the value on the side itself. A number, a Parameter, a Field over the world, or a Field over
            cells, which is read at the cells of the side.
    """

    value: Given

    @property
    def given(self) -> Given | None:
        """The value."""
        return self.value


def checked_boundaries(
    owner: str, given: object, kinds: tuple[type[Boundary], ...]
) -> Mapping[str, Boundary]:
    """Return boundaries by side; the key "" stands for all sides.

    Args:
        owner: the propagator's class, for messages.
        given: boundaries by side, one for all, or None.
        kinds: the boundary classes that the propagator supports.

    Raises:
        PropagatorConfigError: `given` is none of these, or a value is not a finite number, parameter or
            scalar float field over the world or cells.
    """
    named = {"": given} if isinstance(given, Boundary) else {} if given is None else given
    if not isinstance(named, Mapping):
        raise PropagatorConfigError(
            f"{owner} takes as boundaries one for all sides, or a mapping from sides to them, such as "
            f'{{"west": Value(1.0)}}, not {given!r}.'
        )
    found: dict[str, Boundary] = {}
    for side, boundary in cast("Mapping[Any, Any]", named).items():
        if not isinstance(side, str) or not isinstance(boundary, kinds):
            known = ", ".join(kind.__name__ for kind in kinds)
            raise PropagatorConfigError(
                f"the boundaries of {owner} must be {known}, each by the name of a side, not {boundary!r} at "
                f"{side!r}."
            )
        if boundary.given is not None:
            _check_given(owner, side, boundary.given)
        found[side] = boundary
    return found


def _check_given(owner: str, side: str, given: Given) -> None:
    what = f"boundary at {side!r}" if side else "boundary"
    if not isinstance(given, Field) or isinstance(given, Parameter):
        in_range(owner, what, given, float("-inf"))
    elif given.over == "agents" or given.components is not None or given.dtype.kind != "f":
        raise PropagatorConfigError(
            f"{owner}'s {what} is set by a scalar float field over the world or over cells, not {given!r}."
        )
