"""HexPursuit: predators hunt prey over hexagons, and both see only what is near."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from gymnasium.spaces import Discrete

from murk_env import (
    ACTIVE,
    Blueprint,
    Field,
    Group,
    Hex2D,
    Marker,
    MurkEnv,
    Observation,
    Observe,
    Picture,
    Window,
    aec_form,
    parallel_form,
    per_world,
)
from murk_env.errors import ParameterError
from murk_env.random import integers
from murk_envs._ranges import LARGE, check_ranges

__all__ = ["HexPursuit", "env", "parallel_env"]

NOWHERE = -1  # the cell of a prey that is gone
WIDEST = 2**15  # cells along a side
RANGES = {  # of parameters
    "size": (2, WIDEST),
    "predators": (1, 2**16),
    "prey": (1, 2**16),
    "view": (1, 2**10),
    "reach": (0, WIDEST),
    "catch": (0.0, LARGE),
    "survival": (0.0, LARGE),
}


class HexPursuit(MurkEnv):
    """Hunt, or be hunted, on a field of hexagons with a border.

    Observation: float32 (3 * (2 * view + 1)**2 + 2,), alike for both: which of the cells within `view` hops
        hold predators, which hold prey, and which are there at all (0 beyond the border and in the corners of
        the box); the agent's own q and r, each from 0 to 1.
    Action: Discrete(7) for each agent: 0 stay, 1 to 6 hop in the directions of Hex2D, counter-clockwise from
        east; against the border, stay. All hop at once, and any number of agents may share a cell.
    Reward: for each prey `survival` in every step, but -catch in the one after which it is within `reach`
        hops of a predator, and so is caught; for each predator the opposite of all prey's together.
    Ends: prey terminate when they are caught, the predators when all are; truncated after 100 steps.
    Start: one predator in any cell; every prey anywhere at least `gap` hops from it; the other predators
        anywhere at least `gap` hops from all prey; each draw uniform.
    Source: the hex_pursuit example of murk 0.2.0, with prey that act, rewards and observations of our own.
    """

    @dataclass(frozen=True, kw_only=True)
    class Params:
        """Knobs of HexPursuit.

        Attributes:
            size: cells along a side, at least 2.
            predators: number of predators, at least 1.
            prey: number of prey, at least 1.
            view: hops that an agent sees, at least 1.
            reach: hops from which a predator catches prey, at least 0.
            gap: fewest hops between predators and prey at the start, from reach + 1 to size - 1.
            catch: reward of every predator for a catch, 0 or more.
            survival: reward of a prey for every step it is not caught, 0 or more.
        """

        size: int = 12
        predators: int = 3
        prey: int = 2
        view: int = 3
        reach: int = 1
        gap: int = 4
        catch: float = 10.0
        survival: float = 0.1

        def __post_init__(self) -> None:
            check_ranges("HexPursuit", self, RANGES)
            if not self.reach < self.gap:
                raise ParameterError(
                    f"HexPursuit's gap is larger than its reach, so that nobody begins caught, not "
                    f"gap={self.gap} with reach={self.reach}."
                )
            if self.gap > self.size - 1:  # so far is the farther of two corners from any cell
                raise ParameterError(
                    f"HexPursuit's gap is at most size - 1, so that there is room for the prey wherever the "
                    f"first predator stands, not gap={self.gap} with size={self.size}."
                )

    # (num_worlds, num_agents) predators first
    cells = Field(over="agents", dtype=np.int32, low=NOWHERE, high=WIDEST**2 - 1)
    # (num_worlds, 2, num_agents) q and r
    place = Field(over="agents", components=2, low=0.0, high=WIDEST - 1)
    caught = Field(over="agents", categories=2)  # (num_worlds, num_agents) 1 from the catch on
    hunters = Field(low=0.0, high=1.0)  # (num_worlds, num_cells) 1 where predators are
    hunted = Field(low=0.0, high=1.0)  # (num_worlds, num_cells) 1 where prey are

    max_episode_steps: ClassVar = 100
    small: ClassVar = {
        "size": 3,
        "predators": 2,
        "view": 1,
        "reach": 0,
        "gap": 1,
        "max_episode_steps": 7,
    }

    def build(self, params: Params) -> Blueprint:
        """Return the field of hexagons, and the two groups with what they see."""
        seen = Observation(
            Window(self.hunters, around=self.cells, disk=params.view),
            Window(self.hunted, around=self.cells, disk=params.view, with_mask=True),
            Observe(self.place).normalised(0.0, params.size - 1),
            over="agents",
        )
        return Blueprint(
            lattice=Hex2D(params.size, params.size),
            groups=[
                Group("predator", params.predators, seen, Discrete(7)),
                Group("prey", params.prey, seen, Discrete(7)),
            ],
            picture=Picture(markers=(Marker(self.hunted, "prey"), Marker(self.hunters, "predator"))),
        )

    @per_world(cells, place, hunters, hunted)
    def start(
        cells: Any,
        place: Any,
        hunters: Any,
        hunted: Any,
        predators: int,
        size: int,
        gap: int,
        rng: Any,
    ) -> None:
        """Place the first predator, the prey far from it, and the other predators far from the prey."""
        cells[0] = integers(rng, 0, size * size)
        for prey in range(predators, len(cells)):
            cells[prey] = far_cell(cells[:1], size, gap, rng)
        for predator in range(1, predators):
            cells[predator] = far_cell(cells[predators:], size, gap, rng)
        mark(cells, place, hunters, hunted, predators, size)

    @per_world(cells, place, caught, hunters, hunted, ACTIVE)
    def act(
        cells: Any,
        place: Any,
        caught: Any,
        hunters: Any,
        hunted: Any,
        active: Any,
        action: Any,
        moves: Any,
        predators: int,
        size: int,
        reach: int,
    ) -> None:
        """Let all hop that are not gone, and note who is caught."""
        for agent in range(len(cells)):
            if cells[agent] != NOWHERE:
                hunters[cells[agent]] = hunted[cells[agent]] = 0.0
                cells[agent] = moves[cells[agent], action[agent] - 1] if active[agent] else NOWHERE
        for prey in range(predators, len(cells)):
            if cells[prey] != NOWHERE and nearest(cells[prey], cells[:predators], size) <= reach:
                caught[prey] = 1
        mark(cells, place, hunters, hunted, predators, size)

    @per_world(caught, ACTIVE)
    def reward(caught: Any, active: Any, out: Any, predators: int, catch: float, survival: float) -> None:
        """Pay the prey for life and charge it for death; what it gains, each predator loses."""
        total = 0.0
        for prey in range(predators, len(out)):
            out[prey] = 0.0
            if active[prey] != 0:
                out[prey] = 0.0 - catch if caught[prey] else survival
            total += out[prey]
        out[:predators] = 0.0 - total

    @per_world(caught)
    def terminated(caught: Any, out: Any, predators: int) -> None:
        """End for prey that are caught, and for all when none is left."""
        left = 0
        for prey in range(predators, len(out)):
            out[prey] = caught[prey] != 0
            left += caught[prey] == 0
        out[:predators] = left == 0


def far_cell(others: Any, size: int, gap: int, rng: Any) -> int:
    """Draw one of the cells that are at least `gap` hops from all others."""
    found = 0
    for cell in range(size * size):
        found += nearest(cell, others, size) >= gap
    left = integers(rng, 0, found)
    for cell in range(size * size):
        if nearest(cell, others, size) >= gap:
            if left == 0:
                return cell
            left -= 1
    return NOWHERE


def nearest(cell: int, others: Any, size: int) -> int:
    """Return the hops to the nearest of some cells."""
    least = 2 * size
    for other in others:
        dq, dr = cell % size - other % size, cell // size - other // size
        least = min(least, max(abs(dq), abs(dr), abs(dq + dr)))
    return least


def mark(cells: Any, place: Any, hunters: Any, hunted: Any, predators: int, size: int) -> None:
    """Show where everyone is."""
    for agent in range(len(cells)):
        if cells[agent] != NOWHERE:
            place[0, agent], place[1, agent] = cells[agent] % size, cells[agent] // size
            if agent < predators:
                hunters[cells[agent]] = 1.0
            else:
                hunted[cells[agent]] = 1.0


parallel_env, env = parallel_form(HexPursuit), aec_form(HexPursuit)
