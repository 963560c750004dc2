"""What Gymnasium's users may do with a vector form beyond stepping it."""

import gc
import threading
import weakref

import numpy as np
import pytest

from murk_env.testing import first_difference
from murk_env.testing.play import play
from tests.versions import since


def refusal(env, mask):
    """The error that a mask is refused with."""
    with pytest.raises((TypeError, ValueError), match="reset_mask") as caught:
        env.reset(options={"reset_mask": mask})
    return caught.value


@pytest.mark.few(3)
@pytest.mark.parametrize(
    "mask",
    [[True, False, False], np.ones(4, bool), np.ones((3, 1), bool), np.ones(3, np.int64), np.zeros(3, bool)],
    ids=["list", "too long", "two axes", "integers", "empty"],
)
@since("gymnasium", "1.4")
def test_a_bad_mask_is_refused_in_gymnasiums_own_words(subject, mask):
    sync, native = subject.sync(3), subject.native(3)
    sync.reset(seed=0)
    native.reset(seed=0)
    expected, actual = refusal(sync, mask), refusal(native, mask)
    assert isinstance(actual, type(expected))
    assert str(actual).startswith(str(expected))


def test_actions_may_be_a_list(subject):
    env, twin = subject.native(3), subject.native(3)
    env.reset(seed=1)
    twin.reset(seed=1)
    env.action_space.seed(1)
    actions = env.action_space.sample()
    assert first_difference(env.step(actions), twin.step(actions.tolist())) is None


def test_a_single_action_for_several_rows_is_refused(subject):
    env = subject.native(3)
    env.reset(seed=1)
    with pytest.raises(TypeError, match="3 action"):
        env.step(0)


@pytest.mark.few(4)
def test_without_copies_an_observation_lasts_until_the_step_after_next(subject, mode):
    env = subject.native(3, mode, copy=False)
    runs = zip(
        play(env, mode, steps=30, seed=3), play(subject.native(3, mode), mode, steps=30, seed=3), strict=True
    )
    former, former_expected = None, None
    for record, expected in runs:
        assert first_difference(expected.output, record.output) is None
        assert first_difference(former_expected, former) is None
        former, former_expected = record.output["observation"], expected.output["observation"]


def test_without_copies_two_sets_of_memory_take_turns(subject):
    env = subject.native(3, copy=False)
    env.reset(seed=3)
    actions = np.zeros(env.action_space.shape, env.action_space.dtype)
    observations = [env.step(actions)[0] for _ in range(4)]
    arrays = [list(one.values()) if isinstance(one, dict) else [one] for one in observations]
    for first, second, third in zip(arrays, arrays[1:], arrays[2:], strict=False):
        assert all(np.shares_memory(*pair) for pair in zip(first, third, strict=True))
        assert not any(np.shares_memory(*pair) for pair in zip(first, second, strict=True))


@pytest.mark.few(4)
@pytest.mark.parametrize("form", ["single", "native"])
def test_environments_leave_no_thread_and_no_object_behind(subject, form):
    num_threads = threading.active_count()

    def make_and_close():
        env = subject.single() if form == "single" else subject.native(2)
        env.reset(seed=0)
        env.step(env.action_space.sample())
        env.close()
        env.close()
        return weakref.ref(env.unwrapped)

    alive = [make_and_close() for _ in range(3)]
    gc.collect()
    assert [ref() for ref in alive] == [None] * 3
    assert threading.active_count() == num_threads


@pytest.mark.slow
def test_a_hundred_environments_leave_no_memory_behind(registered_once):
    def make_and_close(times):
        for _ in range(times):
            env = registered_once.native(2)
            env.reset(seed=0)
            env.close()
        gc.collect()

    make_and_close(3)
    num_objects = len(gc.get_objects())
    make_and_close(100)
    assert len(gc.get_objects()) < num_objects + 50


def test_attributes_of_the_rows_can_be_asked_for(subject):
    env, sync = subject.native(3), subject.sync(3)
    env.reset(seed=5)
    sync.reset(seed=5)
    assert env.get_attr("np_random_seed") == sync.get_attr("np_random_seed") == (5, 6, 7)
    assert env.call("render_mode") == sync.call("render_mode") == (None,) * 3
    states = [[one.bit_generator.state for one in vector.np_random] for vector in (env, sync)]
    assert first_difference(*states) is None


@since("gymnasium", "1.4")
def test_two_instances_keep_their_metadata_apart(subject):
    one, other = subject.native(2, "NextStep"), subject.native(2, "SameStep")
    modes = [env.metadata["autoreset_mode"].value for env in (one, other)]
    assert modes == ["NextStep", "SameStep"]
    assert "autoreset_mode" not in subject.env_class.metadata
