"""Wildfire: its rules worked by hand, how episodes begin, the contract of both faces, and what crews save."""

import math
from typing import Any

import gymnasium
import numpy as np
import pytest

from murk_env import Hex2D, MurkParallelEnv, MurkVectorEnv
from murk_env.errors import ParameterError
from murk_env.testing import check_vector_env
from murk_envs import Wildfire
from murk_envs.scripted.wildfire import POLICIES, optimum
from tests.envs.scenes import starting_with
from tests.small import small_keywords

SIZE = 16
WAYS = [(0, 0), (1, 0), (1, -1), (0, -1), (-1, 0), (-1, 1), (0, 1)]  # axial (q, r), by action
WET = 7
FOREST, BURNING, BARE = range(3)
CERTAIN: dict[str, Any] = {
    "ignition": 1e6,
    "wind": 0.0,
    "forest": 1.0,
    "drying": 0.0,
}  # fire takes every dry neighbour
COLD: dict[str, Any] = {"ignition": 0.0, "forest": 1.0}


def cell(q, r):
    return r * SIZE + q


def around(q, r):
    """Return the cell and its neighbours within the lattice."""
    near = [(q + dq, r + dr) for dq, dr in WAYS]
    return {cell(*one) for one in near if 0 <= one[0] < SIZE and 0 <= one[1] < SIZE}


def lay_out(*crew, flames=(), bare=(), wet=(), fuel=1.0, **parameters):
    """Return a forest with the crew, flames and bare ground at some (q, r), and the same fuel everywhere."""
    state, dryness = np.zeros(SIZE * SIZE, np.int32), np.ones(SIZE * SIZE, np.float32)
    state[[cell(*one) for one in flames]] = BURNING
    state[[cell(*one) for one in bare]] = BARE
    dryness[list(wet)] = 0.0
    cells = [cell(*one) for one in crew]
    scene = starting_with(Wildfire, cells=cells, state=state, fuel=fuel, dryness=dryness)
    env = scene(crew=len(crew), burning=8.0, checked=True, **parameters)
    env.reset(seed=1)
    return env


def read(env, field):
    return env.world[field][0]


def cells_in(env, state):
    return set(np.flatnonzero(read(env, Wildfire.state) == state).tolist())


@pytest.mark.slow
@pytest.mark.parametrize("action", range(8))
def test_an_action_hops_one_cell_or_stays(action):
    env = lay_out((4, 7), (9, 2), flames=[(15, 15)], **COLD)
    env.step([action, 0])
    q, r = WAYS[action] if action != WET else (0, 0)
    assert read(env, Wildfire.cells).tolist() == [cell(4 + q, 7 + r), cell(9, 2)]


def test_nobody_leaves_the_forest_or_walks_into_flames():
    env = lay_out((0, 0), (15, 15), (4, 4), (4, 4), flames=[(5, 4)], **COLD)
    env.step([4, 1, 1, 2])
    assert read(env, Wildfire.cells).tolist() == [cell(0, 0), cell(15, 15), cell(4, 4), cell(5, 3)]


@pytest.mark.parametrize("at", [(5, 5), (0, 0), (15, 3)])
def test_wetting_makes_the_cell_and_its_neighbours_wet_and_they_dry_again(at):
    env = lay_out(at, flames=[(9, 12)], drying=0.125, **COLD)
    env.step([WET])
    dryness = read(env, Wildfire.dryness)
    assert set(np.flatnonzero(dryness == 0.0).tolist()) == around(*at)
    assert (np.delete(dryness, list(around(*at))) == 1.0).all()
    for step in range(1, 8):
        env.step([0])
        assert set(read(env, Wildfire.dryness)[list(around(*at))].tolist()) == {step / 8}


def test_a_certain_fire_takes_every_dry_neighbour_and_costs_its_share_of_the_forest():
    env = lay_out((15, 15), flames=[(5, 5)], **CERTAIN)
    _, reward, terminated, _, _ = env.step([0])
    assert cells_in(env, BURNING) == around(5, 5)
    assert reward == -100.0 * 6 / 256
    assert not terminated
    assert env.step([0])[1] == -100.0 * 12 / 256  # the ring around


def test_what_is_wetted_does_not_catch_fire_in_the_same_step():
    env = lay_out((7, 5), flames=[(5, 5)], **CERTAIN)
    _, reward, *_ = env.step([WET])
    assert cells_in(env, BURNING) == around(5, 5) - around(7, 5)
    assert reward == -100.0 * 5 / 256


def test_a_fire_whose_neighbours_are_wet_burns_out_and_ends_the_episode():
    env = lay_out((5, 5), (5, 5), flames=[(4, 5)], wet=around(4, 5), fuel=0.375, **CERTAIN)
    ends = [env.step([0, 0])[1:3] for _ in range(3)]
    assert ends == [(0.0, False), (0.0, False), (0.0, True)]
    assert cells_in(env, BARE) == {cell(4, 5)}
    assert read(env, Wildfire.fuel)[cell(4, 5)] == 0.0


def test_bare_ground_does_not_burn():
    env = lay_out((15, 15), flames=[(5, 5)], bare=[(6, 5)], **CERTAIN)
    env.step([0])
    assert cells_in(env, BURNING) == around(5, 5) - {cell(6, 5)}


def test_wetting_does_not_put_out_what_burns():
    env = lay_out((5, 5), flames=[(5, 5)], fuel=0.5, **CERTAIN)
    assert [env.step([WET])[2] for _ in range(4)] == [False, False, False, True]
    assert cells_in(env, FOREST) == set(range(256)) - {cell(5, 5)}


@pytest.mark.slow
def test_an_episode_is_truncated_at_the_limit_while_something_burns():
    env = gymnasium.wrappers.TimeLimit(Wildfire(ignition=0.0), max_episode_steps=5)
    env.reset(seed=1)
    assert [env.step([0] * 4)[2:4] for _ in range(5)] == [(False, False)] * 4 + [(False, True)]


@pytest.mark.slow
def test_fire_spreads_with_the_wind():
    state = np.zeros(225, np.int32)
    state[112] = BURNING  # in the middle, (7, 7)
    wind = {"speed": 8.0, "direction": 0.0}  # towards x, the direction east
    scene = starting_with(Wildfire, state=state, fuel=1.0, **wind)
    envs = MurkVectorEnv(scene, 200, size=15, forest=1.0)
    envs.reset(seed=0)
    for _ in range(8):
        envs.step(np.zeros((200, 4), int))
    burnt = (envs.world[Wildfire.state] != FOREST).mean(axis=0)
    positions = Hex2D(15, 15).positions
    x = positions[:, 0] - positions[112, 0]
    east, west = burnt[x > 0.1].sum(), burnt[x < -0.1].sum()
    assert east > 2.0 * west


@pytest.fixture(scope="module")
def begun():
    """Return the fields of 3,000 episodes that have just begun."""
    envs = MurkVectorEnv(Wildfire, 3000, sparks=2)
    envs.reset(seed=0)
    return {name: envs.world[field] for name, field in Wildfire.fields.items()}


@pytest.mark.slow
def test_every_forest_has_as_many_trees_with_fuel_as_it_should_and_as_many_sparks(begun):
    state, fuel = begun["state"], begun["fuel"]
    assert ((state != BARE).sum(axis=1) == 230).all()  # 0.9 of 256, rounded
    assert ((state == BURNING).sum(axis=1) == 2).all()
    assert ((fuel > 0.0) == (state != BARE)).all()
    amounts = fuel[fuel > 0.0]
    assert amounts.min() >= 0.5
    assert amounts.max() <= 1.0
    assert amounts.mean() == pytest.approx(0.75, abs=4 * 0.5 / math.sqrt(12 * amounts.size))


@pytest.mark.slow
def test_trees_and_sparks_are_anywhere_with_equal_chance(begun):
    for seen, share in ((begun["state"] != BARE, 230 / 256), (begun["state"] == BURNING, 2 / 256)):
        error = math.sqrt(share * (1.0 - share) / 3000)
        assert np.abs(seen.mean(axis=0) - share).max() < 4.5 * error


def test_the_crew_begins_anywhere_with_equal_chance(begun):
    counts, expected = np.bincount(begun["cells"].ravel(), minlength=256), 12000 / 256
    assert abs(((counts - expected) ** 2 / expected).sum() - 255) < 4 * math.sqrt(2 * 255)


def test_the_wind_blows_from_anywhere_up_to_its_limit_and_is_seen(begun):
    speed, direction = begun["speed"], begun["direction"]
    for values, most in ((speed, 8.0), (direction, 2 * math.pi)):
        distance = np.abs(np.sort(values) / most - (np.arange(3000) + 0.5) / 3000).max()
        assert distance < 1.63 / math.sqrt(3000)  # Kolmogorov and Smirnov, 1 %
    expected = np.stack([np.cos(direction), np.sin(direction)], axis=1) * speed[:, None] / 20.0
    assert begun["breeze"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.slow
def test_the_forest_is_dry_when_an_episode_begins_also_after_a_wet_one():
    env = Wildfire(size=5)
    env.reset(seed=1)
    env.step([WET] * 4)
    env.reset()
    assert (read(env, Wildfire.dryness) == 1.0).all()


def test_the_observation_shows_the_forest_the_crew_and_the_wind():
    env = Wildfire()
    env.reset(seed=3)
    seen = [env.step(env.action_space.sample())[0] for _ in range(10)][-1]
    planes, places, breeze = seen[: 6 * 256].reshape(6, 256), seen[6 * 256 : -2].reshape(2, 4), seen[-2:]
    state, crew = read(env, Wildfire.state), read(env, Wildfire.cells)
    assert [set(np.flatnonzero(plane).tolist()) for plane in planes[:3]] == [
        cells_in(env, s) for s in range(3)
    ]
    assert planes[:3].sum() == len(state)
    assert np.array_equal(planes[3], read(env, Wildfire.fuel))
    assert np.array_equal(planes[4], read(env, Wildfire.dryness))
    assert set(np.flatnonzero(planes[5]).tolist()) == set(crew.tolist())
    assert places == pytest.approx(np.stack([crew % 16, crew // 16]) / 15)
    assert np.array_equal(breeze, read(env, Wildfire.breeze))


@pytest.mark.slow
def test_with_a_view_each_of_the_crew_sees_what_is_around_it_and_shares_reward_and_end():
    env, team = MurkParallelEnv(Wildfire, view=4), Wildfire()
    env.reset(seed=3)
    team.reset(seed=3)
    ended, rng = False, np.random.default_rng(0)
    while not ended:
        actions = rng.integers(0, 8, 4)
        seen, rewards, terminated, _, _ = env.step(dict(zip(env.possible_agents, actions, strict=True)))
        whole, reward, ended, _, _ = team.step(actions)
        assert set(rewards.values()) == {reward}
        assert set(terminated.values()) == {ended}
        planes = np.pad(whole[: 6 * 256].reshape(6, 16, 16), ((0, 0), (4, 4), (4, 4))).swapaxes(1, 2)
        q, r = np.indices((9, 9)) - 4
        disk = np.maximum.reduce([np.abs(q), np.abs(r), np.abs(q + r)]) <= 4
        for agent, where in zip(env.possible_agents, read(env, Wildfire.cells).tolist(), strict=True):
            own = planes[:, where % 16 : where % 16 + 9, where // 16 : where // 16 + 9] * disk
            assert np.array_equal(seen[agent][: 6 * 81].reshape(6, 9, 9), own)
            assert np.array_equal(seen[agent][-2:], whole[-2:])
    assert not env.agents


def maps_of(env):
    """Return what burns, the dry forest beside it, how dry the forest is, and where the crew is, (4, 256)."""
    state, dryness = read(env, Wildfire.state), read(env, Wildfire.dryness)
    flames = (state == BURNING).astype(float)
    tinder = np.where(state == FOREST, dryness, 0.0)
    beside = [any(flames[list(around(one % SIZE, one // SIZE))]) for one in range(SIZE * SIZE)]
    crowd = np.zeros(SIZE * SIZE)
    crowd[read(env, Wildfire.cells)] = 1.0
    return np.array([flames, tinder * beside, tinder, crowd])


@pytest.mark.slow
def test_each_of_the_crew_sees_the_whole_map_by_ring_and_direction():
    env = MurkParallelEnv(Wildfire)
    seen, _ = env.reset(seed=3)
    rng = np.random.default_rng(0)
    for _ in range(20):
        seen, *_ = env.step({agent: rng.integers(0, 8) for agent in env.agents})
    maps, positions, lattice = maps_of(env), Hex2D(16, 16).positions, Hex2D(16, 16)
    assert maps.any(axis=1).all()
    for agent, here in zip(env.agents, read(env, Wildfire.cells).tolist(), strict=True):
        hops, (x, y) = lattice.distance(here, np.arange(256)), (positions - positions[here]).T
        ring = np.searchsorted([1, 2, 3, 5, 9], hops, side="right") - 1
        sector = np.floor(np.round(np.arctan2(y, x) * 6 / math.tau + 0.5, 6)).astype(int) % 6
        expected = [
            [[one[(ring == k) & (sector == s)].sum() for s in range(6)] for k in range(5)] for one in maps
        ]
        assert seen[agent][:120].reshape(4, 5, 6) == pytest.approx(np.array(expected), abs=1e-4)
        assert seen[agent][120:124] == pytest.approx(maps[:, here], abs=1e-6)
        assert seen[agent][124:126] == pytest.approx(np.array([here % 16, here // 16]) / 15)


def test_what_the_crew_sees_first_follows_from_the_start():
    env = lay_out((4, 7), flames=[(5, 5)], wet=[cell(6, 5)], **COLD)
    assert set(np.flatnonzero(read(env, Wildfire.flames)).tolist()) == {cell(5, 5)}
    front = set(np.flatnonzero(read(env, Wildfire.front)).tolist())
    assert front == around(5, 5) - {cell(5, 5), cell(6, 5)}


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"size": 1}, "size must be from 2 to 32768, not 1"),
        ({"crew": 0}, "crew must be from 1 to 65536, not 0"),
        ({"sparks": 0}, "sparks must be from 1 to 65536, not 0"),
        ({"forest": 1.2}, "forest must be from 0 to 1, not 1.2"),
        ({"burning": 0.5}, "burning must be from 1 to 1e.06, not 0.5"),
        ({"ignition": -0.1}, "ignition must be from 0 to 1e.06, not -0.1"),
        ({"wind": 21.0}, "wind must be from 0 to 20, not 21.0"),
        ({"drying": math.nan}, "drying must be a number, not nan"),
        ({"view": -1}, "view must be from 0 to 1024, not -1"),
        (
            {"forest": 0.0},
            "sparks must be below the number of cells with forest, which is 0 with forest=0.0, not 1",
        ),
        ({"size": 3, "forest": 0.5, "sparks": 4}, "which is 4 with forest=0.5, not 4; lower sparks"),
    ],
    ids=str,
)
def test_parameters_that_cannot_be_are_refused(keywords, message):
    with pytest.raises(ParameterError, match=message):
        Wildfire(**keywords)
    with pytest.raises(ParameterError, match=message):
        MurkVectorEnv(Wildfire, 2, **keywords)


def test_a_step_in_which_nothing_catches_fire_pays_a_positive_zero():
    env = Wildfire(ignition=0.0)
    env.reset(seed=0)
    assert str(env.step([0, 0, 0, 0])[1]) == "0.0"


@pytest.mark.slow  # tests/conformance runs the same rules
@pytest.mark.parametrize("checked", [False, True], ids=["normal", "checked"])
def test_the_vector_form_keeps_the_contract(checked):
    small = small_keywords(Wildfire) | {"checked": checked}

    def single():
        return gymnasium.wrappers.TimeLimit(Wildfire(**small), max_episode_steps=7)

    def native(num_envs, mode):
        return MurkVectorEnv(Wildfire, num_envs, autoreset_mode=mode, max_episode_steps=7, **small)

    check_vector_env(native, single, num_envs=(4,), steps=50)


def returns_of(policy, num_envs=60):
    envs = MurkVectorEnv(Wildfire, num_envs, max_episode_steps=200)
    observations, _ = envs.reset(seed=0)
    rng, total, running = np.random.default_rng(0), np.zeros(num_envs), np.ones(num_envs, bool)
    while running.any():
        actions = policy(observations, envs.single_action_space, rng)
        observations, rewards, terminated, truncated, _ = envs.step(actions)
        total += np.where(running, rewards, 0.0)
        running &= ~(terminated | truncated)
    return total


@pytest.mark.slow
def test_a_crew_that_wets_ahead_of_the_fire_saves_most_of_the_forest_and_a_random_one_does_not():
    scripted, random = (returns_of(POLICIES[name]) for name in ("scripted", "random"))
    assert scripted.mean() > -25.0
    assert random.mean() < -45.0
    assert max(scripted.max(), random.max()) <= optimum(Wildfire.Params())
    assert min(scripted.min(), random.min()) >= -100.0
