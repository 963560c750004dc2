"""Parameters as coefficients of propagators: one table, set between ticks, never beyond its bounds."""

import math
from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Discrete

from murk_env import (
    Blueprint,
    Field,
    MurkEnv,
    MurkVectorEnv,
    Observation,
    Observe,
    Parameter,
    Propagator,
    Square4,
    World,
)
from murk_env.errors import PipelineError, PropagatorConfigError, PropagatorError
from murk_env.propagators.writing import highest, in_range, lowest, parameters


class Grow(Propagator):
    """Adds `rate * factor` to a field."""

    def __init__(self, field, rate, factor: Any = 1.0):
        self.updates = (field,)
        self.coefficients = (rate, factor)

    def step(self, frame: Any):
        rate, factor = frame.coefficients.T
        frame.update(self.updates[0])[...] += (rate * factor)[:, np.newaxis].astype(np.float32)


class Ground:
    """Two worlds of two cells that grow by a parameter, 1 unless it is set."""

    def __init__(self, factor: Any = 1.0):
        self.heat, self.rate = Field(), Parameter(1.0, low=0.0, high=4.0, unit="1/s")
        fields = {"heat": self.heat, "rate": self.rate}
        self.world = World(Square4(1, 2), fields, [Grow(self.heat, self.rate, factor)], num_worlds=2)

    @property
    def heats(self):
        return self.world[self.heat][:, 0].tolist()


def test_a_parameter_is_a_sparse_number_of_every_world():
    rate = Parameter(1.0, low=0.0, high=4.0, unit="1/s")
    assert (rate.over, rate.mutability, rate.initial, rate.bounds) == ("world", "sparse", 1.0, (0.0, 4.0))


def test_a_propagator_sees_its_coefficients_as_one_table_numbers_beside_parameters():
    ground = Ground(factor=0.5)
    ground.world.tick()
    assert ground.heats == [0.5, 0.5]


def test_a_value_set_between_ticks_takes_effect_at_the_next_tick_in_its_world_alone():
    ground = Ground()
    ground.world.tick()
    with ground.world.edit() as tick:
        tick.edit(ground.rate)[1] = 3.0
    ground.world.run(3)
    assert ground.heats == [4.0, 10.0]


def test_a_value_set_again_and_again_is_never_an_old_one():
    ground, expected = Ground(), 0.0
    for value in (2.0, 0.0, 1.0, 4.0, 0.5):
        with ground.world.edit() as tick:
            tick[ground.rate] = value
        ground.world.run(2)
        expected += 2 * value
        assert ground.heats == [expected, expected]


def test_a_value_set_by_act_takes_effect_in_the_same_tick():
    ground = Ground()

    def act(tick):
        tick.edit(ground.rate)[0] = 2.0

    ground.world.tick(act)
    assert ground.heats == [2.0, 1.0]


def test_a_propagator_never_sees_a_value_beyond_the_bounds():
    ground = Ground()

    def act(tick):
        tick[ground.rate] = 100.0

    ground.world.tick(act)
    assert ground.world[ground.rate].tolist() == [4.0, 4.0]
    assert ground.heats == [4.0, 4.0]


def test_a_value_of_a_failed_tick_is_forgotten():
    ground = Ground()
    with pytest.raises(ZeroDivisionError), ground.world.edit() as tick:
        tick[ground.rate] = 1 / 0
    ground.world.run(2)
    assert ground.heats == [2.0, 2.0]


def test_a_restored_state_brings_its_values_back():
    ground = Ground()
    with ground.world.edit() as tick:
        tick[ground.rate] = 3.0
    saved = ground.world.save()
    ground.world.reset(seed=1)
    ground.world.tick()
    assert ground.heats == [1.0, 1.0]
    ground.world.restore(saved)
    ground.world.tick()
    assert ground.heats == [3.0, 3.0]


@pytest.mark.parametrize("given", ["coefficients", "time"])
def test_what_is_handed_to_a_propagator_cannot_be_written(given):
    class Greedy(Grow):
        def step(self, frame: Any):
            getattr(frame, given)[0] = 2.0

    heat = Field()
    world = World(Square4(1, 2), {"heat": heat}, [Greedy(heat, 1.0)])
    with pytest.raises(PropagatorError, match=r"Greedy\(heat\) raised ValueError: .*read-only"):
        world.tick()


def test_a_parameter_of_no_world_is_refused():
    heat, rate = Field(), Parameter(1.0)
    with pytest.raises(
        PipelineError, match=r"Grow\(heat\) names Field\(\?.* not a field of this world; use one of"
    ):
        World(Square4(1, 2), {"heat": heat}, [Grow(heat, rate)])


class Growing(MurkEnv):
    """A world that grows by a rate that its first action sets."""

    heat = Field()
    rate = Parameter(1.0, low=0.0, high=4.0)

    @classmethod
    def build(cls, params):
        return Blueprint(
            lattice=Square4(1, 1),
            propagators=[Grow(cls.heat, cls.rate)],
            observation=Observation(Observe(cls.heat), Observe(cls.rate)),
            action_space=Discrete(5),
        )

    def start(self, tick, worlds):
        pass

    def act(self, tick, actions):
        if actions.any():
            tick.edit(type(self).rate)[actions > 0] = actions[actions > 0]

    def reward(self, before, after):
        return after.heat[:, 0] - before.heat[:, 0]

    def terminated(self, after):
        return after.heat[:, 0] > 5.0


def test_a_parameter_keeps_its_value_through_the_resets_of_its_world():
    envs = MurkVectorEnv(Growing, 2, checked=True)
    envs.reset(seed=1)
    rows = [envs.step(actions)[0].tolist() for actions in ([3, 0], [0, 0], [0, 0], [0, 0])]
    assert rows == [
        [[3.0, 3.0], [1.0, 1.0]],
        [[6.0, 3.0], [2.0, 1.0]],
        [[0.0, 3.0], [3.0, 1.0]],  # world 0 is reset
        [[3.0, 3.0], [4.0, 1.0]],
    ]


def test_the_highest_value_of_a_coefficient_is_what_stability_has_to_bear():
    assert (highest(0.25), highest(Parameter(1.0, low=0.0, high=4.0))) == (0.25, 4.0)


def test_the_lowest_value_of_a_coefficient_is_the_lower_bound():
    assert (lowest(0.25), lowest(Parameter(1.0, low=-1.0, high=4.0))) == (0.25, -1.0)


def test_only_parameters_have_a_unit_to_agree():
    rate = Parameter(1.0, unit="K")
    assert parameters(0.25, rate, 3.0) == (rate,)


def test_a_coefficient_within_its_range_is_taken():
    rate = Parameter(1.0, low=0.0, high=4.0)
    assert in_range("Growth", "rate", rate) is rate
    assert in_range("Growth", "rate", 2, 0.0, 2.0) == 2.0


@pytest.mark.parametrize(
    ("coefficient", "message"),
    [
        (-0.5, r"Growth needs a finite rate from 0 to 2, or a Parameter, not -0.5"),
        (2.5, r"Growth needs a finite rate from 0 to 2, or a Parameter, not 2.5"),
        (math.nan, "Growth needs a finite rate .* not nan"),
        (
            Parameter(1.0, low=0.0, high=4.0),
            r"Growth's rate is .*bounds \[0, 4\]; it needs .*\[0, 2\]",
        ),
        (Parameter(1.0, low=-1.0, high=2.0), r"bounds \[-1, 2\]; it needs finite bounds within \[0, 2\]"),
        (Parameter(1.0), r"bounds \[-inf, inf\]; it needs finite bounds"),
    ],
    ids=str,
)
def test_a_coefficient_that_can_leave_its_range_is_refused(coefficient, message):
    with pytest.raises(PropagatorConfigError, match=message):
        in_range("Growth", "rate", coefficient, 0.0, 2.0)
