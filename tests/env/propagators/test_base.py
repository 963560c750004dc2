"""What propagators declare and are given: fields before and after their bounds, numbers and parameters."""

import dataclasses
from dataclasses import dataclass

import numpy as np
import pytest

from murk_env.errors import PropagatorConfigError
from murk_env.fields import Field, Parameter
from murk_env.lattice import Line1D
from murk_env.propagators import Automaton, Diffusion
from murk_env.propagators.writing import Declaration, Propagator, in_range
from murk_env.world import World


class Witness(Propagator):
    """Writes down what it reads of one field, of this tick or of the one before."""

    def __init__(self, field, seen, *, previous):
        self.field, self.seen, self.previous = field, seen, previous
        self.reads, self.reads_previous = ((), (field,)) if previous else ((field,), ())
        self.writes = (seen,)

    def step(self, frame):
        values = frame.previous(self.field) if self.previous else frame.read(self.field)
        frame.write(self.seen)[:] = values


class Shout(Propagator):
    """Writes 50 everywhere, whatever the bounds of the field are."""

    def __init__(self, field):
        self.writes = (field,)

    def step(self, frame):
        frame.write(self.writes[0])[:] = 50.0


def test_bounds_are_applied_after_all_propagators_so_that_only_this_ticks_values_lie_beyond():
    loud, now, last = Field(low=0.0, high=1.0), Field(), Field()
    propagators = [Shout(loud), Witness(loud, now, previous=False), Witness(loud, last, previous=True)]
    world = World(Line1D(2), {"loud": loud, "now": now, "last": last}, propagators)
    world.run(2)
    assert [world[field].tolist() for field in (loud, now, last)] == [[[1.0] * 2], [[50.0] * 2], [[1.0] * 2]]


class Weigh(Propagator):
    """Writes down how far its coefficients lie from 0.1."""

    def __init__(self, seen, *coefficients):
        self.writes, self.coefficients = (seen,), coefficients

    def step(self, frame):
        frame.write(self.writes[0])[:] = frame.coefficients - 0.1


def test_a_plain_number_is_a_float64_and_a_parameter_a_float32():
    seen, rate = Field(), Parameter(0.1, low=0.0, high=1.0)
    world = World(Line1D(2), {"seen": seen, "rate": rate}, [Weigh(seen, 0.1, rate)])
    world.tick()
    assert world[seen].tolist() == [[0.0, np.float32(float(np.float32(0.1)) - 0.1)]]
    assert world[seen][0, 1] > 1e-9


@dataclass(frozen=True, eq=False)
class Scale(Propagator):
    """Multiplies a field by a factor, and counts how often it is asked what it touches."""

    field: Field
    factor: float
    asked: list[str] = dataclasses.field(default_factory=list)

    def declare(self):
        self.asked.append("declare")
        return Declaration(updates=(self.field,), coefficients=(in_range("Scale", "factor", self.factor),))

    def step(self, frame):
        frame.update(self.field)[:] *= frame.coefficients.astype(np.float32)


def test_a_propagator_declares_once_when_it_is_made():
    heat = Field(initial=1.0)
    scale = Scale(heat, 2.0)
    assert scale.asked == ["declare"]
    World(Line1D(2), {"heat": heat}, [scale]).run(3)
    assert scale.asked == ["declare"]


def test_a_dataclass_with_a_wrong_coefficient_is_refused_where_it_is_made():
    with pytest.raises(PropagatorConfigError, match=r"Scale needs a finite factor from 0 to inf.*not -1\.0"):
        Scale(Field(), -1.0)


def test_sources_are_those_that_a_diffusion_was_made_with():
    sources = {0: 1.0}
    diffusion = Diffusion(Field(), coefficient=0.1, sources=sources)
    sources[1] = 2.0
    assert diffusion.coefficients == (0.1, 0.0, 1.0, -np.inf, np.inf)


def test_the_rules_of_an_automaton_are_those_that_it_was_made_with():
    alive, birth = Field(categories=2), {1}
    automaton = Automaton(alive, birth=birth, survival=())
    birth.add(0)  # with which every empty cell comes to life
    world = World(Line1D(3), {"alive": alive}, [automaton])
    world.tick()
    assert not world[alive].any()
