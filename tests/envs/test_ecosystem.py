"""Ecosystem: the ranger's deeds in and beside its cell, the weather, and what collapse is."""

import math
from typing import Any

import numpy as np
import pytest

from murk_env import MurkVectorEnv
from murk_env.errors import ParameterError
from murk_envs import Ecosystem
from murk_envs.scripted.ecosystem import POLICIES, optimum

REST, CULL_PREDATORS, CULL_PREY, RELEASE_PREY, RELEASE_PREDATORS = range(5)
HOPS = [(0, 0), (1, 0), (1, -1), (0, -1), (-1, 0), (-1, 1), (0, 1)]  # axial (q, r), in the order of actions
CALM: dict[str, Any] = {"disturbance": 0.0, "weather": 0.0}


def of(env, name):
    """Return the values of a field in an env's only world."""
    return env.world[name][0]


def around(cell, size=8):
    """Return a cell and its six neighbours on the torus."""
    return [(cell // size + r) % size * size + (cell % size + q) % size for q, r in HOPS]


def tick(prey, predators, growth, mortality, wandering, size):
    """One tick of animals alone, by the formula, in float64: they wander, then meet."""
    cells = np.array([around(cell, size)[1:] for cell in range(size * size)])
    x, y = (one + wandering * (one[cells].sum(axis=1) - 6 * one) for one in (prey, predators))
    x = x * (1 + growth) / (1 + growth * y)
    return x, y * (1 + mortality * x) / (1 + mortality)


def test_a_tick_is_that_of_lotka_and_volterra_and_the_weather():
    env = Ecosystem(size=5, growth=0.2, mortality=0.1, wandering=0.1)
    env.reset(seed=2)
    for _ in range(20):
        prey, predators = of(env, "prey").astype(float), of(env, "predators").astype(float)
        env.step([0, REST])
        x, y = tick(prey, predators, 0.2, 0.1, 0.1, 5)
        assert np.allclose(of(env, "prey"), x * (1 + of(env, "weather")), rtol=1e-5)
        assert np.allclose(of(env, "predators"), y, rtol=1e-5)


@pytest.mark.parametrize("hop", range(7))
def test_the_ranger_hops_over_a_torus_in_the_directions_of_the_lattice(hop):
    env = Ecosystem(**CALM)
    for seed in range(20):
        env.reset(seed=seed)
        cell = int(of(env, "ranger"))
        env.step([hop, REST])
        assert of(env, "ranger") == around(cell)[hop]


@pytest.mark.parametrize(
    ("deed", "prey", "predators"),
    [
        (REST, 1.0, 1.0),
        (CULL_PREDATORS, 1.0, 0.75),
        (CULL_PREY, 0.75, 1.0),
        (RELEASE_PREY, 1.5, 1.0),
        (RELEASE_PREDATORS, 1.0, 1.5),
    ],
)
def test_a_deed_is_done_where_the_ranger_arrives_and_around(deed, prey, predators):
    env = Ecosystem(**CALM, culling=0.25, release=0.5)
    env.reset(seed=0)
    place = around(int(of(env, "ranger")))[3]
    env.step([3, deed])
    expected = np.ones((2, 64))
    expected[:, around(place)] = [[prey], [predators]]
    assert np.allclose([of(env, "prey"), of(env, "predators")], expected, rtol=1e-6)


@pytest.mark.slow
def test_the_weather_changes_by_chance_and_is_forgotten_by_and_by():
    envs = MurkVectorEnv(Ecosystem, 4000, size=3, view=1, disturbance=0.0, weather=0.01, plenty=19.0)
    envs.reset(seed=0)
    weather = np.array([envs.step(np.zeros((4000, 2), int))[0][:, -1] for _ in range(10)])
    variance = 0.01**2 * (1 - 0.81 ** np.arange(1, 11)) / (1 - 0.81)
    assert np.abs(weather.var(axis=1) / variance - 1).max() < 5 * math.sqrt(2 / 4000)
    changes = weather[1:] - 0.9 * weather[:-1]
    assert np.abs(np.corrcoef(changes) - np.eye(9)).max() < 5 / math.sqrt(4000)


def test_the_reward_is_for_living_and_for_balance_less_what_a_deed_costs():
    env = Ecosystem(balance=0.5, cost=0.25)
    env.reset(seed=1)
    env.action_space.seed(1)
    for _ in range(20):
        action = env.action_space.sample()
        _, reward, terminated, _, _ = env.step(action)
        means = of(env, "prey").mean(dtype=float), of(env, "predators").mean(dtype=float)
        even = min(*means, 1 / means[0], 1 / means[1])
        assert not terminated
        assert reward == pytest.approx(1 + 0.5 * even - 0.25 * (action[1] != REST), rel=1e-5)


@pytest.mark.parametrize(
    ("deed", "mean"),
    [
        (CULL_PREDATORS, 1 - 7 * 0.5 / 25),
        (CULL_PREY, 1 - 7 * 0.5 / 25),
        (RELEASE_PREY, 1 + 7 * 0.5 / 25),
        (RELEASE_PREDATORS, 1 + 7 * 0.5 / 25),
    ],
)
def test_too_many_and_too_few_of_either_species_are_out_of_balance(deed, mean):
    env = Ecosystem(**CALM, size=5, balance=0.5, cost=0.0)
    env.reset(seed=0)
    assert env.step([0, deed])[1] == pytest.approx(1 + 0.5 * min(mean, 1 / mean), rel=1e-6)


@pytest.mark.parametrize(
    ("deed", "keywords"),
    [(CULL_PREY, {"scarcity": 0.9}), (CULL_PREDATORS, {"scarcity": 0.9}), (RELEASE_PREY, {"plenty": 1.1})],
)
def test_the_episode_ends_with_a_penalty_when_a_species_is_too_rare_or_prey_too_many(deed, keywords):
    env = Ecosystem(**CALM, **keywords, size=5, penalty=30.0)
    env.reset(seed=0)
    terminated = False
    while not terminated:
        _, reward, terminated, _, _ = env.step([1, deed])
        means = [of(env, name).mean(dtype=float) for name in ("prey", "predators")]
        assert terminated == (min(means) < env.params.scarcity or means[0] > env.params.plenty)
        assert (reward == -30.0) == terminated


def test_many_predators_are_no_end():
    env = Ecosystem(**CALM, plenty=1.1, release=5.0)
    env.reset(seed=0)
    _, _, terminated, _, _ = env.step([0, RELEASE_PREDATORS])
    assert of(env, "predators").mean() > 1.1
    assert not terminated


def test_the_ranger_sees_the_cells_around_in_their_places_the_means_and_the_weather():
    env = Ecosystem(view=2)
    env.reset(seed=3)
    observation, *_ = env.step([2, RELEASE_PREY])
    centre, windows = int(of(env, "ranger")), observation[:-3].reshape(2, 5, 5)
    for name, window in zip(("prey", "predators"), windows, strict=True):
        for q, r in np.ndindex(5, 5):
            distance = max(abs(q - 2), abs(r - 2), abs(q + r - 4))
            cell = (centre // 8 + r - 2) % 8 * 8 + (centre % 8 + q - 2) % 8
            expected = math.log1p(of(env, name)[cell]) if distance <= 2 else 0.0
            assert window[q, r] == pytest.approx(expected, rel=1e-5)
    means = [np.log1p(of(env, name).mean()) for name in ("prey", "predators")]
    assert np.allclose(observation[-3:], [*means, of(env, "weather")], rtol=1e-5)


def test_an_episode_begins_with_the_species_and_each_cell_disturbed_and_the_ranger_anywhere():
    envs = MurkVectorEnv(Ecosystem, 3200, disturbance=0.4)
    observations, _ = envs.reset(seed=0)
    world = envs.world
    logs = np.log(np.stack([world[Ecosystem.prey], world[Ecosystem.predators]]))
    for values, spread in ((logs.mean(axis=2), 0.4), (logs - logs.mean(axis=2, keepdims=True), 0.4)):
        assert abs(values.mean()) < 0.02
        assert values.std() == pytest.approx(spread / math.sqrt(3), rel=0.05)  # uniform
    assert np.abs(logs).max() <= 0.8
    counts = np.bincount(world[Ecosystem.ranger], minlength=64)
    assert ((counts - 50) ** 2 / 50).sum() < 63 + 4 * math.sqrt(126)  # chi-square, 63 free
    means = np.exp(logs).mean(axis=2).T
    assert np.allclose(observations[:, -3:-1], np.log1p(means), rtol=1e-4)


def test_rest_at_an_undisturbed_equilibrium_earns_the_bound():
    env = Ecosystem(**CALM)
    env.reset(seed=0)
    earned = sum(env.step([0, REST])[1] for _ in range(500))
    assert earned == pytest.approx(optimum(env.params), rel=1e-6) == pytest.approx(1000.0)


def lengths(policy):
    """Return how long 64 episodes last, at most 500 steps."""
    envs = MurkVectorEnv(Ecosystem, 64, max_episode_steps=500, autoreset_mode="SameStep")
    rng, running, steps = np.random.default_rng(0), np.ones(64, bool), np.zeros(64)
    observations, _ = envs.reset(seed=0)
    for _ in range(500):
        actions = policy(observations, envs.single_action_space, rng)
        observations, _, terminated, _, _ = envs.step(actions)
        steps += running
        running &= ~terminated
    return steps


@pytest.mark.slow
def test_the_land_collapses_without_a_ranger_and_by_chance_but_not_under_a_good_one():
    idle = lengths(lambda observations, space, rng: np.zeros((64, 2), int))
    assert idle.max() < 500
    assert idle.mean() < 150
    assert lengths(POLICIES["random"]).mean() < 250
    assert lengths(POLICIES["scripted"]).mean() > 450


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"size": 2}, "size must be from 3 to 32768, not 2"),
        ({"culling": 1.5}, "culling must be from 0 to 1, not 1.5"),
        ({"release": -1.0}, "release must be from 0 to 20, not -1.0"),
        ({"weather": math.nan}, "weather must be a number, not nan"),
        ({"disturbance": -0.1}, "disturbance must be from 0 to 10, not -0.1"),
        ({"cost": math.inf}, "cost must be from 0 to 1e\\+09, not inf"),
        ({"scarcity": 0.0}, "scarcity must lie between 0 and 1, .* not 0.0 and 3.0"),
        ({"scarcity": 1.0}, "scarcity must lie between 0 and 1, .* not 1.0"),
        ({"plenty": 1.0}, "plenty between 1 and 20, not 0.25 and 1.0"),
        ({"plenty": 20.0}, "plenty between 1 and 20"),
        ({"disturbance": 0.6}, "disturbance must be at most 0.549 .* begins in collapse, not 0.6"),
        ({"wandering": 0.2}, "wandering must be from 0 to 0.166667, not 0.2"),
        ({"growth": -0.1}, "growth must be from 0 to 1e.06, not -0.1"),
        ({"mortality": math.inf}, "mortality must be from 0 to 1e.06, not inf"),
        ({"view": 0}, "view must be from 1 to 1024, not 0"),
        ({"view": -1}, "view must be from 1 to 1024, not -1"),
    ],
    ids=str,
)
def test_parameters_that_cannot_be_are_refused(keywords, message):
    with pytest.raises(ParameterError, match=message):
        Ecosystem(**keywords)
