"""Observations of agents: one plan for all of them, and every agent's own."""

import itertools
from typing import Any

import numpy as np
import pytest

from murk_env import Field
from murk_env.errors import BlueprintError
from murk_env.fields.values import Values
from murk_env.lattice import Hex2D, Square4
from murk_env.observation import Mask, Neighbours, Observation, ObservationPlan, Observe, Window
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


@pytest.mark.few(1)
@pytest.mark.parametrize("layout", ["flat", "image"])
def test_agents_together_see_what_each_sees_alone(layout):
    together = see(Window(HEAT, around=CELLS, disk=2, with_mask=True), layout=layout, over="agents")
    alone = Window(HEAT, around=CELL, disk=2, with_mask=True)
    for agent in range(NUM_AGENTS):
        single = {HEAT: values()[HEAT], CELL: values()[CELLS][:, agent]}
        assert together[:, agent].tobytes() == seen(GRID, single, alone, layout=layout).tobytes()


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize("cell", [CELL, CELLS])
def test_a_row_does_not_depend_on_the_other_worlds(cell):
    entries = Window(HEAT, around=cell, disk=2).logged(), Observe(Agents.energy), Neighbours(CELLS, 2)
    together = see(*entries)
    for world in range(NUM_WORLDS):
        single = {field: array[world : world + 1] for field, array in values().items()}
        assert seen(GRID, single, *entries, num_agents=NUM_AGENTS).tobytes() == together[world].tobytes()


GROUP = range(3, 7)
ACTIVE = Field(over="agents", dtype=np.int32)
SQUARES = Square4(3, 4)


def crowd(num_worlds=2, num_agents=8):
    rng = np.random.default_rng(8)
    return {
        HEAT: rng.normal(size=(num_worlds, 12)).astype(np.float32),
        CELLS: rng.integers(-1, 12, (num_worlds, num_agents), np.int32),
        Agents.speed: rng.normal(size=(num_worlds, 2, num_agents)).astype(np.float32),
        Agents.kind: rng.integers(0, 3, (num_worlds, num_agents), np.int32),
        ACTIVE: rng.integers(-1, 2, (num_worlds, num_agents), np.int32),
    }


CROWDED = (
    Window(HEAT, around=CELLS, rectangle=(0, 1), padding=-1.0),
    Observe(Agents.speed),
    Observe(Agents.kind, one_hot=True),
)


def group_plan(*entries, layout: Any = "flat", **options: Any) -> Any:
    observation = Observation(*entries, layout=layout, over="agents")
    return ObservationPlan(observation, SQUARES, frozenset(crowd()), 8, **options)


def seen_by_one(values, world, agent):
    """What one agent sees of CROWDED: the cells west of it, its own and east, its speed, its kind."""
    cell = values[CELLS][world, agent]
    row, col = divmod(int(cell), 4)
    near = [
        values[HEAT][world, 4 * row + c] if cell >= 0 and 0 <= c < 4 else -1.0
        for c in (col - 1, col, col + 1)
    ]
    kind = [float(values[Agents.kind][world, agent] == number) for number in range(3)]
    return [*map(float, near), *values[Agents.speed][world, :, agent].tolist(), *kind]


def test_a_group_has_rows_of_its_own_agents_alone():
    values, plan = crowd(), group_plan(*CROWDED, agents=GROUP)
    out = plan.allocate(2)
    plan.fill(Values(values), out)
    expected = [[seen_by_one(values, world, agent) for agent in GROUP] for world in range(2)]
    assert out.shape == (2, 4, 8)
    assert out.tolist() == expected


def test_a_group_may_be_every_other_agent_backwards():
    values, plan = crowd(), group_plan(*CROWDED, agents=range(7, -1, -2))
    rows = plan.fill_rows(Values(values), [1])
    assert rows.tolist() == [[seen_by_one(values, 1, agent) for agent in (7, 5, 3, 1)]]


@pytest.mark.few(1)
@pytest.mark.parametrize("agents", [None, GROUP])
def test_who_is_not_active_has_a_row_of_zeros(agents):
    values, plan = crowd(), group_plan(*CROWDED, agents=agents, active=ACTIVE)
    out = plan.allocate(2)
    out.fill(77.0)
    plan.fill(Values(values), out)
    for world, (seat, agent) in itertools.product(range(2), enumerate(agents or range(8))):
        active = values[ACTIVE][world, agent] != 0
        assert out[world, seat].tolist() == (seen_by_one(values, world, agent) if active else [0.0] * 8)


@pytest.mark.slow
def test_who_is_not_active_has_zeros_in_every_part_of_a_dict():
    values = crowd()
    values[ACTIVE][:] = [0, 1, 1, 0, 1, 0, 1, 1]
    plan = group_plan(
        *CROWDED, Neighbours(CELLS, 2, name="others"), layout="dict", agents=GROUP, active=ACTIVE
    )
    out = plan.allocate(2)
    plan.fill(Values(values), out)
    assert {key: array.shape[:2] for key, array in out.items()} == dict.fromkeys(plan.space, (2, 4))
    for array in out.values():
        assert not array[:, [0, 2]].any()
    assert (out["kind"].sum(axis=2) == [[0, 1, 0, 1]] * 2).all()


def test_a_group_sees_the_other_agents_too():
    values = {**crowd(1), CELLS: np.array([[0, 1, 2, 3, 4, 5, 6, 7]], np.int32)}
    plan = group_plan(Neighbours(CELLS, 1), agents=range(1, 2))
    assert plan.fill_rows(Values(values), [0]).tolist() == [[[-1.0, 0.0, 1.0]]]  # agent 0, to the west


@pytest.mark.parametrize("layout", ["flat", "dict"])
def test_the_space_holds_zero_for_those_who_are_not_active(layout):
    def limits(**options):
        warm = Field(over="agents", low=2.0, high=5.0, initial=2.0)
        cold = Field(over="agents", low=-5.0, high=-2.0, initial=-2.0)
        observation = Observation(
            Observe(warm, name="warm"), Observe(cold, name="cold"), layout=layout, over="agents"
        )
        space: Any = ObservationPlan(
            observation, SQUARES, frozenset([warm, cold, ACTIVE]), 3, **options
        ).space
        boxes = space.values() if layout == "dict" else [space]
        return [(low, high) for box in boxes for low, high in zip(box.low, box.high, strict=True)]

    assert sorted(limits(agents=range(2))) == [(-5.0, -2.0), (2.0, 5.0)]
    assert sorted(limits(active=ACTIVE)) == [(-5.0, 0.0), (0.0, 5.0)]


def test_a_world_has_no_groups():
    observation = Observation(Observe(HEAT))
    for agents, active in ((GROUP, None), (None, ACTIVE)):
        with pytest.raises(BlueprintError, match="must be None with over='world', not"):
            ObservationPlan(observation, SQUARES, frozenset(crowd()), 8, agents=agents, active=active)


@pytest.mark.parametrize("agents", [range(6, 9), range(-1, 2), range(4, 4), [3, 4], slice(3, 7), 4], ids=repr)
def test_a_group_of_other_agents_is_refused(agents):
    with pytest.raises(
        BlueprintError, match=r"agents must be a range that is not empty and lies within range\(0, 8\), not"
    ):
        group_plan(*CROWDED, agents=agents)


@pytest.mark.parametrize(
    "active",
    [CELL, Agents.energy, Field(over="agents", dtype=np.int32), Field(over="agents", components=2), "here"],
    ids=repr,
)
def test_what_does_not_say_who_is_active_is_refused(active):
    with pytest.raises(
        BlueprintError,
        match="active must be a scalar int32 field over agents of this environment, not",
    ):
        group_plan(*CROWDED, active=active)


def test_agents_that_are_not_there_cannot_see():
    with pytest.raises(BlueprintError, match="over agents needs agents, but num_agents is 0"):
        plan_of(Square4(2, 2), Observe(HEAT), over="agents")
    with pytest.raises(BlueprintError, match=r"shows Field\(cells.*, but num_agents is 0 in the Blueprint"):
        plan_of(Square4(2, 2), Window(HEAT, around=CELLS, disk=1))
