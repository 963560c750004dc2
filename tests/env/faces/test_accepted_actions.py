"""What a space contains, every face takes, and hooks get the same bytes whatever dtype it came in."""

import numpy as np
import pytest
from gymnasium import logger, spaces
from gymnasium.spaces import Box, Discrete, MultiBinary, MultiDiscrete
from gymnasium.wrappers import RescaleAction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import murk_env
from murk_env import (
    Blueprint,
    Field,
    Group,
    MurkAgentVectorEnv,
    MurkEnv,
    MurkVectorEnv,
    Observation,
    Observe,
    Square4,
)
from murk_env.errors import ActionError, BlueprintError, ParameterError
from murk_env.faces.actions import ActionReader
from murk_env.faces.parallel import MurkParallelEnv

INTEGERS = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64]
DTYPES = [np.bool_, *INTEGERS, np.float16, np.float32, np.float64, np.complex64]
CANONICAL = {Box: None, Discrete: np.int64, MultiDiscrete: np.int64, MultiBinary: np.int64}


@pytest.fixture(autouse=True)
def silent_casts(monkeypatch):
    """`Box.contains` warns whenever it is asked about what is no array."""
    monkeypatch.setattr(logger, "min_level", logger.ERROR)


def boxes(dtype):
    ends = hnp.arrays(
        dtype, 2, elements=hnp.from_dtype(np.dtype(dtype), allow_nan=False, allow_infinity=False)
    )
    if np.dtype(dtype).kind == "f":
        ends |= st.sampled_from([[-np.inf, np.inf], [0.0, 1.0], [-1.0, np.inf], [-0.0, 0.0]]).map(
            lambda pair: np.array(pair, dtype)
        )
    return ends.map(lambda pair: Box(pair.min(), pair.max(), (2,), dtype))


SPACES = st.one_of(
    st.builds(Discrete, st.integers(1, 300), start=st.integers(-300, 300)),
    st.builds(MultiDiscrete, st.lists(st.integers(1, 300), min_size=1, max_size=3)),
    st.builds(MultiBinary, st.integers(1, 3)),
    *map(boxes, [np.float16, np.float32, np.float64, np.int8, np.uint8, np.int64]),
)


def candidates(space):
    """Values near what the space holds, of any dtype: its own, those that cast to it, and strangers."""
    near = st.sampled_from([0, 1, -1, 2, 5, 127, 128, 255, 256, 300])
    arrays = st.sampled_from(DTYPES).flatmap(
        lambda dtype: (
            hnp.arrays(dtype, space.shape, elements=hnp.from_dtype(np.dtype(dtype)))
            | hnp.arrays(np.int64, space.shape, elements=near).map(lambda array: array.astype(dtype))
        )
    )
    if isinstance(space, Box):
        arrays |= st.sampled_from([space.low, space.high])
    return arrays | st.sampled_from([True, False, 0, 1, -3, 299])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_what_a_space_contains_is_taken_alone_and_in_a_batch_as_the_same_bytes(data):
    space = data.draw(SPACES)
    action = data.draw(candidates(space))
    if not space.contains(action):
        return
    if isinstance(space, MultiDiscrete) and not np.can_cast(np.asarray(action).dtype, space.dtype):
        return  # Gymnasium before 1.2.2 takes floats there
    dtype = CANONICAL[type(space)] or (np.int64 if space.dtype.kind in "iu" else space.dtype)
    real = np.real(action) if np.iscomplexobj(action) else np.asarray(action)
    expected = real.astype(dtype).tobytes()
    assert ActionReader(space, 1).read_one(action).tobytes() == expected
    assert ActionReader(space, 2).read(np.stack([np.asarray(action)] * 2)).tobytes() == 2 * expected


class Switches(MurkEnv):
    """Writes its action into fields, by which every face shows what hooks were given."""

    class Params(murk_env.Params):
        """Which space the actions are of."""

        kind: str = "binary"

    told = Field(over="world", components=2)  # (num_worlds, 2)

    @classmethod
    def build(cls, params):
        space = {
            "binary": MultiBinary(2),
            "multi": MultiDiscrete([2, 2]),
            "box": Box(np.array([0.0, -1.0]), np.array([1.0, 0.5]), dtype=np.float32),
        }[params.kind]
        return Blueprint(
            lattice=Square4(1, 1), observation=Observation(Observe(cls.told)), action_space=space
        )

    def start(self, tick, worlds):
        pass

    def act(self, tick, actions):
        tick.told = actions.astype(np.float32)

    def reward(self, before, after):
        return after.told[:, 0]

    def terminated(self, after):
        return np.zeros(len(after.told), np.bool_)


class Band(MurkEnv):
    """A team of switches with actions in [-1, 1]."""

    told = Field(over="agents")  # (num_worlds, 2)

    @classmethod
    def build(cls, params):
        seen = Observation(Observe(cls.told), over="agents")
        return Blueprint(
            lattice=Square4(1, 1),
            groups=[Group(name, 1, seen, Box(-1.0, 1.0, (), np.float32)) for name in ("drum", "horn")],
        )

    def start(self, tick, worlds):
        pass

    def act(self, tick, actions):
        tick.told = actions

    def reward(self, before, after):
        return after.told

    def terminated(self, after):
        return np.zeros(after.told.shape, np.bool_)


@pytest.mark.parametrize("kind", ["binary", "multi"])
@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.uint64])
def test_bits_of_any_dtype_are_the_same_step_on_both_faces(kind, dtype):
    env, envs = Switches(kind=kind), MurkVectorEnv(Switches, 2, kind=kind)
    env.reset(seed=0)
    envs.reset(seed=0)
    assert env.step(np.array([1, 0], dtype))[0].tolist() == [1.0, 0.0]
    assert envs.step(np.array([[1, 0], [0, 1]], dtype))[0].tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_bits_may_be_floats_as_ppo_sends_them_but_nothing_between():
    envs = MurkVectorEnv(Switches, 2)
    envs.reset(seed=0)
    assert envs.step(np.array([[1, 0], [0, 1]], np.float32))[0].tolist() == [[1.0, 0.0], [0.0, 1.0]]
    with pytest.raises(ActionError, match=r"the action of world 1 is \[0.5, 1.0\], outside MultiBinary\(2\)"):
        envs.step([[1, 0], [0.5, 1.0]])


@pytest.mark.parametrize("ulps", [1, 4])
def test_an_action_a_few_units_beyond_its_bound_is_the_bound(ulps):
    env, twin = Switches(kind="box"), Switches(kind="box")
    env.reset(seed=0)
    twin.reset(seed=0)
    slack = np.float32(ulps) * np.spacing(np.float32(1.0))  # of the larger bound
    beyond = np.array([-slack, np.float32(0.5) + slack], np.float32)
    assert env.step(beyond)[0].tobytes() == twin.step(np.array([0.0, 0.5], np.float32))[0].tobytes()
    envs = MurkVectorEnv(Switches, 2, kind="box")
    envs.reset(seed=0)
    assert envs.step(np.stack([beyond, beyond]))[0].tolist() == [[0.0, 0.5]] * 2  # by the compiled reader
    assert envs.step(np.stack([beyond, beyond]).astype(np.float64))[0].tolist() == [[0.0, 0.5]] * 2


@pytest.mark.parametrize("face", ["single", "vector"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_more_than_that_is_refused(face, dtype):
    beyond = np.array([0.0, 0.5 + 8 * np.spacing(np.float32(1.0))], dtype)
    env = Switches(kind="box") if face == "single" else MurkVectorEnv(Switches, 1, kind="box")
    env.reset(seed=0)
    with pytest.raises(ActionError, match="or make the env with action_out_of_bounds='clip'"):
        env.step(beyond if face == "single" else beyond[np.newaxis])


def test_units_are_those_of_the_coarser_dtype():
    reader = ActionReader(Box(0.0, 0.1, (1,), np.float64), 1)
    assert float(np.float32(0.1)) > 0.1
    assert reader.read(np.array([[0.1]], np.float32)).tolist() == [[0.1]]
    with pytest.raises(ActionError, match="outside"):
        reader.read(np.array([[float(np.float32(0.1))]]))


def test_a_box_of_one_number_has_bounds_on_both_sides():
    reader, slack = ActionReader(Box(0.0, 1.0, (), np.float32), 3), 4 * np.spacing(np.float32(1.0))
    assert reader.read(np.array([-slack, 0.5, 1 + slack], np.float32)).tolist() == [0.0, 0.5, 1.0]


def test_infinity_is_not_a_few_units_beyond_the_largest_number():
    largest = np.finfo(np.float32).max
    reader = ActionReader(Box(-largest, largest, (1,), np.float32), 1)
    for action in (np.inf, -np.inf):
        with pytest.raises(ActionError, match="outside"):
            reader.read(np.array([[action]], np.float32))


@pytest.mark.parametrize(("low", "high"), [(-0.001, 2.0), (0.1, 0.7), (-0.3, 5.0), (-1e3, 1e3)])
@pytest.mark.parametrize("ends", [(-1.0, 1.0), (-0.1, 0.7)])
def test_rescaled_corners_are_actions(low, high, ends):
    """As `RescaleAction` computes them, in float64 too, where they lie beyond the bound most often."""
    for dtype in (np.float32, np.float64):
        space = Box(low, high, (1,), dtype)
        reader, env = ActionReader(space, 1), Switches(kind="box")
        env.action_space = space
        rescaled = RescaleAction(env, *map(dtype, ends))
        for end, bound in zip(ends, (low, high), strict=True):
            action = rescaled.func(np.array([end], dtype))
            assert reader.read_one(action.astype(dtype))[0, 0] == pytest.approx(bound, rel=1e-5, abs=1e-6)


WILD = [[-7.0, np.inf], [0.25, -1e300]]
CLIPPED = [[0.0, 0.5], [0.25, -1.0]]


def test_clipping_sets_numbers_to_the_bound_on_every_face():
    env = Switches(kind="box", action_out_of_bounds="clip")
    envs = MurkVectorEnv(Switches, 2, kind="box", action_out_of_bounds="clip")
    env.reset(seed=0)
    envs.reset(seed=0)
    assert [env.step(action)[0].tolist() for action in WILD] == CLIPPED
    assert envs.step(WILD)[0].tolist() == CLIPPED
    band = MurkParallelEnv(Band, action_out_of_bounds="clip")
    band.reset(seed=0)
    assert band.step({"drum_0": 3.0, "horn_0": -np.inf})[1] == {"drum_0": 1.0, "horn_0": -1.0}
    rows = MurkAgentVectorEnv(
        Band,
        2,
        group="drum",
        others={"horn": lambda seen: np.full((2, 1), -9.0)},
        action_out_of_bounds="clip",
    )
    rows.reset(seed=0)
    assert rows.step([5.0, 0.5])[1].tolist() == [1.0, 0.5]
    assert rows.world["told"].tolist() == [[1.0, -1.0], [0.5, -1.0]]


@pytest.mark.parametrize("action", [[np.nan, 0.0], [0.0, "1"], [[0.0, 0.0]]], ids=str)
def test_clipping_takes_no_nan_no_text_and_no_other_shape(action):
    env = Switches(kind="box", action_out_of_bounds="clip")
    env.reset(seed=0)
    with pytest.raises(ActionError, match=r"^the action(s of Box.* are real| is| has)"):
        env.step(action)


def test_only_boxes_are_clipped():
    envs = MurkVectorEnv(Switches, 1, kind="multi", action_out_of_bounds="clip")
    envs.reset(seed=0)
    with pytest.raises(ActionError, match=r"the action of world 0 is \[2, 0\], outside MultiDiscrete"):
        envs.step([[2, 0]])


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint64, np.bool_])
def test_a_box_of_integers_is_clipped_without_wrapping(dtype):
    reader = ActionReader(Box(300, 400, (2,), np.int32), 1, clips=True)
    assert reader.read(np.array([[1, 0]], dtype)).tolist() == [[300, 300]]


@pytest.mark.parametrize("face", [Switches, lambda **keywords: MurkVectorEnv(Switches, 1, **keywords)])
def test_another_word_for_what_happens_out_of_bounds_is_refused(face):
    with pytest.raises(
        ParameterError, match=r"action_out_of_bounds cannot be 'clips'; did you mean 'clip'\?"
    ):
        face(action_out_of_bounds="clips")


def test_skipped_worlds_may_hold_what_another_dtype_cannot():
    reader = ActionReader(spaces.MultiDiscrete([3], start=[5]), 2)
    given = np.array([[5], [0]], np.uint8)
    assert reader.read(given, np.array([1])).tolist() == [[5], [5]]


@pytest.mark.parametrize(
    "space", [Box(0, 2**64 - 1, (1,), np.uint64), Box(0, 2**63, (1,), np.uint64)], ids=str
)
def test_integers_beyond_int64_are_no_actions(space):
    with pytest.raises(BlueprintError, match=r"at most 2\*\*63 - 1"):
        ActionReader(space, 1)
