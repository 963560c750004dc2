"""Burgers and KuramotoSivashinsky: the numbers that are known of the original, and what differs on purpose.

The vectors are of controlgym at 86f4d02, without noise; returns of single starts are measured there.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from murk_env import MurkVectorEnv
from murk_env.errors import ParameterError
from murk_envs import Burgers, KuramotoSivashinsky
from murk_envs._ring import actuators_by_cell
from murk_envs.scripted import burgers, kuramoto_sivashinsky

DATA = Path(__file__).parents[1] / "data"
ENVIRONMENTS = {"burgers": Burgers, "kuramoto_sivashinsky": KuramotoSivashinsky}
AS_PUBLISHED: dict[str, Any] = {
    "control": "unscaled",
    "observed": "before",
    "noise": 0.0,
    "time_ends": "terminated",
    "max_episode_steps": -1,
}
ORIGINALS: dict[str, Any] = {"actuators": 8, "width": 0.1, "sensors": 10}  # of KuramotoSivashinsky
NINETY_NINE = {"period": 0.495, "substeps": 99}  # which are meant to be 100 there
EXACT = {"burgers": {}, "kuramoto_sivashinsky": ORIGINALS | NINETY_NINE}
CLOSE = {"burgers": 1e-10, "kuramoto_sivashinsky": 1e-8}


@pytest.mark.few(1)
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_states_observations_and_rewards_are_those_of_the_original(name):
    with np.load(DATA / f"{name}.npz") as data:
        states, actions, rewards, seen = (
            data[f"n_{k}"] for k in ("states", "actions", "rewards", "observations")
        )
    env = ENVIRONMENTS[name](**AS_PUBLISHED, **EXACT[name])
    observation, _ = env.reset(options={"fields": {"u": states[:1]}})
    every = len(actions) // (len(states) - 1)
    np.testing.assert_allclose(observation, seen[0], atol=1e-15)
    for step, action in enumerate(actions, start=1):
        observation, reward, terminated, truncated, _ = env.step(action)
        np.testing.assert_allclose(observation, seen[step], atol=CLOSE[name])
        assert reward == pytest.approx(rewards[step - 1], abs=100.0 * CLOSE[name])
        assert (terminated, truncated) == (step == env.params.horizon, False)
        if step % every == 0:
            np.testing.assert_allclose(env.world["u"][0], states[step // every], atol=CLOSE[name])


def original_starts(num):
    """The first states of Burgers in the original with seeds 0, 1, ..."""
    x = np.arange(256) / 256.0
    drawn = [
        (rng.uniform(0.9, 1.1), rng.uniform(0.04, 0.06)) for rng in map(np.random.default_rng, range(num))
    ]
    return np.array([height / np.cosh((x - 0.5) / breadth) for height, breadth in drawn])


def returns(starts, gain):
    """The returns of a linear feedback that sees the state."""
    envs = MurkVectorEnv(Burgers, len(starts), view="state", control="unscaled")
    seen, _ = envs.reset(seed=0, options={"fields": {"u": starts}})
    total = np.zeros(len(starts))
    for _ in range(100):
        seen, rewards, *_ = envs.step(seen @ gain.T)
        total += rewards
    return total


@pytest.mark.slow
def test_no_control_and_the_regulator_earn_what_they_earn_there():
    gain = burgers.gain_for(burgers.DEFAULTS)
    with np.load(DATA / "burgers.npz") as data:
        np.testing.assert_allclose(gain, data["lqr_gain"], atol=1e-11)
    assert returns(original_starts(1), 0.0 * gain) == pytest.approx(-953.585, abs=1e-3)
    assert returns(original_starts(1), gain) == pytest.approx(-126.197, abs=1e-3)


@pytest.mark.slow
def test_their_means_over_twenty_starts_are_those_measured_there():
    gain = burgers.gain_for(burgers.DEFAULTS)
    assert returns(original_starts(20), 0.0 * gain).mean() == pytest.approx(-1135.57, abs=0.01)
    assert returns(original_starts(20), gain).mean() == pytest.approx(-140.903, abs=1e-3)


def test_actuators_and_sensors_are_where_the_original_has_them():
    params = Burgers.Params()
    assert params.reaches == [
        (3, 28),
        (35, 60),
        (67, 92),
        (99, 124),
        (131, 156),
        (163, 188),
        (195, 220),
        (227, 252),
    ]
    state, few = Burgers(view="state"), Burgers(noise=0.0)
    whole = state.reset(seed=3)[0]
    np.testing.assert_array_equal(few.reset(seed=3)[0], whole[np.arange(10) * 25])


def test_starts_are_bumps_of_uniform_height_and_breadth():
    u = MurkVectorEnv(Burgers, 2000, view="state").reset(seed=0)[0]
    heights = u[:, 128]
    breadths = 1.0 / 16.0 / np.arccosh(heights / u[:, 144])  # 16 cells away
    for values, low, high in ((heights, 0.9, 1.1), (breadths, 0.04, 0.06)):
        counts, _ = np.histogram(values, bins=10, range=(low, high))
        assert counts.sum() == 2000
        assert ((counts - 200) ** 2 / 200).sum() < 9 + 4 * np.sqrt(18.0)  # chi-square, 9 free


FAST = {"view": "state", "substeps": 10}


@pytest.mark.slow
def test_the_regulator_brings_chaos_to_rest():
    with np.load(DATA / "kuramoto_sivashinsky.npz") as data:
        chaos = data["n_states"][-1:]
    env = KuramotoSivashinsky(**FAST)
    seen, _ = env.reset(options={"fields": {"u": chaos}})
    assert np.square(seen).sum() > 100.0
    regulator = kuramoto_sivashinsky.gain_for(kuramoto_sivashinsky.DEFAULTS)
    for _ in range(60):
        share = np.clip(regulator @ seen / env.params.power, -1.0, 1.0)
        seen, *_ = env.step(share.astype(np.float32))
    assert np.square(seen).sum() < 1e-6


@pytest.mark.slow
def test_left_alone_waves_grow_to_chaos():
    env = KuramotoSivashinsky(**FAST)
    seen, _ = env.reset(seed=0)
    energies = [np.square(seen).sum()]
    for _ in range(200):
        seen, *_ = env.step(np.zeros(36, np.float32))
        energies.append(np.square(seen).sum())
    assert energies[0] == pytest.approx(64.0, rel=0.22)  # A**2 * size / 4
    assert 300.0 < np.mean(energies[100:]) < 600.0  # 382 to 471, as measured there
    assert abs(seen.sum()) < 1e-9  # is conserved


@pytest.mark.slow
def test_doing_nothing_earns_what_it_earns_there():
    x = np.arange(256) / 256.0  # of the ring
    height = np.random.default_rng(0).uniform(0.9, 1.1)
    start = height * np.cos(2.0 * np.pi * x) * np.sin(12.0 * np.pi * x)
    env = KuramotoSivashinsky(view="state", **NINETY_NINE)
    env.reset(options={"fields": {"u": start[np.newaxis]}})
    total = sum(env.step(np.zeros(36, np.float32))[1] for _ in range(500))
    assert total == pytest.approx(-207_085.0, rel=0.05)  # chaos: other transforms, another way


@pytest.mark.slow
def test_the_actuators_of_the_original_cannot_bring_it_to_rest():
    params = KuramotoSivashinsky.Params(**ORIGINALS)
    with pytest.raises(ValueError, match=r"8 actuators of width 0\.1 cannot stabilise this equation"):
        kuramoto_sivashinsky.gain_for(params)
    acts = actuators_by_cell(params.size, params.reaches)[:, np.newaxis] == np.arange(8)
    waves = np.fft.rfft(acts, axis=0)[:16]  # those that grow, and the mean
    phases = [np.linalg.matrix_rank([wave.real, wave.imag], tol=1e-9) for wave in waves]
    assert [number for number, rank in enumerate(phases) if rank < 2] == [0, 4, 8, 12]


@pytest.mark.slow
def test_sensors_are_noisy():
    plain, noisy = (MurkVectorEnv(Burgers, 1000, noise=noise).reset(seed=0)[0] for noise in (0.0, 0.5))
    assert (noisy - plain).std() == pytest.approx(0.5, rel=0.03)
    assert abs((noisy - plain).mean()) < 0.02


SMALL: dict[str, Any] = {"size": 16, "substeps": 4, "actuators": 2, "width": 0.25, "sensors": 4, "noise": 0.0}


@pytest.mark.slow
def test_the_state_before_the_step_is_seen_where_that_is_asked_for():
    before, after = Burgers(observed="before", **SMALL), Burgers(**SMALL)
    first, same = before.reset(seed=5)[0], after.reset(seed=5)[0]
    np.testing.assert_array_equal(first, same)
    action = np.array([0.5, -0.25], np.float32)
    np.testing.assert_array_equal(before.step(action)[0], first)
    np.testing.assert_array_equal(before.step(action)[0], after.step(action)[0])


@pytest.mark.slow
def test_an_action_of_1_is_the_power_and_the_cost_is_of_squares():
    scaled = Burgers(power=2.0, state_cost=3.0, action_cost=5.0, view="state", **SMALL)
    plain = Burgers(control="unscaled", state_cost=3.0, action_cost=5.0, view="state", **SMALL)
    u = scaled.reset(seed=1)[0]
    plain.reset(seed=1)
    seen, reward, *_ = scaled.step(np.array([0.5, -1.0], np.float32))
    assert reward == pytest.approx(-(3.0 * (u**2).sum() + 5.0 * (1.0 + 4.0)), rel=1e-12)
    np.testing.assert_array_equal(plain.step(np.array([1.0, -2.0]))[0], seen)
    # a force of 1 on the cells 2 to 5 for 0.05, and one of -2 on the cells 10 to 13
    assert (seen - u).sum() == pytest.approx(0.05 * 4 * (1.0 - 2.0), rel=1e-10)


@pytest.mark.slow
def test_a_step_that_costs_too_much_or_numbers_that_overflow_end_the_episode():
    env = Burgers(limit=20.0, control="unscaled", **SMALL)
    env.reset(seed=0)
    assert env.step(np.array([3.0, 1.0]))[2] is False
    assert env.step(np.array([4.0, 3.0]))[2] is True
    wild = Burgers(control="unscaled", **SMALL)
    wild.reset(seed=0)
    seen, reward, terminated, _, info = wild.step(np.array([1e100, 0.0]))
    assert (terminated, info["diverged"]) == (True, True)
    assert np.isfinite(seen).all()
    assert np.isfinite(reward)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"size": 255}, "size must be even, for waves of two cells, not 255"),
        ({"substeps": 46}, "substeps must be at least 47 with size=256 and period=0.05"),
        ({"size": 512}, "substeps must be at least 93 with size=512"),
        ({"sensors": 300}, "sensors must be at most size, 256, not 300"),
        ({"width": 0.2}, "actuators must each have a cell and share none.*not 0.2 with actuators=8"),
        ({"actuators": 300}, "share none.*with actuators=300 and size=256"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(keywords, message):
    with pytest.raises(ParameterError, match=message):
        Burgers(**keywords)
