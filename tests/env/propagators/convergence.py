"""Solutions on ever finer lines: how the error falls with the spacing."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from murk_env import Field, Lattice, Line1D, World

__all__ = ["centres", "order", "solved"]

Solution = Callable[[Any, float], Any]  # of x and t


def centres(lattice: Lattice) -> Any:
    """Return where the cells lie if the west side of a line lies at 0."""
    return lattice.positions[:, 0] + lattice.scale[0] / 2.0


def solved(
    propagator: Any,
    lattice: Lattice,
    fields: Mapping[str, Field],
    start: Mapping[Field, Any],
    until: float,
    dt: float,
    act: Callable[[Any, float], None] | None = None,
    static: Mapping[Field, Any] | None = None,
) -> World:
    """Return a world after a time, from the start that is given; `act` is told the time before each tick."""
    ticks = round(until / dt)
    world = World(lattice, fields, [propagator], dt=until / ticks, static=dict(static or {}))
    with world.edit() as tick:
        for field, values in start.items():
            tick[field] = np.asarray(values)[np.newaxis]
    for number in range(ticks):
        time = number * until / ticks
        world.tick(None if act is None else lambda tick, time=time: act(tick, time))
    return world


def order(error_at: Callable[[Lattice], float], cells: int = 16) -> float:
    """Return the order at which an error falls from a line of some cells to one of twice as many."""
    coarse, fine = (error_at(Line1D(count, spacing=1.0 / count)) for count in (cells, 2 * cells))
    return float(np.log2(coarse / fine))
