"""Kernels for the stages of a spectral time step between its transforms."""

from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.propagators.writing import kernel

__all__ = ["add_pushed", "finish", "spread", "stage"]

Complexes = npt.NDArray[np.complex128]
Numbers = npt.NDArray[Any]  # float64, or complex128
Places = npt.NDArray[np.int64]


@kernel
def spread(start: int, stop: int, modes: Complexes, places: Places, scale: float, fine: Complexes) -> None:
    """Set those modes of the finer grid that the cells have; the others keep their values."""
    for row in range(start, stop):
        for mode in range(places.size):
            if places[mode] >= 0:
                fine[row, places[mode]] = scale * modes[row, mode]


@kernel
def add_pushed(
    start: int,
    stop: int,
    fine: Complexes,  # (rows, num_fine) of the nonlinear function
    places: Places,  # (num_modes,)
    factors: Complexes,  # (num_modes,) of its derivative
    before: Complexes,  # (rows, num_modes)
    out: Complexes,  # (rows, num_modes)
) -> None:
    """Add a nonlinear part to the sum of the previous ones."""
    for row in range(start, stop):
        for mode in range(places.size):
            out[row, mode] = before[row, mode]
            if places[mode] >= 0:
                out[row, mode] += factors[mode] * fine[row, places[mode]]


@kernel
def stage(
    start: int,
    stop: int,
    first: int,  # the world of row 0
    half: Numbers,  # (num_worlds or 1, num_modes)
    weight: Numbers,  # (num_worlds or 1, num_modes)
    origin: Complexes,  # (rows, num_modes)
    push: Complexes,  # (rows, num_modes)
    earlier: Complexes,  # (rows, num_modes) the push at the beginning of the step
    extrapolate: bool,
    out: Complexes,  # (rows, num_modes)
) -> None:
    """Take half a step from an origin under a push, or under one extrapolated from two."""
    for row in range(start, stop):
        e, q = half[min(first + row, len(half) - 1)], weight[min(first + row, len(weight) - 1)]
        if extrapolate:
            for mode in range(e.size):
                out[row, mode] = e[mode] * origin[row, mode] + q[mode] * (
                    2.0 * push[row, mode] - earlier[row, mode]
                )
        else:
            for mode in range(e.size):
                out[row, mode] = e[mode] * origin[row, mode] + q[mode] * push[row, mode]


@kernel
def finish(
    start: int,
    stop: int,
    first: int,  # the world of row 0
    weights: Any,  # whole, first, middle and last, each (num_worlds or 1, num_modes)
    pushes: Any,  # of the four stages, each (rows, num_modes)
    modes: Complexes,  # (rows, num_modes), updated in place
) -> None:
    """Take a whole step under the pushes of the four stages."""
    whole, begin, middle, last = weights
    p0, p1, p2, p3 = pushes
    for row in range(start, stop):
        world = min(first + row, len(whole) - 1)
        for mode in range(modes.shape[1]):
            modes[row, mode] = (
                whole[world, mode] * modes[row, mode]
                + begin[world, mode] * p0[row, mode]
                + middle[world, mode] * (p1[row, mode] + p2[row, mode])
                + last[world, mode] * p3[row, mode]
            )
