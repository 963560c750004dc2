"""CrystalNav against the reference's fields, its rules worked by hand, and its exact optimum."""

import math
from pathlib import Path

import numpy as np
import pytest

from murk_env import MurkVectorEnv
from murk_env.errors import ParameterError
from murk_envs import CrystalNav
from murk_envs.scripted.crystal_nav import HOPS, POLICIES, best, crystal, optimum, rewards
from murk_envs.scripted.navigation import evolve, lengths

VECTORS = Path(__file__).parents[3] / "shared" / "reference" / "vectors" / "example_fields.npz"
POINTS = [(x, y, z) for z in range(8) for y in range(8) for x in range(8) if (x + y + z) % 2 == 0]
BEACON, HAZARD = POINTS.index((6, 6, 6)), POINTS.index((2, 2, 2))
FIELDS = {"beacon": (BEACON, 0.06, 0.01), "radiation": (HAZARD, 0.04, 0.03)}  # cell, diffusion, decay


def ticks(name, num_ticks):
    """Return a field after each tick from a cold start, by the formula, (num_ticks, 256)."""
    source, diffusion, decay = FIELDS[name]
    kept = math.exp(-decay)
    return evolve(crystal(8), source, num_ticks, diffusion=kept * diffusion, kept=kept)


def seen(observation):
    """Return the beacon's light, the radiation and the agent's cell of a flat observation."""
    beacon, radiation, mask = observation.reshape(3, 256)
    (cell,) = np.flatnonzero(mask)
    assert mask.sum() == 1.0
    return beacon, radiation, int(cell)


def hop(cell, action):
    """Return the cell after an action, from the points themselves."""
    target = tuple(a + b for a, b in zip(POINTS[cell], HOPS[action], strict=True))
    return POINTS.index(target) if target in POINTS else cell


@pytest.fixture
def env():
    return CrystalNav()


@pytest.mark.skipif(not VECTORS.exists(), reason="the reference's recorded fields are not here")
@pytest.mark.parametrize("name", FIELDS)
def test_the_formula_is_the_references_rule_on_the_references_cells(name):
    recorded = np.load(VECTORS)
    assert recorded["crystal_coords"].tolist() == [list(point) for point in POINTS]
    for tick in (1, 10):
        expected = recorded[f"crystal_{name}__tick{tick}"]
        assert np.allclose(ticks(name, tick)[-1], expected, rtol=1e-5, atol=1e-7)


def test_an_episode_begins_with_the_fields_after_81_ticks_and_they_go_on(env):
    expected = [ticks(name, 111) for name in FIELDS]
    observation, _ = env.reset(seed=1)
    for tick in range(80, 111):
        for field, formula in zip(seen(observation), expected, strict=False):
            assert np.allclose(field, formula[tick], rtol=1e-4, atol=1e-6)
        observation = env.step(0)[0]


def test_the_next_episode_begins_with_the_same_fields(env):
    first = env.reset(seed=1)[0]
    env.step(0)
    assert env.reset()[0][:512].tobytes() == first[:512].tobytes()


@pytest.mark.few(4)
@pytest.mark.parametrize("action", range(13))
def test_an_action_hops_to_one_of_twelve_neighbours_and_stays_at_the_border(env, action):
    stayed = 0
    for seed in range(40):
        _, _, cell = seen(env.reset(seed=seed)[0])
        for _ in range(3):
            stayed += hop(cell, action) == cell
            cell = hop(cell, action)
            assert seen(env.step(action)[0])[2] == cell
    assert 0 < stayed < 120 or action == 0  # both kinds were met


def test_a_step_pays_light_less_radiation_less_one_where_the_agent_arrives(env):
    env.reset(seed=3)
    for action in (12, 4, 8, 0, 4):
        observation, reward, terminated, truncated, _ = env.step(action)
        beacon, radiation, cell = seen(observation)
        assert cell != BEACON
        assert reward == 0.1 * float(beacon[cell] - radiation[cell]) - 1.0
        assert (terminated, truncated) == (False, False)


def after_one_hop(begin, action):
    """Return observations, rewards and terminations of those among many episodes that begin at a point."""
    envs = MurkVectorEnv(CrystalNav, 2000)
    cells = envs.reset(seed=5)[0][:, 512:].argmax(axis=1)
    observations, paid, ended, _, _ = envs.step(np.full(2000, action))
    chosen = cells == POINTS.index(begin)
    assert chosen.any()
    return observations[chosen], paid[chosen], ended[chosen]


@pytest.mark.slow
def test_the_beacon_pays_a_hundred_and_ends_the_episode():
    observations, paid, ended = after_one_hop((5, 5, 6), 1)
    for observation, reward in zip(observations, paid, strict=True):
        _, radiation, cell = seen(observation)
        assert POINTS[cell] == (6, 6, 6)
        assert reward == 0.1 * float(np.float32(10.0) - radiation[BEACON]) - 1.0 + 100.0
    assert ended.all()


@pytest.mark.slow
def test_the_source_of_radiation_costs_nearly_two_and_ends_nothing():
    observations, paid, ended = after_one_hop((1, 1, 2), 1)
    assert [POINTS[seen(observation)[2]] for observation in observations] == [(2, 2, 2)] * len(paid)
    assert paid == pytest.approx(0.1 * (ticks("beacon", 82)[-1, HAZARD] - 10.0) - 1.0, abs=1e-5)
    assert paid.max() < -1.9
    assert not ended.any()


@pytest.mark.slow
def test_the_agent_begins_on_every_cell_but_the_beacon_with_equal_chance():
    envs = MurkVectorEnv(CrystalNav, 2550)
    counts = np.zeros(256)
    envs.reset(seed=0)
    for _ in range(10):
        observations, _ = envs.reset()
        counts += observations[:, 512:].sum(axis=0)
    assert counts[BEACON] == 0
    others = np.delete(counts, BEACON)
    chi_square = ((others - 100.0) ** 2 / 100.0).sum()
    assert 254 - 4 * math.sqrt(508) < chi_square < 254 + 4 * math.sqrt(508)  # mean and deviation, 254 free


def test_staying_away_from_the_beacon_costs_at_every_moment():
    away = np.delete(rewards(CrystalNav.Params()), BEACON, axis=1)
    assert away.shape == (301, 255)
    assert away.max() < -0.4


@pytest.mark.parametrize(
    ("size", "decay", "diffusion"), [(3, 0.0, 1 / 12), (9, 0.0, 1 / 12), (8, 0.01, 0.06)]
)
def test_no_light_makes_up_for_a_step_that_costs_one(size, decay, diffusion):
    params = CrystalNav.Params(size=size, beacon_decay=decay, beacon_diffusion=diffusion)
    assert np.delete(rewards(params), params.goal, axis=1).max() < 0.0


@pytest.mark.few(1)
@pytest.mark.parametrize("size", [3, 8, 9, 16])
def test_the_best_play_goes_to_the_beacon_by_shortest_paths(size):
    params = CrystalNav.Params(size=size)
    points = np.array([point for point in np.ndindex(size, size, size) if sum(point) % 2 == 0])
    points = points[np.lexsort(points.T)]  # along x, then y, then z
    ways = np.abs(points - points[params.goal])
    distance = np.maximum(ways.max(axis=1), ways.sum(axis=1) // 2)
    assert lengths(best(params), crystal(size), params.goal).tolist() == distance.tolist()


def test_the_optimal_mean_return_is_96_938_in_4_72_steps():
    assert optimum(CrystalNav.Params()) == pytest.approx(96.938, abs=0.0005)
    steps = lengths(best(CrystalNav.Params()), crystal(8), BEACON)
    assert np.delete(steps, BEACON).mean() == pytest.approx(4.72, abs=0.005)


def test_with_the_references_step_cost_the_best_play_waits_beside_the_beacon_for_126_91():
    params = CrystalNav.Params(step_cost=0.5)
    assert optimum(params) == pytest.approx(126.91, abs=0.005)
    assert set(np.delete(lengths(best(params), crystal(8), BEACON), BEACON)) == {300}


@pytest.mark.slow
def test_the_best_play_earns_its_optimum_in_the_env():
    play = best(CrystalNav.Params())
    envs = MurkVectorEnv(CrystalNav, 300)
    cells = envs.reset(seed=1)[0][:, 512:].argmax(axis=1)
    expected, earned, running = play.values[cells], np.zeros(300), np.ones(300, bool)
    for actions in play.actions[:9]:  # the longest way
        observations, paid, ended, _, _ = envs.step(actions[cells])
        cells = observations[:, 512:].argmax(axis=1)
        earned += np.where(running, paid, 0.0)
        running &= ~ended
    assert not running.any()
    assert np.allclose(earned, expected, rtol=0.0, atol=1e-4)  # the field is float32


@pytest.mark.slow
def test_climbing_the_light_arrives_from_everywhere():
    envs = MurkVectorEnv(CrystalNav, 1000)
    observations, _ = envs.reset(seed=2)
    assert (observations[:, 512:].sum(axis=0) > 0).sum() > 245  # nearly every cell is a start
    ended = np.zeros(1000, bool)
    for _ in range(12):
        actions = POLICIES["scripted"](observations, envs.single_action_space, np.random.default_rng(0))
        observations, _, terminated, _, _ = envs.step(actions)
        ended |= terminated
    assert ended.all()


def test_random_play_takes_every_action_and_repeats_with_its_generator(env):
    observations = np.zeros((1300, 768), np.float32)
    first, second = (
        POLICIES["random"](observations, env.action_space, np.random.default_rng(4)) for _ in range(2)
    )
    assert np.bincount(first, minlength=13).min() > 50
    assert first.tolist() == second.tolist()


def test_sources_lie_on_cells_of_every_size():
    found = {size: CrystalNav.Params(size=size) for size in (3, 4, 5, 8, 9, 16)}
    places = {
        size: [tuple(params.lattice.coordinates[cell].tolist()) for cell in (params.goal, params.hazard)]
        for size, params in found.items()
    }
    assert places == {
        3: [(1, 1, 0), (0, 0, 0)],
        4: [(2, 2, 2), (1, 1, 0)],
        5: [(3, 3, 2), (1, 1, 0)],
        8: [(6, 6, 6), (2, 2, 2)],
        9: [(7, 7, 6), (2, 2, 2)],
        16: [(14, 14, 14), (4, 4, 4)],
    }


@pytest.mark.parametrize("size", [3, 4, 5, 9])
def test_the_observation_shows_both_sources_at_any_size(size):
    env = CrystalNav(size=size)
    beacon, radiation, _ = env.reset(seed=0)[0].reshape(3, -1)
    params = CrystalNav.Params(size=size)
    assert len(beacon) == (size**3 + 1) // 2
    assert (beacon.argmax(), radiation.argmax()) == (params.goal, params.hazard)
    assert beacon.max() == radiation.max() == 10.0


@pytest.mark.slow
def test_the_image_and_the_dict_are_the_flat_observation_in_other_shapes():
    flat, image, parts = (CrystalNav(layout=layout).reset(seed=2)[0] for layout in ("flat", "image", "dict"))
    assert image.shape == (3, 256)
    assert {key: value.shape for key, value in parts.items()} == dict.fromkeys(
        ("beacon", "radiation", "agent"), (1, 256)
    )
    joined = b"".join(parts[name].tobytes() for name in ("beacon", "radiation", "agent"))
    assert flat.tobytes() == image.tobytes() == joined


def test_the_space_is_as_tight_as_the_fields(env):
    space = env.observation_space
    assert (space.low.min(), space.low.max()) == (0.0, 0.0)
    assert space.high.tolist() == [10.0] * 512 + [1.0] * 256


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"size": 2}, "CrystalNav's size must be from 3 to 1024, not 2"),
        ({"size": 10**12}, "size must be from 3 to 1024, not 1000000000000"),
        ({"size": 8.5}, "size must be an integer, not 8.5"),
        ({"step_cost": -0.1}, "step_cost must be from 0 to 1e.06, not -0.1"),
        ({"step_cost": math.nan}, "step_cost must be a number, not nan"),
        ({"beacon_diffusion": 0.1}, "beacon_diffusion must be from 0 to 0.0833333, not 0.1"),
        ({"radiation_diffusion": 0.1}, "radiation_diffusion must be from 0 to 0.08.*, not 0.1"),
        ({"beacon_decay": math.inf}, "beacon_decay must be from 0 to 1e.06, not inf"),
        ({"radiation_decay": -1.0}, "radiation_decay must be from 0 to 1e.06, not -1"),
    ],
    ids=str,
)
def test_parameters_that_cannot_be_are_refused(keywords, message):
    with pytest.raises(ParameterError, match=message):
        CrystalNav(**keywords)
    with pytest.raises(ParameterError, match=message):
        MurkVectorEnv(CrystalNav, 2, **keywords)


def test_all_envs_of_one_size_hold_one_copy_of_the_first_fields():
    first, second = CrystalNav(size=5), MurkVectorEnv(CrystalNav, 3, size=5)
    for field in (CrystalNav.first_beacon, CrystalNav.first_radiation):
        one, other = (envs.world.view(field) for envs in (first, second))
        assert np.shares_memory(one, other)
        assert one.shape == (63,)
