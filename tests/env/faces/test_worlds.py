"""`env.world`: the fields of a running env, on every face."""

from typing import Any

import numpy as np
import pytest
from gymnasium.vector import SyncVectorEnv
from gymnasium.wrappers import OrderEnforcing, TimeLimit

from murk_env import ACTIVE, Field, MurkAgentVectorEnv, MurkParallelEnv, MurkVectorEnv
from murk_env.errors import (
    ClosedError,
    FieldAccessError,
    FrozenAttributeError,
    HookError,
    StateError,
    UnknownFieldError,
)
from tests.env.agent_worlds import Crew, Mayflies
from tests.env.worlds import Mixed, Walker

MAKERS = {
    "single": Crew,
    "vector": lambda: MurkVectorEnv(Crew, 2),
    "parallel": lambda: MurkParallelEnv(Crew),
    "agent rows": lambda: MurkAgentVectorEnv(Crew, 2),
}


@pytest.fixture(params=MAKERS)
def env(request) -> Any:
    made: Any = MAKERS[request.param]()
    made.reset(seed=1)
    return made


def row_on(env):
    """Step an env whose rowers both pull: the boat comes two cells further."""
    if isinstance(env, MurkParallelEnv):
        env.step(dict.fromkeys(env.agents, 1))
    else:
        env.step(np.ones_like(env.action_space.sample()))


def test_it_reads_every_world_by_the_field_or_by_its_name(env):
    worlds = env.world.num_worlds
    assert worlds == (2 if hasattr(env, "num_envs") else 1)
    assert env.world[Crew.boat].shape == (worlds,)
    assert env.world[Crew.water].shape == (worlds, 8)
    assert env.world["strength"].tolist() == env.world[Crew.strength].tolist()


def test_it_reads_the_latest_step(env):
    before = env.world["boat"]
    row_on(env)
    assert env.world["boat"].tolist() == (before + 2).tolist()


def test_it_tells_how_many_steps_each_episode_has_made(env):
    row_on(env)
    row_on(env)
    assert env.world["elapsed_steps"].tolist() == [2] * env.world.num_worlds


def test_what_it_returns_is_a_copy_that_stays_and_may_be_written(env):
    first = env.world[Crew.boat]
    kept = first.tolist()
    for _ in range(3):
        row_on(env)
    assert first.tolist() == kept
    latest = env.world[Crew.boat]
    env.world[Crew.boat][:] = 99
    assert env.world[Crew.boat].tolist() == latest.tolist()


def test_a_view_is_the_memory_itself_and_cannot_be_written(env):
    view = env.world.view(Crew.boat)
    assert view.tolist() == env.world[Crew.boat].tolist()
    assert np.shares_memory(view, env.world.view("boat"))
    with pytest.raises(ValueError, match="read-only"):
        view[:] = 99


def test_a_view_is_valid_until_the_tick_after_next(env):
    view = env.world.view(Crew.boat)
    kept = view.tolist()
    row_on(env)
    assert view.tolist() == kept
    row_on(env)
    assert view.tolist() == env.world[Crew.boat].tolist() != kept


@pytest.mark.parametrize("read", ["__getitem__", "view"])
def test_a_closed_env_is_not_read(env, read):
    world = env.world
    env.close()
    with pytest.raises(ClosedError, match="Crew is closed; make a new one"):
        getattr(world, read)(Crew.boat)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("boot", r"Crew has no field 'boot'; did you mean 'boat'\?"),
        ("hull", "Crew has no field 'hull'; known: boat, elapsed_steps, strength, water"),
        ("__len__", "Crew has no field '__len__'; known: boat"),
        (
            Walker.agent,
            r"Crew has no field Field\(agent, over='world', .*; known: boat, elapsed_steps, strength, water",
        ),
        (Field(), r"Crew has no field Field\(\?"),
        (0, "Crew has no field 0; known: boat, elapsed_steps, strength, water"),
        (ACTIVE, "Crew: these worlds have no ACTIVE"),
        ("_phase", "Crew has no field '_phase'; known: boat, elapsed_steps, strength, water"),
    ],
    ids=str,
)
def test_what_is_no_field_is_refused(env, field, message):
    for read in (env.world.__getitem__, env.world.view):
        with pytest.raises(UnknownFieldError, match=message):
            read(field)


def test_a_mistyped_number_of_a_world_is_no_field():
    envs = MurkVectorEnv(Walker, 2)  # held, as Gymnasium before 1.4 closes what is let go of
    with pytest.raises(UnknownFieldError, match=r"Walker has no field \[0, 1\]"):
        envs.world[[0, 1]]  # type: ignore[index]


NOT_SET = (
    r"Crew.strength is a field, not an attribute .*env.reset\(options={'fields': {'strength': values}}\)"
)


def test_assigning_to_a_field_says_what_sets_it(env):
    with pytest.raises(FieldAccessError, match=NOT_SET):
        env.strength = 1.0
    assert "strength" not in vars(env)


def test_a_wrapper_does_not_keep_what_is_set_under_the_name_of_a_field():
    env = OrderEnforcing(TimeLimit(Crew(), 5))
    for force in (True, False):
        with pytest.raises(FieldAccessError, match=NOT_SET):
            env.set_wrapper_attr("strength", 1.0, force=force)
    with pytest.raises(FrozenAttributeError, match=r"Walker.size is one of its Params.*Walker\(size=7\)"):
        TimeLimit(Walker(), 5).set_wrapper_attr("size", 7)


@pytest.mark.parametrize("values", [1.0, [1.0, 2.0], np.ones(2)], ids=["one", "differing", "array"])
def test_set_attr_of_a_field_says_what_sets_it(values):
    envs: Any = MurkVectorEnv(Crew, 2)
    with pytest.raises(FieldAccessError, match=NOT_SET):
        envs.set_attr("strength", values)
    with pytest.raises(FieldAccessError, match=NOT_SET):
        SyncVectorEnv([lambda: TimeLimit(Crew(), 5)] * 2).set_attr("strength", 1.0)


def test_a_static_field_has_no_worlds_axis():
    envs = MurkVectorEnv(Mixed, 3)
    assert envs.world[Mixed.prizes].shape == (6,)


def test_a_world_that_was_not_reset_holds_initial_values():
    assert MurkParallelEnv(Mayflies).world["age"].tolist() == [[1.0, 1.0]]


def test_where_agents_are_rewarded_apart_it_says_who_is_active():
    env = MurkParallelEnv(Mayflies)
    env.reset(seed=0)
    for actions, active in (({"fly_0": 0, "fly_1": 0}, [True, True]), ({"fly_1": 0}, [False, True])):
        env.step(actions)
        assert (env.world[ACTIVE] != 0).tolist() == (env.world["active"] != 0).tolist() == [active]


def test_a_hook_cannot_read_it_in_the_middle_of_a_step():
    envs: list[Walker] = []

    class Curious(Walker):
        def act(self, tick, actions):
            envs[0].world["agent"]

    envs.append(Curious())
    envs[0].reset(seed=1)
    with pytest.raises(HookError, match=r"Curious.act raised ReentrantStepError: .* in the middle of a step"):
        envs[0].step(0)


@pytest.mark.parametrize("asked", [lambda self: self.world["agent"], lambda self: self.np_random])
def test_self_in_an_array_hook_has_no_world_and_no_generator(asked):
    class Lost(Walker):
        def act(self, tick, actions):
            asked(self)

    env = Lost()
    env.reset(seed=1)
    with pytest.raises(HookError, match=r"Lost is not a running env: .* tick, before .* tick.rng"):
        env.step(0)


def test_the_worlds_of_a_vector_env_are_not_taken_apart():
    with pytest.raises(StateError, match=r"envs\.world is there for all of them"):
        MurkVectorEnv(Walker, 2).get_attr("world")
