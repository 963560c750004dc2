"""Fields of float64 through every door of a world and of an env: what goes in comes out, to the last bit."""

import numpy as np
import pytest
from gymnasium.spaces import Box

import murk_env
from murk_env import (
    Blueprint,
    Draws,
    Field,
    MurkEnv,
    MurkVectorEnv,
    Observation,
    Observe,
    Parameter,
    Propagator,
    Recording,
    Ring1D,
    State,
    World,
    per_world,
)
from murk_env.errors import DefinitionError, FieldError, PropagatorError
from murk_env.recording.replay import replay
from murk_env.world.limits import within_bounds
from murk_env.world.memory import bytes_of_fields

THIRD = 1.0 / 3.0  # as a float32 it is another number
NEAR_ONE = 1.0 + 2.0**-40


class Relax(Propagator):
    """u' = u + rate * (mean of both neighbours - u), in numpy: a propagator in Python takes every dtype."""

    def __init__(self, field, rate):
        self.field = field
        self.reads_previous, self.writes, self.coefficients = (field,), (field,), (rate,)

    def step(self, frame):
        u, rate = frame.previous(self.field), frame.coefficients[:, :1]
        mean = (np.roll(u, 1, axis=1) + np.roll(u, -1, axis=1)) / 2.0
        frame.write(self.field)[...] = u + rate * (mean - u)


class Rod(MurkEnv):
    """A ring of doubles that a compiled and an array hook write, with one of every kind of field."""

    class Params(murk_env.Params):
        """No parameters."""

    ground = Field(mutability="static", dtype="float64")
    u = Field(dtype="float64", initial=ground)
    kept = Field(over="world", mutability="sparse", dtype="float64", initial=THIRD)
    rate = Parameter(0.1, low=0.0, high=1.0, dtype="float64")
    total = Field(over="world", dtype="float64", derived=True)
    seen = Field(dtype="float64", derived=True)

    @classmethod
    def build(cls, params):
        return Blueprint(
            lattice=Ring1D(4),
            propagators=[Relax(cls.u, cls.rate)],
            observation=Observation(Observe(cls.u), Observe(cls.total), dtype="float64"),
            action_space=Box(-1.0, 1.0, (1,), np.float64),
            static={cls.ground: [THIRD, 0.0, NEAR_ONE, 0.0]},
        )

    @per_world
    def start(self, rng: Draws) -> None:
        self.kept[0] = THIRD

    @per_world
    def terminated(self) -> bool:
        return self.kept[0] > 2.0

    def act(self, tick, actions):
        tick.kept = tick.kept + actions[:, 0] * THIRD

    def derive(self, tick):
        tick.total = tick.u.sum(axis=1)
        tick.seen = tick.u * THIRD

    @per_world
    def reward(self) -> float:
        return self.kept[0]


def relaxed(u, rate, ticks):
    for _ in range(ticks):
        u = u + rate * ((np.roll(u, 1) + np.roll(u, -1)) / 2.0 - u)
    return u


@pytest.fixture(params=[False, True], ids=["", "checked"])
def envs(request):
    envs = MurkVectorEnv(Rod, num_envs=3, checked=request.param)
    envs.reset(seed=0)
    yield envs
    envs.close()


@pytest.mark.slow
def test_hooks_propagators_parameters_and_observations_compute_in_double_precision(envs):
    observed, rewards, *_ = envs.step(np.full((3, 1), 0.5))
    expected = relaxed(np.array([THIRD, 0.0, NEAR_ONE, 0.0]), 0.1, 1)
    assert observed.dtype == envs.single_observation_space.dtype == np.float64
    np.testing.assert_array_equal(observed, [[*expected, expected.sum()]] * 3)
    assert rewards.tolist() == [THIRD + 0.5 * THIRD] * 3
    np.testing.assert_array_equal(envs.world[Rod.seen], [expected * THIRD] * 3)


def test_edits_and_reset_options_set_doubles(envs):
    with envs.world.edit() as tick:
        tick.u = np.full((1, 4), NEAR_ONE)
        tick.rate = THIRD
    assert (envs.world[Rod.u] == NEAR_ONE).all()
    assert (envs.world[Rod.rate] == THIRD).all()
    envs.reset(options={"fields": {"u": np.full((1, 4), -THIRD)}})
    assert (envs.world[Rod.u] == -THIRD).all()
    with pytest.raises(DefinitionError, match="field 'u' takes finite numbers, not inf"):
        envs.reset(options={"fields": {"u": np.inf}})


@pytest.mark.few(1)
def test_a_state_goes_through_a_file_and_on_to_the_same_bytes(envs, tmp_path):
    envs.step(np.full((3, 1), 0.5))
    envs.save().write(tmp_path / "rod.state")
    expected = envs.step(np.full((3, 1), 0.25))[0]
    state = State.read(tmp_path / "rod.state")
    assert state["u"].dtype == np.float64
    envs.restore(state)
    np.testing.assert_array_equal(envs.step(np.full((3, 1), 0.25))[0], expected)


def test_one_row_is_restored_and_branched_into_sparse_fields_too(envs):
    envs.step(np.array([[0.1], [0.2], [0.3]]))
    kept = envs.world[Rod.kept]
    envs.branch(2, into=[0, 1])
    assert envs.world[Rod.kept].tolist() == [kept[2]] * 3
    envs.restore(envs.save(worlds=[2]), worlds=[0])
    assert envs.world[Rod.kept].tolist() == [kept[2]] * 3


@pytest.mark.slow
def test_a_recording_of_double_observations_replays(tmp_path):
    envs = Recording(MurkVectorEnv(Rod, num_envs=2), tmp_path / "run", hash_every=1)
    envs.reset(seed=0)
    seen = [envs.step(np.full((2, 1), 0.5))[0] for _ in range(3)]
    envs.close()
    env = replay(tmp_path / "run").at(2)  # held, as Gymnasium before 1.4 closes what is let go of
    np.testing.assert_array_equal(env.world["u"], seen[1][:, :4])


@pytest.mark.parametrize(
    ("at_bounds", "expected"),
    [("clamp", NEAR_ONE), ("reflect", 2.0 * NEAR_ONE - (NEAR_ONE + 2.0**-45)), ("wrap", 2.0**-45)],
)
def test_bounds_are_kept_in_double_precision(at_bounds, expected):
    field = Field(dtype="float64", low=0.0, high=NEAR_ONE, at_bounds=at_bounds)
    assert within_bounds(np.array([[NEAR_ONE + 2.0**-45]]), field)[0, 0] == expected


def test_a_double_beyond_float32_is_seen_as_infinite_unless_the_observation_is_double():
    class Huge(Rod):
        """Observed in single precision."""

        @classmethod
        def build(cls, params):
            return Blueprint(
                lattice=Ring1D(4),
                observation=Observation(Observe(cls.u)),
                action_space=Box(-1.0, 1.0, (1,), np.float64),
                static={cls.ground: [1e300, THIRD, 0.0, 0.0]},
            )

    with Huge() as env:
        assert env.reset()[0].tolist() == [np.inf, np.float32(THIRD), 0.0, 0.0]


def test_checked_mode_finds_a_nan_in_a_double():
    u = Field(dtype="float64")
    world = World(Ring1D(4), {"u": u}, [Relax(u, 0.5)], checked=True)
    with world.edit() as tick:
        tick[u] = np.array([[1e308, -1e308, 1e308, -1e308]])
    with np.errstate(over="ignore"), pytest.raises(PropagatorError, match="not finite to 'u'"):
        world.tick()


def test_a_picture_shows_a_double_field():
    with Rod(render_mode="rgb_array") as env:
        env.reset(seed=0)
        assert env.render().dtype == np.uint8


def test_a_parameter_is_a_float():
    with pytest.raises(FieldError, match="a Parameter must have the dtype float32 or float64, not int32"):
        Parameter(1, dtype="int32")


def test_memory_is_counted_by_the_width_of_an_element():
    sizes = [bytes_of_fields([Field(dtype=kind)], 1000, 0, 1) for kind in ("float32", "float64")]
    assert sizes[1] - sizes[0] == 2 * 1000 * 4
