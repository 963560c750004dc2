"""Harvest: many pick from the same trees, which grow back the slower the barer they are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from gymnasium.spaces import Discrete

from murk_env import (
    Blueprint,
    Field,
    Frame,
    Group,
    Marker,
    MurkEnv,
    Observation,
    Observe,
    Picture,
    Propagator,
    Resource,
    Square8,
    Window,
    aec_form,
    parallel_form,
    per_world,
)
from murk_env.errors import ParameterError
from murk_env.kernels import kernel
from murk_env.lattice import Lattice
from murk_env.random import integers, uniform
from murk_envs._ranges import check_ranges

__all__ = ["Harvest", "env", "parallel_env"]

PICK = 9  # the action after those that stay or hop
RIPE = 0.5  # what a tree bears at least when an episode begins
WIDEST = 2**15  # cells along a side
LARGEST_CROWD = 2**16  # agents
RANGES = {  # of parameters
    "size": (2, WIDEST),
    "agents": (1, LARGEST_CROWD),
    "view": (1, 2**10),
    **dict.fromkeys(("trees", "rocks", "growth", "bite", "roots", "famine"), (0.0, 1.0)),
}


class Harvest(MurkEnv):
    """Pick fruit in a common orchard, where whoever leaves some leaves it to the others too.

    Observation: float32 (3 * (2 * view + 1)**2 + 2,): of the cells at most `view` away in row and column, the
        fruit; whether there is rock, as there is beyond the border; how many agents are there, 2 for more;
        then the agent's own row and column, each from 0 to 1.
    Action: Discrete(10): 0 stay, 1 to 8 hop in the directions of Square8, against rock and the border stay;
        9 pick. Agents may share a cell.
    Reward: the fruit that the agent picked: `bite`, or an even share of what the tree bears above `roots`.
    Ends: terminated for all when trees bear less than `famine` on average; truncated after 300 steps.
    Start: trees and rocks in cells drawn uniformly; trees bear a uniform amount from 0.5 to 1; every agent in
        any cell without rock, uniformly.
    Source: after Perolat et al. (2017), https://arxiv.org/abs/1707.06600, with trees that grow logistically.
    """

    @dataclass(frozen=True, kw_only=True)
    class Params:
        """Knobs of Harvest.

        Attributes:
            size: cells along a side, at least 2.
            agents: number of agents, at least 1.
            trees: share of cells with a tree, rounded to a number of trees that is at least 1.
            rocks: share of cells with rock, rounded likewise, leaving room beside the trees.
            growth: rate at which a tree that is nearly bare bears more, per step, 0 to 1.
            bite: what one can pick in a step, 0 to 1; a tree bears 1 at the most.
            roots: what cannot be picked from a tree, 0 to 0.5.
            famine: what trees have to bear on average, 0 to 0.5.
            view: cells that an agent sees to each side, at least 1.
        """

        size: int = 12
        agents: int = 8
        trees: float = 0.25
        rocks: float = 0.1
        growth: float = 0.05
        bite: float = 0.25
        roots: float = 0.05
        famine: float = 0.15
        view: int = 3

        def __post_init__(self) -> None:
            check_ranges("Harvest", self, RANGES)
            if not 1 <= self.num_trees < self.size**2 - self.num_rocks:
                raise ParameterError(
                    f"Harvest needs at least one tree, and a cell that is neither tree nor rock, but "
                    f"trees={self.trees} and rocks={self.rocks} make {self.num_trees} trees and "
                    f"{self.num_rocks} rocks in {self.size**2} cells."
                )
            if max(self.roots, self.famine) > RIPE:
                raise ParameterError(
                    f"Harvest's roots and famine are at most {RIPE}, which trees bear at the start, not "
                    f"{self.roots} and {self.famine}."
                )

        @property
        def num_trees(self) -> int:
            """Cells with a tree."""
            return round(self.trees * self.size**2)

        @property
        def num_rocks(self) -> int:
            """Cells with rock."""
            return round(self.rocks * self.size**2)

    fruit = Field(low=0.0, high=1.0)  # (num_worlds, num_cells)
    rock = Field(low=0.0, high=1.0, mutability="sparse")  # (num_worlds, num_cells) 1 where there is rock
    crowd = Field(low=0.0, high=LARGEST_CROWD)  # (num_worlds, num_cells) agents in a cell
    cells = Field(over="agents", dtype=np.int32, low=0, high=WIDEST**2 - 1)  # (num_worlds, num_agents)
    # (num_worlds, 2, num_agents) row and column
    place = Field(over="agents", components=2, low=0.0, high=WIDEST - 1)
    picks = Field(over="agents", categories=2)  # (num_worlds, num_agents) 1 if it picks in this step
    picked = Field(over="agents", low=0.0, high=1.0)  # (num_worlds, num_agents) fruit, in this step

    max_episode_steps: ClassVar = 300
    small: ClassVar = {
        "size": 3,
        "agents": 4,
        "trees": 0.6,
        "bite": 0.5,
        "famine": 0.5,
        "view": 1,
        "max_episode_steps": 7,
    }

    def build(self, params: Params) -> Blueprint:
        """Return the orchard, its law, and what an agent sees of it."""
        around: dict[str, Any] = {"around": self.cells, "rectangle": (params.view, params.view)}
        seen = Observation(
            Window(self.fruit, **around),
            Window(self.rock, padding=1.0, **around),
            Window(self.crowd, **around).clipped(0.0, 2.0),
            Observe(self.place).normalised(0.0, params.size - 1),
            over="agents",
        )
        growing = Resource(
            self.fruit, self.fruit, consumption=0.0, regrowth=params.growth, growth="logistic"
        )  # what is consumed depends on who picks, so that Picking does it
        return Blueprint(
            lattice=Square8(params.size, params.size),
            propagators=[Picking(growing, self.cells, self.picks, self.picked, params.bite, params.roots)],
            groups=[Group("agent", params.agents, seen, Discrete(PICK + 1))],
            picture=Picture(
                self.fruit,
                palette="YlGn",
                markers=(
                    Marker(self.rock, "wall", label="rock"),
                    Marker(self.cells, "agent", colour="#e8432e"),
                ),
            ),
        )

    @per_world(fruit, rock, crowd, cells, place)
    def start(
        fruit: Any,
        rock: Any,
        crowd: Any,
        cells: Any,
        place: Any,
        num_trees: int,
        num_rocks: int,
        size: int,
        rng: Any,
    ) -> None:
        """Lay out the orchard, every layout as likely as any other, and place the agents."""
        trees, rocks = num_trees, num_rocks  # still to be placed
        for cell in range(len(rock)):
            lot = integers(rng, 0, len(rock) - cell)
            if lot < trees:
                fruit[cell] = RIPE + (1.0 - RIPE) * uniform(rng)
                trees -= 1
            elif lot < trees + rocks:
                rock[cell] = 1.0
                rocks -= 1
        for agent in range(len(cells)):
            passed = integers(rng, 0, len(rock) - num_rocks)  # open cells before the one it is in
            cell = 0
            while rock[cell] > 0.0 or passed > 0:
                passed -= rock[cell] == 0.0
                cell += 1
            cells[agent] = cell
            crowd[cell] += 1.0
            place[0, agent], place[1, agent] = cell // size, cell % size

    @per_world(rock, crowd, cells, place, picks)
    def act(
        rock: Any, crowd: Any, cells: Any, place: Any, picks: Any, action: Any, moves: Any, size: int
    ) -> None:
        """Hop where there is no rock, and note who picks."""
        for agent in range(len(cells)):
            picks[agent] = action[agent] == PICK
            there = moves[cells[agent], -1 if picks[agent] else action[agent] - 1]
            if rock[there] == 0.0:
                crowd[cells[agent]] -= 1.0
                crowd[there] += 1.0
                cells[agent] = there
                place[0, agent], place[1, agent] = there // size, there % size

    @per_world(picked)
    def reward(picked: Any, out: Any) -> None:
        """Pay every agent what it picked."""
        for agent in range(len(out)):
            out[agent] = picked[agent]

    @per_world(fruit)
    def terminated(fruit: Any, out: Any, num_trees: int, famine: float) -> None:
        """End for all in a famine."""
        borne = 0.0
        for cell in range(len(fruit)):
            borne += fruit[cell]
        out[:] = borne < famine * num_trees


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


parallel_env, env = parallel_form(Harvest), aec_form(Harvest)
