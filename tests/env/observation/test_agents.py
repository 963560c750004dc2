"""Observations of agents: one plan for all of them, and every agent's own."""

from typing import Any

import numpy as np
import pytest

from murk_env import Field
from murk_env.errors import BlueprintError
from murk_env.lattice import Hex2D, Square4
from murk_env.observation import Mask, Neighbours, Observe, Window
from tests.env.observation.scenes import Fields, plan_of, seen

HEAT, CELL, CELLS = Fields.heat, Fields.cell, Fields.cells
GRID = Hex2D(5, 4, "wrap")
NUM_WORLDS, NUM_AGENTS = 3, 4


class Agents:
    energy = Field(over="agents", low=0.0, high=5.0)
    speed = Field(over="agents", components=2)
    kind = Field(over="agents", categories=3)


def values() -> Any:
    rng = np.random.default_rng(3)
    return {
        HEAT: rng.normal(size=(NUM_WORLDS, GRID.num_cells)),
        CELL: rng.integers(0, GRID.num_cells, NUM_WORLDS),
        CELLS: rng.integers(-1, GRID.num_cells, (NUM_WORLDS, NUM_AGENTS)),
        Agents.energy: rng.random((NUM_WORLDS, NUM_AGENTS)),
        Agents.speed: rng.normal(size=(NUM_WORLDS, 2, NUM_AGENTS)),
        Agents.kind: rng.integers(0, 3, (NUM_WORLDS, NUM_AGENTS)),
    }


def see(*entries, **options) -> Any:
    return seen(GRID, values(), *entries, num_agents=NUM_AGENTS, **options)


@pytest.mark.parametrize("layout", ["flat", "image"])
def test_agents_together_see_what_each_sees_alone(layout):
    together = see(Window(HEAT, around=CELLS, disk=2, with_mask=True), layout=layout, over="agents")
    alone = Window(HEAT, around=CELL, disk=2, with_mask=True)
    for agent in range(NUM_AGENTS):
        single = {HEAT: values()[HEAT], CELL: values()[CELLS][:, agent]}
        assert together[:, agent].tobytes() == seen(GRID, single, alone, layout=layout).tobytes()


@pytest.mark.parametrize(
    "entry",
    [
        Window(HEAT, around=CELLS, rectangle=(1, 2), with_mask=True).pooled("mean", 2, 1),
        Neighbours(CELLS, 2),
    ],
    ids=["window", "neighbours"],
)
def test_in_a_worlds_observation_the_agents_stand_one_after_another(entry):
    own = see(entry, layout="dict", over="agents")
    world = see(entry, layout="dict")
    for key, array in own.items():
        assert world[key].shape == array.shape
        assert world[key].tobytes() == array.tobytes()


def test_every_agent_sees_its_own_values_and_all_of_the_worlds():
    entries = [Observe(field) for field in (Agents.energy, Agents.speed, HEAT)]
    rows = see(*entries, Observe(Agents.kind, one_hot=True), Mask(CELL), over="agents")
    given = values()
    for world, agent in np.ndindex(NUM_WORLDS, NUM_AGENTS):
        expected = [
            given[Agents.energy][world, agent],
            *given[Agents.speed][world, :, agent],
            *given[HEAT][world],
            *np.eye(3)[given[Agents.kind][world, agent]],
            *np.eye(GRID.num_cells)[given[CELL][world]],
        ]
        assert rows[world, agent].tolist() == np.array(expected, np.float32).tolist()


def test_a_world_sees_the_values_of_all_agents():
    row = see(Observe(Agents.speed), Observe(Agents.kind, one_hot=True))[1]
    classes = values()[Agents.kind][1] == np.arange(3)[:, np.newaxis]
    expected = [*values()[Agents.speed][1].ravel(), *classes.ravel()]
    assert row.tolist() == np.array(expected, np.float32).tolist()


def test_the_space_is_that_of_one_agent():
    entries = Observe(Agents.energy), Window(HEAT, around=CELLS, disk=1)
    plan = plan_of(
        GRID,
        *entries,
        known=[HEAT, CELLS, Agents.energy],
        num_agents=NUM_AGENTS,
        over="agents",
        layout="dict",
    )
    assert {key: box.shape for key, box in plan.space.items()} == {"energy": (1,), "heat": (1, 3, 3)}
    assert plan.allocate(7)["heat"].shape == (7, NUM_AGENTS, 1, 3, 3)
    assert (plan.space["energy"].low[0], plan.space["energy"].high[0]) == (0.0, 5.0)


@pytest.mark.parametrize("cell", [CELL, CELLS])
def test_a_row_does_not_depend_on_the_other_worlds(cell):
    entries = Window(HEAT, around=cell, disk=2).logged(), Observe(Agents.energy), Neighbours(CELLS, 2)
    together = see(*entries)
    for world in range(NUM_WORLDS):
        single = {field: array[world : world + 1] for field, array in values().items()}
        assert seen(GRID, single, *entries, num_agents=NUM_AGENTS).tobytes() == together[world].tobytes()


def test_agents_that_are_not_there_cannot_see():
    with pytest.raises(BlueprintError, match="over agents needs agents, but num_agents is 0"):
        plan_of(Square4(2, 2), Observe(HEAT), over="agents")
    with pytest.raises(BlueprintError, match=r"shows Field\(cells.*, but num_agents is 0 in the Blueprint"):
        plan_of(Square4(2, 2), Window(HEAT, around=CELLS, disk=1))
