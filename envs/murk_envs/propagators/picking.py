"""Picking: trees grow, and agents share what they bear."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from murk_env import Field, Frame, Propagator, Resource
from murk_env.kernels import kernel
from murk_env.lattice import Lattice

__all__ = ["Picking"]


@dataclass(frozen=True, eq=False)
class Picking(Propagator):
    """Trees grow by `growing`; then agents pick.

    Of a tree that bears v, each of the n agents that pick from it gets min(bite, max(v - roots, 0) / n).
    """

    growing: Resource
    cells: Field
    picks: Field
    picked: Field
    bite: float
    roots: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "coefficients", self.growing.coefficients)
        object.__setattr__(self, "reads", (self.cells, self.picks))
        object.__setattr__(self, "reads_previous", self.growing.reads_previous)
        object.__setattr__(self, "writes", (*self.growing.writes, self.picked))

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for fields that trees cannot grow in."""
        self.growing.check(lattice)

    def bind(self, frame: Frame) -> Callable[[int, int], None]:
        """Return the compiled tick over worlds [start, stop) of this frame."""
        growing = self.growing.bind(frame)
        fruit, picked = map(frame.write, self.writes)
        cells, picks = map(frame.read, self.reads)
        bite, roots = np.float32(self.bite), np.float32(self.roots)

        def run(start: int, stop: int) -> None:
            growing(start, stop)
            _pick(start, stop, fruit, picked, cells, picks, bite, roots)

        return run


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
    """Divide what is picked in the worlds [start, stop), then take it from the trees."""
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
