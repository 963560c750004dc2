"""The propagator of Ecosystem: predators and prey, the weather, and a ranger among them."""

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from murk_env import Field, LotkaVolterra
from murk_env.lattice import Lattice
from murk_env.propagators.writing import Declaration, Frame, KernelCall, Propagator, chain, kernel
from murk_envs._sums import mean

__all__ = ["REST", "Tending"]

REST, CULL_PREDATORS, CULL_PREY, RELEASE_PREY, RELEASE_PREDATORS = range(5)  # the deeds


@dataclass(frozen=True, eq=False)
class Tending(Propagator):
    """Animals that follow `living`, in changing weather, with a ranger among them.

    Rule. After a tick of `living`, prey are multiplied by max(1 + weather, 0); the deed changes the ranger's
    cell and its neighbours: a cull removes a share of a species, a release adds to its density; and the
    census records the mean of both species over all cells.

    Scheme: in float32, on the output of `living`; the means are summed in float64. One deed per tick,
    whatever dt is.

    Stability: that of `living`.

    Shapes: prey and predators (num_worlds, num_cells) float32, ranger and deed (num_worlds,) int32, weather
    (num_worlds,) float32, census (num_worlds, 2) float32. Lattices: all.

    Source: that of LotkaVolterra; the ranger and the weather are this environment's own.

    Attributes:
        living: the propagator of the animals.
        ranger: cell of the ranger.
        deed: what the ranger does in this tick, 0 to 4.
        weather: relative growth of prey in this tick, beside that of `living`.
        census: receives the means of prey and of predators.
        culling: share of the animals that a cull removes, 0 to 1.
        release: density that a release adds to each cell.
    """

    living: LotkaVolterra
    ranger: Field
    deed: Field
    weather: Field
    census: Field
    _: KW_ONLY
    culling: float
    release: float

    def declare(self) -> Declaration:
        """Return the fields of the animals' propagator, the ranger, the weather and the census."""
        living = self.living
        return Declaration(
            reads=(self.ranger, self.deed, self.weather),
            reads_previous=living.reads_previous,
            writes=(*living.writes, self.census),
            coefficients=living.coefficients,
        )

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for fields that `living` refuses."""
        self.living.check(lattice)

    def max_dt(self, lattice: Lattice) -> float:
        """Return the bound of `living`."""
        return self.living.max_dt(lattice)

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled tick over this frame's worlds."""
        fields = (*map(frame.write, self.writes), *map(frame.read, self.reads))
        effects = (np.float32(self.culling), np.float32(self.release))
        tending = KernelCall(_tend, (*fields, frame.lattice.neighbours, *effects))
        return chain(self.living.bind(frame), tending)


@kernel
def _tend(
    start: int,
    stop: int,
    prey: Any,  # (num_worlds, num_cells)
    predators: Any,  # (num_worlds, num_cells)
    census: Any,  # (num_worlds, 2)
    ranger: Any,  # (num_worlds,)
    deed: Any,  # (num_worlds,)
    weather: Any,  # (num_worlds,)
    around: Any,  # (num_cells, num_directions) neighbours, -1 for none
    culling: Any,
    release: Any,
) -> None:
    """Apply weather and deed, and take the census, in the worlds [start, stop)."""
    one, none = np.float32(1.0), np.float32(0.0)
    for world in range(start, stop):
        x, y, done, centre = prey[world], predators[world], deed[world], ranger[world]
        x *= max(one + weather[world], none)
        kept = one - culling if done in (CULL_PREDATORS, CULL_PREY) else one
        added = release if done in (RELEASE_PREDATORS, RELEASE_PREY) else none
        treated = x if done in (CULL_PREY, RELEASE_PREY) else y
        treated[centre] = kept * treated[centre] + added
        for cell in around[centre]:
            if cell >= 0:
                treated[cell] = kept * treated[cell] + added
        census[world, 0], census[world, 1] = mean(x), mean(y)
