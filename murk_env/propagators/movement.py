"""Agents that hop from cell to cell without meeting."""

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.propagators.writing import Declaration, Frame, KernelCall, Propagator, batched, kernel

__all__ = ["AgentMovement"]


@dataclass(frozen=True, eq=False)
class AgentMovement(Propagator):
    """Every agent hops in its direction, all at once, and no two come to share a cell.

    Rule. An agent wants the neighbour in its direction, or to stay: with direction -1, without a neighbour
    there, or with an obstacle in it. Then as many agents hop as these three allow:

    1. A cell that several want is open only to the one with the lowest index.
    2. Two agents cannot exchange their cells.
    3. A cell can be entered only if every agent that is in it hops away.

    The largest such set of hops is unique: a row of agents advances together, a ring of three or more turns,
    and behind one that cannot hop all stay. An agent on cell -1 is out of the world: it neither hops nor is
    in the way. Agents that begin on one cell may leave it; an obstacle under an agent does not stop it.

    Scheme: exact; one hop per tick, whatever dt is. The time is linear in the number of agents.

    Stability: every dt.

    Shapes: updates cells (num_worlds, num_agents) int32; reads this tick's directions (num_worlds,
    num_agents) int32, as `act` sets them, and this tick's obstacles, (num_worlds, num_cells) of either
    dtype, or static (num_cells,). On every lattice: directions are those of `lattice.directions`.

    Source: the simultaneous hops of murk 0.2.0's AgentMovementPropagator, with rules of our own for
    conflicts.

    Attributes:
        cells: where each agent is; `start` places the agents.
        directions: an index into `lattice.directions` for each agent, -1 to stay.
        obstacles: cells that cannot be entered, where not 0; None for none.

    Raises:
        PropagatorError: at a tick in which there is no such cell or direction; nothing has changed then.
    """

    cells: Field
    directions: Field
    _: KW_ONLY
    obstacles: Field | None = None

    def declare(self) -> Declaration:
        """Return the agents' cells and what decides where they hop."""
        obstacles = () if self.obstacles is None else (self.obstacles,)
        return Declaration(reads=(self.directions, *obstacles), updates=(self.cells,))

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for fields of other kinds."""
        self.require(self.cells, over="agents", dtype=np.int32)
        self.require(self.directions, over="agents", dtype=np.int32)
        if self.obstacles is not None:
            self.require(self.obstacles, dtype=self.obstacles.dtype.type, static=True)

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled tick over this frame's worlds."""
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
    """One tick of the worlds [start, stop), or a ValueError; raised in `_hop`, it would keep the rows."""
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
    claims: Any,  # (num_worlds, num_cells), scratch: who may enter a cell; -1 between ticks
) -> int:
    """One tick of the worlds [start, stop); return world * num_agents + agent of a wrong number, or -1."""
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
    """Set every agent's target; return the first agent with a wrong cell or direction, or -1."""
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
    """Note the first agent that wants to enter each cell; the others stay (rule 1)."""
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
    """Keep back who would exchange cells (rule 2), then whoever wants a cell of one that stays (rule 3)."""
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
    """Let an agent that has claimed a cell stay where it is."""
    claim[target[agent]] = -1
    target[agent] = cell[agent]
