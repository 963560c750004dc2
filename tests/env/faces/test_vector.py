"""The vector env: what is its own, beside the contract of `tests/conformance`."""

from typing import Any

import numpy as np
import pytest
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode

from murk_env import MurkVectorEnv
from murk_env.errors import (
    ClosedError,
    EpisodeEndedError,
    FrozenAttributeError,
    InputError,
    ParameterError,
    ResetNeededError,
    StateError,
)
from murk_env.faces.forms import form_of_class
from tests.env.faces.test_env import Clock
from tests.env.worlds import Drifter, Mixed, Walker


def test_rows_are_worlds_seeded_one_after_another():
    envs = MurkVectorEnv(Walker, 4)
    envs.reset(seed=10)
    observations = envs.step([1, 2, 3, 4])[0]
    for world in range(4):
        env = Walker()
        env.reset(seed=10 + world)
        assert observations[world].tobytes() == env.step(world + 1)[0].tobytes()


def test_outputs_have_gymnasiums_dtypes():
    envs = MurkVectorEnv(Walker, 3)
    observation, _ = envs.reset(seed=1)
    observation, reward, terminated, truncated, _ = envs.step([0, 0, 0])
    assert envs.observation_space.contains(observation)
    assert [part.dtype for part in (reward, terminated, truncated)] == [np.float64, bool, bool]


@pytest.mark.parametrize("mode", ["SameStep", AutoresetMode.SAME_STEP])
def test_an_autoreset_mode_is_a_word_or_the_enum(mode):
    before = dict(Walker.metadata)
    envs = MurkVectorEnv(Walker, 2, autoreset_mode=mode)
    assert envs.autoreset_mode is envs.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    assert Walker.metadata == before
    assert envs.metadata is not Walker.metadata


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"autoreset_mode": "SameSteps"}, "autoreset_mode cannot be 'SameSteps'; did you mean 'SameStep'"),
        ({"num_envs": 0}, "num_envs must be a number of worlds, at least 1, not 0"),
        ({"num_envs": -3}, "num_envs must be a number of worlds, at least 1, not -3"),
        ({"num_envs": 2.5}, "num_envs must be a number of worlds, at least 1, not 2.5"),
        ({"sise": 3}, "Walker .* has no parameter 'sise'; did you mean 'size'"),
        ({"render_mode": "human"}, "Walker has no render_mode 'human'"),
    ],
    ids=str,
)
def test_keywords_that_cannot_be_are_refused(keywords, message):
    with pytest.raises(ParameterError, match=message):
        MurkVectorEnv(Walker, **keywords)


def test_the_vector_form_of_a_class_makes_vector_envs_of_it():
    envs = form_of_class("vector", Walker)(num_envs=2, size=3, disable_env_checker=True)
    assert isinstance(envs, MurkVectorEnv)
    assert envs.num_envs == 2
    assert envs.get_attr("params") == (Walker.Params(size=3),) * 2


def observed(mode, num_steps):
    envs = MurkVectorEnv(Clock, 1, autoreset_mode=mode)
    rows: list[Any] = [(float(envs.reset(seed=1)[0][0, 0]), None, None)]
    for _ in range(num_steps):
        observation, reward, terminated, *_ = envs.step([0])
        rows.append((float(observation[0, 0]), float(reward[0]), bool(terminated[0])))
    return rows


def test_next_step_mode_spends_a_step_on_the_reset():
    assert observed("NextStep", 4) == [
        (10.0, None, None),
        (11.0, 110.0, False),
        (12.0, 121.0, True),
        (10.0, 0.0, False),
        (11.0, 110.0, False),
    ]


def test_same_step_mode_shows_the_new_start_with_the_flags_of_the_end():
    assert observed("SameStep", 3) == [
        (10.0, None, None),
        (11.0, 110.0, False),
        (10.0, 121.0, True),
        (11.0, 110.0, False),
    ]


def test_same_step_mode_keeps_the_last_observation_of_the_ended_worlds():
    envs = MurkVectorEnv(Clock, 2, autoreset_mode="SameStep")
    envs.reset(seed=1)
    envs.step([0, 0])
    envs.reset(options={"reset_mask": np.array([False, True])})
    info = envs.step([0, 0])[4]
    assert info["_final_obs"].tolist() == info["_final_info"].tolist() == [True, False]
    assert info["final_obs"][0].tolist() == [12.0]
    assert info["final_obs"][1] is None


def test_disabled_mode_refuses_to_step_an_ended_world_until_it_is_reset():
    envs = MurkVectorEnv(Clock, 3, autoreset_mode="Disabled")
    envs.reset(seed=1)
    envs.step([0, 0, 0])
    envs.reset(options={"reset_mask": np.array([False, False, True])})
    envs.step([0, 0, 0])
    with pytest.raises(
        EpisodeEndedError, match=r"Clock: the episodes of world\(s\) \[0, 1\] have ended .*reset_mask"
    ):
        envs.step([0, 0, 0])
    observation, _ = envs.reset(options={"reset_mask": np.array([True, True, False])})
    assert observation[:, 0].tolist() == [10.0, 10.0, 11.0]
    assert envs.step([0, 0, 0])[1].tolist() == [110.0, 110.0, 121.0]


def test_a_masked_reset_of_an_ended_world_is_its_reset_in_next_step_mode():
    envs = MurkVectorEnv(Clock, 2)
    envs.reset(seed=1)
    envs.step([0, 0])
    envs.step([0, 0])
    envs.reset(options={"reset_mask": np.array([True, False])})
    observation, reward, *_ = envs.step([0, 0])
    assert (observation[:, 0].tolist(), reward.tolist()) == ([11.0, 10.0], [110.0, 0.0])


def test_a_masked_reset_tells_of_its_worlds_and_leaves_the_options_alone():
    envs = MurkVectorEnv(Walker, 3)
    envs.reset(seed=1)
    mask = np.array([False, True, False])
    options = {"reset_mask": mask}
    _, info = envs.reset(options=options)
    assert info["_fuse"].tolist() == mask.tolist()
    assert options["reset_mask"] is mask


@pytest.mark.parametrize("env_class", [Walker, Mixed])
def test_without_copies_two_sets_of_observations_take_turns(env_class):
    envs, twin = MurkVectorEnv(env_class, 3, copy=False), MurkVectorEnv(env_class, 3)
    rng = np.random.default_rng(1)

    def heat(observation):
        return observation["heat"] if isinstance(observation, dict) else observation

    seen, expected = [heat(envs.reset(seed=1)[0])], [heat(twin.reset(seed=1)[0])]
    for _ in range(5):
        actions = rng.integers(0, [5, 2], (3, 2)) if env_class is Mixed else rng.integers(0, 5, 3)
        seen.append(heat(envs.step(actions)[0]))
        expected.append(heat(twin.step(actions)[0]))
        assert [one.tobytes() for one in seen[-2:]] == [one.tobytes() for one in expected[-2:]]
    assert np.shares_memory(seen[0], seen[2])
    assert np.shares_memory(seen[2], seen[4])
    assert not np.shares_memory(seen[0], seen[1])


@pytest.mark.parametrize(("copy", "shared"), [(True, False), (False, True)])
def test_without_copies_two_sets_of_rewards_and_flags_take_turns(copy, shared):
    envs = MurkVectorEnv(Drifter, 2, copy=copy)
    envs.reset(seed=1)
    first, second, third = (envs.step(np.full((2, 2), push, np.float32))[1:4] for push in (0.5, 0.25, 0.125))
    assert second[0].tolist() == [0.25, 0.25]
    assert first[0].tolist() == ([0.125, 0.125] if shared else [0.5, 0.5])
    assert [np.shares_memory(*pair) for pair in zip(first, third, strict=True)] == [shared] * 3
    assert not any(np.shares_memory(*pair) for pair in zip(first, second, strict=True))


def test_a_step_before_the_first_reset_is_refused():
    with pytest.raises(ResetNeededError, match=r"Walker: call reset\(\) before step\(\)"):
        MurkVectorEnv(Walker, 2).step([0, 0])


@pytest.mark.parametrize(
    "use", [lambda envs: envs.step([0, 0]), lambda envs: envs.reset()], ids=["step", "reset"]
)
def test_after_close_nothing_but_close_is_answered(use):
    envs = MurkVectorEnv(Walker, 2)
    envs.reset(seed=1)
    envs.close()
    envs.close()
    with pytest.raises(ClosedError, match="Walker is closed; make a new one"):
        use(envs)


def test_attributes_and_methods_of_the_environment_come_once_for_each_world():
    envs = MurkVectorEnv(Walker, 3, size=5)
    assert envs.call("corner") == envs.get_attr("corner") == (24, 24, 24)
    assert envs.call("get_wrapper_attr", "corner") == (24, 24, 24)


def test_an_attribute_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'Walker' object has no attribute 'score'"):
        MurkVectorEnv(Walker, 3).get_attr("score")


@pytest.mark.parametrize("name", ["reset", "step", "close"])
def test_one_world_cannot_be_reset_stepped_or_closed_by_call(name):
    envs = MurkVectorEnv(Walker, 3)
    envs.reset(seed=1)
    with pytest.raises(StateError, match=rf"call\('{name}'\) .*use envs.{name}"):
        envs.call(name)
    envs.step([0, 0, 0])


def test_every_world_has_a_generator_seeded_as_gymnasium_seeds_it():
    envs = MurkVectorEnv(Walker, 3)
    envs.reset(seed=[4, None, 6])
    assert envs.np_random_seed[0::2] == envs.call("np_random_seed")[0::2] == (4, 6)
    drawn = [generator.integers(1000) for generator in envs.np_random]
    assert drawn[2] == seeding.np_random(6)[0].integers(1000)
    assert envs.call("np_random") == envs.np_random


def test_worlds_without_a_seed_have_one_of_their_own():
    seeds = MurkVectorEnv(Walker, 3).np_random_seed
    assert len(set(seeds)) == 3
    assert all(isinstance(seed, int) for seed in seeds)


def test_unseeded_batches_differ():
    first, second = (MurkVectorEnv(Walker, 8).reset()[0] for _ in range(2))
    assert first.tobytes() != second.tobytes()


@pytest.mark.parametrize("num_envs", [1, 4])
def test_a_row_does_not_depend_on_how_many_there_are_or_what_the_others_do(num_envs):
    alone, batch = (
        MurkVectorEnv(Walker, 1, max_episode_steps=5),
        MurkVectorEnv(Walker, num_envs, max_episode_steps=5),
    )
    alone.reset(seed=3)
    batch.reset(seed=3)
    rng = np.random.default_rng(2)
    for _ in range(20):
        actions = rng.integers(0, 5, num_envs)
        ours, theirs = alone.step(actions[:1]), batch.step(actions)
        assert [part[0].tobytes() for part in ours[:4]] == [part[0].tobytes() for part in theirs[:4]]


def test_an_attribute_of_a_wrapper_is_set_for_all_worlds():
    envs = MurkVectorEnv(Walker, 3)
    envs.set_attr("max_cycles", [7, 7, 7])
    assert envs.get_attr("max_cycles") == (7, 7, 7)
    envs.set_attr("max_cycles", 5)
    assert envs.get_attr("max_cycles") == (5, 5, 5)


@pytest.mark.parametrize(
    ("name", "values", "error", "message"),
    [
        ("max_cycles", [1, 2], InputError, r"set_attr\('max_cycles'\) got 2 values for 3 worlds"),
        ("max_cycles", [1, 1, 2], InputError, "values that differ, .* keep what differs .* in a Field"),
        ("score", 1, FrozenAttributeError, "Walker.score cannot be set"),
    ],
)
def test_an_attribute_that_cannot_be_set_is_refused(name, values, error, message):
    envs = MurkVectorEnv(Walker, 3)
    with pytest.raises(error, match=message):
        envs.set_attr(name, values)
