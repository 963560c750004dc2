"""The propagator of Harvest: trees grow, and agents pick and share their fruit."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from murk_env import Field, Resource
from murk_env.lattice import Lattice
from murk_env.propagators.writing import Declaration, Frame, KernelCall, Propagator, chain, kernel

__all__ = ["Picking"]


@dataclass(frozen=True, eq=False)
class Picking(Propagator):
    """Trees grow by `growing`; then agents pick.

    Rule. Of a tree with fruit v, each of the n agents that pick from it gets
    min(bite, max(v - roots, 0) / n).

    Scheme: in float32, on the output of `growing`; one bite per tick, whatever dt is.

    Stability: that of `growing`, every dt.

    Shapes: fruit (num_worlds, num_cells) float32; cells and picks (num_worlds, num_agents) int32, picked
    (num_worlds, num_agents) float32. Lattices: all.

    Source: growth as in Resource; the picking is this environment's own.

    Attributes:
        growing: the propagator of the fruit.
        cells: cell of each agent.
        picks: 1 for an agent that picks in this tick, 0 for others.
        picked: receives the fruit that each agent gets.
        bite: the most fruit that one agent takes in a tick.
        roots: fruit of a tree that agents cannot pick.
    """

    growing: Resource
    cells: Field
    picks: Field
    picked: Field
    bite: float
    roots: float

    def declare(self) -> Declaration:
        """Return the fields of growth, the agents' cells and picks, and the fruit picked."""
        growing = self.growing
        return Declaration(
            reads=(self.cells, self.picks),
            reads_previous=growing.reads_previous,
            writes=(*growing.writes, self.picked),
            coefficients=growing.coefficients,
            same_units=((*growing.writes, self.picked),),
        )

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for fields that `growing` refuses."""
        self.growing.check(lattice)

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled tick over this frame's worlds."""
        fields = (*map(frame.write, self.writes), *map(frame.read, self.reads))
        picking = KernelCall(_pick, (*fields, np.float32(self.bite), np.float32(self.roots)))
        return chain(self.growing.bind(frame), picking)


@kernel
def _pick(
    start: int,
    stop: int,
    fruit: Any,  # (num_worlds, num_cells)
    picked: Any,  # (num_worlds, num_agents)
    cells: Any,  # (num_worlds, num_agents)
    picks: Any,  # (num_worlds, num_agents)
    bite: Any,
    roots: Any,
) -> None:
    """Share out the picked fruit in the worlds [start, stop), then take it from the trees."""
    for world in range(start, stop):
        here, hungry, got = cells[world], picks[world], picked[world]
        for agent in range(here.size):
            shared_by = np.float32(0.0)
            for other in range(here.size):
                if hungry[other] and here[other] == here[agent]:
                    shared_by += np.float32(1.0)
            ripe = max(fruit[world, here[agent]] - roots, np.float32(0.0))
            got[agent] = min(bite, ripe / shared_by) if hungry[agent] else np.float32(0.0)
        for agent in range(here.size):
            fruit[world, here[agent]] -= got[agent]
