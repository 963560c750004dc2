"""The propagator of HeatControl: heaters and chance add to what diffusion leaves."""

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from murk_env import Field
from murk_env.propagators.writing import Declaration, Frame, KernelCall, Propagator, fill_normal, kernel

__all__ = ["Heating"]


@dataclass(frozen=True, eq=False)
class Heating(Propagator):
    """Heaters and chance add to what diffusion leaves.

    Equation: heat' = spread + supply + noise * z, z standard normal, drawn anew for every cell and tick.

    Scheme: exact, in float32; one addition per tick, whatever dt is.

    Stability: every dt.

    Shapes: the fields are (num_worlds, num_cells) float32. Lattices: all.

    Source: this environment's own.

    Attributes:
        spread: what diffusion leaves of the heat in this tick, K.
        supply: what the heaters add in this tick, K.
        heat: receives the sum, K.
        noise: standard deviation of what chance adds, K.
    """

    spread: Field
    supply: Field
    heat: Field
    _: KW_ONLY
    noise: float

    def declare(self) -> Declaration:
        """Return what is added up, and where."""
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
    """Draw into heat (num_worlds, num_cells), and turn the draws into temperatures."""
    fill_normal(start, stop, keys, episodes, steps, site, heat)
    for world in range(start, stop):
        for cell in range(heat.shape[1]):
            heat[world, cell] = spread[world, cell] + supply[world, cell] + noise * heat[world, cell]
