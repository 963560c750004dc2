"""Propagators that set derived fields: after the others, at a reset, after an edit."""

import pickle

import numpy as np
import pytest
from gymnasium.spaces import Discrete

from murk_env import (
    Blueprint,
    Copy,
    Field,
    Gradient,
    Morphology,
    MurkEnv,
    MurkVectorEnv,
    Observation,
    Observe,
    Parameter,
    Propagator,
    Square4,
    World,
    per_world,
)
from murk_env.errors import FieldError, PipelineError, PropagatorError
from tests.env.worlds import Counter

GRID = Square4(2, 3)
START = np.array([0.0, 0.0, 1.0, 0.0, 4.0, 0.0])


class Half(Propagator):
    """Writes half of a field, in numpy and for all worlds at once; it may ask for chance."""

    def __init__(self, field, output, *, euler=True, draws=False):
        self.field, self.euler, self.draws = field, euler, draws
        self.reads, self.reads_previous = ((field,), ()) if euler else ((), (field,))
        self.writes = (output,)

    def step(self, frame):
        source = frame.read(self.field) if self.euler else frame.previous(self.field)
        frame.write(self.writes[0])[...] = 0.5 * source + (frame.rng.random() if self.draws else 0.0)


def fields():
    return {
        "heat": Field(low=0.0, high=4.0),
        "wide": Field(derived=True),
        "half": Field(derived=True, high=1.5),
        "slope": Field(derived=True, components=2),
    }


def world_of(**others):
    known = {**fields(), **others}
    derived = [
        Morphology(known["heat"], known["wide"], operation="dilate", radius=1),
        Half(known["heat"], known["half"]),
        Gradient(known["heat"], known["slope"]),
    ]
    return World(GRID, known, [Counter(known["heat"])], derived=derived, num_worlds=2), known


def assert_derived(world):
    for row, heat in enumerate(world[world.fields["heat"]]):
        present = heat.reshape(2, 3) > 0.5
        wide = [[present[r, c] or any(present[n] for n in around(r, c)) for c in range(3)] for r in range(2)]
        assert world[world.fields["wide"]][row].tolist() == np.ravel(wide).tolist()
        assert world[world.fields["half"]][row].tolist() == np.minimum(heat / 2.0, 1.5).tolist()
        south = world[world.fields["slope"]][row, 1]
        assert south.tolist() == np.tile(heat[3:] - heat[:3], 2).tolist()


def test_propagators_that_are_kernels_fuse_with_a_reset():
    heat, slope = Field(), Field(derived=True, components=2)
    kernels = World(GRID, {"heat": heat, "slope": slope}, [Counter(heat)], derived=[Gradient(heat, slope)])
    assert kernels.derived.fuses
    assert not world_of()[0].derived.fuses


def around(row, col):
    return [
        (r, c)
        for r, c in ((row - 1, col), (row + 1, col), (row, col - 1), (row, col + 1))
        if 0 <= r < 2 and 0 <= c < 3
    ]


def test_they_follow_at_the_beginning_after_an_edit_and_in_every_tick():
    world, known = world_of()
    assert_derived(world)
    with world.edit() as tick:
        tick[known["heat"]] = np.array([START, 0.5 * START])
    assert_derived(world)
    for _ in range(3):
        world.tick()
        assert_derived(world)
    assert world[known["heat"]].max() == 4.0  # the bound, which a propagator has passed
    world.reset(seed=1)
    assert (world[known["heat"]] == 0.0).all()
    assert_derived(world)


def test_a_world_that_is_pickled_keeps_them():
    world = pickle.loads(pickle.dumps(world_of()[0]))
    assert_derived(world)
    world.run(2)
    assert_derived(world)
    assert world["heat"].tolist() == [[2.0] * 6] * 2


def test_act_sees_and_propagators_read_them_as_they_were():
    heat, echo, last = Field(), Field(derived=True), Field()
    seen = []
    world = World(
        GRID,
        {"heat": heat, "echo": echo, "last": last},
        [Counter(heat), Copy(echo, last)],
        derived=[Half(heat, echo)],
    )
    for _ in range(3):
        world.tick(lambda tick: seen.append(tick[echo][0, 0]))
    assert seen == [0.0, 0.5, 1.0]
    assert (world[echo] == 1.5).all()
    assert (world[last] == 1.0).all()


class Thresholds(MurkEnv):
    """Nothing moves; every world has a threshold of its own, which `act` or `start` sets."""

    heat = Field(initial=0.5)
    wide = Field(derived=True)
    half = Field(derived=True)
    limit = Parameter(0.25, low=0.0, high=1.0)
    left = Field(over="world", dtype=np.int32, initial=2)

    @classmethod
    def build(cls, params):
        return Blueprint(
            lattice=GRID,
            observation=Observation(Observe(cls.wide)),
            action_space=Discrete(2),
            derived=[
                Morphology(cls.heat, cls.wide, operation="dilate", threshold=cls.limit),
                Half(cls.heat, cls.half),
            ],
        )

    def start(self, tick, worlds):
        tick.limit = 0.25

    def act(self, tick, actions):
        tick.limit = np.where(actions == 0, np.float32(0.75), np.float32(0.25))
        tick.left = tick.left - 1

    def reward(self, before, after):
        return after.wide[:, 0] - after.limit

    def terminated(self, after):
        return after.left <= 0


class Halves(MurkEnv):
    """Compiled hooks beside a derived field that numpy sets: worlds are reset outside the step's kernels."""

    heat = Field()
    half = Field(derived=True)

    @classmethod
    def build(cls, params):
        seen, derived = Observation(Observe(cls.half)), [Half(cls.heat, cls.half)]
        return Blueprint(lattice=GRID, observation=seen, action_space=Discrete(2), derived=derived)

    @per_world
    def start(self):
        self.heat[0] = 2.0

    @per_world
    def act(self, action):
        self.heat[0] += action

    @per_world
    def reward(self):
        return self.half[0]

    @per_world
    def terminated(self):
        return self.heat[0] > 3.0


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_what_numpy_derives_follows_the_resets_of_compiled_hooks(mode):
    envs = MurkVectorEnv(Halves, 2, autoreset_mode=mode)
    envs.reset(seed=0)
    ended = 0
    for _ in range(7):
        observations, _, terminated, *_ = envs.step([1, 0])
        ended += terminated.sum()
        np.testing.assert_array_equal(observations, 0.5 * envs.world["heat"])
    assert ended > 1


@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_a_parameter_that_act_and_start_set_in_one_step_is_that_of_start(mode, checked):
    envs = MurkVectorEnv(Thresholds, 2, autoreset_mode=mode, checked=checked)
    envs.reset(seed=0)
    resets = 0
    for step in range(9):
        observations = envs.step([step % 2, 1])[0]
        limits = envs.world["limit"]
        resets += (envs.world["left"] == 2).sum()
        assert (observations == (limits < 0.5)[:, np.newaxis]).all()
        assert (envs.world["half"] == 0.25).all()
    assert resets >= 6


# --- what is refused ------------------------------------------------------------------------------


def heat_and(**known):
    return {"heat": Field(), **known}


def refused(error, message, known, propagators=(), derived=()):
    with pytest.raises(error, match=message):
        World(GRID, known, propagators, derived=derived)


def test_what_starts_from_previous_values_cannot_be_derived():
    known = heat_and(echo=Field(derived=True))
    message = r"Counter\(echo\) cannot be derived: it changes 'echo' starting from the previous values; list"
    refused(PipelineError, message, known, derived=[Counter(known["echo"])])
    itself = Half(known["echo"], known["echo"], euler=False)
    message = r"Half\(echo\) reads 'echo' of this tick, but it is written by itself; change the order"
    refused(PipelineError, message, known, derived=[itself])


def test_what_draws_cannot_be_derived():
    known = heat_and(echo=Field(derived=True))
    message = (
        r"Half\(echo\) draws from rng, so it cannot be derived: derived values depend on the other fields"
    )
    refused(PropagatorError, message, known, derived=[Half(known["heat"], known["echo"], draws=True)])


def test_derived_propagators_and_derived_fields_belong_together():
    known = heat_and(echo=Field(derived=True), plain=Field())
    message = (
        r"Half\(plain\) is listed as derived, but 'plain', which it writes, is not; declare it Field\(der"
    )
    refused(PipelineError, message, known, derived=[Half(known["heat"], known["plain"])])
    message = (
        r"Half\(echo\) writes 'echo', which is derived; list the propagator in derived=.* instead of prop"
    )
    refused(PipelineError, message, known, [Half(known["heat"], known["echo"])])


def test_a_derived_field_is_read_after_it_is_set():
    known = heat_and(echo=Field(derived=True), twice=Field(derived=True))
    first, then = Half(known["heat"], known["echo"]), Half(known["echo"], known["twice"])
    assert World(GRID, known, derived=[first, then])
    message = (
        r"Half\(twice\) reads 'echo' of this tick, but it is written by Half\(echo\), which runs later; ch"
    )
    refused(PipelineError, message, known, derived=[then, first])
    message = (
        r"Half\(twice\) reads 'echo' of this tick, but it is written by the hook derive, which runs later"
    )
    refused(PipelineError, message, known, derived=[then])
    plain = heat_and(echo=known["echo"], plain=Field())
    refused(
        PipelineError,
        "declare it in reads_previous, or change the order",
        plain,
        [Half(plain["echo"], plain["plain"])],
    )


def test_a_derived_field_that_nothing_sets_is_refused_at_the_first_tick():
    world = World(GRID, heat_and(echo=Field(derived=True)))
    with pytest.raises(
        PipelineError, match=r"the fields \['echo'\] are derived, but nothing sets them: list a"
    ):
        world.tick()


@pytest.mark.parametrize("mutability", ["sparse", "static"])
def test_a_derived_field_is_set_at_every_step(mutability):
    with pytest.raises(
        FieldError, match=f"a derived field is set at every step: make it per_tick, not {mutability}"
    ):
        Field(derived=True, mutability=mutability)
