"""Recording: what goes through it is untouched, and what it keeps plays the same run again."""

import copy
import pickle

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import SyncVectorEnv, VectorWrapper
from gymnasium.wrappers import TransformReward
from pettingzoo.utils.wrappers import BaseParallelWrapper

import murk_env
from murk_env import Recording, replay
from murk_env.errors import ActionError, ClosedError, RecordingError, RecordingFileError
from murk_env.recording.reader import Reader
from murk_env.testing.comparison import first_difference
from tests.env.engine.states import batch_of
from tests.env.recording.runs import FACES, make, play

MODES = ["NextStep", "SameStep", "Disabled"]
CASES = [(face, mode) for face in ("vector", "rows") for mode in MODES]
CASES += [("single", "NextStep"), ("parallel", "NextStep"), ("dict", "SameStep")]


@pytest.mark.few(1)
@pytest.mark.parametrize(("face", "mode"), CASES)
@pytest.mark.parametrize(
    "outputs", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["outputs", "hashes"]
)
def test_a_run_is_untouched_and_plays_again(face, mode, outputs, tmp_path):
    recording = Recording(make(face, mode), tmp_path / "run", hash_every=8, outputs=outputs)
    played, expected = play(recording, 40), play(make(face, mode), 40)
    recording.close()
    assert first_difference(played, expected) is None
    assert replay(tmp_path / "run").num_steps == 40


@pytest.mark.few(2)
@pytest.mark.parametrize("face", FACES)
def test_a_run_without_a_seed_plays_again(face, tmp_path):
    recording = Recording(make(face), tmp_path / "run")
    play(recording, 12, seed=None)
    recording.close()
    assert replay(tmp_path / "run").compare() is None


def test_seeds_of_some_worlds_are_kept_with_those_that_are_drawn(tmp_path):
    recording = Recording(make("vector"), tmp_path / "run")
    recording.reset(seed=[1, None, 2**70, None, 5])
    recording.reset(seed=[None] * 4 + [7])
    recording.close()
    assert replay(tmp_path / "run").num_steps == 0


def test_what_gymnasium_makes_is_recorded_with_its_time_limit(tmp_path):
    env = gymnasium.make("murk_envs:murk/HeatSeeker-v0", size=3, max_episode_steps=5)
    recording = Recording(env, tmp_path / "run")
    recording.reset(seed=1)
    truncated = [recording.step(0)[3] for _ in range(7)]
    recording.close()
    assert truncated == [False] * 4 + [True] * 3
    assert replay(tmp_path / "run").num_steps == 7


def test_a_recording_is_a_wrapper_of_its_library(tmp_path):
    kinds = {"single": gymnasium.Wrapper, "vector": VectorWrapper, "rows": VectorWrapper}
    for face, kind in {**kinds, "parallel": BaseParallelWrapper}.items():
        with_it = Recording(make(face), tmp_path / face)
        assert isinstance(with_it, kind)
        assert isinstance(with_it, Recording)
        assert with_it.world is not None
        with_it.close()
        assert not hasattr(with_it, "no_such_thing")


def test_wrappers_go_around_a_recording(tmp_path):
    recording = TransformReward(Recording(make("single"), tmp_path / "run"), float)
    play(recording, 9)
    recording.close()
    assert replay(tmp_path / "run").num_steps == 9


@pytest.mark.slow
def test_a_batch_takes_little_more_than_its_actions(tmp_path):
    recording = Recording(make("vector", num=256), tmp_path / "run", flush_seconds=1e9)
    recording.reset(seed=0)
    step_on(recording, 640)
    recording.close()
    assert (tmp_path / "run").stat().st_size / 640 < 1.6 * 256  # a byte an action, as there are five


def test_the_time_and_the_size_say_when_it_is_written(tmp_path):
    recording = Recording(make("vector"), tmp_path / "run", hash_every=4, flush_bytes=1, flush_seconds=1e9)
    recording.reset(seed=0)
    for _ in range(10):
        recording.step(np.zeros(5, np.int64))
    assert murk_env.replay(tmp_path / "run").num_steps == 8  # of the intervals that were full
    recording.flush()
    assert murk_env.replay(tmp_path / "run").num_steps == 10
    recording.close()


def test_what_is_late_is_written_before_the_next_step(tmp_path):
    recording = Recording(make("vector"), tmp_path / "run", flush_seconds=0.0)
    recording.reset(seed=0)
    for _ in range(10):
        recording.step(np.zeros(5, np.int64))
    assert replay(tmp_path / "run").num_steps == 9
    recording.close()


@pytest.mark.slow
def test_keyframes_come_by_themselves_where_they_are_small_beside_the_actions(tmp_path):
    recording = Recording(make("vector"), tmp_path / "run", flush_bytes=1, flush_seconds=1e9)
    recording.reset(seed=0)
    for _ in range(1500):
        recording.step(np.zeros(5, np.int64))
    recording.close()
    reader = Reader(tmp_path / "run")
    kept = [len(entry.content) for _, entry in reader.entries() if entry.kind == "keyframe"]
    assert 1 <= len(kept) <= 4
    assert reader.keyframe_before(1500) is not None


# What is refused, before anything changes


@pytest.mark.parametrize(
    "env",
    [
        lambda: gymnasium.make("CartPole-v1"),
        lambda: TransformReward(make("single"), float),
        lambda: SyncVectorEnv([lambda: make("single")]),
        lambda: object(),
    ],
    ids=["another env", "a wrapper", "a vector env of envs", "no env"],
)
def test_what_cannot_be_made_again_is_refused(env, tmp_path):
    with pytest.raises(RecordingError, match="a recording goes directly around an env of murk_env"):
        Recording(env(), tmp_path / "run")
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("keyword", ["hash_every", "flush_bytes"])
def test_numbers_below_one_are_refused(keyword, tmp_path):
    with pytest.raises(RecordingError, match=f"{keyword} must be a number, at least 1, not 0"):
        Recording(make("single"), tmp_path / "run", **{keyword: 0})


def test_a_file_that_is_there_is_not_overwritten(tmp_path):
    (tmp_path / "run").write_text("my thesis")
    with pytest.raises(RecordingFileError, match="already exists, and a recording never overwrites a file"):
        Recording(make("single"), tmp_path / "run")
    assert (tmp_path / "run").read_text() == "my thesis"


@pytest.mark.parametrize("path", ["/proc/run", "missing/run"])
def test_a_place_where_nothing_can_be_written_is_refused(path, tmp_path):
    with pytest.raises(RecordingFileError, match="no recording can be written to"):
        Recording(make("single"), tmp_path / path)


def test_options_that_cannot_be_kept_are_refused(tmp_path):
    recording = Recording(make("vector"), tmp_path / "run")
    with pytest.raises(RecordingError, match=r"an option of reset holds <object .* of type object"):
        recording.reset(seed=0, options={"reset_mask": object()})
    with pytest.raises(RecordingError, match="has the key 1, but a recording keeps keys that are texts"):
        recording.reset(seed=0, options={1: 2})
    assert not batch_of(recording.unwrapped).started
    recording.close()


def test_a_refused_step_is_not_recorded(tmp_path):
    recording = Recording(make("vector"), tmp_path / "run")
    recording.reset(seed=0)
    with pytest.raises(ActionError):
        recording.step(np.full(5, 9))
    recording.step(np.zeros(5, np.int64))
    recording.close()
    assert replay(tmp_path / "run").num_steps == 1


def test_a_recording_is_not_copied(tmp_path):
    recording = Recording(make("vector"), tmp_path / "run")
    for copied in (copy.deepcopy, copy.copy, pickle.dumps):
        with pytest.raises(RecordingError, match="a recording cannot be copied or pickled"):
            copied(recording)
    recording.close()


def test_a_closed_recording_is_closed(tmp_path):
    recording = Recording(make("vector"), tmp_path / "run")
    recording.close()
    recording.close()
    with pytest.raises(ClosedError, match="closed"):
        recording.reset(seed=0)


@pytest.mark.slow
def test_a_full_disk_is_told_before_the_step_and_nothing_is_lost(tmp_path, file_size_limit):
    recording = Recording(make("vector", num=256), tmp_path / "run", flush_bytes=20_000, flush_seconds=1e9)
    recording.reset(seed=0)
    with file_size_limit(60_000), pytest.raises(RecordingFileError, match=r"written.*stays readable"):
        step_on(recording, 1000)
    made, written = recording._recorder.num_steps, replay(tmp_path / "run").num_steps
    recording.close()  # there is room again
    assert 0 < written < replay(tmp_path / "run").num_steps == made


def step_on(recording, steps):
    for _ in range(steps):
        recording.step(np.zeros(256, np.int64))


def test_a_recording_that_cannot_begin_leaves_nothing_behind(tmp_path, file_size_limit):
    with file_size_limit(1000), pytest.raises(RecordingFileError, match="cannot be written"):
        Recording(make("single"), tmp_path / "run")
    assert not any(tmp_path.iterdir())
