"""Saving, restoring and branching on every face: by definition, against the run that was not interrupted."""

import pickle
import subprocess
import sys
from typing import Any

import gymnasium
import numpy as np
import pytest

from murk_env import MurkAgentVectorEnv, MurkParallelEnv, State
from murk_env.errors import ClosedError, ResetNeededError, RowsError, StateError, StateMismatchError
from tests.env.agent_worlds import Crew, Race
from tests.env.faces.state_plays import KINDS, MODES, plays, vector
from tests.env.worlds import CompiledForager, Mixed, Walker
from tests.tiers import representatives


def until_pending(envs):
    """Step until some but not all worlds have ended (but in same-step mode, which leaves none)."""
    envs.reset(seed=7)
    for step in range(60):
        plays(envs, 1, seed=step)
        ended = envs.save().ended
        if envs.autoreset_mode.value == "SameStep" and step > 8:
            assert not ended.any()
            return
        if ended.any() and not ended.all():
            return
    raise AssertionError("no world ended apart from the others")


class Walled(Walker):
    """Walks, and has a parameter that is an array."""

    class Params(Walker.Params):
        """Whatever stands in its way."""

        walls: Any = ()


def walled(walls):
    env = Walled(walls=walls)
    env.reset(seed=1)
    return env


@pytest.mark.parametrize("other", [np.array([1, 0]), np.array([0.0, 1.0]), np.array([[0, 1]])], ids=str)
def test_a_state_knows_the_arrays_among_its_parameters(other):
    state = walled(np.array([0, 1])).save()
    env = walled(np.array([0, 1]))
    env.restore(state)
    assert env.save() == state
    with pytest.raises(StateMismatchError, match="its parameter walls is"):
        walled(other).restore(state)


@pytest.mark.parametrize("num_threads", [1, 2])
@pytest.mark.parametrize(
    ("env_class", "mode"),
    representatives(
        [(env_class, mode) for env_class in KINDS for mode in MODES],
        [(Walker, "NextStep"), (Mixed, "SameStep"), (CompiledForager, "Disabled")],
    ),
)
def test_restored_envs_go_on_as_those_that_were_saved(env_class, mode, num_threads):
    envs = vector(env_class, mode, num_threads=num_threads)
    until_pending(envs)
    state, shown = envs.save(), pickle.dumps(envs.observe())
    expected = plays(envs, 12)
    for other in (envs, vector(env_class, mode, num_threads=num_threads)):
        other.restore(state)
        assert pickle.dumps(other.observe()) == shown
        assert plays(other, 12) == expected


@pytest.mark.parametrize("mode", MODES)
def test_some_rows_are_restored_and_the_others_go_on(mode):
    envs, whole = vector(Walker, mode), vector(Walker, mode)
    for each in (envs, whole):
        until_pending(each)
    state = envs.save([3, 0])
    before = envs.save()
    plays(envs, 3)
    envs.restore(state, [3, 0])
    assert envs.save([3, 0]) == before[[3, 0]]
    assert envs.save([1, 2, 4]) == (plays(whole, 3), whole.save([1, 2, 4]))[1]


def test_a_row_goes_on_in_a_single_env_and_comes_back():
    envs, env = vector(Walker), Walker(max_episode_steps=6, longest_fuse=4)
    envs.reset(seed=1)
    envs.step([1, 2, 3, 4, 0])
    env.restore(envs.save(3))
    seen, told = env.observe()
    assert seen.tobytes() == envs.observe()[0][3].tobytes()
    rows, alone = envs.step([4] * 5), env.step(4)
    assert alone[0].tobytes() == rows[0][3].tobytes()
    assert alone[1:4] == (rows[1][3], rows[2][3], rows[3][3])
    assert env.save() == envs.save(3)
    envs.restore(env.save(), [0, 4])
    assert envs.save(0) == envs.save(4) == env.save()
    assert set(told) == {"fuse", "bell", "stuck", "visits"}


@pytest.mark.parametrize(
    "make",
    [
        MurkParallelEnv,
        lambda cls: MurkAgentVectorEnv(
            cls, 3, group="hare", others={"tortoise": lambda seen: np.ones(seen.shape[:2], np.int64)}
        ),
    ],
    ids=["parallel", "agent rows"],
)
def test_agents_that_have_left_are_part_of_the_state(make):
    env = make(Race)
    env.reset(seed=4)
    step = (
        (lambda: env.step(dict.fromkeys(env.agents, 1)))
        if hasattr(env, "agents")
        else (lambda: env.step(np.ones(env.num_envs, np.int64)))
    )
    while (env.world["active"] == 1).all():
        step()
    state, left = env.save(), getattr(env, "agents", None)
    expected = [pickle.dumps(step()) for _ in range(3)]
    env.reset(seed=9)
    env.restore(state)
    assert getattr(env, "agents", None) == left
    assert [pickle.dumps(step()) for _ in range(3)] == expected


def test_a_world_of_a_parallel_env_goes_on_among_agent_rows():
    env, rows = MurkParallelEnv(Crew), MurkAgentVectorEnv(Crew, 2)
    env.reset(seed=4)
    rows.reset(seed=1)
    env.step(dict.fromkeys(env.agents, 1))
    rows.restore(env.save(), [1])
    seen = rows.step(np.ones(rows.num_envs, np.int64))[0].reshape(2, len(env.agents), -1)[1]
    alone = env.step(dict.fromkeys(env.agents, 1))[0]
    assert [row.tobytes() for row in seen] == [array.tobytes() for array in alone.values()]


@pytest.mark.slow
def test_a_state_is_restored_in_another_process(tmp_path):
    envs = vector(CompiledForager)
    until_pending(envs)
    envs.save().write(tmp_path / "pending.state")
    script = (
        "import pickle, sys; from murk_env import State; from tests.env.faces.test_state import *\n"
        "envs = vector(CompiledForager); envs.restore(State.read(sys.argv[1]))\n"
        "sys.stdout.buffer.write(pickle.dumps(plays(envs, 6)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "pending.state")], capture_output=True, check=True
    )
    assert pickle.loads(found.stdout) == plays(envs, 6)


def test_a_pickled_env_goes_on_from_its_state():
    envs = vector(Mixed)
    until_pending(envs)
    assert pickle.loads(pickle.dumps(envs)).save() == envs.save()


@pytest.mark.parametrize("mode", MODES)
def test_branches_are_their_source_and_go_on_as_it_does(mode):
    envs = vector(Walker, mode)
    until_pending(envs)
    source = int(np.flatnonzero(envs.save().ended)[0]) if mode != "SameStep" else 2
    envs.branch(source, None)
    if mode == "Disabled":
        envs.reset(options={"reset_mask": np.ones(5, bool)})
    for _ in range(8):
        if mode == "Disabled" and envs.save().ended.any():
            break
        envs.step([1] * 5)
        assert len({envs.save(row) for row in range(5)}) == 1


def test_fresh_branches_part_where_chance_comes_in_and_repeat():
    first, second = vector(CompiledForager), vector(CompiledForager)
    for envs in (first, second):
        envs.reset(seed=3)
        envs.branch(2, None, randomness="fresh")
    assert np.unique(first.world["energy"]).size == 1
    first.step([0] * 5)
    second.step([0] * 5)
    assert np.unique(first.world["energy"]).size == 5
    assert first.save() == second.save()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda envs, _state: envs.branch(0, [1, 2]),
            ResetNeededError,
            r"Walker: call reset\(\) before branch",
        ),
        (lambda envs, state: envs.restore(state, [0, 9]), RowsError, "there is no world 9"),
        (
            lambda envs, _state: envs.restore(vector(Mixed).save()),
            StateMismatchError,
            "it is of .*Mixed, these worlds are of .*Walker",
        ),
        (
            lambda envs, _state: envs.restore(Walker(size=5).save(), 0),
            StateMismatchError,
            "parameter size is 5, here it is 4",
        ),
        (lambda envs, _state: envs.call("save"), StateError, r"envs\.save is there for all"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_changes(call, error, message):
    envs = vector(Walker)
    before = envs.save()
    with pytest.raises(error, match=message):
        call(envs, before)
    assert envs.save() == before


def test_a_closed_env_has_no_state():
    envs = vector(Walker)
    state = envs.save()
    envs.close()
    for call in (envs.save, lambda: envs.restore(state), lambda: envs.branch(0, 1), envs.observe):
        with pytest.raises(ClosedError, match="is closed"):
            call()


def test_an_env_that_was_never_reset_is_saved_as_such():
    envs = vector(Walker)
    state = envs.save()
    envs.reset(seed=1)
    envs.restore(state)
    with pytest.raises(ResetNeededError, match=r"call reset\(\) before step"):
        envs.step([0] * 5)


def test_an_edit_begins_no_episode():
    envs = vector(Walker)
    with envs.world.edit() as tick:
        tick.bell = 3.0
    with pytest.raises(ResetNeededError, match=r"call reset\(\) before step"):
        envs.step([0] * 5)


def test_steps_go_on_after_any_number_of_looks():
    looked, plain = vector(Walker, copy=False), vector(Walker, copy=False)
    for envs in (looked, plain):
        envs.reset(seed=1)
    for looks in (1, 2, 3):
        for _ in range(looks):
            looked.observe()
        assert pickle.dumps(looked.step([1] * 5)) == pickle.dumps(plain.step([1] * 5))


# --- edits ----------------------------------------------------------------------------------------


def test_an_edit_is_shown_and_gone_on_from():
    envs = vector(Walker)
    envs.reset(seed=1)
    with envs.world.edit() as tick:
        tick.agent = np.array([0, 1, 2, 3, 4])
        tick.bell = 2.0
    seen, told = envs.observe()
    assert seen[:, 16:32].argmax(axis=1).tolist() == [0, 1, 2, 3, 4]
    assert told["bell"].tolist() == [2.0] * 5


def test_an_edit_of_some_worlds_leaves_the_others():
    envs = vector(Walker)
    envs.reset(seed=1)
    before = envs.world["agent"]
    with envs.world.edit(np.arange(5) == 3) as tick:
        tick.agent = 11
    assert envs.world["agent"].tolist() == [*before[:3], 11, before[4]]


def test_an_edit_that_fails_changes_nothing_and_the_env_goes_on():
    envs = vector(Walker)
    envs.reset(seed=1)
    before = envs.save()

    def beyond():
        with envs.world.edit() as tick:
            tick.agent = 3
            tick.bell = 99.0

    with pytest.raises(ValueError, match="field 'bell' takes values in"):
        beyond()
    with pytest.raises(StateError, match="in the middle of an edit"), envs.world.edit():
        envs.step([0] * 5)
    assert envs.save() == before
    envs.step([0] * 5)


def test_states_are_of_whoever_saved_them():
    state = gymnasium.make("murk_envs:murk/HeatSeeker-v0", size=8).unwrapped.save()  # type: ignore[attr-defined]
    assert isinstance(state, State)
    assert state.environment == "murk/HeatSeeker-v0"
    assert state.parameters["size"] == 8
