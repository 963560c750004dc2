"""Agents that hop from cell to cell without collisions."""

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.propagators.writing import Declaration, Frame, KernelCall, Propagator, batched, kernel

__all__ = ["AgentMovement"]


@dataclass(frozen=True, eq=False)
class AgentMovement(Propagator):
    """All agents hop at once, each in its direction, and no two enter the same cell.

    Rule. An agent's target is the neighbour in its direction; it stays with direction -1, without a neighbour
    there, or if an obstacle is there. Then as many agents hop as three conditions allow:

    1. Of several agents with the same target, only the one with the lowest index may enter it.
    2. Two agents cannot swap cells.
    3. A cell can be entered only if every agent in it hops away.

    The largest such set of hops is unique: a row of agents advances together, a ring of three or more
    rotates, and all agents behind a blocked one stay. An agent on cell -1 is out of the world: it neither
    hops nor blocks. Agents that start on the same cell may leave it; an obstacle under an agent does not stop
    it.

    Scheme: exact; one hop per tick for any dt. The time is linear in the number of agents.

    Stability: any dt.

    Shapes: updates cells (num_worlds, num_agents) int32; reads this tick's directions (num_worlds,
    num_agents) int32, as `act` sets them, and this tick's obstacles, (num_worlds, num_cells) of either
    dtype, or static (num_cells,). On every lattice: directions are those of `lattice.directions`.

    Source: the simultaneous hops of murk 0.2.0's AgentMovementPropagator, with rules of our own for
    conflicts.

    Attributes:
        cells: each agent's cell; the hook `start` places the agents.
        directions: an index into `lattice.directions` for each agent, -1 to stay.
        obstacles: cells where it is not 0 cannot be entered; None for no obstacles.

    Raises:
        PropagatorError: in a tick in which a cell or direction is out of range; the tick is abandoned and
            changes nothing.
    """

    cells: Field
    directions: Field
    _: KW_ONLY
    obstacles: Field | None = None

    def declare(self) -> Declaration:
        """Return the agents' cells, their directions and the obstacles."""
        obstacles = () if self.obstacles is None else (self.obstacles,)
        return Declaration(reads=(self.directions, *obstacles), updates=(self.cells,))

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for unsuitable fields."""
        self.require(self.cells, over="agents", dtype=np.int32)
        self.require(self.directions, over="agents", dtype=np.int32)
        if self.obstacles is not None:
            self.require(self.obstacles, dtype=self.obstacles.dtype.type, static=True)

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled kernel of a tick with this frame's arrays."""
        cells, lattice = frame.update(self.cells), frame.lattice
        if self.obstacles is None:
            obstacles = np.zeros((1, lattice.num_cells), np.int32)
        else:
            obstacles = batched(self.obstacles, frame.read(self.obstacles))
        return KernelCall(
            _move,
            (
                cells,
                frame.read(self.directions),
                obstacles,
                lattice.moves,
                np.empty_like(cells),
                np.empty_like(cells),
                np.full((frame.num_worlds, lattice.num_cells), -1, np.int32),
            ),
        )


@kernel
def _move(
    start: int, stop: int, cells: Any, directions: Any, obstacles: Any, moves: Any, *scratch: Any
) -> None:
    """One tick of the worlds [start, stop), or a ValueError: raised in `_hop`, it would leak row views."""
    wrong = _hop(start, stop, cells, directions, obstacles, moves, *scratch)
    if wrong >= 0:
        world, agent = wrong // cells.shape[1], wrong % cells.shape[1]
        raise ValueError(
            f"agent {agent} of world {world} is on cell {cells[world, agent]} with the direction "
            f"{directions[world, agent]}; there are the cells 0 to {moves.shape[0] - 1}, -1 being out of the "
            f"world, and the directions 0 to {moves.shape[1] - 2}, -1 staying"
        )


@kernel
def _hop(
    start: int,
    stop: int,
    cells: Any,  # (num_worlds, num_agents)
    directions: Any,  # (num_worlds, num_agents)
    obstacles: Any,  # (num_worlds or 1, num_cells)
    moves: Any,  # (num_cells, num_directions + 1)
    targets: Any,  # (num_worlds, num_agents), scratch
    stayers: Any,  # (num_worlds, num_agents), scratch
    claims: Any,  # (num_worlds, num_cells), scratch: the agent that may enter a cell; -1 between ticks
) -> int:
    """One tick of the worlds [start, stop); return world * num_agents + agent of an invalid one, or -1."""
    for world in range(start, stop):
        cell, target, claim = cells[world], targets[world], claims[world]
        blocked = obstacles[min(world, obstacles.shape[0] - 1)]
        wrong = _want(cell, directions[world], blocked, moves, target)
        if wrong >= 0:
            return world * cell.size + wrong
        _claim(cell, target, claim)
        _settle(cell, target, claim, stayers[world])
        for agent in range(cell.size):
            if cell[agent] >= 0:
                claim[target[agent]] = -1
        for agent in range(cell.size):
            cell[agent] = target[agent]
    return -1


@kernel
def _want(cell: Any, direction: Any, blocked: Any, moves: Any, target: Any) -> int:
    """Set every agent's target; return the first agent with an invalid cell or direction, or -1."""
    stay = moves.shape[1] - 1
    for agent in range(cell.size):
        here = cell[agent]
        target[agent] = here
        if here == -1:
            continue
        if not (0 <= here < moves.shape[0] and -1 <= direction[agent] < stay):
            return agent
        there = moves[here, direction[agent]]
        if blocked[there] == 0:
            target[agent] = there
    return -1


@kernel
def _claim(cell: Any, target: Any, claim: Any) -> None:
    """Record the first agent that targets each cell; the others stay (condition 1)."""
    for agent in range(cell.size):
        there = target[agent]
        if there == cell[agent]:
            continue
        if claim[there] < 0:
            claim[there] = agent
        else:
            target[agent] = cell[agent]


@kernel
def _settle(cell: Any, target: Any, claim: Any, stayers: Any) -> None:
    """Hold back agents that would swap (condition 2), then all that target a cell of a stayer (3)."""
    for agent in range(cell.size):
        if target[agent] != cell[agent]:
            other = claim[cell[agent]]
            if other >= 0 and cell[other] == target[agent]:
                _keep(other, cell, target, claim)
                _keep(agent, cell, target, claim)
    end = 0
    for agent in range(cell.size):
        if cell[agent] >= 0 and target[agent] == cell[agent]:
            stayers[end] = agent
            end += 1
    place = 0
    while place < end:
        follower = claim[cell[stayers[place]]]
        if follower >= 0:
            _keep(follower, cell, target, claim)
            stayers[end] = follower
            end += 1
        place += 1


@kernel
def _keep(agent: Any, cell: Any, target: Any, claim: Any) -> None:
    """Cancel the hop of an agent that has claimed a cell."""
    claim[target[agent]] = -1
    target[agent] = cell[agent]
