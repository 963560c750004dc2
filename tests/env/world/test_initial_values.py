"""Fields that begin with the values of a static field, in worlds and in the episodes of an env."""

from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Discrete
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import SyncVectorEnv

from murk_env import (
    Blueprint,
    Field,
    MurkEnv,
    MurkVectorEnv,
    Observation,
    Observe,
    Square4,
    World,
    per_world,
)
from murk_env.errors import FieldError
from tests.env.worlds import Counter

GRID = Square4(1, 3)
HILLS = [1.0, 2.0, 4.0]


def begun(declaration, source, values, **keywords):
    """Return what two worlds publish of a field that begins with static values."""
    first = Field(mutability="static", **source)
    field = Field(initial=first, **source, **declaration)
    world = World(
        GRID, {"first": first, "field": field}, static={first: values}, num_worlds=2, num_agents=2, **keywords
    )
    return world[field]


@pytest.mark.parametrize("mutability", ["per_tick", "sparse"])
@pytest.mark.parametrize(
    ("source", "values"),
    [
        ({}, HILLS),
        ({"over": "world"}, 7.0),
        ({"over": "agents", "dtype": np.int32}, [3, -4]),
        ({"over": "world", "components": 2}, [0.5, 1.5]),
        ({"components": 2}, [HILLS, [0.0, 0.0, 1.0]]),
    ],
    ids=["cells", "world", "agents", "vector", "vectors"],
)
def test_every_world_begins_with_the_static_values(source, values, mutability):
    assert begun({"mutability": mutability}, source, values).tolist() == [values, values]


@pytest.mark.parametrize(
    ("declaration", "values", "message"),
    [
        (
            {"high": 3.0},
            HILLS,
            r"field 'field' begins with the values of 'first', but it takes values in \[-inf, 3.0\], not 4",
        ),
        ({"low": 2.0}, HILLS, r"but it takes values in \[2.0, inf\], not 1.0; change them or the bounds"),
        (
            {"low": 0.0, "high": 4.0, "at_bounds": "wrap"},
            HILLS,
            r"but it takes values in \[0.0, 4.0\), not 4.0",
        ),
    ],
    ids=["high", "low", "wrap"],
)
def test_static_values_outside_the_fields_bounds_are_refused(declaration, values, message):
    with pytest.raises(FieldError, match=message):
        begun(declaration, {}, values)


def test_static_values_at_the_fields_bounds_are_taken():
    assert begun({"low": 1.0, "high": 4.0}, {}, HILLS).tolist() == [HILLS, HILLS]


def test_a_static_value_that_is_no_category_is_refused():
    first = Field(mutability="static", dtype=np.int32)
    kind = Field(categories=3, initial=first)
    with pytest.raises(FieldError, match=r"field 'kind' .*but it takes categories in \[0, 2\], not 3"):
        World(GRID, {"first": first, "kind": kind}, static={first: [0, 2, 3]})


def test_a_static_value_that_is_no_cell_is_refused():
    first = Field(mutability="static", over="world", dtype=np.int32)
    cell = Field(over="world", dtype=np.int32, indexes="cells", low=0, initial=first)
    with pytest.raises(FieldError, match=r"field 'cell' .*but it takes cells in \[0, 2\], not 3"):
        World(GRID, {"first": first, "cell": cell}, static={first: 3})


def test_a_static_field_that_is_not_declared_beside_is_refused():
    elsewhere = Field(mutability="static")
    with pytest.raises(
        FieldError,
        match=r"field 'field' begins with the values of Field\(\?, .*, which is not a field of these worlds",
    ):
        World(GRID, {"field": Field(initial=elsewhere)})


def test_a_reset_of_worlds_sets_the_static_values_again():
    first = Field(mutability="static")
    field = Field(initial=first)
    world = World(GRID, {"first": first, "field": field}, [Counter(field)], static={first: HILLS})
    world.run(2)
    assert world[field].tolist() == [[3.0, 4.0, 6.0]]
    world.reset(seed=1)
    assert world[field].tolist() == [HILLS]


class Hills(MurkEnv):
    """Grows by one a step, heights by propagator, the rest by `act`; an episode is over at a height of 7."""

    hills = Field(mutability="static")  # (num_cells,)
    depth = Field(over="world", mutability="static", dtype=np.int32)  # ()
    heights = Field(initial=hills)  # (num_worlds, num_cells)
    marks = Field(initial=hills, mutability="sparse", low=0.0, high=9.0)  # (num_worlds, num_cells)
    level = Field(over="world", dtype=np.int32, initial=depth)  # (num_worlds,)

    @classmethod
    def build(cls, params: Any) -> Blueprint:
        return Blueprint(
            lattice=GRID,
            propagators=[Counter(cls.heights)],
            observation=Observation(Observe(cls.heights), Observe(cls.marks), Observe(cls.level)),
            action_space=Discrete(2),
            static={cls.hills: HILLS, cls.depth: -5},
        )

    def start(self, tick, worlds):
        tick.level = tick.level + tick.rng.integers(0, 2).astype(np.int32)

    def act(self, tick, actions):
        tick.edit(type(self).level)[:] += 1
        if actions.any():
            tick.edit(type(self).marks)[actions > 0] += 1.0

    def reward(self, before, after):
        return after.heights.sum(axis=1) - before.heights.sum(axis=1)

    def terminated(self, after):
        return after.heights.max(axis=1) >= 7.0


class CompiledHills(Hills):
    """`Hills` with hooks for one world, which write into its sparse field at the start, too."""

    hills, depth, heights, marks, level = Hills.hills, Hills.depth, Hills.heights, Hills.marks, Hills.level

    @per_world
    def start(self):
        self.marks[0] += 0.5
        self.level[0] += 1

    @per_world
    def reward(self, before: "CompiledHills"):
        return self.heights.sum() - before.heights.sum()

    @per_world
    def terminated(self):
        return self.heights.max() >= 7.0


@pytest.mark.slow
def test_an_episode_begins_with_the_static_values_and_what_start_makes_of_them():
    envs = MurkVectorEnv(CompiledHills, 2, checked=True)
    first = [*HILLS, 1.5, 2.0, 4.0, -4.0]
    assert envs.reset(seed=1)[0].tolist() == [first, first]
    envs.step([1, 0])
    observations, _ = envs.reset(options={"reset_mask": np.array([True, False])})
    assert observations.tolist() == [first, [2.0, 3.0, 5.0, 1.5, 2.0, 4.0, -3.0]]


@pytest.mark.slow
@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
@pytest.mark.parametrize("env_class", [Hills, CompiledHills])
def test_a_batch_begins_again_as_single_envs_do(env_class, mode, checked):
    batch = MurkVectorEnv(env_class, 3, autoreset_mode=mode, checked=checked)
    single = SyncVectorEnv([env_class] * 3, autoreset_mode=batch.autoreset_mode)
    assert data_equivalence(batch.reset(seed=5), single.reset(seed=5), exact=True)
    ended = 0
    for step in range(12):
        actions = [step % 2, 1, 0]
        outputs = batch.step(actions)
        ended += outputs[2].sum()
        assert data_equivalence(outputs, single.step(actions), exact=True)
    assert ended >= 9
