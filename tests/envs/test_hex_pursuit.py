"""HexPursuit: its rules worked by hand, who begins where, what is seen, and what its policies earn."""

import math

import numpy as np
import pytest

from murk_env import MurkAgentVectorEnv, MurkGroupsEnv, MurkParallelEnv
from murk_env.errors import ParameterError
from murk_envs import HexPursuit
from murk_envs.scripted.hex_pursuit import POLICIES, flee, optimum
from tests.env.engine.states import compiled_calls
from tests.envs.scenes import starting_with
from tests.small import small_keywords

SIZE = 12
WAYS = [(0, 0), (1, 0), (1, -1), (0, -1), (-1, 0), (-1, 1), (0, 1)]  # axial (q, r), by action


def cell(q, r):
    return r * SIZE + q


def hops(one, other, size=SIZE):
    """Return the hops between two cells of a field of hexagons, after their axial coordinates."""
    q, r = one % size - other % size, one // size - other // size
    return max(abs(q), abs(r), abs(q + r))


def place(*at, **parameters):
    """Return a hunt that begins with the agents, predators first, in the cells at some (q, r)."""
    cells = [cell(*one) for one in at]
    hunters, hunted = np.zeros((2, SIZE * SIZE), np.float32)
    hunters[cells[:3]], hunted[cells[3:]] = 1.0, 1.0
    env = MurkParallelEnv(
        starting_with(HexPursuit, cells=cells, hunters=hunters, hunted=hunted), **parameters
    )
    env.reset(seed=1)
    return env


def cells(env):
    return env.world[HexPursuit.cells][0].tolist()


def step(env, *actions):
    return env.step(dict(zip(env.possible_agents, actions, strict=False)))


def window(observation, part, view=3):
    """Return one of the windows, with q first: 0 predators, 1 prey, 2 cells that are there."""
    side = 2 * view + 1
    return observation[:-2].reshape(3, side, side)[part]


@pytest.fixture
def env():
    return MurkParallelEnv(HexPursuit)


def test_predators_and_prey_are_named_and_have_the_same_spaces(env):
    assert env.possible_agents == ["predator_0", "predator_1", "predator_2", "prey_0", "prey_1"]
    assert {env.action_space(agent).n for agent in env.possible_agents} == {7}
    assert {env.observation_space(agent).shape for agent in env.possible_agents} == {(3 * 49 + 2,)}


@pytest.mark.parametrize("action", range(7))
def test_an_action_hops_one_cell_for_predators_and_prey(action):
    at = [(2, 2), (5, 9), (9, 5), (6, 6), (2, 9)]
    env = place(*at)
    step(env, *[action] * 5)
    q, r = WAYS[action]
    assert cells(env) == [cell(col + q, row + r) for col, row in at]


def test_nobody_leaves_the_field_and_many_may_share_a_cell():
    env = place((0, 0), (0, 0), (11, 4), (11, 11), (5, 11))
    step(env, 3, 4, 1, 6, 6)
    assert cells(env) == [cell(0, 0), cell(0, 0), cell(11, 4), cell(11, 11), cell(5, 11)]


def test_prey_are_caught_when_a_predator_is_one_hop_away_after_all_have_hopped():
    env = place((2, 2), (9, 9), (0, 11), (5, 2), (11, 0))
    _, rewards, terminated, _, _ = step(env, 1, 0, 0, 4, 0)  # from three hops to one
    assert terminated == dict.fromkeys(env.possible_agents, False) | {"prey_0": True}
    assert rewards["prey_0"] == -10.0
    assert rewards["prey_1"] == 0.1
    assert {rewards[f"predator_{index}"] for index in range(3)} == {10.0 - 0.1}


def test_prey_two_hops_away_live_and_predators_pay_for_each():
    env = place((2, 2), (9, 9), (0, 11), (4, 2), (11, 0))
    _, rewards, terminated, _, _ = step(env, 0, 0, 0, 0, 0)
    assert not any(terminated.values())
    assert {rewards[f"prey_{index}"] for index in range(2)} == {0.1}
    assert {rewards[f"predator_{index}"] for index in range(3)} == {-0.2}


def test_a_prey_that_runs_away_is_out_of_reach_though_it_began_beside_a_predator():
    env = place((2, 2), (9, 9), (0, 11), (3, 2), (11, 0))
    assert not step(env, 0, 0, 0, 1, 0)[2]["prey_0"]


def test_caught_prey_are_gone_from_the_next_step_on():
    env = place((2, 2), (9, 9), (0, 11), (3, 2), (11, 0))
    seen, *_ = step(env, 0, 0, 0, 0, 0)
    assert window(seen["predator_0"], 1)[4, 3] == 1.0  # one to the east, in the step of the catch
    assert env.agents == ["predator_0", "predator_1", "predator_2", "prey_1"]
    seen, rewards, terminated, _, _ = env.step(dict.fromkeys(env.agents, 0))
    assert not window(seen["predator_0"], 1).any()
    assert cells(env)[3] == -1
    assert rewards == dict.fromkeys(("predator_0", "predator_1", "predator_2"), -0.1) | {"prey_1": 0.1}
    assert not any(terminated.values())


def test_the_predators_end_with_the_last_prey():
    env = place((2, 2), (9, 9), (9, 0), (3, 2), (11, 0))
    step(env, 0, 0, 0, 0, 0)
    _, rewards, terminated, truncated, _ = env.step(dict.fromkeys(env.agents, 0) | {"predator_2": 1})
    assert terminated == dict.fromkeys(("predator_0", "predator_1", "predator_2", "prey_1"), True)
    assert rewards == dict.fromkeys(("predator_0", "predator_1", "predator_2"), 10.0) | {"prey_1": -10.0}
    assert not any(truncated.values())
    assert not env.agents


def test_two_prey_caught_at_once_are_two_catches():
    env = place((2, 2), (9, 9), (0, 11), (3, 2), (9, 10))
    assert step(env, 0, 0, 0, 0, 0)[1] == dict(
        zip(env.possible_agents, [20.0] * 3 + [-10.0] * 2, strict=True)
    )


def test_with_no_reach_prey_are_caught_in_their_cell_and_may_exchange_it_with_a_predator():
    env = place((2, 2), (9, 9), (0, 11), (3, 2), (11, 0), reach=0)
    assert not step(env, 1, 0, 0, 4, 0)[2]["prey_0"]
    assert cells(env)[0] == cell(3, 2)
    assert step(env, 4, 0, 0, 0, 0)[2]["prey_0"]


def test_prey_out_of_reach_live_to_the_limit_and_predators_lose_what_they_gain():
    env = place((0, 0), (0, 0), (0, 0), (11, 11), (11, 11))
    total = dict.fromkeys(env.possible_agents, 0.0)
    for count in range(1, 101):
        _, rewards, terminated, truncated, _ = step(env, 0, 0, 0, 0, 0)
        total = {agent: total[agent] + rewards[agent] for agent in total}
        assert not any(terminated.values())
        assert set(truncated.values()) == {count == 100}
    assert total == pytest.approx({a: 10.0 if a.startswith("prey") else -20.0 for a in total})


@pytest.mark.parametrize("seed", range(8))
def test_everyone_sees_who_is_within_three_hops_and_where_the_field_ends(env, seed):
    env.reset(seed=seed)
    for _ in range(5):
        agents = list(env.agents)
        seen, *_ = env.step({agent: env.action_space(agent).sample() for agent in agents})
        where = dict(zip(env.possible_agents, cells(env), strict=True))
        for agent in agents:
            expected = np.zeros((3, 7, 7))
            for q in range(SIZE):
                for r in range(SIZE):
                    if hops(cell(q, r), where[agent]) <= 3:
                        inside = 3 + q - where[agent] % SIZE, 3 + r - where[agent] // SIZE
                        here = [other for other in where if where[other] == cell(q, r)]
                        expected[(0, *inside)] = any(other.startswith("predator") for other in here)
                        expected[(1, *inside)] = any(other.startswith("prey") for other in here)
                        expected[(2, *inside)] = 1.0
            assert np.array_equal(seen[agent][:-2].reshape(3, 7, 7), expected)
            assert seen[agent][-2:] == pytest.approx(
                np.array([where[agent] % SIZE, where[agent] // SIZE]) / 11
            )


def starts(num_worlds, **parameters):
    """Return the cells of all agents when episodes begin, (num_worlds, num_agents)."""
    envs = MurkAgentVectorEnv(HexPursuit, num_worlds, group="prey", others={"predator": flee}, **parameters)
    envs.reset(seed=0)
    return envs.world[HexPursuit.cells]


def test_no_predator_begins_within_four_hops_of_a_prey_and_some_at_four():
    gaps = [hops(row[p], row[q]) for row in starts(500).tolist() for p in range(3) for q in (3, 4)]
    assert min(gaps) == 4


@pytest.mark.slow
def test_the_first_predator_begins_anywhere_with_equal_chance():
    counts = np.bincount(starts(14400)[:, 0], minlength=144)
    chi_square = ((counts - 100.0) ** 2 / 100.0).sum()
    assert abs(chi_square - 143) < 4 * math.sqrt(2 * 143)


@pytest.mark.slow
def test_each_prey_begins_anywhere_far_enough_from_it_with_equal_chance():
    rows = starts(14400)
    corner = rows[rows[:, 0] == 0]
    far = [other for other in range(144) if hops(0, other) >= 4]
    assert set(corner[:, 3].tolist()) <= set(far)
    first = np.array([far.index(one) for one in corner[:, 3]])
    assert abs(first.mean() - (len(far) - 1) / 2) < 4 * len(far) / math.sqrt(12 * len(first))


def test_the_widest_gap_leaves_prey_the_one_corner_that_is_far_enough():
    rows = starts(300, size=5, gap=4).tolist()
    assert min(hops(a, b, 5) for row in rows for a in row[:3] for b in row[3:]) == 4


@pytest.mark.slow
@pytest.mark.parametrize(
    "keywords", [{"predators": 1, "prey": 1, "size": 8}, {"predators": 9, "prey": 7, "size": 64, "gap": 20}]
)
def test_one_of_each_and_many_of_each_can_play_on_large_fields(keywords):
    env = MurkParallelEnv(HexPursuit, checked=True, **keywords)
    env.reset(seed=1)
    for _ in range(3):
        env.step({agent: env.action_space(agent).sample() for agent in env.agents})


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"predators": 0}, "predators must be from 1 to 65536, not 0"),
        ({"predators": 10**12}, "predators must be from 1 to 65536, not 1000000000000"),
        ({"prey": -1}, "prey must be from 1 to 65536, not -1"),
        ({"view": 0}, "view must be from 1 to 1024, not 0"),
        ({"view": -1}, "view must be from 1 to 1024, not -1"),
        ({"gap": 1}, "gap must be larger than reach.* not 1 with reach=1 and size=12"),
        ({"reach": -1}, "reach must be from 0 to 32768, not -1"),
        ({"size": 4}, "smaller than size.* all have room, not 4 with reach=1 and size=4"),
        ({"catch": -1.0}, "catch must be from 0 to 1e.06, not -1.0"),
        ({"survival": math.inf}, "survival must be from 0 to 1e.06, not inf"),
        ({"survival": math.nan}, "survival must be a number, not nan"),
        ({"size": 8.5}, "size must be an integer, not 8.5"),
    ],
    ids=str,
)
def test_parameters_that_cannot_be_are_refused(keywords, message):
    with pytest.raises(ParameterError, match=message):
        MurkParallelEnv(HexPursuit, **keywords)


def test_nothing_is_a_positive_zero_for_predators_too():
    env = MurkParallelEnv(HexPursuit, survival=0.0)
    env.reset(seed=0)
    rewards = env.step(dict.fromkeys(env.agents, 0))[1]
    assert {str(reward) for reward in rewards.values()} == {"0.0"}


def returns_of(policy, num_worlds=100):
    """Return the predators' mean return against prey that flee, and the largest."""
    envs = MurkAgentVectorEnv(
        HexPursuit, num_worlds, group="predator", others={"prey": flee}, autoreset_mode="NextStep"
    )
    observations, _ = envs.reset(seed=0)
    rng, total, running = np.random.default_rng(0), np.zeros(envs.num_envs), np.ones(envs.num_envs, bool)
    while running.any():
        actions = policy(observations, envs.single_action_space, rng)
        observations, rewards, terminated, truncated, _ = envs.step(actions)
        total += np.where(running, rewards, 0.0)
        running &= ~(terminated | truncated)
    return total.mean(), total.max()


@pytest.mark.slow
def test_predators_that_chase_earn_far_more_than_random_ones_and_no_more_than_the_bound():
    chasing, best = returns_of(POLICIES["scripted"])
    random, _ = returns_of(POLICIES["random"])
    assert chasing > random + 10.0
    assert best <= optimum(HexPursuit.Params())


def test_the_bound_is_a_hunt_in_which_both_come_together():
    assert optimum(HexPursuit.Params()) == pytest.approx(2 * (10.0 - 0.1))  # from four hops, to two, to none
    assert optimum(HexPursuit.Params(gap=3)) == 20.0  # from three hops to one


@pytest.mark.slow
def test_the_small_parameters_have_short_episodes_of_both_ends():
    small = small_keywords(HexPursuit)
    stay = {"prey": lambda seen: np.zeros(seen.shape[:2], int)}
    envs = MurkAgentVectorEnv(HexPursuit, 20, group="predator", others=stay, checked=True, **small)
    envs.reset(seed=0)
    ends = [envs.step(envs.action_space.sample())[2:4] for _ in range(60)]
    terminated, truncated = (np.array(flags) for flags in zip(*ends, strict=True))
    assert terminated.any()
    assert truncated.any()


def test_a_step_of_all_groups_is_one_compiled_call():
    envs = MurkGroupsEnv(HexPursuit, 2, autoreset_mode="SameStep", **small_keywords(HexPursuit))
    envs.reset(seed=0)
    for _ in range(2):
        envs.step({name: np.zeros((2, len(names)), int) for name, names in envs.agents.items()})
    assert compiled_calls(envs) == [1, 1]
