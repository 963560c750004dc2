"""Gymnasium's vector wrappers do to the vector form what its single wrappers do to the single form."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces, wrappers
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers import vector as vector_wrappers

from murk_env.testing import first_difference
from murk_env.testing.play import info_of_row, play
from tests.conformance.subjects import SUBJECTS
from tests.versions import since

STEPS = 60
OBSERVERS = ("FlattenObservation", "DtypeObservation", "RescaleObservation", "ReshapeObservation")


def arguments_of(name, env):
    """What to construct a wrapper with around this env; None where it does not fit."""
    observation, action = env.observation_space, env.action_space
    for_all = {
        "FlattenObservation": (),
        "TransformReward": (lambda reward: 3.0 * reward,),
        "ClipReward": (-0.5, 0.5),
    }
    for_boxes = {
        "DtypeObservation": (np.float64,),
        "RescaleObservation": (np.float32(0.0), np.float32(1.0)),
        "ReshapeObservation": ((int(np.prod(observation.shape or ())), 1),),
    }
    for_box_actions = {
        "ClipAction": (),
        "RescaleAction": (np.full(action.shape, -2.0, np.float32), np.full(action.shape, 2.0, np.float32)),
    }
    if isinstance(observation, spaces.Box) and observation.is_bounded():
        for_all |= for_boxes
    if isinstance(action, spaces.Box):
        for_all |= for_box_actions
    return for_all.get(name)


def wrapped_pair(subject, mode, name, arguments):
    """SyncVectorEnv over wrapped singles, and the wrapped vector form."""

    def single():
        return getattr(wrappers, name)(subject.single(), *arguments)

    # Gymnasium compares the bounds of a new space with the limits of every dtype.
    with np.errstate(over="ignore"):
        sync = gymnasium.vector.SyncVectorEnv([single] * 3, autoreset_mode=mode)
        return sync, getattr(vector_wrappers, name)(subject.native(3, mode), *arguments)


def assert_wrapped_forms_agree(subject, mode, name):
    arguments = arguments_of(name, subject.single())
    if arguments is None:
        return
    pair = wrapped_pair(subject, mode, name, arguments)
    assert pair[0].observation_space == pair[1].observation_space
    assert pair[0].action_space == pair[1].action_space
    runs = (play(env, mode, steps=STEPS, seed=8, interrupted=True) for env in pair)
    for expected, actual in zip(*runs, strict=True):
        assert first_difference(expected.output, actual.output) is None


@pytest.mark.few(2)
@pytest.mark.parametrize("name", ["TransformReward", "ClipReward", "ClipAction", "RescaleAction"])
def test_reward_and_action_wrappers_are_the_same_in_every_mode(subject, mode, name):
    assert_wrapped_forms_agree(subject, mode, name)


@pytest.mark.few(2)
@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.DISABLED], ids=str)
@pytest.mark.parametrize("name", OBSERVERS)
def test_observation_wrappers_are_the_same_in_the_modes_they_allow(subject, mode, name):
    assert_wrapped_forms_agree(subject, mode, name)


@pytest.mark.slow
def test_every_wrapper_fits_some_environment():
    names = (*OBSERVERS, "ClipAction", "RescaleAction")
    fitting = {name for name in names for one in SUBJECTS if arguments_of(name, one.single()) is not None}
    assert fitting == set(names)


@since("gymnasium", "1.4")
def test_observation_wrappers_recognise_same_step_mode_by_our_metadata(subject):
    with pytest.raises(ValueError, match="Expected autoreset_mode to be NEXT_STEP or DISABLED"):
        vector_wrappers.FlattenObservation(subject.native(2, "SameStep"))


@pytest.mark.few(4)
@since("gymnasium", "1.4")
def test_episode_statistics_are_sums_by_hand(subject, mode):
    env = vector_wrappers.RecordEpisodeStatistics(subject.native(5, mode))
    returns, lengths, ended = np.zeros(5), np.zeros(5, int), np.zeros(5, bool)
    num_episodes = 0
    for record in play(env, mode, steps=STEPS, seed=9, interrupted=True):
        if record.call == "reset":
            returns[record.rows], lengths[record.rows], ended[record.rows] = 0.0, 0, False
            continue
        output = record.output
        # In next-step mode the step after the end belongs to no episode.
        begun = ended if mode is AutoresetMode.NEXT_STEP else np.zeros(5, bool)
        returns, lengths = np.where(begun, 0.0, returns + output["reward"]), np.where(begun, 0, lengths + 1)
        ended = output["terminated"] | output["truncated"]
        if ended.any():
            assert output["info"]["_episode"].tolist() == ended.tolist()
            assert output["info"]["episode"]["r"][ended].tolist() == returns[ended].tolist()
            assert output["info"]["episode"]["l"][ended].tolist() == lengths[ended].tolist()
        num_episodes += int(ended.sum())
        if mode is AutoresetMode.SAME_STEP:
            returns[ended], lengths[ended] = 0.0, 0
    assert env.episode_count == num_episodes >= 10


@pytest.mark.few(2)
def test_infos_become_one_dict_for_each_row(subject, mode):
    env = vector_wrappers.DictInfoToList(subject.native(3, mode))
    twin = subject.native(3, mode)
    runs = (play(one, mode, steps=STEPS, seed=9, interrupted=True) for one in (env, twin))
    for listed, record in zip(*runs, strict=True):
        rows = [info_of_row(record.output["info"], row) for row in range(3)]
        assert len(listed.output["info"]) == 3
        for row, (info, expected) in enumerate(zip(listed.output["info"], rows, strict=True)):
            assert info.keys() == expected.keys()
            assert bool(info) == (record.rows[row] and bool(rows[row]))
            for key in info.keys() - {"final_obs", "final_info"}:
                np.testing.assert_array_equal(info[key], expected[key])
