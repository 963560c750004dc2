"""Saving, restoring and branching on every face: by definition, against the run that was not interrupted."""

import pickle
import subprocess
import sys
from typing import Any

import gymnasium
import numpy as np
import pytest

from murk_env import MurkAgentVectorEnv, MurkParallelEnv, MurkVectorEnv, State
from murk_env.errors import ClosedError, ResetNeededError, RowsError, StateError, StateMismatchError
from tests.env.agent_worlds import Crew, Race
from tests.env.worlds import CompiledForager, Mixed, Walker
from tests.tiers import representatives

MODES = ["NextStep", "SameStep", "Disabled"]
KINDS = {Walker: {"longest_fuse": 4}, Mixed: {}, CompiledForager: {"cost": 0.5}}
LIMITS = {Walker: 6, Mixed: 5, CompiledForager: 6}


def vector(env_class, mode="NextStep", num_envs=5, **options) -> Any:
    limit = LIMITS[env_class]
    return MurkVectorEnv(
        env_class, num_envs, autoreset_mode=mode, max_episode_steps=limit, **KINDS[env_class], **options
    )


def plays(envs, num_steps, seed=0):
    """Step vector envs, in Disabled mode resetting what has ended, and return all outputs as bytes."""
    space = gymnasium.vector.utils.batch_space(envs.single_action_space, envs.num_envs)
    space.seed(seed)
    told = []
    for _ in range(num_steps):
        ended = envs.save().ended
        if envs.autoreset_mode.value == "Disabled" and ended.any():
            told.append(pickle.dumps(envs.reset(options={"reset_mask": ended})))
        told.append(pickle.dumps(envs.step(space.sample())))
    return told


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


# --- what an episode begins with ------------------------------------------------------------------


def test_an_episode_begins_with_given_fields():
    envs = vector(Walker)
    seen, _ = envs.reset(seed=1, options={"fields": {"agent": np.arange(5), Walker.bell: 3.0}})
    assert envs.world["agent"].tolist() == [0, 1, 2, 3, 4]
    assert envs.world["bell"].tolist() == [3.0] * 5
    assert seen[:, 16:32].argmax(axis=1).tolist() == [0, 1, 2, 3, 4]


def test_given_fields_are_those_of_all_worlds_and_set_where_the_mask_says():
    envs = vector(Walker)
    envs.reset(seed=1)
    kept = envs.world["agent"]
    mask = np.array([False, True, False, False, True])
    envs.reset(options={"reset_mask": mask, "fields": {"agent": np.array([9, 8, 7, 6, 5])}})
    assert envs.world["agent"].tolist() == [kept[0], 8, kept[2], kept[3], 5]


def test_an_episode_begins_from_a_state_with_a_clock_of_its_own():
    envs = vector(Walker)
    envs.reset(seed=1)
    plays(envs, 2)
    state = envs.save(3)
    envs.reset(seed=5, options={"state": state, "reset_mask": np.arange(5) < 2, "fields": {"fuse": 4}})
    now = envs.save([0, 1])
    assert now["visits"].tolist() == np.repeat(state["visits"], 2, axis=0).tolist()
    assert now["elapsed_steps"].tolist() == [0, 0]
    assert now["fuse"].tolist() == [4, 4]
    assert now["_rng_key"].tolist() != np.repeat(state["_rng_key"], 2, axis=0).tolist()


def test_every_face_takes_what_an_episode_begins_with():
    env = gymnasium.make("murk_envs:murk/HeatSeeker-v0")
    env.reset(options={"fields": {"agent": 17}})
    assert env.unwrapped.world["agent"].tolist() == [17]  # type: ignore[attr-defined]
    parallel, rows = MurkParallelEnv(Crew), MurkAgentVectorEnv(Crew, 2)
    parallel.reset(options={"fields": {"boat": np.array([3])}, "for": "a checker"})
    rows.reset(options={"state": parallel.save()})
    assert rows.world["boat"].tolist() == [3, 3]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fields": {"agnet": 1}}, "Walker has no field 'agnet'; did you mean 'agent'"),
        ({"fields": {"agent": 1, Walker.agent: 2}}, "names 'agent' twice, as Field and by name"),
        ({"fields": 3}, r"options\['fields'\] maps fields to values"),
        (
            {"fields": {"elapsed_steps": 3}},
            r"options\['fields'\] cannot set 'elapsed_steps': .* it counts the steps of an episode",
        ),
        ({"fields": {"active": 0}}, "Walker: these worlds have no ACTIVE, as none of their agents can leave"),
        ({"fields": {"time": 0.5}}, "Walker has no field 'time': it is elapsed_steps times dt"),
        ({"fields": {"agent": 0.5}}, "field 'agent' holds int32, the values are float64"),
        ({"fields": {"agent": 2**40}}, "field 'agent' holds int32"),
        ({"fields": {"agent": np.arange(4)}}, r"'agent' is set to a number, or to an array \(5,\) or \(1,\)"),
        ({"fields": {"visits": np.arange(16)}}, r"values\[np.newaxis\] sets the same"),
        ({"fields": {"visits": np.arange(5)}}, r"values\[:, np.newaxis\] gives one number to each"),
        ({"fields": {"bell": np.nan}}, "field 'bell' takes finite numbers, not nan"),
        ({"fields": {"bell": 1e39}}, "field 'bell' takes finite numbers, not inf"),
        ({"fields": {"bell": [0, 0, 0, 0, 9.5]}}, r"field 'bell' takes values in \[-1.0, 9.0\], not 9.5"),
        ({"fields": {"bell": np.ma.masked_equal([0.0, 1, 2, 3, 4], 2)}}, "with masked elements; fill them"),
        ({"state": 3}, "a State is restored"),
        ({"field": {}}, "reset knows no option 'field'; did you mean 'fields'"),
    ],
)
def test_what_an_episode_cannot_begin_with_is_refused_before_anything_changes(options, message):
    envs = vector(Walker)
    envs.reset(seed=3)
    before = envs.save()
    with pytest.raises((ValueError, AttributeError), match=message):
        envs.reset(seed=9, options=options)
    assert envs.save() == before
    assert plays(envs, 3) == plays_after(before, 3)


def plays_after(state, num_steps):
    envs = vector(Walker)
    envs.restore(state)
    return plays(envs, num_steps)


def test_static_fields_and_those_of_the_base_are_no_beginning():
    with pytest.raises(ValueError, match=r"options\['fields'\] cannot set 'prizes': 'prizes' is static"):
        Mixed().reset(options={"fields": {"prizes": 0.5}})
    with pytest.raises(ValueError, match=r"cannot set 'active': 'active' is kept by the env"):
        MurkParallelEnv(Race).reset(options={"fields": {"active": 0}})


def test_no_episode_begins_where_all_agents_have_left():
    env = MurkParallelEnv(Race)
    env.reset(seed=1)
    while env.agents:
        env.step(dict.fromkeys(env.agents, 1))
    env.save()
    with pytest.raises(
        StateMismatchError, match=r"world\(s\) \[0\] of the state: all their agents have left"
    ):
        env.reset(options={"state": env.save()})


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
