"""What is done to worlds beside stepping and resetting them is part of a recording."""

import numpy as np
import pytest

from murk_env import Recording, replay
from murk_env.errors import RecordingFileError, ReplayError, StateMismatchError
from murk_env.testing.comparison import first_difference
from tests.env.engine.states import batch_of
from tests.env.recording.runs import FACES, make, play, rewrite, values_of
from tests.env.worlds import Walker


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run"


def edit(recording):
    with recording.world.edit([0, 2]) as tick:
        tick.fuse = 7


def restore(recording):
    recording.restore(recording.save()[1], worlds=[0, 3])


def branch(recording):
    recording.branch(0, [1, 4], randomness="fresh")


def beside(recording):
    recording.unwrapped.step(np.ones(5, np.int64))


def call(recording):
    recording.reset(options={"fields": {Walker.fuse: 5, "bell": 2.0}})


def begin(recording):
    recording.reset(options={"state": recording.save()[2], "reset_mask": np.arange(5) > 2})


@pytest.mark.few(1)
@pytest.mark.parametrize("change", [edit, restore, branch, beside, call, begin])
def test_a_run_goes_on_from_what_was_changed(change, path):
    recording = Recording(make("vector"), path, hash_every=8)
    play(recording, 11)
    change(recording)
    for _ in range(9):
        recording.step(np.ones(5, np.int64))
    seen = values_of(recording)
    recording.close()
    played = replay(path)
    assert played.num_steps == 20
    assert first_difference(seen, values_of(played.at(20))) is None


@pytest.mark.slow
@pytest.mark.parametrize("face", FACES)
def test_an_env_that_runs_already_is_recorded_from_there(face, path):
    env, twin = make(face), make(face)
    for one in (env, twin):
        play(one, 7)
    recording = Recording(env, path)
    play(recording, 5, seed=None)
    recording.close()
    twin.reset()
    assert replay(path).num_steps == 5
    assert first_difference(values_of(twin), values_of(replay(path).at(0))) is None


def test_parameters_that_were_set_before_the_first_reset_are_kept(path):
    recording = Recording(make("vector"), path)
    with recording.world.edit() as tick:
        tick.bell = 3.0
    play(recording, 9)
    recording.close()
    assert replay(path).num_steps == 9


def test_the_moment_in_which_numbers_diverge_is_recorded_and_gone_back_to(path):
    recording = Recording(make("vector"), path, keyframe_every=2, hash_every=1)
    play(recording, 2)
    diverge(recording, [1, 3])
    for _ in range(6):
        recording.step(np.ones(5, np.int64))
    seen, state = values_of(recording), recording.save()
    assert state.diverged == ("bell",)
    recording.close()
    played = replay(path)
    assert first_difference(seen, values_of(played.at(8))) is None
    live = played.at(5)  # from a keyframe in between
    live.step(np.ones(5, np.int64))
    assert live.save() == played.at(6).save()
    with pytest.raises(
        StateMismatchError, match="numbers have diverged, in bell; continue from it with restore"
    ):
        live.reset(options={"state": state})


def diverge(recording, rows):
    """Let numbers of some rows be NaN, as a step can leave them and nothing else."""
    world = batch_of(recording.unwrapped).world
    with world.arena.begin_tick() as guard:
        guard.update(world.layout.ids[Walker.bell])[rows] = np.nan


def test_states_that_cannot_be_read_or_are_of_others_are_refused(path):
    recording = Recording(make("vector"), path, keyframe_every=2)
    play(recording, 5)
    recording.close()

    def put(data):
        def change(_, row):
            if row["kind"] == "keyframe":
                row["content"] = data

        return change

    rewrite(path, entry=put(b"junk"))
    assert replay(path).num_steps == 5  # the hashes need no keyframe
    with pytest.raises(RecordingFileError, match="holds a state that cannot be read"):
        replay(path, check=False).at(4)
    other = make("dict")
    other.reset(seed=0)
    rewrite(path, entry=put(other.save().to_bytes()))
    with pytest.raises(ReplayError, match=r"the env refuses the state before step 4.*StateMismatch"):
        replay(path, check=False).at(4)
