"""Fire's tick: what burns uses up its fuel, and only around it does anything catch fire."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.kernels import kernel
from murk_env.mathematics import expm1_float32
from murk_env.random.philox import float32_of, philox

__all__ = ["BURNING", "BURNT", "UNBURNT", "burn", "burning_with"]

UNBURNT, BURNING, BURNT = 0, 1, 2

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int32]


def burning_with(rate_of: Callable[..., Any]) -> Callable[..., None]:
    """Return the kernel of a tick.

    Args:
        rate_of: kernel `(world, cell, state, neighbours, rates, factor, land)` that returns at what rate,
            times dt, a cell with burning neighbours catches fire.
    """

    def burn(
        start: int,
        stop: int,
        states: Integers,  # (num_worlds, num_cells)
        fuels: Floats,  # (num_worlds, num_cells)
        new_states: Integers,  # (num_worlds, num_cells)
        new_fuels: Floats,  # (num_worlds, num_cells)
        flammability: Floats,  # (num_worlds or 1, num_cells)
        rates: Floats,  # (num_worlds, num_directions), times dt
        consumption: Floats,  # (num_worlds,), times dt
        neighbours: Integers,  # (num_cells, num_directions)
        keys: Integers,
        episodes: Integers,
        steps: Integers,
        site: int,
        *land: Any,
    ) -> None:
        """One tick of the worlds [start, stop)."""
        zero = np.float32(0.0)
        for world in range(start, stop):
            state, fuel = states[world], fuels[world]
            factors, ways = flammability[min(world, len(flammability) - 1)], rates[world]
            counter, key = (episodes[world], steps[world], site), (keys[world, 0], keys[world, 1])
            new_states[world], new_fuels[world] = state, fuel
            for cell in range(state.size):
                if state[cell] != BURNING:
                    continue
                left = max(fuel[cell] - consumption[world], zero)
                new_states[world, cell] = BURNING if left > zero else BURNT
                new_fuels[world, cell] = left
                for beside in neighbours[cell]:
                    if not _sees_to(cell, beside, neighbours, state, fuel):
                        continue
                    rate = rate_of(world, beside, state, neighbours[beside], ways, factors[beside], land)
                    if rate > zero and _draw(counter, key, beside) < -expm1_float32(-rate):
                        new_states[world, beside] = BURNING

    return kernel(burn)


@kernel
def _sees_to(cell: int, beside: int, neighbours: Any, state: Any, fuel: Any) -> bool:
    """Return whether a cell can catch fire, and this is the first of its burning neighbours, which draws."""
    if beside < 0 or state[beside] != UNBURNT or not fuel[beside] > np.float32(0.0):
        return False
    return _first_burning(state, neighbours[beside]) == cell


@kernel
def _first_burning(state: Any, neighbours: Any) -> int:
    """Return the first of a cell's neighbours that burns; every hop has a hop back, so it has one."""
    for neighbour in neighbours:
        if neighbour >= 0 and state[neighbour] == BURNING:
            return neighbour
    return -1


@kernel
def _draw(counter: Any, key: Any, cell: int) -> Any:
    """Draw one cell's number as `fill_uniform_float32` does, without those of the others."""
    words = philox((counter[0], counter[1], counter[2], cell // 4), key)
    return float32_of(words[cell % 4])


@kernel
def _rate(world: int, cell: int, state: Any, neighbours: Any, rates: Any, factor: Any, land: Any) -> Any:
    """Return at what rate a cell of flat land catches fire: what comes from the burning neighbours."""
    total = np.float32(0.0)
    for direction in range(neighbours.size):
        neighbour = neighbours[direction]
        if neighbour >= 0 and state[neighbour] == BURNING:
            total += rates[direction]
    return total * factor


burn = burning_with(_rate)
