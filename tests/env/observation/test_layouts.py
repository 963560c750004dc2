"""Spaces, bounds and values in every layout, and every plan that is refused."""

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from murk_env import Field, Mask, MurkVectorEnv, Observation, Observe, Square4
from murk_env.errors import BlueprintError
from murk_env.fields.values import Values
from murk_env.observation import ObservationPlan
from tests.env.worlds import Walker

GRID = Square4(2, 3)
NUM_WORLDS = 2


class Fields:
    heat = Field(low=0.0, high=9.0)
    flow = Field(components=2, low=-1.0)
    hits = Field(dtype=np.int32, low=-5, high=5)
    agent = Field(over="world", dtype=np.int32)
    wind = Field(over="world", components=3)
    level = Field(over="world", high=2.5)
    wall = Field(mutability="static", low=0.0, high=1.0)
    place = Field(over="agents", dtype=np.int32, low=0, high=5)
    home = Field(over="world", dtype=np.int32, mutability="static")


KNOWN = frozenset(value for value in vars(Fields).values() if isinstance(value, Field))
VALUES = Values(
    {
        Fields.heat: np.arange(12, dtype=np.float32).reshape(2, 6) / 2,
        Fields.flow: np.arange(24, dtype=np.float32).reshape(2, 2, 6),
        Fields.hits: np.arange(-5, 7, dtype=np.int32).reshape(2, 6),
        Fields.agent: np.array([4, 1], np.int32),
        Fields.wind: np.array([[1, 2, 3], [4, 5, 6]], np.float32),
        Fields.level: np.array([0.5, -0.5], np.float32),
        Fields.wall: np.array([0, 1, 0, 1, 0, 1], np.float32),
        Fields.place: np.array([[0, 5, 2, 1], [3, 3, 4, 0]], np.int32),
        Fields.home: np.array(3, np.int32),
    }
)


def plan_of(*entries, layout: Any = "flat") -> Any:
    return ObservationPlan(Observation(*entries, layout=layout), GRID, KNOWN, 4)


def seen(plan) -> Any:
    out: Any = plan.allocate(NUM_WORLDS)
    plan.fill(VALUES, out)
    return out


def one_hot(cell):
    return [1.0 if index == cell else 0.0 for index in range(6)]


def test_a_flat_observation_is_the_entries_one_after_another():
    plan = plan_of(Observe(Fields.heat), Mask(Fields.agent), Observe(Fields.level))
    observation = seen(plan)
    assert observation.shape == (2, 13)
    assert observation[0].tolist() == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, *one_hot(4), 0.5]
    assert observation[1].tolist() == [3.0, 3.5, 4.0, 4.5, 5.0, 5.5, *one_hot(1), -0.5]


def test_the_bounds_of_the_fields_are_those_of_the_space():
    space = plan_of(Observe(Fields.heat), Mask(Fields.agent), Observe(Fields.level)).space
    assert (space.shape, space.dtype) == ((13,), np.float32)
    assert space.low.tolist() == [0.0] * 12 + [-np.inf]
    assert space.high.tolist() == [9.0] * 6 + [1.0] * 6 + [2.5]


def test_an_image_has_a_channel_for_each_entry_and_component():
    plan = plan_of(Observe(Fields.heat), Observe(Fields.flow), Mask(Fields.agent), layout="image")
    observation = seen(plan)
    assert observation.shape == (2, *plan.space.shape) == (2, 4, 2, 3)
    assert observation[0, 0].tolist() == [[0.0, 0.5, 1.0], [1.5, 2.0, 2.5]]
    assert observation[1, 2].tolist() == [[18.0, 19.0, 20.0], [21.0, 22.0, 23.0]]
    assert observation[0, 3].ravel().tolist() == one_hot(4)
    assert plan.space.low[:, 0, 0].tolist() == [0.0, -1.0, -1.0, 0.0]


@pytest.mark.slow
def test_a_dict_has_every_entry_under_its_name_in_its_own_shape():
    entries = [
        Observe(field) for field in (Fields.heat, Fields.flow, Fields.wind, Fields.level, Fields.place)
    ]
    plan = plan_of(*entries, Mask(Fields.agent, name="here"), layout="dict")
    observation = seen(plan)
    shapes = {key: box.shape for key, box in plan.space.items()}
    assert shapes == {
        "heat": (1, 2, 3),
        "flow": (2, 2, 3),
        "wind": (3,),
        "level": (1,),
        "place": (4,),
        "here": (1, 2, 3),
    }
    assert {key: value.shape[1:] for key, value in observation.items()} == shapes
    assert observation["wind"].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert observation["here"][1].ravel().tolist() == one_hot(1)


def test_whole_numbers_are_seen_as_float32():
    observation = seen(plan_of(Observe(Fields.hits)))
    assert (observation.dtype, observation[0].tolist()) == (np.float32, [-5, -4, -3, -2, -1, 0])


@pytest.mark.few(1)
@pytest.mark.parametrize("layout", ["flat", "image", "dict"])
def test_a_static_field_is_the_same_in_every_world(layout):
    observation = seen(plan_of(Observe(Fields.heat), Observe(Fields.wall), layout=layout))
    array = observation["wall"] if layout == "dict" else observation.reshape(2, 2, -1)[:, 1]
    assert array.reshape(2, 6).tolist() == [[0, 1, 0, 1, 0, 1]] * 2


@pytest.mark.parametrize("cell", [-1, 6, 2**31 - 1, -(2**31)])
def test_the_mask_of_an_index_that_is_no_cell_is_zero(cell):
    plan = plan_of(Observe(Fields.heat), Mask(Fields.agent), Observe(Fields.level))
    out: Any = plan.allocate(1)
    out.fill(7.0)
    chosen = {field: VALUES[field][:1] for field in (Fields.heat, Fields.level)}
    plan.fill(Values({**chosen, Fields.agent: np.array([cell], np.int32)}), out)
    assert out[0, 6:].tolist() == [0.0] * 6 + [0.5]


@pytest.mark.slow
def test_a_plan_fills_all_of_its_output():
    plan = plan_of(*[Observe(field) for field in KNOWN], Mask(Fields.agent))
    outputs = []
    for filler in (np.nan, -1.0):
        out: Any = plan.allocate(NUM_WORLDS)
        out.fill(filler)
        plan.fill(VALUES, out)
        outputs.append(out.tobytes())
    assert outputs[0] == outputs[1]


@pytest.mark.few(1)
@pytest.mark.parametrize("layout", ["flat", "dict"])
def test_the_observation_of_some_worlds_is_their_rows_of_the_whole(layout):
    plan = plan_of(Observe(Fields.wall), Observe(Fields.level), Mask(Fields.agent), layout=layout)
    whole = seen(plan)
    rows: Any = plan.fill_rows(VALUES, np.array([1]))
    for key in whole if layout == "dict" else [slice(None)]:
        assert rows[key].tobytes() == whole[key][1:].tobytes()


@pytest.mark.few(1)
@pytest.mark.parametrize("layout", ["flat", "image", "dict"])
def test_what_is_seen_lies_in_the_space(layout):
    plan = plan_of(Observe(Fields.heat), Observe(Fields.hits), Mask(Fields.agent), layout=layout)
    heat = np.clip(VALUES[Fields.heat], 0, 9)
    hits = np.clip(VALUES[Fields.hits], -5, 5)
    out: Any = plan.allocate(2)
    plan.fill(Values({Fields.heat: heat, Fields.hits: hits, Fields.agent: VALUES[Fields.agent]}), out)
    assert plan.space.contains({key: value[0] for key, value in out.items()} if layout == "dict" else out[0])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: plan_of(Observe(Fields.heat), layout="images"),
            "cannot be 'images'; did you mean 'image'",
        ),
        (lambda: Observation(), r"at least one entry, such as Observe\(cls.heat\)"),
        (
            lambda: Mask(Fields.heat),
            r"field of a Mask must be scalar, int32, over the world and not static, not Field\(heat",
        ),
        (lambda: Mask(Fields.wind), "field of a Mask must be scalar, int32"),
        (lambda: Mask(Fields.place), "field of a Mask must be scalar, int32"),
        (lambda: plan_of(Mask(Fields.home)), "Mask.*home"),
        (lambda: plan_of(Fields.heat), r"Observe\("),
        (
            lambda: plan_of(Observe(Field())),
            r"the observation shows Field\(\?.*which is not a field of this environment",
        ),
        (
            lambda: plan_of(Observe(Fields.heat), Observe(Fields.wind), layout="image"),
            r"layout='image' stacks entries over cells, but 'wind' has the shape \(3,\) .*'flat' or 'dict'",
        ),
        (
            lambda: plan_of(Observe(Fields.agent), Mask(Fields.agent), layout="dict"),
            "two entries of the observation are called 'agent'; give one of them a name=",
        ),
    ],
    ids=["layout", "empty", "dtype", "components", "span", "static", "field", "unknown", "image", "twice"],
)
def test_what_cannot_be_seen_is_refused(make, message):
    with pytest.raises(BlueprintError, match=message):
        make()


def test_a_vector_env_sees_every_world_in_its_own_row():
    envs = MurkVectorEnv(Walker, 5)
    observation, _ = envs.reset(seed=1)
    assert isinstance(envs.single_observation_space, spaces.Box)
    for world in range(5):
        assert observation[world].tobytes() == Walker().reset(seed=1 + world)[0].tobytes()
