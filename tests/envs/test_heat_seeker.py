"""HeatSeeker against the reference's field, its rules worked by hand, and its exact optimum."""

import math
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from murk_env import MurkVectorEnv
from murk_env.errors import ParameterError
from murk_envs import HeatSeeker

REFERENCE = dict(np.load(Path(__file__).parents[1] / "data" / "diffusion_square4.npz"))  # murk 0.2.0, float32
SIZE, GOAL = 16, 14 * 16 + 14
HOPS = {0: (0, 0), 1: (-1, 0), 2: (1, 0), 3: (0, -1), 4: (0, 1)}  # stay, north, south, west, east


def tick(heat):
    """One tick of the heat equation by the reference's rule, float32, neighbours north, south, west, east."""
    around = np.pad(heat, 1)
    neighbours = around[:-2, 1:-1], around[2:, 1:-1], around[1:-1, :-2], around[1:-1, 2:]
    total = np.zeros_like(heat)
    for neighbour in neighbours:  # what lies outside is zero and does not change the sum
        total = total + neighbour
    inside = np.pad(np.ones((SIZE, SIZE)), 1)
    degree = inside[:-2, 1:-1] + inside[2:, 1:-1] + inside[1:-1, :-2] + inside[1:-1, 2:]
    share = (0.1 * degree).astype(np.float32)
    mixed = (np.float32(1) - share) * heat + share * (total / degree.astype(np.float32))
    after = mixed * np.float32(math.exp(-0.005))
    after[14, 14] = 10.0
    return np.maximum(after, np.float32(0))


def fields(num_ticks):
    """Return the heat of every tick from 51 on, (num_ticks, 16, 16); 51 is the reference's 50 and one."""
    found = [tick(REFERENCE["heat_seeker__tick50"].reshape(SIZE, SIZE))]
    while len(found) < num_ticks:
        found.append(tick(found[-1]))
    return np.stack(found)


def seen(observation):
    """Return the heat and the agent's (row, col) of a flat observation."""
    heat, mask = observation.reshape(2, SIZE, SIZE)
    ((row, col),) = np.argwhere(mask == 1.0)
    assert mask.sum() == 1.0
    return heat, (int(row), int(col))


@pytest.fixture
def env():
    return HeatSeeker()


def test_the_formula_written_here_is_the_references():
    heat = REFERENCE["heat_seeker__tick2"].reshape(SIZE, SIZE)
    for _ in range(8):
        heat = tick(heat)
    assert heat.tobytes() == REFERENCE["heat_seeker__tick10"].astype(np.float32).tobytes()


def test_an_episode_begins_with_the_references_field_after_51_ticks_to_the_bit(env):
    heat, _ = seen(env.reset(seed=1)[0])
    assert heat.tobytes() == fields(1)[0].tobytes()


def test_the_field_goes_on_from_there_and_begins_again_with_the_next_episode(env):
    expected = fields(31)
    env.reset(seed=1)
    for step in range(1, 31):
        assert seen(env.step(0)[0])[0].tobytes() == expected[step].tobytes()
    assert seen(env.reset()[0])[0].tobytes() == expected[0].tobytes()


def test_the_total_heat_is_the_references(env):
    heat, _ = seen(env.reset(seed=1)[0])
    assert heat.sum(dtype=np.float64) == pytest.approx(100.68, abs=0.005)
    observations = [env.step(0)[0] for _ in range(200)]
    assert seen(observations[-1])[0].sum(dtype=np.float64) == pytest.approx(203.70, abs=0.005)


@pytest.mark.parametrize("action", HOPS)
def test_an_action_hops_one_cell_and_stays_against_the_edge(env, action):
    for seed in range(40):
        _, (row, col) = seen(env.reset(seed=seed)[0])
        for _ in range(3):
            row, col = (min(max(at + by, 0), 15) for at, by in zip((row, col), HOPS[action], strict=True))
            assert seen(env.step(action)[0])[1] == (row, col)


def test_the_reward_is_a_tenth_of_the_heat_after_the_tick_less_one_and_a_hundred_at_the_source(env):
    heat, reward = fields(40), 0.0
    _, (row, col) = seen(env.reset(seed=4)[0])
    path = [2] * (14 - row) + [1] * (row - 14) + [4] * (14 - col) + [3] * (col - 14)
    for step, action in enumerate(path, start=1):
        row, col = row + HOPS[action][0], col + HOPS[action][1]
        _, reward, terminated, truncated, _ = env.step(action)
        at_source = (row, col) == (14, 14)
        assert reward == 0.1 * float(heat[step, row, col]) - 1.0 + (100.0 if at_source else 0.0)
        assert (terminated, truncated) == (at_source, False)
    assert reward == 100.0


def test_the_agent_begins_on_every_cell_but_the_source_with_equal_chance():
    envs = MurkVectorEnv(HeatSeeker, 2550)
    counts = np.zeros(256)
    envs.reset(seed=0)
    for _ in range(10):
        observations, _ = envs.reset()
        counts += observations[:, 256:].sum(axis=0)
    assert counts[GOAL] == 0
    others = np.delete(counts, GOAL)
    chi_square = ((others - 100.0) ** 2 / 100.0).sum()
    assert 254 - 4 * math.sqrt(508) < chi_square < 254 + 4 * math.sqrt(508)  # mean and deviation, 254 free


def best_play():
    """Return the largest return from every cell, (256,), and the action that earns it, (200, 256) by step."""
    heat = fields(201).astype(np.float64).reshape(201, 256)
    row, col = np.divmod(np.arange(256), 16)
    arrived = np.stack([np.clip(row + by, 0, 15) * 16 + np.clip(col + to, 0, 15) for by, to in HOPS.values()])
    value, actions = np.zeros(256), np.zeros((200, 256), np.int64)
    for step in range(200, 0, -1):
        gain = 0.1 * heat[step] - 1.0 + value
        gain[GOAL] = 0.1 * heat[step, GOAL] - 1.0 + 100.0
        actions[step - 1] = gain[arrived].argmax(axis=0)
        value = gain[arrived].max(axis=0)
    return value, actions


def test_the_optimal_mean_return_is_89_265_and_89_307_with_the_source_among_the_starts():
    value, _ = best_play()
    assert np.delete(value, GOAL).mean() == pytest.approx(89.265, abs=0.0005)
    assert value.mean() == pytest.approx(89.307, abs=0.0005)


def test_the_best_play_earns_its_optimum_in_the_env():
    value, best = best_play()
    envs = MurkVectorEnv(HeatSeeker, 300)
    cells = envs.reset(seed=1)[0][:, 256:].argmax(axis=1)
    optimum, earned, running = value[cells], np.zeros(300), np.ones(300, bool)
    for step in range(28):  # the longest way
        observations, rewards, ended, _, _ = envs.step(best[step, cells])
        cells = observations[:, 256:].argmax(axis=1)
        earned += np.where(running, rewards, 0.0)
        running &= ~ended
    assert not running.any()
    assert np.allclose(earned, optimum, rtol=0.0, atol=1e-9)


def test_the_registered_env_is_truncated_after_200_steps():
    env = gymnasium.make("murk/HeatSeeker-v0")
    env.reset(seed=1)
    ends = [env.step(0)[2:4] for _ in range(200)]
    assert ends == [(False, False)] * 199 + [(False, True)]


@pytest.mark.slow
def test_the_image_and_the_dict_are_the_flat_observation_in_other_shapes():
    flat, image, parts = (HeatSeeker(layout=layout).reset(seed=2)[0] for layout in ("flat", "image", "dict"))
    assert flat.shape == (512,)
    assert image.shape == (2, 16, 16)
    assert {key: value.shape for key, value in parts.items()} == {"heat": (1, 16, 16), "agent": (1, 16, 16)}
    assert flat.tobytes() == image.tobytes() == parts["heat"].tobytes() + parts["agent"].tobytes()


def test_the_space_is_as_tight_as_the_heat(env):
    space = env.observation_space
    assert (space.low.min(), space.low.max()) == (0.0, 0.0)
    assert space.high.tolist() == [10.0] * 256 + [1.0] * 256


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"size": 1}, "HeatSeeker's size must be from 2 to 32768, not 1"),
        ({"size": -4}, "size must be from 2 to 32768, not -4"),
        ({"size": 4.5}, "size must be an integer, not 4.5"),
        ({"diffusion": 0.3}, "diffusion must be from 0 to 0.25, not 0.3"),
        ({"diffusion": -0.1}, "diffusion must be from 0 to 0.25, not -0.1"),
        ({"decay": math.nan}, "decay must be a number, not nan"),
        ({"layout": "images"}, "layout must be one of 'flat', 'image', 'dict', not 'images'"),
        ({"sise": 4}, "HeatSeeker .* has no parameter 'sise'; did you mean 'size'"),
    ],
    ids=str,
)
def test_parameters_that_cannot_be_are_refused(keywords, message):
    with pytest.raises(ParameterError, match=message):
        HeatSeeker(**keywords)
    with pytest.raises(ParameterError, match=message):
        MurkVectorEnv(HeatSeeker, 2, **keywords)


def test_the_smallest_grid_can_be_walked():
    env = HeatSeeker(size=2)
    cells = {int(env.reset(seed=seed)[0][4:].argmax()) for seed in range(40)}
    assert cells == {1, 2, 3}  # the source is cell 0
    while env.reset()[0][4:].argmax() != 1:
        pass
    assert env.step(3)[2]


def test_all_envs_of_one_size_hold_one_copy_of_the_warm_field():
    first, second = HeatSeeker(size=5), MurkVectorEnv(HeatSeeker, 3, size=5)
    one, other = (envs.world.view(HeatSeeker.settled) for envs in (first, second))
    assert np.shares_memory(one, other)
    assert one.shape == (25,)
