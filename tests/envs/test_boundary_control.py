"""Transport and ReactionDiffusion: the numbers that are published of them, and what differs on purpose.

The vectors are of PDE Control Gym at cd267eb: s1 under actions that are shares of 20, b1 under backstepping
with unscaled controls, fine with a control for every sub-step.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from murk_env import MurkVectorEnv, World
from murk_env.errors import ParameterError
from murk_envs import ReactionDiffusion, Transport
from murk_envs.scripted import reaction_diffusion, transport

DATA = Path(__file__).parents[1] / "data"
BOTH = {"transport": Transport, "reaction_diffusion": ReactionDiffusion}
AS_PUBLISHED: dict[str, Any] = {"time_ends": "terminated", "max_episode_steps": -1}
POLICIES = {"transport": transport.POLICIES, "reaction_diffusion": reaction_diffusion.POLICIES}


def started(env: Any, level: Any) -> Any:
    """Begin an episode with every node at one value; return the observation."""
    return env.reset(seed=0, options={"fields": {"u": level}})[0]


@pytest.mark.few(1)
@pytest.mark.parametrize("run", ["s1", "b1"])
@pytest.mark.parametrize("name", BOTH)
def test_observations_are_those_published_to_the_last_bit_and_rewards_to_a_thousandth(name, run):
    with np.load(DATA / f"{name}.npz") as data:
        actions, rewards = data[f"{run}_actions"], data[f"{run}_rewards"]
        wanted = dict(zip(data[f"{run}_steps"].tolist(), data[f"{run}_observations"], strict=True))
        level = float(data[f"{run}_level"])
    env = BOTH[name](control="scaled" if run == "s1" else "unscaled", **AS_PUBLISHED)
    assert started(env, level).tobytes() == wanted[0].tobytes()
    for step, action in enumerate(actions, start=1):
        seen, reward, terminated, truncated, _ = env.step(np.array([action], np.float32))
        assert reward == pytest.approx(rewards[step - 1], abs=1e-3)
        assert (terminated, truncated) == (step == len(actions), False)
        if step in wanted:
            assert seen.tobytes() == wanted[step].tobytes()


@pytest.mark.few(1)
@pytest.mark.parametrize(("name", "period"), [("transport", 0.1), ("reaction_diffusion", 0.001)])
def test_single_substeps_are_those_published(name, period):
    with np.load(DATA / f"{name}.npz") as data:
        level, actions, wanted = float(data["fine_level"]), data["fine_actions"], data["fine_u"]
    env = BOTH[name]()
    made = env.blueprint_for(env.params)
    assert made.dt == period
    time: Any = {"dt": made.dt / made.substeps}
    world = World(made.lattice, env.fields, made.propagators, static=made.static, **time)
    with world.edit() as tick:
        tick.u = level
    for action, row in zip(actions, wanted[1:], strict=True):
        control = (action + np.float32(1)) * np.float32(20) - np.float32(20)
        world.tick(lambda tick, control=control: setattr(tick, "inflow", control))
        assert world["u"][0].tobytes() == row.tobytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "levels", "returns"),
    [
        ("transport", [1.0, 10.0], [289.83799, 198.37980]),
        ("reaction_diffusion", [1.0, 10.0], [299.82330, 298.23300]),
    ],
)
def test_backstepping_earns_what_is_published_of_it(name, levels, returns):
    envs = MurkVectorEnv(BOTH[name], 2)
    seen = started(envs, np.array(levels)[:, np.newaxis])
    totals, rng = np.zeros(2), np.random.default_rng(0)
    terminated, truncated = np.zeros(2, bool), np.zeros(2, bool)
    while not truncated.any():
        actions = POLICIES[name]["scripted"](seen, envs.single_action_space, rng)
        seen, rewards, terminated, truncated, _ = envs.step(actions)
        totals += rewards
    assert truncated.all()
    assert not terminated.any()
    assert totals == pytest.approx(returns, abs=2e-3)


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("name", "earned", "norm"),
    [("transport", -43.004, 446.0), ("reaction_diffusion", -11.295, 25.47)],
)
def test_without_control_the_state_grows_and_there_is_no_bonus(name, earned, norm):
    env = BOTH[name]()
    seen, total, ended = started(env, 1.0), 0.0, False
    while not ended:
        seen, reward, _, ended, _ = env.step(np.zeros(1, np.float32))
        total += reward
    assert total == pytest.approx(earned, abs=1e-3)
    assert np.linalg.norm(seen) == pytest.approx(norm, rel=1e-3)


def test_a_state_that_blows_up_ends_the_episode_and_costs_for_all_that_was_left():
    env = Transport(limit=30.0, size=10, penalty=2.0)
    started(env, 10.0)  # a norm of 10 * sqrt(10) = 31.6
    _, reward, terminated, truncated, _ = env.step(np.ones(1, np.float32))
    assert (terminated, truncated) == (True, False)
    assert reward == -2.0 * 1000 * 49


def test_starts_are_uniform_and_the_same_at_every_node():
    u = MurkVectorEnv(Transport, 4000, least=2.0, most=4.0).reset(seed=0)[0]
    assert (u == u[:, :1]).all()
    counts, _ = np.histogram(u[:, 0], bins=10, range=(2.0, 4.0))
    assert counts.sum() == 4000
    assert ((counts - 400) ** 2 / 400).sum() < 9 + 4 * np.sqrt(18.0)  # chi-square, 9 free


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"substeps": 9}, "substeps must be at least 10 with size=100"),
        ({"window": 1001}, "window must be at most substeps, 1000"),
        ({"least": 11.0}, "least must be at most most, 10.0, not 11.0"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(keywords, message):
    with pytest.raises(ParameterError, match=message):
        Transport(**keywords)


def test_a_rod_needs_as_many_substeps_as_keep_it_stable():
    with pytest.raises(ParameterError, match="substeps must be at least 80 with size=201"):
        ReactionDiffusion(substeps=79, window=50)
    ReactionDiffusion(substeps=80, window=80).reset(seed=0)
