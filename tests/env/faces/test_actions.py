"""Actions: every kind of space, and every action that is refused before anything changes."""

import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.error import InvalidAction

from murk_env import MurkVectorEnv
from murk_env.errors import ActionError, ActionTypeError, BlueprintError
from murk_env.faces.action_limits import team_space
from murk_env.faces.actions import ActionReader
from tests.env.worlds import Drifter, Mixed, Walker

SPACES = [
    spaces.Discrete(5),
    spaces.Discrete(3, start=-1),
    spaces.MultiDiscrete([5, 2]),
    spaces.MultiDiscrete(np.array([[3, 4], [2, 9]]), start=np.array([[1, 0], [-2, 7]])),
    spaces.MultiBinary(4),
    spaces.MultiBinary([2, 3]),
    spaces.Box(-1.0, 2.0, (2,), np.float32),
    spaces.Box(np.array([0.0, -np.inf]), np.array([np.inf, 3.0]), dtype=np.float64),
    spaces.Box(0, 255, (2, 2), np.uint8),
    spaces.Box(-3, 3, (), np.int32),
]


def samples(space, num_worlds, seed):
    space.seed(seed)
    return [space.sample() for _ in range(num_worlds)]


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_what_the_space_samples_is_taken_as_it_is(space):
    reader = ActionReader(space, 5)
    for seed in range(10):
        given = samples(space, 5, seed)
        assert np.array_equal(reader.read(np.array(given)), given)
        assert np.array_equal(reader.read(given), given)  # a list of actions, as trainers pass it


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_a_single_action_is_a_batch_of_one(space):
    reader = ActionReader(space, 1)
    (given,) = samples(space, 1, 3)
    assert np.array_equal(reader.read_one(given), [given])


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_the_actions_of_skipped_worlds_are_replaced_by_a_legal_one(space):
    reader = ActionReader(space, 3)
    given = np.array(samples(space, 3, 1)).astype(np.int64 if space.dtype.kind in "iu" else np.float64)
    given[1] = 1000 if space.dtype.kind in "iu" else np.nan
    taken = reader.read(given, np.array([1]))
    assert space.contains(np.asarray(taken[1], space.dtype))
    assert np.array_equal(taken[[0, 2]], given[[0, 2]].astype(taken.dtype))


@pytest.mark.parametrize(
    "space", [spaces.Text(3), spaces.Tuple([spaces.Discrete(2)]), spaces.Dict()], ids=str
)
def test_another_kind_of_space_is_refused(space):
    with pytest.raises(
        BlueprintError, match="an action space must be a Discrete, MultiDiscrete, MultiBinary or Box, not"
    ):
        ActionReader(space, 1)


DISCRETE = [
    (1, ActionTypeError, r"expected 3 action\(s\), an array of shape \(3,\), but got the single value 1"),
    (None, ActionTypeError, "got the single value None"),
    ([1, 1], ActionError, r"expected 3 action\(s\), an array of shape \(3,\), but got shape \(2,\)"),
    ([[1], [1], [1]], ActionError, r"but got shape \(3, 1\)"),
    ([[1, 2], [1], [1]], ActionError, r"the actions are not an array of shape \(3,\): .*[^.]\.$"),
    ([1.0, 1.0, 1.0], ActionTypeError, r"the actions of Discrete\(5\) are integers, not of dtype float64"),
    (["1", "1", "1"], ActionTypeError, "are integers, not of dtype <U1"),
    ([None, 1, 1], ActionTypeError, "are integers, not of dtype object"),
    (
        [0, 5, 0],
        ActionError,
        r"the action of world 1 is 5, outside Discrete\(5\); pass values between 0 and 4",
    ),
    ([0, 0, -1], ActionError, "the action of world 2 is -1, outside"),
    (
        np.array([2**63, 0, 0], np.uint64),
        ActionError,
        "the action of world 0 is 9223372036854775808, outside",
    ),
]
BOX = [
    (
        [[0, 0], [0, 1.5], [0, 0]],
        ActionError,
        r"the action of world 1 is \[0.0, 1.5\], outside Box.*-1.0.* and \[1.0",
    ),
    ([[0, 0], [0, 0], [np.nan, 0]], ActionError, r"the action of world 2 is \[nan, 0.0\], outside Box"),
    ([[np.inf, 0], [0, 0], [0, 0]], ActionError, r"the action of world 0 is \[inf, 0.0\], outside Box"),
    ([[1e300, 0], [0, 0], [0, 0]], ActionError, "the action of world 0 is"),
    ([0.0, 0.0, 0.0], ActionError, r"an array of shape \(3, 2\), but got shape \(3,\)"),
    ([["0", "0"]] * 3, ActionTypeError, "are real numbers, not of dtype <U1"),
    ([[0j, 0j]] * 3, ActionTypeError, "are real numbers, not of dtype complex128"),
]
MIXED = [
    (
        [[0, 0], [5, 0], [0, 0]],
        ActionError,
        r"the action of world 1 is \[5, 0\].* between \[0, 0\] and \[4, 1\]",
    ),
    ([[0.0, 0.0]] * 3, ActionTypeError, "are integers, not of dtype float64"),
]
REFUSED = [
    pytest.param(env_class, *case, id=f"{env_class.__name__}-{case[0]}")
    for env_class, cases in ((Walker, DISCRETE), (Drifter, BOX), (Mixed, MIXED))
    for case in cases
]


@pytest.mark.few(10)
@pytest.mark.parametrize(("env_class", "actions", "error", "message"), REFUSED)
def test_actions_that_cannot_be_are_refused_and_nothing_has_changed(env_class, actions, error, message):
    envs, twin = MurkVectorEnv(env_class, 3), MurkVectorEnv(env_class, 3)
    envs.reset(seed=1)
    twin.reset(seed=1)
    with pytest.raises(error, match=message) as caught:
        envs.step(actions)
    assert isinstance(caught.value, InvalidAction)
    legal = np.array(samples(envs.single_action_space, 3, 1))
    assert [part.tobytes() for part in envs.step(legal)[1:4]] == [
        part.tobytes() for part in twin.step(legal)[1:4]
    ]


@pytest.mark.parametrize(
    ("action", "error", "message"),
    [
        (5, ActionError, r"^the action is 5, outside Discrete\(5\); pass values between 0 and 4"),
        (-1, ActionError, "is -1, outside"),
        (1.0, ActionTypeError, "not of dtype float64"),
        (np.float32("nan"), ActionTypeError, "not of dtype float32"),
        ("1", ActionTypeError, "not of dtype <U1"),
        (None, ActionTypeError, "not of dtype object"),
        ([1], ActionError, r"^the action has shape \(1,\), .* Discrete\(5\) has shape \(\); it is \[1\]"),
        ([[1], [2, 3]], ActionError, r"^the action is not an array of shape \(\): ValueError: .*[^.]\.$"),
    ],
    ids=str,
)
def test_a_single_env_refuses_likewise(action, error, message):
    env = Walker()
    env.reset(seed=1)
    with pytest.raises(error, match=message):
        env.step(action)


@pytest.mark.parametrize(
    ("space", "action", "message"),
    [
        (SPACES[2], 3, r"^the action has shape \(\), but .*MultiDiscrete.* has shape \(2,\); it is 3"),
        (SPACES[2], [[1, 1]], r"^the action has shape \(1, 2\)"),
        (SPACES[2], [1, 7], r"^the action is \[1, 7\], outside MultiDiscrete"),
        (SPACES[6], [3.0, 0.0], r"^the action is \[3.0, 0.0\], outside Box"),
        (SPACES[6], None, r"^the action has shape \(\), but .*Box.* has shape \(2,\); it is None"),
    ],
    ids=str,
)
def test_an_action_of_one_world_is_spoken_of_as_one(space, action, message):
    reader = ActionReader(space, 1)
    before = reader.actions.copy()
    with pytest.raises(ActionError, match=message):
        reader.read_one(action)
    assert np.array_equal(reader.actions, before)


def test_actions_of_unlike_kinds_share_no_array():
    with pytest.raises(BlueprintError, match=r"one kind and shape, not Discrete\(2\), MultiBinary\(3\)\."):
        team_space([spaces.Discrete(2), spaces.Discrete(2), spaces.MultiBinary(3)])


@pytest.mark.parametrize("action", [2, np.int64(2), np.int32(2), np.uint8(2), np.array(2)], ids=repr)
def test_any_integral_type_is_an_action(action):
    env, twin = Walker(), Walker()
    env.reset(seed=1)
    twin.reset(seed=1)
    assert env.step(action)[0].tobytes() == twin.step(2)[0].tobytes()


@pytest.mark.parametrize("clips", [False, True])
@pytest.mark.parametrize("value", [np.nan, 1e300, -1e300])
def test_a_box_without_limits_holds_only_what_its_dtype_can(value, clips):
    reader = ActionReader(spaces.Box(-np.inf, np.inf, (1,), np.float32), 2, clips=clips)
    with pytest.raises(ActionError, match="the action of world 1 is"):
        reader.read([[1e30], [value]])


@pytest.mark.parametrize("limit", [0.1, 0.7])
def test_a_limit_is_an_action_also_as_the_float64_that_it_was_declared_with(limit):
    reader = ActionReader(spaces.Box(0.0, limit, (1,), np.float32), 1)
    assert reader.read(np.array([[limit]]))[0, 0] == np.float32(limit)


def test_the_actions_of_ended_worlds_are_not_looked_at_in_next_step_mode():
    envs = MurkVectorEnv(Walker, 2, max_episode_steps=1)
    envs.reset(seed=1)
    envs.step([1, 1])
    assert envs.step([99, -7])[1].tolist() == [0.0, 0.0]
    with pytest.raises(ActionError, match="the action of world 0 is 99"):
        envs.step([99, -7])


def test_an_ended_world_is_acted_on_by_a_legal_action_only():
    taken = []

    class Told(Drifter):
        def act(self, tick, actions):
            taken.append(actions.tolist())
            super().act(tick, actions)

    envs = MurkVectorEnv(Told, 1, max_episode_steps=1)
    envs.reset(seed=1)
    envs.step(np.full((1, 2), 0.5, np.float32))
    envs.step(np.full((1, 2), np.nan, np.float32))
    assert taken == [[[0.5, 0.5]], [[0.0, 0.0]]]


@pytest.mark.parametrize("shape", [(), (3,)])
def test_nan_is_no_action_of_a_box_without_limits_but_infinity_is(shape):
    reader = ActionReader(spaces.Box(-np.inf, np.inf, shape, np.float32), 2)
    actions = np.full((2, *shape), -np.inf, np.float32)
    assert reader.read(actions).tolist() == actions.tolist()
    actions[(1, *(2 for _ in shape))] = np.nan
    with pytest.raises(ActionError, match="the action of world 1 is"):
        reader.read(actions)


@pytest.mark.parametrize("place", [0, 1])
def test_every_element_of_an_array_of_actions_has_limits_of_its_own(place):
    reader = ActionReader(spaces.MultiDiscrete([2, 5], start=[10, -1]), 3)
    limits = ((10, 11), (-1, 3))[place]
    for value in range(-3, 14):
        actions = np.tile([10, -1], (3, 1))
        actions[2, place] = value
        if limits[0] <= value <= limits[1]:
            assert reader.read(actions).tolist() == actions.tolist()
        else:
            with pytest.raises(ActionError, match="the action of world 2 is"):
                reader.read(actions)


@pytest.mark.parametrize(("shape", "dtype"), [((2,), np.float16), ((0,), np.float32)])
def test_actions_that_no_kernel_takes_are_read_all_the_same(shape, dtype):
    actions = np.full((2, *shape), 0.5, dtype)
    assert ActionReader(spaces.Box(-1.0, 1.0, shape, dtype), 2).read(actions).tolist() == actions.tolist()
