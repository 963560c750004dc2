"""Environments with levels: every world sees the maps of its own, drawn anew for each episode."""

import pickle
import re
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from murk_env import (
    LEVEL,
    Blueprint,
    Diffusion,
    Field,
    Levels,
    MurkEnv,
    MurkVectorEnv,
    Observation,
    Observe,
    Params,
    Picture,
    Square4,
    World,
    per_world,
)
from murk_env.cli.facts import facts_of
from murk_env.errors import DefinitionError, FieldError, HookError, MapError, OptionError, StateMismatchError
from murk_envs import HeatSeeker
from tests.tiers import representatives

MAPS = 10.0 * np.arange(6)[:, np.newaxis] + np.arange(6.0)  # (6 levels, 6 cells): level 3 is 30, 31, ..., 35


class Hills(MurkEnv):
    """Heat on one of six hills, whose height at a cell of the level's own is the reward."""

    class Params(Params):
        split: str = "train"

    params: Params
    hill = Field(mutability="level")
    goal = Field(over="world", mutability="level", indexes="cells")
    heat = Field(initial=hill)
    top = Field(over="world", derived=True)

    @classmethod
    def build(cls, params):
        """Return a small square, with levels 4 and 5 for tests."""
        levels = Levels(hill=MAPS.reshape(6, 2, 3), goal=np.arange(6), test=[4, 5], split=params.split)
        return Blueprint(
            lattice=Square4(2, 3),
            propagators=[Diffusion(cls.heat, coefficient=0.1)],
            observation=Observation(Observe(cls.hill), Observe(cls.goal), Observe(LEVEL)),
            action_space=spaces.Discrete(2),
            levels=levels,
        )

    @classmethod
    def picture(cls, params):
        """Show the hill."""
        return Picture(cls.hill, low=0.0, high=60.0)

    @per_world
    def start(self, rng):
        """Begin one degree warmer than the hill is high."""
        for cell in range(self.heat.size):
            self.heat[cell] = self.hill[cell] + 1.0

    @per_world
    def act(self, action):
        """Do nothing."""

    @per_world
    def derive(self):
        """Note how high the goal lies."""
        self.top[0] = self.hill[self.goal[0]]

    @per_world
    def reward(self, before):
        """Return the height of the goal, of this level and of the world before."""
        return self.hill[self.goal[0]] + 1000.0 * before.hill[self.goal[0]]

    @per_world
    def terminated(self):
        """End the odd levels at once."""
        return self.level[0] % 2 == 1


class ArrayHills(Hills):
    """The same with hooks over arrays."""

    def start(self, tick, worlds):
        """Begin one degree warmer than the hill is high."""
        tick.heat = tick.hill + 1.0

    def derive(self, tick):
        """Note how high the goal lies."""
        tick.top = tick.at(Hills.hill, tick.goal)

    def reward(self, before, after):
        """Return the height of the goal, of this level and of the world before."""
        return after.at(Hills.hill, after.goal) + 1000.0 * before.at(Hills.hill, after.goal)

    def terminated(self, after):
        """End the odd levels at once."""
        return after.level % 2 == 1


def check_levels(envs, observation, infos):
    """Hold what worlds show to the maps of the levels that they report."""
    levels = infos["level"]
    np.testing.assert_array_equal(observation[:, :6], MAPS[levels])
    np.testing.assert_array_equal(observation[:, 6:], np.stack([levels, levels], axis=1))
    np.testing.assert_array_equal(envs.world[Hills.hill], MAPS[levels])
    np.testing.assert_array_equal(envs.world[Hills.top], MAPS[levels, levels])
    return levels


def test_the_spaces_end_at_the_last_level():
    spaces_of_both: Any = Hills().observation_space, facts_of(Hills).observations[""]
    for space in spaces_of_both:
        assert space.low[-1] == 0.0
        assert space.high[-1] == 5.0


@pytest.mark.slow
@pytest.mark.parametrize("cls", [Hills, ArrayHills])
@pytest.mark.parametrize("mode", representatives(["NextStep", "SameStep"], ["SameStep"]))
def test_every_world_sees_its_own_level_through_automatic_resets(cls, mode):
    envs = MurkVectorEnv(cls, num_envs=16, autoreset_mode=mode)
    seen = [check_levels(envs, *envs.reset(seed=3))]
    np.testing.assert_array_equal(envs.world[Hills.heat], MAPS[seen[0]] + 1.0)
    for _ in range(6):
        ended = seen[-1] % 2 == 1
        observation, reward, terminated, _, infos = envs.step(np.zeros(16, int))
        seen.append(check_levels(envs, observation, infos))
        if mode == "SameStep":
            np.testing.assert_array_equal(reward, 1001.0 * MAPS[seen[-2], seen[-2]])
            assert (seen[-1] == seen[-2])[~ended].all()
            np.testing.assert_array_equal(terminated, ended)
    assert {*np.concatenate(seen)} == {0, 1, 2, 3}  # the levels to train on


def test_levels_depend_on_the_seed_and_the_episode_alone():
    one, many = Hills(), MurkVectorEnv(Hills, num_envs=4)
    _, infos = many.reset(seed=10)
    alone = [one.reset(seed=10 + world)[1]["level"] for world in range(4)]
    assert infos["level"].tolist() == alone
    drawn = [one.reset()[1]["level"] for _ in range(40)]
    one.reset(seed=13)
    assert drawn == [one.reset()[1]["level"] for _ in range(40)]
    assert {*drawn} == {0, 1, 2, 3}


def test_levels_are_drawn_as_often_as_their_weights_say():
    class Weighted(Hills):
        @classmethod
        def build(cls, params):
            blueprint = super().build(params)
            assert blueprint.levels is not None
            levels = Levels(**dict[str, Any](blueprint.levels.maps), weights=[1, 2, 1, 0, 0, 0])
            return type(blueprint)(**{**vars(blueprint), "levels": levels})

    envs = MurkVectorEnv(Weighted, num_envs=4000)
    counts = np.bincount(envs.reset(seed=0)[1]["level"], minlength=6)
    assert counts[3:].tolist() == [0, 0, 0]
    np.testing.assert_allclose(counts[:3], [1000, 2000, 1000], atol=4 * np.sqrt(1000))  # 4 standard errors


def test_reset_takes_the_levels_that_it_is_given():
    envs = MurkVectorEnv(Hills, num_envs=3, autoreset_mode="Disabled")
    observation, infos = envs.reset(seed=0, options={"level": [5, 0, 4]})
    assert check_levels(envs, observation, infos).tolist() == [5, 0, 4]
    np.testing.assert_array_equal(envs.world[Hills.heat], MAPS[[5, 0, 4]] + 1.0)  # start has seen it
    mask = np.array([False, True, False])
    envs.reset(options={"level": 2, "reset_mask": mask})
    assert envs.world["level"].tolist() == [5, 2, 4]
    envs.reset(options={"level": [0, 3, 0], "reset_mask": mask})
    assert envs.world["level"].tolist() == [5, 3, 4]


def test_the_test_split_is_asked_for_with_the_parameter_that_the_author_gives_it():
    envs = MurkVectorEnv(Hills, num_envs=20, split="test")
    assert {*envs.reset(seed=0)[1]["level"].tolist()} == {4, 5}


def test_a_state_holds_the_level_and_goes_on_with_its_maps():
    envs, other = MurkVectorEnv(Hills, num_envs=3), Hills()
    envs.reset(seed=0, options={"level": [1, 4, 2]})
    state = envs.save()
    assert state["level"].tolist() == [1, 4, 2]
    other.reset(seed=0)
    other.restore(state[1])
    np.testing.assert_array_equal(other.observe()[0][:6], MAPS[4])
    envs.branch(source=1, into=[0, 2])
    check_levels(envs, *envs.observe())
    assert envs.world["level"].tolist() == [4, 4, 4]
    begun = envs.reset(seed=5, options={"state": state})
    assert check_levels(envs, *begun).tolist() == [1, 4, 2]


def test_a_state_with_a_level_that_does_not_exist_is_refused():
    env = Hills()
    env.reset(seed=0)
    state = env.save()
    state._arrays["_level"] = np.array([6], np.int32)
    with pytest.raises(StateMismatchError, match=r"takes levels in \[0, 5\], not 6"):
        env.restore(state)


def test_maps_lie_once_in_memory_whatever_the_number_of_worlds():
    few, many = MurkVectorEnv(Hills, num_envs=2), MurkVectorEnv(Hills, num_envs=500)
    arenas = [envs._batch.world.arena.static_arena for envs in (few, many)]
    assert arenas[0].shares_memory_with(arenas[1])
    specs = {spec.name: spec.shape for spec in arenas[0].specs}
    assert specs == {"hill": (6, 6), "goal": (6,)}


def test_pictures_and_copies_show_the_level():
    env = Hills(render_mode="rgb_array")
    env.reset(seed=0, options={"level": 0})
    low = env.render()
    env.reset(options={"level": 5})
    high = pickle.loads(pickle.dumps(env)).render()
    assert (low != high).any()
    np.testing.assert_array_equal(high, env.render())


@pytest.mark.slow
def test_checked_mode_and_asynchronous_envs_agree_with_the_others():
    checked = MurkVectorEnv(Hills, num_envs=3, checked=True, autoreset_mode="SameStep")
    plain = MurkVectorEnv(Hills, num_envs=3, autoreset_mode="SameStep")
    for envs in (checked, plain):
        envs.reset(seed=2)
    for _ in range(5):
        outputs = [envs.step(np.zeros(3, int)) for envs in (checked, plain)]
        for one, other in zip(outputs[0][:4], outputs[1][:4], strict=True):
            np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(outputs[0][4]["level"], outputs[1][4]["level"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": 6}, "there is no level 6; these worlds have the levels 0 to 5"),
        ({"level": -1}, "there is no level -1"),
        ({"level": [0, 1, 2]}, "level must be the number of a level, or 2 of them, one for each world"),
        ({"level": 0.5}, "level must be the number of a level"),
        ({"level": True}, "level must be the number of a level"),
        ({"fields": {"level": 1}}, "'level' is kept by the env"),
        ({"fields": {"hill": 1.0}}, "'hill' is the map of a level: it is set once by Levels"),
    ],
)
def test_a_level_that_cannot_be_given_is_refused(options, message):
    envs = MurkVectorEnv(Hills, num_envs=2)
    with pytest.raises(OptionError, match=re.escape(message)):
        envs.reset(options=options)


def test_a_state_and_a_level_are_not_given_together():
    env = Hills()
    env.reset(seed=0)
    with pytest.raises(OptionError, match=r"\['level'\] and options\['state'\] cannot be given together"):
        env.reset(options={"state": env.save(), "level": 1})


def test_worlds_without_levels_take_none():
    with pytest.raises(OptionError, match="these worlds have no levels"):
        HeatSeeker(size=3).reset(options={"level": 0})


def test_what_levels_and_fields_do_not_agree_on_is_refused():
    def made(**changed):
        class Changed(Hills):
            level = changed.get("level")

            @classmethod
            def build(cls, params):
                blueprint = super().build(params)
                return type(blueprint)(**{**vars(blueprint), **changed.get("blueprint", {})})

        return Changed()

    with pytest.raises(FieldError, match="field 'hill' is of a level, so Levels"):
        made(blueprint={"levels": None, "observation": Observation(Observe(Hills.hill))})
    with pytest.raises(FieldError, match="field 'goal' is of a level"):
        made(blueprint={"levels": Levels(hill=MAPS)})
    with pytest.raises(FieldError, match="maps of 'heat', a field that is per_tick"):
        made(blueprint={"levels": Levels(hill=MAPS, goal=np.arange(6), heat=MAPS)})
    with pytest.raises(FieldError, match="maps of 'fuel', which is no field"):
        made(blueprint={"levels": Levels(hill=MAPS, goal=np.arange(6), fuel=MAPS)})
    with pytest.raises(FieldError, match=re.escape("'hill' needs values of shape (6, 6), not of (6, 7)")):
        made(blueprint={"levels": Levels(hill=np.zeros((6, 7)), goal=np.arange(6))})
    with pytest.raises(FieldError, match="no field can be called 'level' here"):
        made(level=Field())
    with pytest.raises(DefinitionError, match=r"a Blueprint's levels must be Levels"):
        made(blueprint={"levels": MAPS})


def test_hooks_do_not_write_levels_or_their_maps():
    class WritesMap(Hills):
        @per_world
        def act(self, action):
            self.hill[0] = 1.0

    class WritesLevel(Hills):
        @per_world
        def act(self, action):
            self.level[0] = 1

    class Says(Hills):
        def info(self, after):
            return {"level": after.level}

    with pytest.raises(DefinitionError, match="'hill' is the map of a level"):
        WritesMap()
    with pytest.raises(DefinitionError, match="'level' is kept by the env"):
        WritesLevel()
    with pytest.raises(HookError, match="uses the key 'level', which Blueprint"):
        Says().reset(seed=0)


def test_what_an_env_tells_stands_beside_its_level():
    class Tells(Hills):
        def info(self, after):
            return {"warmest": after.heat.max(axis=1)}

    _, info = Tells().reset(seed=0)
    assert set(info) == {"warmest", "level"}


def test_a_world_is_told_of_its_levels_what_an_env_is():
    plain, levelled = World(Square4(1, 1), {"heat": Field()}), hill_worlds(Levels(hill=[[1.0], [2.0]]))
    with pytest.raises(OptionError, match="these worlds have no levels, so level must be None, not 1"):
        plain.reset(level=1)
    with pytest.raises(OptionError, match="level must be the number of a level, or 2 of them"):
        levelled.reset(level=[[0], 1, 2])
    levelled.reset(level=[1, 0])
    assert levelled["hill"].tolist() == [[2.0], [1.0]]
    levelled.reset(seed=3)
    drawn = [levelled["hill"].ravel().tolist() for _ in range(8) if levelled.reset() is None]
    assert {1.0, 2.0} == {one for pair in drawn for one in pair}
    with pytest.raises(MapError, match=r"levels are Levels\(...\), .* not \{'hill': 3\}"):
        hill_worlds({"hill": 3})


def hill_worlds(levels):
    """Two worlds of one cell."""
    return World(Square4(1, 1), {"hill": Field(mutability="level")}, num_worlds=2, levels=levels)
