"""Epidemic: the disease by the formula, measures and money by hand, and what there is to be seen."""

import math
from typing import Any

import numpy as np
import pytest

from murk_env import MurkVectorEnv
from murk_env.errors import ParameterError
from murk_envs import Epidemic
from murk_envs.scripted.epidemic import POLICIES, optimum

NOTHING, TEST, DISTANCE, VACCINATE = range(4)
SHARES = ("susceptible", "infected", "recovered")
ONE_CELL: dict[str, Any] = {"size": 1, "regions": 1, "outbreaks": 1, "mixing": 0.0}


def shares(env):
    """Return the three shares of an env's only world, (3, num_cells) float64."""
    return np.array([env.world[name][0] for name in SHARES], np.float64)


def maps(observation):
    """Return the nine numbers of every region, (9, num_regions)."""
    return observation[:-2].reshape(9, -1)


def people_in(numbers, everyone=16_000):
    """Return how many people some numbers of an observation mean, in regions of so many."""
    return np.expm1(numbers.astype(float) * math.log1p(everyone))


def parts(observation, everyone=16_000):
    """Return what was found infected and immune, how fresh it is, and the share of the budget left."""
    _, found, immune, fresh, *_ = maps(observation)
    return people_in(found, everyone) / everyone, immune, fresh, observation[-2]


def neighbours_sum(values, size):
    """Return the sum over the up to eight neighbours of every cell of a square, (num_cells,)."""
    grid = np.pad(values.reshape(size, size), 1)
    windows = np.lib.stride_tricks.sliding_window_view(grid, (3, 3))
    return windows.sum(axis=(2, 3)).reshape(-1) - values


def tick(before, measure, infectivity, size):
    """One tick of the default disease by the formula, in float64; before (3, num_cells)."""
    s, i, r = before
    around, degree = neighbours_sum(i, size), neighbours_sum(np.ones(size * size), size)
    caught = s * (1.0 - np.exp(-infectivity * (0.8 * i + 0.2 * around / degree)))
    caught *= np.where(measure == DISTANCE, 0.3, 1.0)
    caught[(i == 0.0) & (caught < 0.001)] = 0.0
    given = np.where(measure == VACCINATE, 0.05 * (s - caught), 0.0)
    ill = 0.9 * i + caught
    over = ill < 0.001
    return np.array([s - caught - given, np.where(over, 0.0, ill), r + 0.1 * i + given + over * ill]), caught


@pytest.mark.slow
def test_a_tick_is_the_disease_with_the_measures_in_their_regions():
    env = Epidemic()
    observation, _ = env.reset(seed=3)
    env.action_space.seed(0)
    infectivity = float(env.world[Epidemic.infectivity][0])
    region = np.arange(256) // 64 * 4 + np.arange(256) % 16 // 4
    for _ in range(8):  # the budget lasts
        action, before = env.action_space.sample(), shares(env)
        expected, caught = tick(before, action[region], infectivity, 16)
        observation, reward, *_ = env.step(action)
        assert np.allclose(shares(env), expected, rtol=0.0, atol=1e-6)
        assert reward == pytest.approx(
            -100 * caught.mean() - 0.015 * (action + (action == 3)).sum(), abs=1e-4
        )
    assert parts(observation)[3] > 0.0


@pytest.mark.slow
def test_the_shares_of_a_cell_sum_to_one():
    env = Epidemic()
    env.reset(seed=0)
    env.action_space.seed(0)
    for _ in range(100):
        env.step(env.action_space.sample())
    assert np.allclose(shares(env).sum(axis=0), 1.0, atol=1e-5)
    assert shares(env).min() >= 0.0


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("measure", "ill"), [(NOTHING, 1.0), (TEST, 1.0), (DISTANCE, 0.3), (VACCINATE, 1.0)], ids=str
)
def test_distance_alone_prevents_infections_at_once(measure, ill):
    env = Epidemic(**ONE_CELL, first_cases=0.5, least_infectivity=0.4)
    env.reset(seed=0)
    caught = ill * 0.5 * -math.expm1(-0.4 * 0.5)
    _, reward, *_ = env.step([measure])
    assert reward == pytest.approx(-100 * caught - 0.015 * [0, 1, 2, 4][measure], rel=1e-5)
    assert shares(env)[1, 0] == pytest.approx(0.9 * 0.5 + caught, rel=1e-5)


def test_vaccines_make_a_share_of_the_susceptible_immune():
    env = Epidemic(**ONE_CELL, first_cases=0.5, least_infectivity=0.0, most_infectivity=0.0, doses=0.2)
    env.reset(seed=0)
    env.step([VACCINATE])
    assert np.allclose(shares(env)[:, 0], [0.5 - 0.1, 0.45, 0.05 + 0.1])


def test_less_than_a_person_does_not_carry_the_disease_to_another_cell():
    quiet: dict[str, Any] = {"size": 2, "regions": 1, "outbreaks": 1, "first_cases": 0.5, "mixing": 0.3}
    caught = -math.expm1(-0.4 * 0.3 * 0.5 / 3)  # of a neighbour of the infected cell
    for people, num_infected in ((math.floor(1 / caught), 1), (math.ceil(1 / caught), 4)):
        env = Epidemic(**quiet, people=people, least_infectivity=0.4)
        env.reset(seed=0)
        env.step([NOTHING])
        assert (shares(env)[1] > 0.0).sum() == num_infected


def test_the_epidemic_is_over_when_less_than_a_person_is_left_infected():
    env = Epidemic(
        **ONE_CELL, people=10, first_cases=0.2, recovery=0.4, least_infectivity=0, most_infectivity=0
    )
    env.reset(seed=0)
    assert [env.step([NOTHING])[2] for _ in range(3)] == [False, True, True]  # 0.12, then 0.072 of a cell
    assert np.allclose(shares(env)[:, 0], [0.8, 0.0, 0.2])


def test_a_measure_that_the_budget_cannot_pay_is_left_undone():
    env = Epidemic(size=2, regions=2, budget=7.0, income=0.0, first_cases=0.5)
    env.reset(seed=0)
    observation, *_ = env.step([VACCINATE, VACCINATE, DISTANCE, TEST])
    assert env.world[Epidemic.measure][0].tolist() == [VACCINATE, NOTHING, DISTANCE, TEST]
    assert parts(observation)[3] == 0.0
    env.step([TEST, NOTHING, NOTHING, NOTHING])
    assert env.world[Epidemic.measure][0].tolist() == [NOTHING] * 4


def test_only_what_is_done_is_charged():
    env = Epidemic(**ONE_CELL, budget=6.0, income=0.0, cost=0.5, least_infectivity=0.0, most_infectivity=0.0)
    env.reset(seed=0)
    rewards = [env.step([VACCINATE])[1] for _ in range(3)]
    assert rewards == [-2.0, 0.0, 0.0]
    assert env.step([DISTANCE])[1] == -1.0


def test_a_test_shows_its_region_as_it_was_before_the_tick_and_grows_stale():
    env = Epidemic(first_cases=0.5, outbreaks=200)
    observation, _ = env.reset(seed=0)
    assert not observation[: 5 * 16].any()
    before = shares(env)[1:].reshape(2, 4, 4, 4, 4).mean(axis=(2, 4)).reshape(2, 16)
    for age in range(5):
        action = np.full(16, NOTHING)
        if age == 0:
            action[[1, 6, 2, 3]] = TEST, TEST, DISTANCE, VACCINATE
        found, immune, fresh, _ = parts(env.step(action)[0])
        for region in range(16):
            known = region in (1, 6)
            assert found[region] == pytest.approx(known * before[0, region], rel=1e-4)
            assert immune[region] == pytest.approx(known * before[1, region], rel=1e-5)
            assert fresh[region] == pytest.approx(known * 0.9**age, rel=1e-5)


def by_region(values):
    """Return the means over the 4 x 4 cells of every region, (..., 16)."""
    grid = values.reshape(*values.shape[:-1], 4, 4, 4, 4)
    return grid.mean(axis=(-3, -1)).reshape(*values.shape[:-1], 16)


@pytest.mark.parametrize("reporting", [0.0, 0.05, 0.5])
def test_every_region_reports_a_share_of_its_new_cases_in_whole_people(reporting):
    env = Epidemic(reporting=reporting)
    env.reset(seed=3)
    seen = []
    for _ in range(15):
        observation, *_ = env.step([NOTHING] * 16)
        ill = by_region(env.world[Epidemic.caught][0].astype(float)) * 16_000  # people of a region
        assert people_in(maps(observation)[0]) == pytest.approx(np.floor(reporting * ill), rel=1e-4, abs=1e-3)
        seen.append(maps(observation)[0].any())
    assert any(seen) == (reporting > 0.0)


def test_the_observation_shows_doses_the_measures_taken_and_the_time():
    env = Epidemic(budget=150.0, doses=0.1)
    observation, _ = env.reset(seed=3)
    assert (maps(observation)[5] == 1.0).all()  # nothing was done before
    assert observation[-1] == 0.0
    given = np.zeros(16)
    for step in range(1, 6):
        wanted = np.roll(np.repeat([NOTHING, TEST, DISTANCE, VACCINATE], 4), step)
        before = shares(env)
        observation, *_ = env.step(wanted)
        taken = env.world[Epidemic.measure][0].reshape(4, 4, 4, 4)[:, 0, :, 0].ravel()
        caught = env.world[Epidemic.caught][0]
        given += np.where(taken == VACCINATE, by_region(0.1 * (before[0] - caught)), 0.0)
        assert maps(observation)[4] == pytest.approx(given, abs=1e-6)
        assert np.array_equal(maps(observation)[5:].argmax(axis=0), taken)
        assert (maps(observation)[5:].sum(axis=0) == 1.0).all()
        assert observation[-1] == pytest.approx(step / 200)


def test_money_comes_in_at_the_end_of_a_step_up_to_the_budget():
    env = Epidemic(**ONE_CELL, budget=5.0, income=1.5, least_infectivity=0.0, most_infectivity=0.0)
    env.reset(seed=0)
    actions = [VACCINATE, VACCINATE, TEST, NOTHING, NOTHING]  # 4, then 4 that is not there, then 1
    funds = [parts(env.step([action])[0])[3] * 5.0 for action in actions]
    assert funds == pytest.approx([2.5, 4.0, 4.5, 5.0, 5.0])


@pytest.mark.parametrize(("measures", "taken"), [("distance", DISTANCE), ("vaccines", VACCINATE)])
def test_with_one_measure_each_region_says_whether_it_is_taken(measures, taken):
    env = Epidemic(size=2, regions=2, measures=measures, first_cases=0.5)
    space: Any = env.action_space
    assert space.nvec.tolist() == [2] * 4
    env.reset(seed=0)
    env.step([1, 0, 0, 1])
    assert env.world[Epidemic.measure][0].tolist() == [taken, NOTHING, NOTHING, taken]


def test_a_later_test_shows_who_has_recovered():
    env = Epidemic(**ONE_CELL, first_cases=0.5, least_infectivity=0.0, most_infectivity=0.0)
    env.reset(seed=0)
    env.step([NOTHING])
    found, immune, *_ = parts(env.step([TEST])[0], 1000)
    assert (found[0], immune[0]) == (pytest.approx(0.45), pytest.approx(0.05))


@pytest.mark.slow
def test_the_disease_begins_in_any_cells_with_the_first_cases():
    envs = MurkVectorEnv(Epidemic, 2560, outbreaks=1, first_cases=0.25)
    envs.reset(seed=0)
    susceptible, infected = (envs.world[name] for name in SHARES[:2])
    assert np.array_equal(np.sort(infected, axis=1)[:, -2:], [[0.0, 0.25]] * 2560)
    assert np.array_equal(susceptible, 1.0 - infected)
    counts = (infected > 0.0).sum(axis=0)
    assert ((counts - 10) ** 2 / 10).sum() < 255 + 4 * math.sqrt(510)  # chi-square, 255 free


@pytest.mark.slow
def test_every_episode_has_an_infectivity_of_its_own_between_the_limits():
    envs = MurkVectorEnv(Epidemic, 4000, least_infectivity=0.3, most_infectivity=0.7)
    envs.reset(seed=0)
    first = envs.world[Epidemic.infectivity]
    envs.reset()
    assert not (first == envs.world[Epidemic.infectivity]).any()
    counts, _ = np.histogram(first, bins=10, range=(0.3, 0.7))
    assert counts.sum() == 4000
    assert ((counts - 400) ** 2 / 400).sum() < 9 + 4 * math.sqrt(18)


def mean_return(policy):
    """Return the mean return of 64 episodes."""
    envs, rng = (
        MurkVectorEnv(Epidemic, 64, max_episode_steps=200, autoreset_mode="SameStep"),
        np.random.default_rng(0),
    )
    observations, _ = envs.reset(seed=0)
    returns, running = np.zeros(64), np.ones(64, bool)
    for _ in range(200):
        actions = policy(observations, envs.single_action_space, rng)
        observations, rewards, terminated, _, _ = envs.step(actions)
        returns += running * rewards
        running &= ~terminated
    return returns.mean()


@pytest.mark.slow
def test_containing_what_is_reported_beats_containing_what_tests_find_and_that_beats_chance():
    idle = mean_return(lambda observations, space, rng: np.zeros((64, 16), int))
    tested = mean_return(POLICIES["testing"])
    assert (
        max(idle, mean_return(POLICIES["random"])) + 20.0 < tested < mean_return(POLICIES["scripted"]) - 2.0
    )
    assert optimum(Epidemic.Params()) is None


@pytest.mark.parametrize("people", [2, 3, 49, 107, 1000, 2**24])
def test_one_of_the_people_of_a_cell_is_enough_to_begin_with(people):
    env = Epidemic(people=people, first_cases=1 / people, outbreaks=1)
    env.reset(seed=0)
    assert env.world[Epidemic.infected].max() == np.float32(1 / people)


def test_a_step_that_costs_nothing_pays_a_positive_zero():
    env = Epidemic(least_infectivity=0.0, most_infectivity=0.0)
    env.reset(seed=0)
    assert str(env.step(np.zeros(16, int))[1]) == "0.0"


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"size": 10}, "size must be a multiple of regions, .* not size=10 with regions=4"),
        ({"size": 0}, "size must be from 1 to 32768, not 0"),
        ({"regions": 0}, "regions must be from 1 to 1024, not 0"),
        ({"people": 1}, "people must be from 2 to 1.67772e\\+07, not 1"),
        ({"outbreaks": 0}, "outbreaks must be from 1 to .*, not 0"),
        ({"first_cases": 1.5}, "first_cases must be from 0 to 1, not 1.5"),
        (
            {"first_cases": 0.0005},
            "first_cases must be at least one person, 0.001, not 0.0005",
        ),
        ({"most_infectivity": 1.5}, "most_infectivity must be from 0 to 1, not 1.5"),
        (
            {"least_infectivity": 0.5},
            "least_infectivity must be at most most_infectivity, not 0.5 with 0.4",
        ),
        ({"distancing": -0.1}, "distancing must be from 0 to 1, not -0.1"),
        ({"doses": math.nan}, "doses must be a number, not nan"),
        ({"budget": 0.0}, "budget must be from 1 to 1e\\+09, not 0.0"),
        ({"income": -1.0}, "income must be from 0 to 1e\\+09, not -1.0"),
        ({"reporting": 1.5}, "reporting must be from 0 to 1, not 1.5"),
        ({"measures": "tests"}, "measures must be one of 'all', 'distance', 'vaccines', not 'tests'"),
        ({"cost": math.inf}, "cost must be from 0 to 1e\\+09, not inf"),
        ({"mixing": 1.5}, "mixing must be from 0 to 1, not 1.5"),
        ({"recovery": -0.1}, "recovery must be from 0 to 1, not -0.1"),
        ({"recovery": 1.1}, "recovery must be from 0 to 1, not 1.1"),
    ],
    ids=str,
)
def test_parameters_that_cannot_be_are_refused(keywords, message):
    with pytest.raises(ParameterError, match=message):
        Epidemic(**keywords)
