"""Harvest: its rules worked by hand, how orchards are laid out, and that it is a dilemma."""

import math
from typing import Any

import numpy as np
import pytest

from murk_env import MurkAgentVectorEnv, MurkParallelEnv
from murk_env.errors import ParameterError
from murk_envs import Harvest
from murk_envs.scripted.harvest import POLICIES, optimum
from tests.envs.scenes import starting_with

SIZE = 12
STAY, PICK = 0, 9
WAYS = [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)]  # (row, col), by action
SAME: dict[str, Any] = {"growth": 0.0}  # trees stay as they are


def cell(row, col):
    return row * SIZE + col


def lay_out(*agents, trees=(), rocks=(), **parameters):
    """Return an orchard with agents at some (row, col), trees by their (row, col) and fruit, and rocks."""
    keywords: dict[str, Any] = {"famine": 0.0} | parameters
    fruit, rock, crowd = np.zeros((3, SIZE, SIZE), np.float32)
    for where, borne in dict(trees).items():
        fruit[where] = borne
    for where in rocks:
        rock[where] = 1.0
    for where in agents:
        crowd[where] += 1.0
    planes = {"fruit": fruit.ravel(), "rock": rock.ravel(), "crowd": crowd.ravel()}
    scene = starting_with(Harvest, cells=[cell(*where) for where in agents], **planes)
    env = MurkParallelEnv(scene, agents=len(agents), checked=True, **keywords)
    env.reset(seed=1)
    return env


def step(env, *actions):
    return env.step(dict(zip(env.possible_agents, actions, strict=True)))


def cells(env):
    return env.world[Harvest.cells][0].tolist()


def fruit(env, where):
    return float(env.world[Harvest.fruit][0, cell(*where)])


@pytest.mark.few(1)
@pytest.mark.parametrize("action", range(10))
def test_an_action_hops_to_one_of_eight_cells_or_stays(action):
    env = lay_out((4, 7))
    step(env, action)
    row, col = WAYS[action] if action != PICK else (0, 0)
    assert cells(env) == [cell(4 + row, 7 + col)]


@pytest.mark.parametrize(
    ("at", "action"), [((0, 5), 1), ((11, 5), 2), ((5, 0), 3), ((5, 11), 4), ((0, 0), 8 - 3)]
)
def test_nobody_leaves_the_orchard(at, action):
    env = lay_out(at)
    step(env, action)
    assert cells(env) == [cell(*at)]


def test_rock_is_not_entered_and_diagonals_past_it_are_free():
    env = lay_out((4, 4), (4, 4), rocks=[(4, 5), (3, 4)])
    step(env, 4, 6)
    assert cells(env) == [cell(4, 4), cell(3, 5)]


def test_whoever_picks_gets_a_bite_and_the_tree_has_it_less():
    env = lay_out((4, 4), trees={(4, 4): 0.75}, **SAME)
    _, rewards, *_ = step(env, PICK)
    assert rewards == {"agent_0": 0.25}
    assert fruit(env, (4, 4)) == 0.5


def test_staying_hopping_and_picking_where_no_tree_is_earn_nothing():
    env = lay_out((4, 4), (4, 4), (2, 2), trees={(4, 4): 1.0}, **SAME)
    _, rewards, *_ = step(env, STAY, 1, PICK)
    assert rewards == dict.fromkeys(env.possible_agents, 0.0)
    assert fruit(env, (4, 4)) == 1.0


def test_the_last_of_a_tree_is_less_than_a_bite_and_its_roots_stay():
    env = lay_out((4, 4), trees={(4, 4): 0.25, (0, 0): 1.0}, **SAME)
    rewards = [step(env, PICK)[1]["agent_0"] for _ in range(3)]
    assert rewards == pytest.approx([0.2, 0.0, 0.0], abs=1e-7)
    assert fruit(env, (4, 4)) == pytest.approx(0.05)


def test_those_who_pick_from_one_tree_share_what_there_is():
    env = lay_out((4, 4), (4, 4), (4, 4), (4, 4), trees={(4, 4): 0.65}, **SAME)
    _, rewards, *_ = step(env, PICK, PICK, STAY, PICK)
    assert list(rewards.values()) == pytest.approx([0.2, 0.2, 0.0, 0.2])
    assert fruit(env, (4, 4)) == pytest.approx(0.05)


def test_where_there_is_enough_those_who_share_a_tree_get_a_bite_each():
    env = lay_out((4, 4), (4, 4), trees={(4, 4): 0.75}, **SAME)
    assert list(step(env, PICK, PICK)[1].values()) == [0.25, 0.25]
    assert fruit(env, (4, 4)) == 0.25


def test_trees_grow_before_they_are_picked_and_fastest_half_full():
    env = lay_out((4, 4), trees={(4, 4): 0.5, (0, 0): 1.0, (0, 1): 0.05}, growth=0.2)
    _, rewards, *_ = step(env, PICK)
    assert rewards["agent_0"] == 0.25
    assert fruit(env, (4, 4)) == pytest.approx(0.5 + 0.2 * 0.5 * 0.5 - 0.25)
    assert fruit(env, (0, 1)) == pytest.approx(0.05 + 0.2 * 0.05 * 0.95)
    assert fruit(env, (0, 0)) == 1.0
    assert fruit(env, (8, 8)) == 0.0


def test_a_famine_ends_the_episode_of_all():
    at_least = 0.15 * 36  # 36 trees
    for borne, ended in ((at_least + 0.1, False), (at_least - 0.1, True)):
        trees = {(row, col): borne / 12 for row in (1, 3) for col in range(6)}
        env = lay_out((11, 11), (11, 11), trees=trees, famine=0.15, **SAME)
        _, _, terminated, truncated, _ = step(env, STAY, STAY)
        assert list(terminated.values()) == [ended, ended]
        assert not any(truncated.values())
        assert len(env.agents) == (0 if ended else 2)


@pytest.mark.slow
def test_an_episode_is_truncated_after_300_steps():
    env = MurkParallelEnv(Harvest, agents=2)
    env.reset(seed=1)
    ends = [list(step(env, STAY, STAY)[3].values()) for _ in range(300)]
    assert ends == [[False, False]] * 299 + [[True, True]]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_agents_see_fruit_rock_and_each_other_around_them(seed):
    env = MurkParallelEnv(Harvest, view=2, agents=20)
    env.reset(seed=seed)
    for _ in range(4):
        seen, *_ = env.step({agent: env.action_space(agent).sample() for agent in env.agents})
        world = env.world
        borne, rock = (world[field].reshape(SIZE, SIZE) for field in (Harvest.fruit, Harvest.rock))
        crowd = np.bincount(cells(env), minlength=SIZE * SIZE).reshape(SIZE, SIZE).clip(0, 2)
        pads = ((borne, 0.0), (rock, 1.0), (crowd, 0.0))
        padded = [np.pad(plane, 2, constant_values=beyond) for plane, beyond in pads]
        for agent, where in zip(env.possible_agents, cells(env), strict=True):
            row, col = divmod(where, SIZE)
            expected = np.stack([plane[row : row + 5, col : col + 5] for plane in padded])
            assert np.array_equal(seen[agent][:-2].reshape(3, 5, 5), expected.astype(np.float32))
            assert seen[agent][-2:] == pytest.approx(np.array([row, col]) / 11)


def starts(num_worlds, **parameters):
    """Return the worlds of as many episodes that have just begun."""
    envs = MurkAgentVectorEnv(Harvest, num_worlds, **parameters)
    envs.reset(seed=0)
    return envs.world


@pytest.mark.slow
def test_every_orchard_has_as_many_trees_and_rocks_as_it_should_in_cells_of_their_own():
    world = starts(300)
    borne, rock = world[Harvest.fruit], world[Harvest.rock]
    assert ((borne > 0.0).sum(axis=1) == 36).all()  # a quarter of 144
    assert (rock.sum(axis=1) == 14).all()  # a tenth, rounded
    assert not (borne * rock).any()
    assert len(np.unique(rock, axis=0)) == 300


@pytest.mark.slow
def test_trees_and_rocks_stand_anywhere_with_equal_chance():
    world = starts(4000)
    for planes, share in ((world[Harvest.fruit] > 0.0, 36 / 144), (world[Harvest.rock] > 0.0, 14 / 144)):
        error = math.sqrt(share * (1.0 - share) / 4000)
        assert np.abs(planes.mean(axis=0) - share).max() < 4.5 * error


def test_trees_bear_a_uniform_amount_from_a_half_to_all():
    borne = starts(300)[Harvest.fruit]
    amounts = np.sort(borne[borne > 0.0])
    assert amounts[0] >= 0.5
    assert amounts[-1] <= 1.0
    assert np.abs(amounts - np.linspace(0.5, 1.0, len(amounts))).max() < 0.5 * 1.63 / math.sqrt(len(amounts))


@pytest.mark.slow
def test_agents_begin_in_any_cell_without_rock_with_equal_chance():
    world = starts(2000)
    where, rock = world[Harvest.cells], world[Harvest.rock]
    assert not np.take_along_axis(rock, where, axis=1).any()
    counts = np.bincount(where.ravel(), minlength=144)
    expected = 16000 / 144
    assert abs(((counts - expected) ** 2 / expected).sum() - 143) < 4 * math.sqrt(2 * 143)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"size": 1}, "size must be from 2 to 32768, not 1"),
        ({"agents": 0}, "agents must be from 1 to 65536, not 0"),
        ({"growth": 1.5}, "growth must be from 0 to 1, not 1.5"),
        ({"bite": math.nan}, "bite must be a number, not nan"),
        ({"view": 0}, "view must be from 1 to 1024, not 0"),
        (
            {"trees": 0.0},
            "there must be at least one tree and one empty cell, .* give 0 trees and 14 rocks in 144 cells",
        ),
        (
            {"trees": 0.9, "rocks": 0.1},
            "one tree and one empty cell, .* give 130 trees and 14 rocks in 144 cells",
        ),
        ({"roots": 0.6}, "roots and famine must be at most 0.5.* not 0.6 and 0.15"),
        ({"famine": 0.6}, "roots and famine must be at most 0.5.* not 0.05 and 0.6"),
    ],
    ids=str,
)
def test_parameters_that_cannot_be_are_refused(keywords, message):
    with pytest.raises(ParameterError, match=message):
        MurkParallelEnv(Harvest, **keywords)


@pytest.mark.slow
def test_the_smallest_orchard_and_the_fullest_can_be_played():
    for keywords in (
        {"size": 2, "trees": 0.5, "agents": 1},
        {"size": 9, "trees": 0.5, "rocks": 0.49, "agents": 30},
    ):
        env = MurkParallelEnv(Harvest, checked=True, **keywords)
        env.reset(seed=1)
        for _ in range(3):
            env.step({agent: env.action_space(agent).sample() for agent in env.agents})


def play(num_greedy, num_worlds=40):
    """Return the mean returns of greedy agents and of restrained ones, NaN where there are none."""
    envs = MurkAgentVectorEnv(Harvest, num_worlds, autoreset_mode="NextStep")
    observations, _ = envs.reset(seed=0)
    greedy = envs.world_and_agent(np.arange(envs.num_envs))[1] < num_greedy
    rng, total, running = np.random.default_rng(0), np.zeros(envs.num_envs), np.ones(envs.num_envs, bool)
    while running.any():
        chosen = [
            POLICIES[name](observations, envs.single_action_space, rng) for name in ("greedy", "scripted")
        ]
        observations, rewards, terminated, truncated, _ = envs.step(np.where(greedy, *chosen))
        total += np.where(running, rewards, 0.0)
        running &= ~(terminated | truncated)
    return total[greedy].mean() if num_greedy else math.nan, total[
        ~greedy
    ].mean() if num_greedy < 8 else math.nan


@pytest.fixture(scope="module")
def payoffs():
    return [play(num_greedy) for num_greedy in (0, 1, 4, 5, 8)]


@pytest.mark.slow
def test_all_lose_when_all_are_greedy(payoffs):
    (_, restrained), *_, (greedy, _) = payoffs
    assert restrained > 2.0 * greedy


@pytest.mark.slow
def test_whoever_turns_greedy_gains_whether_alone_or_with_half_of_the_others(payoffs):
    (_, restrained), (alone, _), (_, fourth_restrained), (fifth_greedy, _), _ = payoffs
    assert alone > 2.0 * restrained
    assert fifth_greedy > fourth_restrained


@pytest.mark.slow
def test_nobody_earns_more_than_the_bound_on_average(payoffs):
    bound = optimum(Harvest.Params())
    assert bound == pytest.approx(36 * (0.75 + 300 * 0.05 / 4) / 8)
    assert payoffs[0][1] < bound


def test_a_bound_of_few_agents_is_a_bite_in_every_step():
    assert optimum(Harvest.Params(agents=1)) == 300 * 0.25
