"""ShallowWater: what pumps, gusts and stones do to the basin, and what that costs."""

import math

import numpy as np
import pytest

from murk_env import MurkVectorEnv
from murk_env.errors import ParameterError
from murk_envs.scripted.shallow_water import POLICIES
from murk_envs.shallow_water import ShallowWater

STILL = {"stones": 0, "rain": 0.0, "wind": 0.0}


def basin(num_envs=1, **parameters):
    envs = MurkVectorEnv(ShallowWater, num_envs=num_envs, **parameters)
    envs.reset(seed=0)
    return envs


@pytest.mark.slow
def test_still_water_around_the_island_stays_still_and_costs_nothing():
    envs = basin(**STILL)
    rewards = [envs.step(np.zeros((1, 8), np.float32))[1][0] for _ in range(5)]
    assert rewards == [0.0] * 5
    assert np.abs(envs.world[ShallowWater.height]).max() == 0.0


def test_a_pump_pushes_its_own_quarter_one_way():
    envs = basin(**STILL, island=0.0)
    action = np.zeros((1, 8), np.float32)
    action[0, 1] = 0.5  # the second patch of the first row, along x
    envs.step(action)
    push = envs.world[ShallowWater.push].reshape(2, 16, 16)
    expected = np.zeros((2, 16, 16), np.float32)
    expected[0, :8, 8:] = 0.4 * 0.5
    np.testing.assert_array_equal(push, expected)


def test_waves_and_power_cost_what_the_page_says():
    envs = basin(**STILL, swell=0.1, effort=0.25)
    action = np.array([[1.0, 0, 0, 0, 0.5, 0, 0, 0]], np.float32)
    _, reward, *_ = envs.step(action)
    height = envs.world[ShallowWater.height].astype(np.float64)
    wet = int((envs.world.view(ShallowWater.rest) > 0).sum())
    assert reward[0] == pytest.approx(-(height**2).sum() / wet / 0.01 - 0.25 * 1.25 / 8, rel=1e-6)


def test_gusts_swing_as_the_observation_says_they_will():
    envs = basin(num_envs=3, stones=0, rain=0.0)
    phase, pace = envs.world["phase"].astype(float), envs.world["pace"].astype(float)
    heading = envs.world["heading"].astype(float)
    for step in range(1, 4):
        seen, *_ = envs.step(np.zeros((3, 8), np.float32))
        gust = 0.06 * np.cos(phase + 0.4 * pace * step)
        expected = gust[:, None] * np.stack([np.cos(heading), np.sin(heading)], axis=1)
        np.testing.assert_allclose((2.0 * seen[:, -2:] - 1.0) * 0.06, expected, atol=1e-6)


def test_a_stone_moves_no_water_away_for_good():
    envs = basin(stones=5, rain=0.0, wind=0.0)
    before = envs.world[ShallowWater.depth].sum(dtype=np.float64)
    for _ in range(10):
        envs.step(np.zeros((1, 8), np.float32))
    after = envs.world[ShallowWater.depth].astype(np.float64)
    assert after.sum() == pytest.approx(before, rel=1e-6)
    assert np.abs(envs.world[ShallowWater.height]).max() > 0.001


@pytest.mark.slow
def test_water_that_leaves_ends_the_episode_and_costs_the_penalty():
    envs = basin(limit=0.02, penalty=7.0, effort=0.0, autoreset_mode="Disabled")
    steps = (envs.step(np.ones((1, 8), np.float32)) for _ in range(100))
    reward = next(reward[0] for _, reward, terminated, *_ in steps if terminated[0])
    assert reward < -7.0
    assert np.abs(envs.world[ShallowWater.height]).max() >= np.float32(0.02)


def test_full_power_in_the_worst_weather_keeps_the_water_slower_than_its_scheme_bears():
    envs = basin(power=0.55, wind=0.2, stones=9, rain=1.0, stone=4.0, limit=0.9, max_episode_steps=-1)
    for _ in range(60):
        envs.step(np.ones((1, 8), np.float32))
    speed = np.abs(envs.world[ShallowWater.discharge]).max(axis=1) / np.maximum(
        envs.world[ShallowWater.depth], 1e-6
    )
    waves = np.sqrt(9.81 * envs.world[ShallowWater.depth])
    assert (speed + waves).max() < 7.5


@pytest.mark.slow
def test_the_script_earns_far_more_than_nothing():
    earned = {}
    for name, act in {
        "idle": lambda seen, space, rng: np.zeros((len(seen), 8), np.float32),
        "scripted": POLICIES["scripted"],
    }.items():
        envs, total = basin(num_envs=4), 0.0
        seen, _ = envs.reset(seed=1)
        for _ in range(60):
            seen, reward, *_ = envs.step(act(seen, envs.single_action_space, None))
            total += reward.mean()
        earned[name] = total
    assert earned["scripted"] > 0.25 * earned["idle"]
    assert math.isfinite(earned["idle"])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"size": 18}, "size must be a multiple of 4 and of pumps=2, not 18"),
        ({"pumps": 3}, "size must be a multiple of 4 and of pumps=3, not 16"),
        ({"power": 1.0}, r"\(power \+ wind\) \* size must be at most 12"),
    ],
)
def test_a_basin_that_cannot_be_is_refused(parameters, message):
    with pytest.raises(ParameterError, match=message):
        ShallowWater(**parameters)
