"""Runs are driven through every kind of reset, with legal actions that belong to their rows."""

from itertools import pairwise

import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from murk_env.testing.bad_actions import bad_actions
from murk_env.testing.play import ActionStream, Interruptions, ended_rows, info_of_row, play, row_records
from tests.env.testing.tidy import TidySyncVectorEnv
from tests.versions import since

SPACES = (
    spaces.Discrete(3, start=-1),
    spaces.MultiDiscrete([2, 3], start=[1, -2]),
    spaces.MultiBinary(2),
    spaces.Box(-1.0, 1.0, (2,), np.float32),
    spaces.Box(0, 9, (2,), np.uint8),
    spaces.Dict({"push": spaces.Box(-1.0, 1.0, (2,), np.float32), "jump": spaces.Discrete(2)}),
    spaces.Tuple([spaces.Discrete(2), spaces.Discrete(3)]),
)


@pytest.mark.parametrize("space", SPACES, ids=repr)
def test_an_action_stream_gives_legal_batches(space):
    stream, batched = ActionStream(space, range(3)), batch_space(space, 3)
    assert all(batched.contains(next(stream)) for _ in range(5))


def test_the_actions_of_a_row_depend_on_its_seed_alone():
    few, many = ActionStream(spaces.Discrete(100), [7, 8]), ActionStream(spaces.Discrete(100), [6, 7, 8])
    for _ in range(5):
        np.testing.assert_array_equal(next(few), next(many)[1:])


@since("gymnasium", "1.3")  # MultiDiscrete of older ones contains fractions, and raises for text
@pytest.mark.parametrize("space", SPACES, ids=repr)
def test_no_bad_action_lies_in_the_space_and_the_good_ones_stay(space):
    batched, batch = batch_space(space, 3), next(ActionStream(space, range(3)))
    bad = list(bad_actions(space, batch))
    assert len({what for what, _ in bad}) == len(bad) >= 4
    assert not [what for what, actions in bad if batched.contains(actions)]
    assert batched.contains(batch)


def test_an_unbounded_box_has_no_action_beyond_its_bounds():
    space = spaces.Box(-np.inf, np.inf, (2,), np.float32)
    words = [what for what, _ in bad_actions(space, np.zeros((3, 2), np.float32))]
    assert words == [
        "one row of actions too many",
        "one row of actions too few",
        "text for actions",
        "NaN in the last row",
    ]


@pytest.mark.parametrize("mode", list(AutoresetMode), ids=str)
def test_a_run_meets_every_kind_of_reset(mode):
    calls = []

    class Listening(TidySyncVectorEnv):
        def reset(self, *, seed=None, options=None):
            kind = "int" if isinstance(seed, int) else "none" if seed is None else "list"
            pending = bool(options) and np.array_equal(options["reset_mask"], self._autoreset_envs)
            calls.append(("pending" if pending else "masked" if options else "full", kind))
            return super().reset(seed=seed, options=options)

    for _ in play(Listening(5, mode), mode, steps=120, seed=3, interrupted=True):
        pass
    wanted = {("pending", "none"), ("masked", "int"), ("masked", "list"), ("full", "none"), ("full", "int")}
    assert wanted | {("full", "list"), ("masked", "none")} <= set(calls)


def test_a_rows_records_have_what_the_batch_returned_for_it():
    env = TidySyncVectorEnv(3, AutoresetMode.NEXT_STEP)
    records = list(play(env, AutoresetMode.NEXT_STEP, steps=5, seed=3))
    rows = list(row_records(iter(records), env, 1))
    assert len(rows) == len(records) > 5
    for whole, one in zip(records, rows, strict=True):
        np.testing.assert_array_equal(one.output["observation"], whole.output["observation"][1])


def test_a_reset_that_waits_for_an_ending_does_not_wait_for_ever():
    interruptions = Interruptions(num_envs=3, steps=28, seed=0)
    nobody = np.zeros(3, bool)
    due = [step for step in range(8) if interruptions.due(step, nobody)]
    assert due == [4, 6]


def test_every_row_that_ended_is_reset_before_the_next_step_in_disabled_mode():
    env = TidySyncVectorEnv(3, AutoresetMode.DISABLED)
    records = list(play(env, AutoresetMode.DISABLED, steps=60, seed=1))
    for former, latter in pairwise(records):
        if (former.call, latter.call) == ("step", "reset"):
            np.testing.assert_array_equal(latter.rows, ended_rows(former.output))
    assert [record.call for record in records].count("reset") > 3


def test_the_info_of_a_row_holds_the_keys_its_masks_allow():
    both, second = np.array([True, True]), np.array([False, True])
    info = {
        "heat": np.array([1.0, 2.0]),
        "_heat": both,
        "agent": {"cell": np.array([0, 9]), "_cell": second},
        "_agent": both,
        "final_info": {"heat": np.array([0.0, 5.0]), "_heat": second},
        "_final_info": second,
    }
    assert info_of_row(info, 0) == {"heat": 1.0, "agent": {}}
    assert info_of_row(info, 1) == {"heat": 2.0, "agent": {"cell": 9}, "final_info": {"heat": 5.0}}
