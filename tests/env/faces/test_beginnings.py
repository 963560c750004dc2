"""What an episode begins with: fields and states that `reset` is given."""

import gymnasium
import numpy as np
import pytest

from murk_env import MurkAgentVectorEnv, MurkParallelEnv
from murk_env.errors import StateMismatchError
from tests.env.agent_worlds import Crew, Race
from tests.env.faces.state_plays import plays, plays_after, vector
from tests.env.worlds import Mixed, Walker


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


@pytest.mark.few(5)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fields": {"agnet": 1}}, "Walker has no field 'agnet'; did you mean 'agent'"),
        ({"fields": {"agent": 1, Walker.agent: 2}}, "names 'agent' twice, as a Field and by name"),
        ({"fields": 3}, r"options\['fields'\] must map fields to values"),
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
        ({"state": 3}, "only a State, as save"),
        ({"field": {}}, "reset has no option 'field'; did you mean 'fields'"),
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
        StateMismatchError, match=r"world\(s\) \[0\] of the state, as all their agents have left"
    ):
        env.reset(options={"state": env.save()})
