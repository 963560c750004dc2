"""Bounds: clamp, reflect and wrap, before anyone reads the tick's result."""

import math

import numpy as np
import pytest
from gymnasium.spaces import Discrete

from murk_env import (
    Blueprint,
    Copy,
    Diffusion,
    Field,
    MurkEnv,
    MurkVectorEnv,
    Observation,
    Observe,
    Square4,
    World,
)
from murk_env.errors import DefinitionError, FieldError
from murk_env.world.limits import within_bounds
from tests.env.worlds import Drifter


def bounded(field, values):
    """Return what a tick publishes when `values` were written to the field."""
    world = World(Square4(1, len(values)), {"field": field})

    def act(tick):
        tick[field] = np.array([values])

    world.tick(act)
    return world[field][0].tolist()


def test_clamp_sets_values_beyond_to_the_limit():
    assert bounded(Field(low=-1.0, high=2.0), [-5.0, -1.0, 0.5, 2.0, 9.0]) == [-1.0, -1.0, 0.5, 2.0, 2.0]


def test_reflect_folds_values_back_at_the_limit_as_often_as_they_pass_it():
    field = Field(low=1.0, high=3.0, initial=1.0, at_bounds="reflect")
    assert bounded(field, [0.5, 3.5, 5.5, 8.0, 3.0, 1.0]) == [1.5, 2.5, 1.5, 2.0, 3.0, 1.0]


def test_wrap_takes_values_modulo_the_range_without_its_upper_limit():
    field = Field(low=-1.0, high=3.0, at_bounds="wrap")
    assert bounded(field, [3.0, 3.5, -1.5, 11.25, -1.0, 2.5]) == [-1.0, -0.5, 2.5, -0.75, -1.0, 2.5]


def test_wrap_never_rounds_up_to_its_upper_limit():
    field = Field(low=0.0, high=4.0, at_bounds="wrap")
    assert bounded(field, [-1e-9, -1e-30]) == [0.0, 0.0]  # -1e-9 modulo 4 is 4 in float32


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("at_bounds", "expected"),
    [("clamp", [0, 0, 4, 4]), ("reflect", [3, 0, 4, 3]), ("wrap", [1, 0, 0, 1])],
)
def test_whole_numbers_keep_whole(at_bounds, expected):
    assert bounded(Field(dtype=np.int32, low=0, high=4, at_bounds=at_bounds), [-3, 0, 4, 5]) == expected


@pytest.mark.parametrize(
    ("limits", "expected"),
    [({"low": 0}, [0, 7]), ({"high": 3}, [-5, 3]), ({"low": -1, "high": 2}, [-1, 2])],
    ids=str,
)
def test_whole_numbers_are_clamped_at_one_limit_or_both(limits, expected):
    assert bounded(Field(dtype=np.int32, **limits), [-5, 7]) == expected


def test_one_limit_leaves_the_other_side_open():
    assert bounded(Field(low=0.0), [-3.0, 1e30]) == [0.0, np.float32(1e30)]


@pytest.mark.parametrize("at_bounds", ["clamp", "reflect", "wrap"])
@pytest.mark.parametrize(("low", "high"), [(0.7, 1.9), (0.1, 1.0), (-0.3, 0.7)])
def test_no_multiple_of_the_range_is_rounded_beyond_the_bounds(at_bounds, low, high):
    low32, high32 = np.float32(low), np.float32(high)
    beyond = (low32 + np.arange(-9, 10).astype(np.float32) * (high32 - low32)).astype(np.float32)
    values = within_bounds(beyond, Field(low=low, high=high, initial=low, at_bounds=at_bounds))
    assert ((values >= low32) & (values <= high32)).all()


@pytest.mark.parametrize("at_bounds", ["reflect", "wrap"])
def test_values_within_the_bounds_are_left_as_they_are_to_the_bit(at_bounds):
    inside = np.linspace(0.1, 0.9, 50, dtype=np.float32)
    values = within_bounds(inside, Field(low=0.1, high=1.0, initial=0.1, at_bounds=at_bounds))
    assert values.tobytes() == inside.tobytes()


def test_every_way_is_applied_in_an_environment_before_the_reward_is_paid():
    envs = MurkVectorEnv(Drifter, 1, checked=True)
    envs.reset(seed=0)
    rewards = [float(envs.step(np.array([[1.0, 0.0]], np.float32))[1][0]) for _ in range(4)]
    assert rewards == [1.0, 1.0, 0.0, 0.0]  # x is clamped at 2


def test_what_start_writes_is_brought_within_the_bounds():
    class FarStart(Drifter):
        def start(self, tick, worlds):
            tick.x, tick.y, tick.angle = -7.0, 1.25, 4.0

    observation, _ = FarStart().reset(seed=0)
    assert observation.tolist() == [-2.0, 0.75, -2.0]


@pytest.mark.parametrize(("given", "wrong"), [([[-1.0, 1.0]], "-1.0"), ([[0.0, 9.0]], "9.0")])
def test_an_edit_between_ticks_beyond_the_bounds_is_refused(given, wrong):
    field = Field(low=0.0, high=math.pi)
    world = World(Square4(1, 2), {"field": field})
    with (
        pytest.raises(DefinitionError, match=rf"'field' takes values in \[0.0, 3.14.*\], not {wrong}"),
        world.edit() as tick,
    ):
        tick[field] = given
    assert (world[field] == 0.0).all()


LIMITED = {
    "clamp": Field(low=0.0, high=1.0),
    "reflect": Field(low=0.0, high=1.0, at_bounds="reflect"),
    "wrap": Field(low=0.0, high=1.0, at_bounds="wrap"),
}


@pytest.mark.parametrize("at_bounds", list(LIMITED))
@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_what_start_writes_comes_within_bounds_also_where_a_propagator_keeps_them(at_bounds, mode):
    class Warm(MurkEnv):
        heat = LIMITED[at_bounds]

        @classmethod
        def build(cls, params):
            diffusion = Diffusion(cls.heat, coefficient=0.1, clamp=(0.0, 0.75))
            return Blueprint(
                lattice=Square4(1, 3),
                propagators=[diffusion],
                observation=Observation(Observe(cls.heat)),
                action_space=Discrete(2),
            )

        def start(self, tick, worlds):
            tick.heat = 7.5

        def act(self, tick, actions):
            pass

        def reward(self, before, after):
            return np.zeros(len(after.heat))

        def terminated(self, after):
            return np.zeros(len(after.heat), bool)

    wanted = {"clamp": 1.0, "reflect": 0.5, "wrap": 0.5}[at_bounds]
    envs = MurkVectorEnv(Warm, 2, max_episode_steps=1, autoreset_mode=mode)
    assert (envs.reset(seed=1)[0] == wanted).all()
    observations = envs.step([0, 0])[0]
    if mode == "NextStep":
        observations = envs.step([0, 0])[0]
    assert (observations == wanted).all()


def test_a_field_that_wraps_never_shows_its_upper_limit():
    angle, shown = Field(low=0.0, high=4.0), Field(low=0.0, high=4.0, at_bounds="wrap")
    world = World(Square4(1, 2), {"angle": angle, "shown": shown}, [Copy(angle, output=shown)])
    with world.edit() as tick:
        tick[angle] = 4.0
    world.tick()
    assert (world[shown] == 0.0).all()
    with pytest.raises(FieldError, match=r"lies in \[low, high\): it cannot begin at 4"):
        Field(low=0.0, high=4.0, at_bounds="wrap", initial=4.0)
