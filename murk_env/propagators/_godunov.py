"""The finite-volume kernels of Burgers' equation."""

from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.propagators.writing import kernel

__all__ = ["advance"]

Floats = npt.NDArray[Any]  # float32 or float64, the same for all arrays


@kernel
def advance(
    start: int,
    stop: int,
    previous: Floats,  # (num_worlds, num_cells)
    force: Floats,  # (num_worlds or 1, num_cells)
    out: Floats,  # (num_worlds, num_cells)
    between: Floats,  # (num_worlds, num_cells) scratch
    viscosity: Floats,  # (num_worlds,) over the spacing
    given: npt.NDArray[np.float64],  # (num_worlds, num_faces)
    wraps: bool,
    columns: npt.NDArray[np.int64],  # (2,) of given, for west and east; -1 for no flux
    fluxes: npt.NDArray[np.bool_],  # (2,) whether a flux is given there
    dt: Any,
    spacing: Any,
    limit: Any,
) -> None:
    """One tick of the worlds [start, stop): Heun's method, a mean of u and of two Euler steps."""
    kind = out.dtype.type
    for world in range(start, stop):
        u, first, new = previous[world], between[world], out[world]
        push = force[min(world, len(force) - 1)]
        for cell in range(u.size):
            if abs(u[cell]) > limit:
                raise ValueError(
                    f"u in cell {cell} of world {world} is beyond max_speed; give the largest |u| that occurs"
                )
        west = kind(given[world, columns[0]]) if columns[0] >= 0 else kind(0.0)
        east = kind(given[world, columns[1]]) if columns[1] >= 0 else kind(0.0)
        held = columns[0] >= 0 and not fluxes[0], columns[1] >= 0 and not fluxes[1]
        for step in range(2):  # a loop, because inlining `_change` twice would double the compile time
            values, change = (u, first) if step == 0 else (first, new)
            _change(values, push, viscosity[world], west, east, held, wraps, spacing, change)
            for cell in range(u.size):
                moved = values[cell] + dt * change[cell]
                change[cell] = moved if step == 0 else kind(0.5) * (u[cell] + moved)


@kernel
def _change(
    u: Floats,
    push: Floats,
    viscosity: Any,
    west: Any,  # the given value or flux, 0 for none
    east: Any,
    held: tuple[bool, bool],  # whether a value, rather than a flux, is given west and east
    wraps: bool,
    spacing: Any,
    out: Floats,
) -> None:
    """Set du/dt of every cell of a world."""
    half, none, last = out.dtype.type(0.5), out.dtype.type(0.0), u.size - 1
    end_step = u[last] - u[last - 1]
    if wraps:
        slope = _limited(u[0] - u[last], u[1] - u[0])
        end_slope = _limited(end_step, u[0] - u[last])
        entering = _flux(half, u[last], end_slope, u[0], slope, viscosity)
        leaving_last = entering
    else:
        slope = _smaller(u[0] - west + (u[0] - west), u[1] - u[0]) if held[0] else none
        end_slope = _smaller(end_step, east - u[last] + (east - u[last])) if held[1] else none
        entering = _flux(half, west, none, u[0], slope, viscosity + viscosity) if held[0] else west
        leaving_last = (
            _flux(half, u[last], end_slope, east, none, viscosity + viscosity) if held[1] else -east
        )
    for cell in range(last - 1):
        ahead = _limited(u[cell + 1] - u[cell], u[cell + 2] - u[cell + 1])
        leaving = _flux(half, u[cell], slope, u[cell + 1], ahead, viscosity)
        out[cell] = (entering - leaving) / spacing + push[cell]
        entering, slope = leaving, ahead
    leaving = _flux(half, u[last - 1], slope, u[last], end_slope, viscosity)
    out[last - 1] = (entering - leaving) / spacing + push[last - 1]
    out[last] = (leaving - leaving_last) / spacing + push[last]


@kernel
def _limited(left: Any, right: Any) -> Any:
    """Return van Leer's slope: the harmonic mean of two slopes of equal sign, else 0."""
    product = left * right
    return (product + product) / (left + right) if product > 0.0 else left - left


@kernel
def _smaller(left: Any, right: Any) -> Any:
    """Return minmod: the smaller in magnitude of two slopes of equal sign, else 0."""
    if left * right > 0.0:
        return left if abs(left) < abs(right) else right
    return left - left


@kernel
def _flux(half: Any, left: Any, left_slope: Any, right: Any, right_slope: Any, viscosity: Any) -> Any:
    """Return the flux from one cell to the next: Godunov's for u**2 / 2, plus the viscous one."""
    before, behind = left + half * left_slope, right - half * right_slope
    rising, falling = max(before, before - before), min(behind, behind - behind)
    return half * max(rising * rising, falling * falling) - viscosity * (right - left)
