"""HeatControl: its plant by the formula, its rules by hand, and its optimum where heaters have no limits."""

import math
from typing import Any

import numpy as np
import pytest

from murk_env import MurkVectorEnv
from murk_env.errors import ParameterError
from murk_envs import HeatControl
from murk_envs.scripted.heat_control import POLICIES, best_control, optimum

QUIET: dict[str, Any] = {"noise": 0.0}
HEATED = [2, 6, 10, 14]  # cells of the default plant


def seen(observation, num_cells=16):
    """Return temperatures, target and speed of observations."""
    return observation[..., :num_cells], observation[..., num_cells:-1], observation[..., -1]


def tick(heat, plant, actions, heated):
    """One tick of the default plant without noise, by the formula, in float64; heat (num_cells,)."""
    shape = (16,) if plant == "line" else (math.isqrt(heat.size),) * 2
    grid = heat.astype(np.float64).reshape(shape)
    flow = np.zeros_like(grid)
    for axis in range(grid.ndim):
        edges = [(1, 1) if other == axis else (0, 0) for other in range(grid.ndim)]
        flow += np.diff(np.pad(grid, edges, mode="edge"), n=2, axis=axis)
    after = ((grid + 0.2 * flow) * math.exp(-0.02)).reshape(-1)
    after[heated] += 0.5 * actions
    return after


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("keywords", "heated"),
    [
        ({"plant": "line"}, HEATED),
        ({"plant": "square", "size": 8, "heaters": 2}, [18, 22, 50, 54]),  # rows and columns 2 and 6
    ],
    ids=["line", "square"],
)
def test_a_tick_is_diffusion_loss_and_what_the_heaters_add(keywords, heated):
    env = HeatControl(**keywords, **QUIET)
    observation, _ = env.reset(seed=1)
    env.action_space.seed(1)
    num_cells = (observation.size - 1) // 2
    for _ in range(20):
        action = env.action_space.sample()
        expected = tick(seen(observation, num_cells)[0], keywords["plant"], action, heated)
        observation, *_ = env.step(action)
        assert np.allclose(seen(observation, num_cells)[0], expected, rtol=0.0, atol=1e-5)


@pytest.mark.slow
def test_chance_adds_noise_of_the_given_size_to_every_cell_independently():
    envs = MurkVectorEnv(HeatControl, 4000, noise=0.5)
    before, _ = envs.reset(seed=0)
    after, *_ = envs.step(np.zeros((4000, 4), np.float32))
    expected = np.array([tick(row, "line", np.zeros(4), HEATED) for row in seen(before)[0]])
    chance = seen(after)[0] - expected
    assert abs(chance.mean()) < 4 * 0.5 / math.sqrt(64000)
    assert abs(chance.std() - 0.5) < 4 * 0.5 / math.sqrt(128000)
    assert np.abs(np.corrcoef(chance.T) - np.eye(16)).max() < 5 / math.sqrt(4000)


def test_an_episode_begins_at_one_temperature_uniform_up_to_the_amplitude():
    heat, _, _ = seen(MurkVectorEnv(HeatControl, 4000, amplitude=2.0).reset(seed=0)[0])
    assert (heat == heat[:, :1]).all()
    counts, _ = np.histogram(heat[:, 0], bins=10, range=(-2.0, 2.0))
    assert counts.sum() == 4000
    assert ((counts - 400) ** 2 / 400).sum() < 9 + 4 * math.sqrt(18)  # chi-square, 9 free


def test_the_wave_begins_with_any_phase_and_speed():
    _, target, speed = seen(MurkVectorEnv(HeatControl, 4000).reset(seed=0)[0])
    sine, cosine = np.sin(2 * np.pi * np.arange(16) / 16), np.cos(2 * np.pi * np.arange(16) / 16)
    phase = np.arctan2(-target @ cosine, target @ sine)  # sin(x - phase) = sin x cos phase - cos x sin phase
    for values, low, high in ((phase, -np.pi, np.pi), (speed, 0.0, 1.0)):
        counts, _ = np.histogram(values, bins=10, range=(low, high))
        assert counts.sum() == 4000
        assert ((counts - 400) ** 2 / 400).sum() < 9 + 4 * math.sqrt(18)


def test_the_target_is_a_wave_that_travels_with_the_speed_shown():
    env = HeatControl(amplitude=1.5, speed=0.3)
    _, target, speed = seen(env.reset(seed=3)[0])
    velocity, angle = 0.6 * (speed - 0.5), 2 * np.pi * np.arange(16) / 16
    phase = math.atan2(-target @ np.cos(angle), target @ np.sin(angle))
    for step in range(30):
        assert np.allclose(target, 1.5 * np.sin(angle - phase - step * velocity), atol=1e-4)
        target = seen(env.step(np.zeros(4, np.float32))[0])[1]


def test_on_a_square_the_wave_has_a_heading():
    envs = MurkVectorEnv(HeatControl, 200, plant="square", size=8)
    target = seen(envs.reset(seed=0)[0], 64)[1].reshape(200, 8, 8)
    down, across = (np.abs(np.diff(target, axis=axis)).mean(axis=(1, 2)) for axis in (1, 2))
    assert (down > 2 * across).any()
    assert (across > 2 * down).any()


def test_the_reward_is_the_error_from_the_target_that_was_shown_and_the_effort():
    env = HeatControl(amplitude=2.0, limit=8.0, effort=0.25)
    observation, _ = env.reset(seed=5)
    action = np.array([0.5, -1.0, 0.0, 0.25], np.float32)
    for _ in range(10):
        target = seen(observation)[1].astype(np.float64)
        observation, reward, *_ = env.step(action)
        error = ((seen(observation)[0] - target) ** 2).mean() / 4.0
        assert reward == pytest.approx(-error - 0.25 * (0.25 + 1.0 + 0.0625) / 4, rel=1e-5)


def test_the_episode_ends_with_a_penalty_when_a_cell_reaches_the_limit():
    env = HeatControl(limit=2.0, penalty=50.0)
    observation, _ = env.reset(seed=0)
    terminated, steps, reward, target = False, 0, 0.0, np.zeros(16)
    while not terminated:
        assert seen(observation)[0].max() < 2.0
        target = seen(observation)[1]
        observation, reward, terminated, _, _ = env.step(np.ones(4, np.float32))
        steps += 1
    heat = seen(observation)[0]
    assert heat.max() >= 2.0
    assert steps > 1
    assert reward == pytest.approx(-((heat - target) ** 2).mean() - 0.05 - 50.0, rel=1e-5)


def test_cold_does_not_end_the_episode():
    env = HeatControl(limit=1.5)
    env.reset(seed=0)
    ends = [env.step(-np.ones(4, np.float32))[2] for _ in range(100)]
    assert not any(ends)


@pytest.mark.slow
def test_without_limits_the_best_control_earns_what_the_formula_says():
    envs = MurkVectorEnv(HeatControl, 64, power=20.0)  # a heater is never at its limit
    observation, _ = envs.reset(seed=1)
    velocities = 0.2 * (seen(observation)[2].astype(np.float64) - 0.5)
    controls = [best_control(HeatControl.Params(power=20.0), velocity, 0.0) for velocity in velocities]
    assert all((control.cost == control.cost.T).all() for control in controls)
    angle = 2 * np.pi * np.arange(16) / 16
    turn = np.linalg.pinv(np.stack([np.sin(angle), -np.cos(angle)], axis=1))
    earned, expected = np.zeros(64), None
    for step in range(200):
        heat, target, _ = seen(observation)
        state = np.concatenate([heat, target @ turn.T], axis=1)
        if expected is None:
            costs = [row @ control.cost @ row for row, control in zip(state, controls, strict=True)]
            expected = -np.mean(costs) - controls[0].chance
        actions = [-control.gains[step] @ row for row, control in zip(state, controls, strict=True)]
        assert np.abs(actions).max() < 1.0
        observation, rewards, *_ = envs.step(np.array(actions, np.float32))
        earned += rewards
    assert earned.mean() == pytest.approx(expected, abs=4 * earned.std() / 8)


def test_the_optimum_of_a_single_cell_is_its_noise():
    params = HeatControl.Params(size=1, heaters=1, effort=0.0, speed=0.0, noise=0.1, amplitude=2.0)
    assert optimum(params) == pytest.approx(-200 * 0.1**2 / 2.0**2, rel=1e-9)


@pytest.mark.slow
def test_control_in_proportion_comes_far_nearer_to_the_optimum_than_chance():
    returns = {}
    for name, policy in POLICIES.items():
        envs, rng = MurkVectorEnv(HeatControl, 64), np.random.default_rng(0)
        observations, _ = envs.reset(seed=0)
        returns[name] = np.zeros(64)
        for _ in range(200):
            observations, rewards, *_ = envs.step(policy(observations, envs.single_action_space, rng))
            returns[name] += rewards
    best = optimum(HeatControl.Params())
    assert returns["random"].mean() < -100.0
    assert best > returns["scripted"].mean() > 0.5 * (best + returns["random"].mean())


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"heaters": 0}, "heaters must be from 1 to size=16, one cell for each, not 0"),
        ({"size": 3, "heaters": 4}, "from 1 to size=3, .* not 4"),
        ({"size": 0}, "size must be from 1 to 32768, not 0"),
        ({"amplitude": 0.0}, "amplitude must be from 0.001 to 20, not 0.0"),
        ({"amplitude": 1e-300}, "amplitude must be from 0.001 to 20, not 1e-300"),
        ({"limit": 1.0}, "HeatControl: amplitude must lie below limit, .* amplitude=1.0 with limit=1.0"),
        ({"limit": 20.5}, "limit must be from 0.001 to 20, not 20.5"),
        ({"power": 0.0}, "power must be from 0.001 to 1000, not 0.0"),
        ({"power": 1e300}, "power must be from 0.001 to 1000, not 1e.300"),
        ({"noise": -0.1}, "noise must be from 0 to 1000, not -0.1"),
        ({"noise": 1e39}, "noise must be from 0 to 1000, not 1e.39"),
        ({"speed": math.inf}, "speed must be from 0 to 1e.06, not inf"),
        ({"effort": math.nan}, "effort must be a number, not nan"),
        ({"penalty": -1.0}, "penalty must be from 0 to 1e.06, not -1.0"),
        ({"plant": "sphere"}, "plant must be one of 'line', 'square', not 'sphere'"),
        ({"diffusion": 0.6}, "diffusion must be from 0 to 0.5, not 0.6"),
        (
            {"diffusion": 0.3, "plant": "square"},
            "diffusion must be at most 0.25 on a square, not 0.3",
        ),
        ({"loss": -0.1}, "loss must be from 0 to 1e.06, not -0.1"),
    ],
    ids=str,
)
def test_parameters_that_cannot_be_are_refused(keywords, message):
    with pytest.raises(ParameterError, match=message):
        HeatControl(**keywords)
