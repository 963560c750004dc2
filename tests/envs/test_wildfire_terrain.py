"""WildfireTerrain: its rules worked by hand, its tiles, a user's own land, and what crews save."""

import math
from typing import Any

import numpy as np
import pytest

from murk_env import MurkGroupsEnv, MurkVectorEnv
from murk_env.errors import MapError, ParameterError
from murk_envs import WildfireTerrain, tiles
from murk_envs.scripted.wildfire_terrain import POLICIES

STAY, EAST, DIG = 0, 4, 9


def hill(tmp_path, heights, kinds=None, **parameters):
    """An env on land of its own, a row of which is a row of the array."""
    np.save(tmp_path / "heights.npy", np.asarray(heights, float))
    if kinds is not None:
        np.save(tmp_path / "kinds.npy", np.asarray(kinds))
        parameters["kinds"] = str(tmp_path / "kinds.npy")
    env = WildfireTerrain(elevation=str(tmp_path / "heights.npy"), crew=1, wind=0.0, **parameters)
    env.reset(seed=1)
    return env


def set_up(env, **values):
    with env.world.edit() as tick:
        for name, value in values.items():
            setattr(tick, name, np.asarray(value)[np.newaxis])
    return env


def test_the_tiles_are_those_that_the_script_makes():
    made = tiles.made()
    heights, kinds = tiles.tiles()
    np.testing.assert_allclose(made["decimetres"] / 10.0, heights, atol=0.11)
    assert (made["kinds"] == kinds).mean() > 0.999  # a threshold may fall on either side elsewhere
    assert heights.shape == kinds.shape == (32, 20, 20)


@pytest.mark.slow
def test_tiles_to_test_on_are_none_to_train_on():
    train = MurkVectorEnv(WildfireTerrain, num_envs=200).reset(seed=0)[1]["level"]
    test = MurkVectorEnv(WildfireTerrain, num_envs=60, split="test").reset(seed=0)[1]["level"]
    assert {*train} == {*range(24)}
    assert {*test} == {*range(24, 32)}


@pytest.mark.slow
def test_the_smallest_corner_of_every_tile_has_something_to_burn():
    envs = MurkVectorEnv(WildfireTerrain, num_envs=32, size=4)
    envs.reset(seed=0, options={"level": list(range(32))})
    assert (envs.world["flames"].sum(axis=1) == 1.0).all()
    with pytest.raises(ParameterError, match="size"):
        MurkVectorEnv(WildfireTerrain, num_envs=1, size=3)


@pytest.mark.slow
def test_the_state_for_a_shared_critic_is_bounded():
    space: Any = MurkGroupsEnv(WildfireTerrain, num_worlds=2, size=4).state_space
    assert np.isfinite(space.low).all()
    assert space.high.max() == 2.0**15 - 1.0  # the widest land's last column; the last level is 31


@pytest.mark.slow
def test_worlds_see_the_land_of_their_level():
    envs = MurkVectorEnv(WildfireTerrain, num_envs=3)
    seen, _ = envs.reset(seed=0, options={"level": [5, 31, 0]})
    heights, kinds = tiles.tiles()
    shown = seen[:, : 6 * 400].reshape(3, 6, 20, 20)
    np.testing.assert_allclose(shown[:, 4], heights[[5, 31, 0]] / heights.max(), atol=1e-6)
    factors = np.array([0.0, 0.42, 1.0, 1.4, 1.82]) / 1.82
    unburnt = shown[:, 0] == 1.0
    np.testing.assert_allclose(shown[:, 3][unburnt], factors[kinds[[5, 31, 0]]][unburnt], atol=1e-6)
    assert (shown[:, 2] == (kinds[[5, 31, 0]] == 0)).all()


def test_what_catches_fire_next_follows_wind_slope_and_fuel(tmp_path):
    env = hill(tmp_path, [[0.0, 15.0, 15.0]], [[2, 4, 2]], cell=30.0, ignition=0.01)
    set_up(env, state=[1, 0, 0], speed=10.0, direction=0.0, breeze=[0.5, 0.0])
    rate = 0.01 * 1.82 * math.exp(10.0 * 0.045) * math.exp(0.078 * math.degrees(math.atan(0.5)))
    assert env.world["front"][0, 1] == pytest.approx(rate, rel=0.03)
    assert env.world["front"][0, 2] == 0.0


@pytest.mark.slow
def test_a_break_is_dug_in_nine_cells_and_burns_a_tenth_as_easily(tmp_path):
    env = hill(tmp_path, np.zeros((5, 5)), ignition=0.0)
    set_up(env, cells=[12])
    env.step([DIG])
    cover = env.world["cover"].reshape(5, 5)
    np.testing.assert_allclose(cover[1:4, 1:4], 0.1)
    assert cover.sum() == pytest.approx(16 + 0.9)
    assert env.world["tinder"].reshape(5, 5)[2, 2] in (0.0, pytest.approx(0.1 / 1.82))


@pytest.mark.slow
def test_the_crew_hops_but_not_into_flames(tmp_path):
    env = hill(tmp_path, np.zeros((1, 4)), ignition=0.0)
    set_up(env, cells=[0], state=[0, 0, 1, 0])
    env.step([EAST])
    assert env.world["cells"].tolist() == [[1]]
    env.step([EAST])
    assert env.world["cells"].tolist() == [[1]]


def test_what_catches_fire_costs_its_share_and_an_end_comes_when_nothing_burns(tmp_path):
    env = hill(tmp_path, np.zeros((1, 4)), [[2, 2, 0, 2]], ignition=1e6, burning=2.0)
    set_up(env, state=[1, 0, 2, 0])
    rewards, terminated = [], False
    while not terminated:
        _, reward, terminated, *_ = env.step([STAY])
        rewards.append(reward)
    assert rewards[0] == pytest.approx(-100.0 / 3.0)  # the second; rock keeps it from the last
    assert sum(rewards) == rewards[0]


def test_gaps_of_a_users_map_are_refused_or_bare(tmp_path):
    heights = [[5.0, np.nan, 7.0]]
    with pytest.raises(MapError, match="has 1 of 3 cells without data"):
        hill(tmp_path, heights)
    env = hill(tmp_path, heights, gaps="bare")
    assert env.world["kind"].tolist() == [[2, 0, 2]]
    assert env.world["elevation"].tolist() == [[5.0, 5.0, 7.0]]


def test_kinds_that_do_not_fit_are_refused(tmp_path):
    with pytest.raises(ParameterError, match=r"same shape as elevation, \(1, 3\), not \(1, 2\)"):
        hill(tmp_path, [[5.0, 6.0, 7.0]], [[1, 2]])
    with pytest.raises(ParameterError, match=r"kinds must be from 0 \(bare\) to 4"):
        hill(tmp_path, [[5.0, 6.0]], [[1, 5]])
    with pytest.raises(ParameterError, match="and not all 0"):
        hill(tmp_path, [[5.0, 6.0]], [[0, 0]])


@pytest.mark.slow
def test_the_script_saves_much_of_what_an_idle_crew_loses():
    lost = {}
    for name in ("idle", "scripted"):
        envs, total = MurkVectorEnv(WildfireTerrain, num_envs=16, autoreset_mode="Disabled"), np.zeros(16)
        seen, _ = envs.reset(seed=3)
        for _ in range(40):
            scripted = POLICIES["scripted"](seen, envs.single_action_space, np.random.default_rng(0))
            seen, reward, terminated, *_ = envs.step(
                scripted if name == "scripted" else np.zeros((16, 4), int)
            )
            total += reward
            if terminated.any():
                seen, _ = envs.reset(options={"reset_mask": terminated})
        lost[name] = total.mean()
    assert lost["scripted"] > 0.7 * lost["idle"]
