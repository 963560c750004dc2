"""The propagator of HeatControl: adds heating and noise after diffusion."""

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from murk_env import Field
from murk_env.propagators.writing import Declaration, Frame, KernelCall, Propagator, fill_normal, kernel

__all__ = ["Heating"]


@dataclass(frozen=True, eq=False)
class Heating(Propagator):
    """Adds heating and noise to the diffused temperature.

    Equation: heat' = spread + supply + noise * z, z standard normal, drawn for every cell and tick.

    Scheme: exact, in float32; one addition per tick, whatever dt is.

    Stability: every dt.

    Shapes: all fields are (num_worlds, num_cells) float32. Lattices: all.

    Source: this environment's own.

    Attributes:
        spread: temperature after diffusion and loss in this tick, K.
        supply: heating in this tick, K.
        heat: receives the new temperature, K.
        noise: standard deviation of the noise, K.
    """

    spread: Field
    supply: Field
    heat: Field
    _: KW_ONLY
    noise: float

    def declare(self) -> Declaration:
        """Return the terms and the sum."""
        return Declaration(
            reads=(self.spread, self.supply), writes=(self.heat,), same_units=((self.spread, self.heat),)
        )

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled tick over this frame's worlds."""
        spread, supply, heat = frame.read(self.spread), frame.read(self.supply), frame.write(self.heat)
        return KernelCall(_add, (spread, supply, heat, np.float32(self.noise), *frame.rng.counters))


@kernel
def _add(
    start: int,
    stop: int,
    spread: Any,
    supply: Any,
    heat: Any,
    noise: Any,
    keys: Any,
    episodes: Any,
    steps: Any,
    site: int,
) -> None:
    """Fill heat, (num_worlds, num_cells), with normal draws, and turn them into temperatures."""
    fill_normal(start, stop, keys, episodes, steps, site, heat)
    for world in range(start, stop):
        for cell in range(heat.shape[1]):
            heat[world, cell] = spread[world, cell] + supply[world, cell] + noise * heat[world, cell]
