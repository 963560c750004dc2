"""Seeds, reset options and masks: what is taken, what is refused before anything changes."""

import copy

import numpy as np
import pytest
from gymnasium import error as gymnasium_error
from gymnasium.utils import seeding
from gymnasium.utils.env_checker import data_equivalence

from murk_env import MurkVectorEnv
from murk_env.errors import (
    InputError,
    OptionError,
    ResetMaskError,
    ResetMaskTypeError,
    ResetNeededError,
    SeedError,
    SeedTypeError,
)
from murk_env.faces.seeding import read_mask, read_options, read_seeds
from tests.env.worlds import Walker


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        (None, [None, None, None]),
        (5, [5, 6, 7]),
        (np.int64(5), [5, 6, 7]),
        (np.array(5), [5, 6, 7]),
        ([3, None, 1], [3, None, 1]),
        ((1, 1, 1), [1, 1, 1]),
        (np.array([4, 0, 2]), [4, 0, 2]),
        (2**70, [2**70, 2**70 + 1, 2**70 + 2]),
    ],
    ids=str,
)
def test_a_seed_for_each_world(seed, expected):
    assert read_seeds(seed, 3) == expected


@pytest.mark.parametrize(
    ("seed", "error", "message"),
    [
        ([1, 2], SeedError, r"must match num_envs: expected 3 seeds \(or None\), got length=2"),
        ([1, -2, 3], SeedError, "a seed must be a non-negative integer, not -2"),
        (-1, SeedError, "a seed must be a non-negative integer, not -1"),
        (1.0, SeedTypeError, "not 1.0 of type float"),
        (np.float32(1), SeedTypeError, "of type float32"),
        ([1, 2.5, 3], SeedTypeError, "not 2.5 of type float"),
        ([1, [2, 3], None], SeedTypeError, r"not \[2, 3\] of type list"),
        (np.array([[1], [2], [3]]), SeedTypeError, r"not array\(\[1\]\) of type ndarray"),
        ("123", SeedTypeError, "not '123' of type str"),
        ({1, 2, 3}, SeedTypeError, "of type set"),
    ],
    ids=str,
)
def test_a_seed_that_is_none_is_refused(seed, error, message):
    with pytest.raises(error, match=message):
        read_seeds(seed, 3)
    assert issubclass(error, gymnasium_error.Error)
    assert issubclass(error, InputError)


@pytest.mark.parametrize(
    ("options", "known", "message"),
    [
        (
            {"reset_masks": 1},
            ("reset_mask",),
            "reset has no option 'reset_masks'; did you mean 'reset_mask'",
        ),
        ({"start": 1}, (), "reset has no option 'start'; there are none"),
    ],
)
def test_an_unknown_option_is_refused(options, known, message):
    with pytest.raises(OptionError, match=message):
        read_options(options, known)


def test_no_options_are_no_mistake():
    assert read_options(None, ()) == read_options({}, ()) == {}


@pytest.mark.parametrize(
    ("mask", "error", "message"),
    [
        ([True, False, True], ResetMaskTypeError, "must be a numpy array, got <class 'list'>"),
        (None, ResetMaskTypeError, "must be a numpy array, got <class 'NoneType'>"),
        (np.ones(2, bool), ResetMaskError, r"must have shape `\(3,\)`, got \(2,\)"),
        (np.ones((3, 1), bool), ResetMaskError, r"must have shape `\(3,\)`, got \(3, 1\)"),
        (np.ones(3, int), ResetMaskTypeError, "must have `dtype=np.bool_`, got int64"),
        (
            np.zeros(3, bool),
            ResetMaskError,
            "at least one True value, got reset_mask=.*to reset nothing, do not",
        ),
    ],
    ids=str,
)
def test_a_mask_that_is_none_is_refused(mask, error, message):
    with pytest.raises(error, match=message):
        read_mask(mask, 3)


def test_a_mask_selects_its_worlds():
    assert read_mask(np.array([True, False, True]), 3).tolist() == [0, 2]


@pytest.mark.parametrize(
    "arguments",
    [
        {"seed": -1},
        {"seed": [1, 2]},
        {"seed": 1.5},
        {"options": {"maks": 1}},
        {"options": {"reset_mask": np.zeros(3, bool)}},
        {"seed": 4, "options": {"reset_mask": np.ones(2, bool)}},
    ],
    ids=str,
)
def test_a_refused_reset_changes_nothing(arguments):
    envs, twin = MurkVectorEnv(Walker, 3), MurkVectorEnv(Walker, 3)
    envs.reset(seed=1)
    twin.reset(seed=1)
    with pytest.raises(InputError):  # the messages are tested above
        envs.reset(**arguments)
    assert envs.np_random_seed == twin.np_random_seed == (1, 2, 3)
    assert envs.step([1, 2, 3])[0].tobytes() == twin.step([1, 2, 3])[0].tobytes()


def test_a_mask_of_some_worlds_before_the_first_reset_is_refused():
    envs = MurkVectorEnv(Walker, 3)
    with pytest.raises(
        ResetNeededError, match="reset every world once before resetting some with a reset_mask"
    ):
        envs.reset(options={"reset_mask": np.array([True, True, False])})


@pytest.mark.parametrize("seed", [5, [5, None, 7], None], ids=str)
def test_a_first_reset_with_a_mask_of_all_worlds_is_a_full_reset(seed):
    masked, full = MurkVectorEnv(Walker, 3), MurkVectorEnv(Walker, 3)
    for world in range(3):
        full._generators[world] = seeding.np_random(world)[0]
        masked._generators[world] = seeding.np_random(world)[0]
    given = masked.reset(seed=seed, options={"reset_mask": np.ones(3, bool)})
    assert data_equivalence(given, full.reset(seed=seed), exact=True)
    assert data_equivalence(masked.step([1, 2, 3]), full.step([1, 2, 3]), exact=True)


def test_a_seed_gives_the_same_start_and_the_same_episode_each_time():
    env = Walker()
    runs = []
    for _ in range(2):
        observations = [env.reset(seed=7)[0], *(env.step(action)[0] for action in (1, 2, 3, 4))]
        runs.append([observation.tobytes() for observation in observations])
    assert runs[0] == runs[1]


def test_episodes_without_a_seed_go_on_with_other_numbers():
    env = Walker()
    starts = {env.reset(seed=7)[0].tobytes(), *(env.reset()[0].tobytes() for _ in range(19))}
    assert len(starts) > 10


def test_worlds_that_end_together_begin_at_different_places():
    envs = MurkVectorEnv(Walker, 30, max_episode_steps=1, size=9)
    envs.reset(seed=0)
    envs.step([0] * 30)
    cells = envs.step([0] * 30)[0][:, 81:162].argmax(axis=1)
    assert len(set(cells.tolist())) > 15


def test_an_unseeded_first_reset_takes_its_numbers_from_np_random():
    first, second = Walker(), Walker()
    for env in (first, second):
        env.np_random = np.random.default_rng(12)
    assert first.reset()[0].tobytes() == second.reset()[0].tobytes()


def test_worlds_take_the_numbers_of_an_unseeded_first_reset_from_np_random_too():
    envs = MurkVectorEnv(Walker, 2)
    seeds = [int(generator.integers(2**63)) for generator in copy.deepcopy(envs.np_random)]
    expected = [Walker().reset(seed=seed)[0] for seed in seeds]
    assert envs.reset()[0].tobytes() == np.stack(expected).tobytes()


@pytest.mark.parametrize("make", [Walker, lambda: MurkVectorEnv(Walker, 2)])
def test_an_unseeded_first_reset_draws_from_np_random_once_and_a_seed_gives_another(make):
    env = make()
    generators = env.np_random if isinstance(env.np_random, tuple) else (env.np_random,)
    expected = copy.deepcopy(generators)
    for one in expected:
        one.integers(2**63)
    env.reset()
    env.reset()
    assert [one.bit_generator.state for one in generators] == [one.bit_generator.state for one in expected]
    env.reset(seed=5)
    known = env.np_random if isinstance(env.np_random, tuple) else (env.np_random,)
    for world, one in enumerate(known):
        assert one.bit_generator.state == seeding.np_random(5 + world)[0].bit_generator.state


def test_seeds_beyond_64_bits_are_seeds():
    env = Walker()
    assert env.reset(seed=2**80)[0].tobytes() == env.reset(seed=2**80)[0].tobytes()
