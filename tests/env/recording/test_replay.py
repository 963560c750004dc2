"""Replays: the env is made from the file alone, and the first difference is named."""

from typing import Any

import numpy as np
import pytest

from murk_env import MurkVectorEnv, Recording, replay
from murk_env.errors import InputError, RecordingError, RecordingFileError, ReplayDifferenceError, ReplayError
from murk_env.testing.comparison import first_difference
from tests.env.recording.runs import FACES, make, play, rewrite, values_of
from tests.env.worlds import Walker


class Generous(Walker):
    """Walker that pays world 2 more at its eleventh step and later."""

    def reward(self, before, after):
        paid = super().reward(before, after) + 0.0
        if len(paid) > 2 and after.visits[2].sum() == 5:
            paid[2] += 0.25
        return paid


@pytest.fixture
def recorded(tmp_path):
    """Return what records a run and returns its path."""

    def record(face="vector", steps=20, mode="NextStep", **options):
        path = tmp_path / f"{face}{len(list(tmp_path.iterdir()))}"
        options = {"flush_seconds": 1e9, **options}  # a slow machine would else end intervals earlier
        recording = Recording(make(face, mode), path, hash_every=8, **options)
        play(recording, steps)
        recording.close()
        return path

    return record


def set_action(step, world, action):
    """Return what changes an action of a recording of five worlds."""

    def change(_, row):
        if row["kind"] == "steps" and row["first_step"] <= step < row["first_step"] + row["num_steps"]:
            actions = bytearray(row["content"])
            actions[(step - row["first_step"]) * 5 + world] = action
            row["content"] = bytes(actions)

    return change


# Differences


def test_the_first_row_and_interval_that_differ_are_named(recorded):
    path = recorded()
    with pytest.raises(ReplayDifferenceError, match=r"row 2 differs within steps 0 to 7.*source of") as error:
        replay(path, env_class=Generous)
    assert (error.value.difference.index, error.value.difference.step) == (2, None)


def test_with_outputs_the_first_step_and_output_that_differ_are_named(recorded):
    path = recorded(outputs=True)
    with pytest.raises(
        ReplayDifferenceError, match=r"first reward of step \d, recorded .*, replayed "
    ) as error:
        replay(path, env_class=Generous)
    found = error.value.difference
    assert (found.index, found.output, found.num_rows) == (2, "reward", 1)
    assert found.replayed - found.recorded == 0.25
    assert 0 < found.step < 8


def test_an_action_that_was_changed_is_found_where_it_was(recorded):
    path = recorded(outputs=True)
    rewrite(path, entry=set_action(9, 3, 0))
    env = replay(path, check=False).at(9)  # held, as Gymnasium before 1.4 closes what is let go of
    before = env.world["agent"][3]
    found = replay(path, check=False).compare()
    if found is None:  # it was that action already
        rewrite(path, entry=set_action(9, 3, 4))
        found = replay(path, check=False).compare()
    assert found is not None
    assert (found.index, found.step, found.first_step, found.last_step) == (3, 9, 8, 15), before


def test_an_action_that_no_env_takes_is_refused_with_its_step(recorded):
    path = recorded()
    rewrite(path, entry=set_action(9, 3, 200))
    with pytest.raises(ReplayError, match=r"refuses step 9 of the recording.*action of world 3 is 200"):
        replay(path)


def test_a_step_without_actions_is_damage(recorded):
    path = recorded()
    rewrite(path, entry=lambda number, row: row.update(content=row["content"][:-5]) if number == 2 else None)
    with pytest.raises(RecordingFileError, match=r"damaged at step 8, entry 2: it holds 35 bytes"):
        replay(path)


# Another environment


@pytest.mark.few(4)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h: h.update(class_path="no_such_package.envs:Pond"), "envs:Pond cannot be imported"),
        (lambda h: h.update(class_path="tests.env.worlds:Pond"), "no attribute 'Pond'"),
        (lambda h: h.update(class_path="json:JSONDecoder"), "is not a subclass of MurkEnv"),
        (lambda h: h.update(class_path="a:b.<locals>.C"), "defined within a function; pass it"),
        (lambda h: h.update(env_id="murk/Walker-v7"), "but Walker is now registered as None"),
        (lambda h: h["parameters"].update(slope=3), "it has no parameter 'slope'"),
        (lambda h: h["parameters"].update(size=-3), "cannot be made as it was recorded"),
        (lambda h: h["parameters"].pop("size"), "its parameters differ, recorded none, now .*'size', 4"),
        (lambda h: h["parameters"].update(size=5), "its layout differ, recorded .*visits.*16.*now .*25"),
        (lambda h: h["layout"].pop(), "its layout differ, recorded none, now "),
        (lambda h: h.update(actions=["|u1", [5, 2]]), "its actions differ, recorded "),
    ],
)
def test_an_environment_that_has_changed_is_refused(change, message, recorded):
    path = recorded()
    rewrite(path, header=change)
    with pytest.raises(RecordingError, match=message):
        replay(path)


def test_other_versions_are_reported_and_no_fault(recorded):
    path = recorded()
    rewrite(path, header=lambda h: h["versions"].update(numpy="1.0"))
    assert replay(path).changes == {"numpy": ("1.0", np.__version__)}


def test_a_class_of_a_function_is_passed(tmp_path):
    class Local(Walker):
        """Walker."""

    recording = Recording(MurkVectorEnv(Local, 3), tmp_path / "run")
    recording.reset(seed=0)
    recording.close()
    with pytest.raises(ReplayError, match="defined within a function; pass it"):
        replay(tmp_path / "run")
    assert replay(tmp_path / "run", env_class=Local).num_rows == 3


# At a step


@pytest.mark.few(1)
@pytest.mark.parametrize("keyframes", [None, 3])
@pytest.mark.parametrize("face", FACES)
def test_the_env_at_a_step_is_as_it_was(face, keyframes, recorded):
    env, seen = make(face), []
    path = recorded(face, keyframe_every=keyframes)
    play(env, 20, seen=lambda step: seen.append(values_of(env)))
    for step in (0, 13, 19):
        live = replay(path, check=False).at(step)
        assert first_difference(seen[step], values_of(live)) is None
    assert first_difference(values_of(env), values_of(replay(path, check=False).at(20))) is None


def test_a_jump_begins_at_the_last_keyframe(recorded, monkeypatch):
    path = recorded(keyframe_every=6)
    replay(path)
    monkeypatch.setattr(MurkVectorEnv, "reset", None)
    steps = []
    monkeypatch.setattr(MurkVectorEnv, "step", lambda env, actions: steps.append(1))
    monkeypatch.setattr("murk_env.recording._face_rows.VectorRows.step", lambda rows, returned: None)
    replay(path, check=False).at(15)
    assert len(steps) == 3


def test_steps_that_do_not_exist_are_refused(recorded):
    played = replay(recorded())
    wrong: list[Any] = [-1, 21, 1.5, True, "3"]
    for step in wrong:
        with pytest.raises(
            RecordingError, match="step must be an integer from 0 to 20, the length of the recording, not"
        ):
            played.at(step)


def test_other_agents_need_a_policy_where_the_recording_ends(recorded):
    path = recorded("rows")
    with pytest.raises(InputError, match="nothing decides for the group 'tortoise'; pass"):
        replay(path).at(20).step(np.zeros(9, np.int64))
    live = replay(path, others={"tortoise": lambda seen: np.ones(seen.shape[:2], int)}).at(20)
    live.step(np.zeros(9, np.int64))
