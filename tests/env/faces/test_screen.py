"""What the faces show: render() and render_tiles()."""

import copy
import pickle
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Discrete
from gymnasium.vector import SyncVectorEnv

import murk_env
from murk_env import Blueprint, Field, Marker, MurkEnv, MurkVectorEnv, Observation, Observe, Picture, Square4
from murk_env.errors import (
    ClosedError,
    InputError,
    ParameterError,
    PictureError,
    ResetNeededError,
)


class Lamp(MurkEnv):
    """A lamp that shines brighter from step to step and goes out after 2 to 4 of them."""

    light = Field(unit="cd", low=0.0, high=8.0)  # (num_worlds, num_cells)
    life = Field(over="world", dtype=np.int32)  # (num_worlds,)

    @classmethod
    def build(cls, params: Any) -> Blueprint:
        return Blueprint(
            lattice=Square4(2, 2),
            observation=Observation(Observe(cls.light)),
            action_space=Discrete(2),
        )

    @classmethod
    def picture(cls, params: Any) -> Picture | None:
        return Picture(cls.light, markers=[Marker([0], "agent")])

    def start(self, tick: Any, worlds: Any) -> None:
        tick.life = tick.rng.integers(2, 5).astype(np.int32)

    def act(self, tick: Any, actions: Any) -> None:
        tick.edit(type(self).light)[:] += 1.0
        tick.edit(type(self).life)[:] -= 1

    def reward(self, before: Any, after: Any) -> Any:
        return after.light[:, 0]

    def terminated(self, after: Any) -> Any:
        return after.life <= 0


class Blind(Lamp):
    """A lamp without a picture, so that the first field over cells is drawn."""

    @classmethod
    def picture(cls, params: Any) -> Picture | None:
        return None


class Clock(MurkEnv):
    """It has no field over cells."""

    hand = Field(over="world")

    @classmethod
    def build(cls, params: Any) -> Blueprint:
        return Blueprint(
            lattice=Square4(1, 1), observation=Observation(Observe(cls.hand)), action_space=Discrete(2)
        )

    def start(self, tick: Any, worlds: Any) -> None:
        pass

    def act(self, tick: Any, actions: Any) -> None:
        pass

    def reward(self, before: Any, after: Any) -> Any:
        return after.hand

    def terminated(self, after: Any) -> Any:
        return after.hand > 0


def lamp(mode: str | None = "rgb_array", **keywords: Any):
    env = Lamp(render_mode=mode, **keywords)
    env.reset(seed=0)
    return env


def lamps(mode: str | None = "rgb_array", num_envs: int = 3, **keywords: Any):
    envs = MurkVectorEnv(Lamp, num_envs, render_mode=mode, **keywords)
    envs.reset(seed=0)
    return envs


def test_a_frame_follows_the_world():
    env = lamp()
    first = env.render()
    env.step(0)
    second = env.render()
    assert first.shape == second.shape
    assert (first != second).any()


def test_ansi_is_text():
    env = lamp("ansi")
    env.step(0)
    assert env.render().splitlines() == ["A.", "..", "", "light [cd]: 0 [ .:-=+*#%@] 8; A agent"]


def test_without_a_picture_the_first_field_over_cells_is_drawn():
    env = Blind(render_mode="ansi")
    env.reset()
    assert env.render().splitlines()[-1] == "light [cd]: 0 [ .:-=+*#%@] 8"


def test_without_a_mode_nothing_is_rendered_and_a_warning_says_so():
    with pytest.warns(UserWarning, match='Lamp has no render mode.*render_mode="rgb_array"'):
        assert lamp(None).render() is None
    with pytest.warns(UserWarning, match="Lamp has no render mode"):
        assert lamps(None).render() is None


def test_an_unknown_mode_is_refused():
    with pytest.raises(ParameterError, match=r"no render_mode 'human'; it has .'rgb_array', 'ansi'"):
        Lamp(render_mode="human")


@pytest.mark.parametrize("mode", ["rgb_array", "ansi", None])
def test_before_the_first_reset_there_is_nothing_to_be_seen(mode):
    with pytest.raises(ResetNeededError, match=r"Lamp: call reset\(\) before render\(\)"):
        Lamp(render_mode=mode).render()
    envs = MurkVectorEnv(Lamp, 2, render_mode=mode)
    with pytest.raises(ResetNeededError, match=r"Lamp: call reset\(\) before render\(\)"):
        envs.render()
    with pytest.raises(ResetNeededError, match=r"Lamp: call reset\(\) before render\(\)"):
        envs.render_tiles(1)


def test_after_close_there_is_nothing_to_be_seen():
    env, envs = lamp(), lamps()
    env.close()
    envs.close()
    for look in (env.render, envs.render, lambda: envs.render_tiles(1)):
        with pytest.raises(ClosedError, match="Lamp is closed"):
            look()


def test_an_environment_without_cells_works_but_cannot_be_drawn():
    env, envs = Clock(), MurkVectorEnv(Clock, 2)
    env.reset()
    envs.reset()
    with pytest.warns(UserWarning, match="Clock has no render mode"):
        assert env.render() is None
    with pytest.raises(PictureError, match="Clock has no field over cells, so there is nothing to draw"):
        envs.render_tiles(2)


@pytest.mark.parametrize("returned", ["light", Lamp.light, Picture])
def test_what_the_picture_hook_returns_must_be_a_picture(returned):
    wrong = type("Wrong", (Lamp,), {"picture": classmethod(lambda cls, params: returned)})
    with pytest.raises(PictureError, match=r"Wrong\.picture must return a Picture or None, not .*"):
        wrong()
    with pytest.raises(PictureError, match=r"Wrong\.picture must return a Picture or None"):
        MurkVectorEnv(wrong, 2)


def test_a_picture_that_does_not_fit_is_refused_when_the_env_is_made():
    picture = Picture(Field())
    wrong = type("Wrong", (Lamp,), {"picture": classmethod(lambda cls, params: picture)})
    with pytest.raises(PictureError, match=r"shows Field\(.*, which is not a field of these worlds; known"):
        wrong()


def test_a_picture_is_told_the_parameters():
    class Dimmed(Lamp):
        class Params(murk_env.Params):
            brightest: float = 8.0

        @classmethod
        def picture(cls, params: Any) -> Picture | None:
            return Picture(cls.light, high=params.brightest)

    env = Dimmed(render_mode="ansi", brightest=3.0)
    env.reset(seed=0)
    assert env.render().splitlines()[-1] == "light [cd]: 0 [ .:-=+*#%@] 3"


@pytest.mark.parametrize("mode", ["rgb_array", "ansi"])
def test_looking_changes_nothing(mode):
    env, envs = lamp(mode), lamps(mode)
    before = pickle.dumps(env), pickle.dumps(envs)
    env.render()
    envs.render()
    envs.render_tiles(3)
    assert (pickle.dumps(env), pickle.dumps(envs)) == before
    env.step(0)
    assert pickle.dumps(env) != before[0]


@pytest.mark.few(1)
@pytest.mark.parametrize("mode", ["rgb_array", "ansi"])
@pytest.mark.parametrize("autoreset_mode", ["NextStep", "SameStep"])
def test_the_vector_form_shows_what_its_single_forms_show(mode, autoreset_mode):
    native = lamps(mode, autoreset_mode=autoreset_mode)
    sync = SyncVectorEnv([lambda: Lamp(render_mode=mode)] * 3, autoreset_mode=autoreset_mode)
    sync.reset(seed=0)
    for _ in range(5):
        for envs in (native, sync):
            envs.step(np.zeros(3, np.int64))
        shown = native.render()
        assert shown is not None
        assert len(shown) == 3
        for one, other in zip(shown, sync.render(), strict=True):
            np.testing.assert_array_equal(one, other)


def test_in_same_step_mode_a_world_that_ended_shows_its_new_episode():
    envs = lamps("ansi", autoreset_mode="SameStep")
    ends = 0
    for _ in range(5):
        _, _, ended, _, _ = envs.step(np.zeros(3, np.int64))
        assert [text[1] == " " for text in envs.render() or ()] == ended.tolist()
        ends += ended.sum()
    assert ends >= 3


def test_call_renders_every_world():
    envs = lamps("ansi")
    for _ in range(4):  # by now some have been reset
        envs.step(np.zeros(3, np.int64))
    assert envs.call("render") == envs.render()
    assert len(set(envs.call("render"))) > 1
    with pytest.warns(UserWarning, match="has no render mode"):
        assert lamps(None).call("render") == (None, None, None)


def test_tiles_show_the_first_worlds_whatever_the_mode():
    envs, alone = lamps("ansi"), lamp()
    np.testing.assert_array_equal(envs.render_tiles(1), alone.render())
    assert envs.render_tiles(3).shape > envs.render_tiles(1).shape


@pytest.mark.parametrize("number", [0, 4, -1, 2.5])
def test_more_tiles_than_worlds_are_refused(number):
    with pytest.raises(InputError, match=f"takes a number of worlds from 1 to 3, not {number}"):
        lamps().render_tiles(number)


@pytest.mark.few(1)
@pytest.mark.parametrize("kind", ["single", "vector"])
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
def test_a_copy_shows_the_same(kind, copied):
    env = lamp() if kind == "single" else lamps()
    env.step(0 if kind == "single" else np.zeros(3, np.int64))
    np.testing.assert_array_equal(np.array(env.render()), np.array(copied(env).render()))


def test_the_modes_stand_in_the_metadata_of_every_form():
    for env in (lamp(), lamps()):
        assert env.metadata["render_modes"] == ["rgb_array", "ansi"]
        assert env.metadata["render_fps"] == 10


def test_lists_of_frames_come_from_gymnasiums_wrapper():
    env = gymnasium.wrappers.RenderCollection(Lamp(render_mode="ansi"))
    env.reset(seed=0)
    env.step(0)
    assert [text[1] for text in env.render()] == [" ", "."]
