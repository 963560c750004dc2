"""The kernel of shallow water: well-balanced fluxes through faces."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.kernels import kernel

__all__ = ["flow_on"]

Floats = npt.NDArray[Any]  # float32 or float64, the same for all arrays

_SLACK = 1.0 + 1e-5  # tolerance for rounding of a Courant number of 1
_DRY = 1e-12  # depth below which the velocity is 0


@kernel
def flow_on(start: int, stop: int, depth: Floats, *others: Any) -> None:
    """One tick of the worlds [start, stop), or a ValueError: in `_advance` it would leak row views."""
    emptied = _advance(start, stop, depth, *others)
    if emptied >= 0:
        world, cell = emptied // depth.shape[1], emptied % depth.shape[1]
        raise ValueError(
            f"water at cell {cell} of world {world} is faster than dt allows; lower dt, or what drives the "
            f"water, and give max_speed as large as currents and waves together get"
        )


@kernel
def _advance(
    start: int,
    stop: int,
    depth: Floats,  # (num_worlds, num_cells)
    discharge: Floats,  # (num_worlds, k, num_cells)
    new_depth: Floats,
    new_discharge: Floats,
    bed: Floats,  # (num_worlds or 1, num_cells)
    push: Floats,  # (num_worlds or 1, k, num_cells)
    beyond: npt.NDArray[np.int32],  # (num_cells, num_directions), -1 for a wall
    axes: npt.NDArray[np.int64],  # (num_directions,): the axis of each direction
    ways: Floats,  # (num_directions,): its sign, 1 or -1
    shares: Floats,  # (num_directions,): dt / spacing
    coefficients: Floats,  # (num_worlds, 2): gravity, drag
    dt: Any,
) -> int:
    """One tick of the worlds [start, stop); return the last cell that was too fast, or -1."""
    emptied, kind = -1, new_depth.dtype.type
    zero, half, one = kind(0.0), kind(0.5), kind(1.0)
    for world in range(start, stop):
        h, q, new_h, new_q = depth[world], discharge[world], new_depth[world], new_discharge[world]
        ground, pushed = bed[min(world, bed.shape[0] - 1)], push[min(world, push.shape[0] - 1)]
        gravity, drag = coefficients[world]
        for cell in range(h.size):
            gain, fastest, new_q[:, cell] = zero, zero, zero
            for face in range(axes.size):
                other, axis, way = beyond[cell, face], axes[face], ways[face]
                sides = cell, cell if other < 0 else other
                volume, wave, along, across = _through(h, q, ground, sides, axis, way, gravity, other < 0)
                gain -= shares[face] * volume
                fastest += half * shares[face] * wave
                new_q[axis, cell] -= shares[face] * way * along
                if q.shape[0] > 1:
                    new_q[1 - axis, cell] -= shares[face] * across
            new_h[cell] = max(h[cell] + gain, zero)
            for axis in range(q.shape[0]):
                total = q[axis, cell] + new_q[axis, cell] + dt * h[cell] * pushed[axis, cell]
                new_q[axis, cell] = total / (one + dt * drag)
            if fastest > _SLACK:
                emptied = world * h.size + cell
    return emptied


@kernel
def _through(
    h: Any, q: Any, ground: Any, sides: Any, axis: int, way: Any, gravity: Any, wall: bool
) -> tuple[Any, Any, Any, Any]:
    """Return the fluxes out of a cell through a face: volume, wave speed, discharge along and across.

    The flux of the discharge along includes the cell's own gravity / 2 * h**2, which cancels between opposite
    faces.
    """
    half, zero, (cell, there) = h.dtype.type(0.5), h.dtype.type(0.0), sides
    edge = max(ground[cell], ground[there])
    here_h = max(h[cell] + ground[cell] - edge, zero)
    there_h = max(h[there] + ground[there] - edge, zero)
    here_u = way * _speed(h[cell], q[axis, cell])
    there_u = -here_u if wall else way * _speed(h[there], q[axis, there])
    wave = max(
        abs(here_u) + h.dtype.type(math.sqrt(gravity * here_h)),
        abs(there_u) + h.dtype.type(math.sqrt(gravity * there_h)),
    )
    here_q, there_q = here_h * here_u, there_h * there_u
    volume = half * (here_q + there_q - wave * (there_h - here_h))
    pressure = half * gravity * (there_h * there_h - here_h * here_h)
    along = half * gravity * h[cell] * h[cell]
    along += half * (here_q * here_u + there_q * there_u + pressure - wave * (there_q - here_q))
    across = zero
    if q.shape[0] > 1:
        here_v, there_v = _speed(h[cell], q[1 - axis, cell]), _speed(h[there], q[1 - axis, there])
        across = here_q * here_v + there_q * there_v - wave * (there_h * there_v - here_h * here_v)
    return volume, wave, along, half * across


@kernel
def _speed(depth: Any, discharge: Any) -> Any:
    """Return the velocity; that of a dry cell is 0."""
    return discharge / depth if depth > _DRY else discharge - discharge
