"""Fire's tick: burning cells use up their fuel, and only their neighbours can catch fire."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.kernels import inlined, kernel
from murk_env.mathematics import expm1_float32
from murk_env.random.philox import float32_of, philox

__all__ = ["BURNING", "BURNT", "UNBURNT", "burn", "burning_with"]

UNBURNT, BURNING, BURNT = 0, 1, 2

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int32]


def burning_with(rate_of: Callable[..., Any]) -> Callable[..., None]:
    """Return the kernel of a tick.

    It lists the burning cells and their neighbours, so that all other cells cost only a copy. It avoids
    unpredictable branches.

    Args:
        rate_of: inlined function `(world, cell, flames, neighbours, rates, factor, land)` that returns the
            rate, times dt, at which a cell beside flames catches fire. `flames` is 1 for a burning cell, else
            0; its last element is 0, for missing neighbours, which have the index -1.
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
        num_cells = states.shape[1]
        integers, floats = np.empty((3, num_cells + 1), np.uint32), np.empty((2, num_cells + 1), np.float32)
        burning, front, ripe, flames, odds = integers[0], integers[1], integers[2], floats[0], floats[1]
        for world in range(start, stop):
            state, fuel = states[world], fuels[world]
            factors, ways = flammability[min(world, len(flammability) - 1)], rates[world]
            _use_up(state, fuel, consumption[world], new_states[world], new_fuels[world])
            num_burning = _find_burning(state, fuel, burning, flames, ripe)
            num_beside = _find_front(burning, num_burning, neighbours, ripe, front)
            for index in range(num_beside):
                cell = front[index]
                odds[index] = rate_of(world, cell, flames, neighbours, ways, factors[cell], land)
            counter, key = (episodes[world], steps[world], site), (keys[world, 0], keys[world, 1])
            _ignite(front, num_beside, odds, counter, key, new_states[world])

    return kernel(burn)


@kernel
def _use_up(state: Any, fuel: Any, used: Any, new_state: Any, new_fuel: Any) -> None:
    """Subtract the consumption from the fuel of burning cells; those with none left are burnt."""
    zero = np.float32(0.0)
    for cell in range(state.size):
        burns, before = state[cell] == BURNING, fuel[cell]
        left = max(before - used, zero)
        new_fuel[cell] = left if burns else before
        new_state[cell] = BURNT if burns & (not left > zero) else state[cell]


@kernel
def _find_burning(state: Any, fuel: Any, burning: Any, flames: Any, ripe: Any) -> int:
    """List and mark the burning cells, mark those that can catch fire, and return how many burn."""
    zero, one = np.float32(0.0), np.float32(1.0)
    for cell in range(state.size):
        flames[cell] = one if state[cell] == BURNING else zero
    for cell in range(state.size):
        ripe[cell] = (state[cell] == UNBURNT) & (fuel[cell] > zero)
    flames[state.size], ripe[state.size] = zero, 0
    num_burning = 0
    for cell in range(state.size):
        burning[np.uint64(num_burning)] = cell
        num_burning += state[cell] == BURNING
    return num_burning


@kernel
def _find_front(burning: Any, num_burning: int, neighbours: Any, ripe: Any, front: Any) -> int:
    """List the cells beside flames that can catch fire, each once; return their number."""
    num_beside, nobody = 0, ripe.size - 1
    for index in range(num_burning):
        for beside in neighbours[burning[index]]:
            cell = np.uint64(beside if beside >= 0 else nobody)
            front[np.uint64(num_beside)] = cell
            num_beside += ripe[cell]
            ripe[cell] = 0
    return num_beside


@kernel
def _ignite(front: Any, num_beside: int, odds: Any, counter: Any, key: Any, new_state: Any) -> None:
    """Ignite each cell of the front with probability 1 - exp(-rate * dt); overwrites `odds`."""
    for index in range(num_beside):
        odds[index] = -expm1_float32(-odds[index])
    for index in range(num_beside):
        odds[index] -= _draw(counter, key, front[index])
    for index in range(num_beside):
        if odds[index] > np.float32(0.0):
            new_state[front[index]] = BURNING


@inlined
def _draw(counter: Any, key: Any, cell: Any) -> Any:
    """Draw the number that `fill_uniform_float32` would draw for this cell."""
    words = philox((counter[0], counter[1], counter[2], cell >> 2), key)
    odd, upper = (cell & 1) == 1, (cell & 2) == 2
    first, second = words[1] if odd else words[0], words[3] if odd else words[2]
    return float32_of(second if upper else first)


@inlined
def _rate(_world: int, cell: Any, flames: Any, neighbours: Any, rates: Any, factor: Any, _land: Any) -> Any:
    """Return the rate at which a cell of flat land catches fire: the sum over burning neighbours."""
    total = np.float32(0.0)
    for direction in range(neighbours.shape[1]):
        total += rates[direction] * flames[neighbours[cell, direction]]
    return total * factor


burn = burning_with(_rate)
