"""The propagator of Ecosystem: predators and prey, the weather, and a ranger among them."""

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from murk_env import Field, LotkaVolterra
from murk_env.lattice import Lattice
from murk_env.propagators.writing import Declaration, Frame, KernelCall, Propagator, chain, kernel

__all__ = ["REST", "Tending", "mean"]

REST, CULL_PREDATORS, CULL_PREY, RELEASE_PREY, RELEASE_PREDATORS = range(5)  # deeds


@dataclass(frozen=True, eq=False)
class Tending(Propagator):
    """Animals that live by `living`, in changing weather, with a ranger among them.

    Rule. After a tick of `living`, prey are multiplied by 1 + weather, or 0 if that is negative; the deed
    changes the ranger's cell and its neighbours: a cull takes a share, a release adds to what is there; and
    the census takes the mean of both species over all cells.

    Scheme: in float32, on what `living` has just written; the means are summed in float64, in the order of
    cells. One deed per tick, whatever dt is.

    Stability: that of `living`.

    Shapes: prey and predators (num_worlds, num_cells), ranger, deed and weather (num_worlds,), census
    (num_worlds, 2). Lattices: all.

    Source: LotkaVolterra's; the ranger and the weather are this environment's own.

    Attributes:
        living: the propagator of the animals.
        ranger: cell of the ranger.
        deed: what the ranger does in this tick, 0 to 4.
        weather: what changes the prey's growth in this tick.
        census: receives the means of prey and of predators.
        culling: share of the animals that a cull takes, 0 to 1.
        release: density that a release adds.
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
        """Return what the animals' propagator touches, the ranger, the weather and the census."""
        living = self.living
        return Declaration(
            reads=(self.ranger, self.deed, self.weather),
            reads_previous=living.reads_previous,
            writes=(*living.writes, self.census),
            coefficients=living.coefficients,
        )

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for fields that the animals cannot live in."""
        self.living.check(lattice)

    def max_dt(self, lattice: Lattice) -> float:
        """Return the bound of the animals' propagator."""
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
    """Weather, deed and census in the worlds [start, stop)."""
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


@kernel
def mean(values: Any) -> float:
    """Return the mean over all cells, summed in order."""
    total = 0.0
    for cell in range(values.size):
        total += values[cell]
    return total / values.size
