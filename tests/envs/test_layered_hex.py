"""LayeredHex: its field against the reference's formula, its rules worked by hand, and its exact optimum."""

import math

import numpy as np
import pytest

from murk_env import MurkVectorEnv
from murk_env.errors import ParameterError
from murk_envs import LayeredHex
from murk_envs.scripted.layered_hex import HOPS, POLICIES, best, floors_of, optimum, rewards
from murk_envs.scripted.navigation import lengths

PLACES = [(q, r, floor) for r in range(6) for q in range(6) for floor in range(3)]
GOAL = PLACES.index((5, 5, 2))


def beacon(num_ticks):
    """Return the light after each tick from a cold start, by the reference's rule, (num_ticks, 108).

    u + 0.06 (sum over neighbours - degree u) - 0.01 u, and then 10 at the beacon.
    """
    light, found = np.zeros(108), []
    for _ in range(num_ticks):
        total, degree = np.zeros(108), np.zeros(108)
        for cell, place in enumerate(PLACES):
            for way in HOPS[1:]:
                there = place[0] + way[0], place[1] + way[1], place[2] + way[2]
                if there in PLACES:
                    total[cell] += light[PLACES.index(there)]
                    degree[cell] += 1
        light = light + 0.06 * (total - degree * light) - 0.01 * light
        light[GOAL] = 10.0
        found.append(light)
    return np.array(found)


def seen(observation):
    """Return the light and the agent's cell of a flat observation."""
    light, mask = observation.reshape(2, 108)
    (cell,) = np.flatnonzero(mask)
    assert mask.sum() == 1.0
    return light, int(cell)


def hop(cell, action):
    """Return the cell after an action, from the places themselves."""
    target = tuple(a + b for a, b in zip(PLACES[cell], HOPS[action], strict=True))
    return PLACES.index(target) if target in PLACES else cell


@pytest.fixture
def env():
    return LayeredHex()


@pytest.mark.slow
def test_an_episode_begins_with_the_light_after_61_ticks_and_it_goes_on(env):
    expected = beacon(91)
    observation, _ = env.reset(seed=1)
    for tick in range(60, 91):
        assert np.allclose(seen(observation)[0], expected[tick], rtol=1e-4, atol=1e-6)
        observation = env.step(0)[0]


@pytest.mark.slow
def test_the_next_episode_begins_with_the_same_light(env):
    first = env.reset(seed=1)[0]
    env.step(0)
    assert env.reset()[0][:108].tobytes() == first[:108].tobytes()


@pytest.mark.few(3)
@pytest.mark.parametrize("action", range(9))
def test_an_action_hops_to_a_hexagon_or_a_floor_and_stays_at_the_border(env, action):
    stayed = 0
    for seed in range(40):
        _, cell = seen(env.reset(seed=seed)[0])
        cell = seen(env.step(8)[0])[1]  # to the middle floor
        for _ in range(3):
            stayed += hop(cell, action) == cell
            cell = hop(cell, action)
            assert seen(env.step(action)[0])[1] == cell
    assert 0 < stayed < 120 or action == 0  # both kinds were met


def test_up_and_down_lead_from_floor_to_floor(env):
    q, r, floor = PLACES[seen(env.reset(seed=0)[0])[1]]
    assert floor == 0
    found = [PLACES[seen(env.step(action)[0])[1]] for action in (7, 8, 8, 8, 7)]
    assert found == [(q, r, 0), (q, r, 1), (q, r, 2), (q, r, 2), (q, r, 1)]


def test_a_step_pays_a_tenth_of_the_light_where_the_agent_arrives_less_a_half(env):
    env.reset(seed=3)
    for action in (8, 1, 6, 0, 3, 7):
        observation, reward, terminated, truncated, _ = env.step(action)
        light, cell = seen(observation)
        assert cell != GOAL
        assert reward == 0.1 * float(light[cell]) - 0.5
        assert (terminated, truncated) == (False, False)


def test_the_beacon_pays_a_hundred_and_ends_the_episode(env):
    q, r, _ = PLACES[seen(env.reset(seed=3)[0])[1]]
    ends = [env.step(action)[1:4] for action in [1] * (5 - q) + [6] * (5 - r) + [8, 8]]
    assert [end[1:] for end in ends[:-1]] == [(False, False)] * (len(ends) - 1)
    assert ends[-1] == (0.1 * 10.0 - 0.5 + 100.0, True, False)


def test_the_agent_begins_anywhere_on_the_lowest_floor_with_equal_chance():
    envs = MurkVectorEnv(LayeredHex, 1800)
    counts = np.zeros(108)
    envs.reset(seed=0)
    for _ in range(2):
        observations, _ = envs.reset()
        counts += observations[:, 108:].sum(axis=0)
    lowest = counts[[floor == 0 for _, _, floor in PLACES]]
    assert lowest.sum() == 3600
    chi_square = ((lowest - 100.0) ** 2 / 100.0).sum()
    assert 35 - 4 * math.sqrt(70) < chi_square < 35 + 4 * math.sqrt(70)  # mean and deviation, 35 free


def test_the_optimal_mean_return_is_98_427_in_7_00_steps():
    assert optimum(LayeredHex.Params()) == pytest.approx(98.427, abs=0.0005)
    steps = lengths(best(LayeredHex.Params()), floors_of(6, 3), GOAL)
    assert steps[::3].mean() == pytest.approx(7.0, abs=1e-12)


@pytest.mark.parametrize("size", [6, 8, 16])
def test_the_best_play_goes_to_the_beacon_by_shortest_paths(size):
    params = LayeredHex.Params(size=size)
    steps = lengths(best(params), floors_of(size, 3), params.goal)
    places = np.array([(q, r, floor) for r, q, floor in np.ndindex(size, size, 3)])
    q, r, floor = (places[-1] - places).T  # to the last corner: both east and southeast, no short cut
    assert steps.tolist() == (q + r + floor).tolist()


@pytest.mark.parametrize(("size", "floors"), [(6, 3), (8, 3), (16, 3), (6, 8)])
def test_staying_away_from_the_beacon_costs_at_every_moment(size, floors):
    params = LayeredHex.Params(size=size, floors=floors)
    away = np.delete(rewards(params), params.goal, axis=1)
    assert away.shape == (201, size * size * floors - 1)
    assert away.max() < -0.06


def test_no_light_makes_up_for_a_step_that_costs_one():
    params = LayeredHex.Params(size=2, floors=2, decay=0.0, diffusion=0.125, step_cost=1.0)
    assert np.delete(rewards(params), params.goal, axis=1).max() < 0.0


def test_the_best_play_earns_its_optimum_in_the_env():
    play = best(LayeredHex.Params())
    envs = MurkVectorEnv(LayeredHex, 300)
    cells = envs.reset(seed=1)[0][:, 108:].argmax(axis=1)
    expected, earned, running = play.values[cells], np.zeros(300), np.ones(300, bool)
    for actions in play.actions[:12]:  # the longest way
        observations, paid, ended, _, _ = envs.step(actions[cells])
        cells = observations[:, 108:].argmax(axis=1)
        earned += np.where(running, paid, 0.0)
        running &= ~ended
    assert not running.any()
    assert np.allclose(earned, expected, rtol=0.0, atol=1e-4)  # the field is float32


@pytest.mark.slow
def test_climbing_the_light_arrives_from_everywhere():
    envs = MurkVectorEnv(LayeredHex, 500)
    observations, _ = envs.reset(seed=2)
    assert (observations[:, 108:].sum(axis=0) > 0).sum() == 36
    ended = np.zeros(500, bool)
    for _ in range(12):
        actions = POLICIES["scripted"](observations, envs.single_action_space, np.random.default_rng(0))
        observations, _, terminated, _, _ = envs.step(actions)
        ended |= terminated
    assert ended.all()


def test_the_number_of_floors_is_a_parameter():
    env = LayeredHex(size=3, floors=5)
    light, mask = env.reset(seed=0)[0].reshape(2, 3, 3, 5)
    assert np.unravel_index(light.argmax(), light.shape) == (2, 2, 4)
    assert mask[:, :, 0].sum() == 1.0


@pytest.mark.slow
def test_the_image_and_the_dict_are_the_flat_observation_in_other_shapes():
    flat, image, parts = (LayeredHex(layout=layout).reset(seed=2)[0] for layout in ("flat", "image", "dict"))
    assert image.shape == (2, 6, 6, 3)
    assert {key: value.shape for key, value in parts.items()} == dict.fromkeys(
        ("beacon", "agent"), (1, 6, 6, 3)
    )
    assert flat.tobytes() == image.tobytes() == parts["beacon"].tobytes() + parts["agent"].tobytes()


def test_the_space_is_as_tight_as_the_light(env):
    space = env.observation_space
    assert (space.low.min(), space.low.max()) == (0.0, 0.0)
    assert space.high.tolist() == [10.0] * 108 + [1.0] * 108


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"size": 1}, "LayeredHex's size must be from 2 to 1024, not 1"),
        ({"floors": 1}, "LayeredHex's floors must be from 2 to 1024, not 1"),
        ({"floors": 2.5}, "floors must be an integer, not 2.5"),
        ({"decay": 1.0}, "decay must be below 1, .* not decay=1.0"),
        ({"decay": -0.01}, "decay must be from 0 to 1, not -0.01"),
        ({"decay": math.nan}, "decay must be a number, not nan"),
        ({"step_cost": -0.1}, "step_cost must be from 0 to 1e.06, not -0.1"),
        ({"step_cost": math.inf}, "step_cost must be from 0 to 1e.06, not inf"),
        ({"diffusion": 0.13}, "diffusion must be from 0 to 0.125, not 0.13"),
        (
            {"diffusion": 0.125},
            "together with 8 times the diffusion at most 1, not decay=0.01 with diffusion=0.125",
        ),
        ({"diffusion": -0.1}, "diffusion must be from 0 to 0.125, not -0.1"),
    ],
    ids=str,
)
def test_parameters_that_cannot_be_are_refused(keywords, message):
    with pytest.raises(ParameterError, match=message):
        LayeredHex(**keywords)
    with pytest.raises(ParameterError, match=message):
        MurkVectorEnv(LayeredHex, 2, **keywords)


def test_all_envs_of_one_size_hold_one_copy_of_the_first_light():
    first, second = LayeredHex(size=4), MurkVectorEnv(LayeredHex, 3, size=4)
    one, other = (envs.world.view(LayeredHex.first_beacon) for envs in (first, second))
    assert np.shares_memory(one, other)
    assert one.shape == (48,)
