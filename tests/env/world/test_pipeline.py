"""The pipeline: what fits together, what is refused before the first tick, and who reads what."""

import math
from typing import Any, cast

import numpy as np
import pytest

from murk_env import Copy, Diffusion, Field, Propagator, Square4, World
from murk_env.errors import FieldError, PipelineError, PropagatorError, StabilityError
from tests.env.worlds import Counter

LATTICE = Square4(1, 3)


class Affine(Propagator):
    """Writes `factor * source + 1`; the source is read in this tick (`reads`) or the last one."""

    def __init__(self, source, target, *, factor=1.0, euler=False):
        self.source, self.target, self.factor, self.euler = source, target, factor, euler
        self.reads = (source,) if euler else ()
        self.reads_previous = () if euler else (source,)
        self.writes = (target,)

    def step(self, frame: Any):
        source = frame.read(self.source) if self.euler else frame.previous(self.source)
        frame.write(self.target)[...] = self.factor * source + 1.0


class Bounded(Affine):
    """One with a largest time step."""

    def __init__(self, field, limit):
        super().__init__(field, field)
        self.limit = limit

    def max_dt(self, lattice):
        return self.limit


def world_of(*propagators, dt=1.0, **fields):
    return World(LATTICE, fields, propagators, dt=dt)


def test_a_field_of_no_world_is_refused_with_the_propagator_and_the_fields_there_are():
    heat, other = Field(), Field()
    with pytest.raises(
        PipelineError, match=r"Affine\(heat\) names Field\(\?.*not a field of this world; use one of heat"
    ):
        world_of(Affine(other, heat), heat=heat)


def test_two_writers_of_one_field_are_refused_by_name():
    heat = Field()
    with pytest.raises(
        PipelineError, match=r"Affine\(heat\) and Counter\(heat\) both write 'heat'; a field has one"
    ):
        world_of(Affine(heat, heat), Counter(heat), heat=heat)


def test_the_same_propagator_twice_is_two_writers():
    heat = Field()
    affine = Affine(heat, heat)
    with pytest.raises(PipelineError, match=r"Affine\(heat\) and Affine\(heat\) both write 'heat'"):
        world_of(affine, affine, heat=heat)


def test_a_propagator_cannot_write_a_static_field():
    wall = Field(mutability="static")
    with pytest.raises(
        PipelineError, match=r"Counter\(wall\) writes 'wall', which is static; make it per_tick"
    ):
        world_of(Counter(wall), wall=wall)


def test_a_field_both_written_and_updated_is_refused():
    heat = Field()
    affine = Affine(heat, heat)
    affine.updates = (heat,)
    with pytest.raises(PipelineError, match="declares 'heat' twice among its writes and updates"):
        world_of(affine, heat=heat)


def test_reading_this_tick_what_a_later_propagator_writes_is_refused():
    first, second = Field(), Field()
    propagators = Affine(second, first, euler=True), Affine(first, second)
    with pytest.raises(
        PipelineError,
        match=r"Affine\(first\) reads 'second' of this tick, but .* Affine\(second\), which runs later; dec",
    ):
        world_of(*propagators, first=first, second=second)


def test_reading_this_tick_what_the_propagator_itself_writes_is_refused():
    heat = Field()
    with pytest.raises(
        PipelineError,
        match="reads 'heat' of this tick, but it is written by itself; declare it in reads_prev",
    ):
        world_of(Affine(heat, heat, euler=True), heat=heat)


def test_a_time_step_above_a_bound_is_refused_with_the_limit_and_two_ways_out():
    heat = Field()
    with pytest.raises(
        StabilityError,
        match=r"dt=1 is above Bounded\(heat\)'s stability limit of 0.25 .* dt <= 0.25, .* factor 0.25",
    ):
        world_of(Bounded(heat, 0.25), heat=heat)


def test_a_time_step_at_the_bound_is_taken():
    heat = Field()
    assert world_of(Bounded(heat, 0.25), heat=heat, dt=0.25).layout.dt == 0.25


def test_diffusion_names_the_limit_of_its_own_lattice():
    heat = Field()
    with pytest.raises(
        StabilityError, match=r"dt=1 .*Diffusion\(heat\)'s stability limit of 0.5 on Square4\(9, 9"
    ):
        World(Square4(9, 9), {"heat": heat}, [Diffusion(heat, coefficient=0.5)])  # 1 / (4 * 0.5)


@pytest.mark.parametrize("dt", [0.0, -1.0, math.nan, math.inf])
def test_a_time_step_is_positive_and_finite(dt):
    with pytest.raises(PipelineError, match="dt must be a positive finite time step, not"):
        world_of(dt=dt)


@pytest.mark.parametrize("limit", [0.0, -1.0, math.nan])
def test_a_propagator_that_gives_no_possible_bound_is_refused(limit):
    heat = Field()
    with pytest.raises(
        PipelineError, match=r"Bounded\(heat\).max_dt must return a positive number or inf, not "
    ):
        world_of(Bounded(heat, limit), heat=heat)


@pytest.mark.parametrize(
    "declaration",
    [{"over": "world"}, {"dtype": np.int32}, {"components": 2}],
    ids=["span", "dtype", "components"],
)
def test_a_propagator_refuses_a_field_it_cannot_work_on(declaration):
    heat = Field(**declaration)
    with pytest.raises(
        PipelineError,
        match=r"needs 'heat' as a scalar float32 or float64 field over cells, but it is .*components=",
    ):
        world_of(Diffusion(heat, coefficient=0.1), heat=heat)


def test_a_propagator_without_a_step_says_what_to_implement():
    with pytest.raises(
        PipelineError, match=r"Propagator has nothing to run yet: implement step\(frame\), or bind\(frame\)"
    ):
        Propagator().step(cast(Any, None))


def test_a_chain_that_reads_this_tick_passes_a_value_on_at_once():
    a, b, c = Field(initial=1.0), Field(), Field()
    world = world_of(
        Affine(a, b, factor=2.0, euler=True), Affine(b, c, factor=3.0, euler=True), a=a, b=b, c=c
    )
    world.tick()
    assert (world[b][0, 0], world[c][0, 0]) == (3.0, 10.0)  # 2 * 1 + 1, 3 * 3 + 1


def test_a_chain_that_reads_the_last_tick_passes_a_value_on_one_tick_later():
    a, b, c = Field(initial=1.0), Field(), Field()
    world = world_of(Affine(a, b, factor=2.0), Affine(b, c, factor=3.0), a=a, b=b, c=c)
    world.tick()
    assert (world[b][0, 0], world[c][0, 0]) == (3.0, 1.0)  # c saw b = 0
    world.tick()
    assert (world[b][0, 0], world[c][0, 0]) == (3.0, 10.0)


def test_two_propagators_that_read_each_others_last_tick_exchange_their_values():
    a, b = Field(initial=1.0), Field(initial=5.0)
    world = world_of(Affine(b, a), Affine(a, b), a=a, b=b)
    world.tick()
    assert (world[a][0, 0], world[b][0, 0]) == (6.0, 2.0)  # 5 + 1, 1 + 1


def test_an_incremental_propagator_starts_from_the_previous_values():
    heat = Field(initial=2.0)
    world = world_of(Counter(heat), heat=heat)
    world.run(7)
    assert (world[heat] == 9.0).all()


def test_a_propagator_that_reads_this_tick_sees_what_act_wrote_in_it():
    push, moved = Field(), Field()
    world = world_of(Affine(push, moved, euler=True), push=push, moved=moved)

    def act(tick):
        tick[push] = 4.0

    world.tick(act)
    assert (world[moved] == 5.0).all()


def test_a_propagator_that_reads_the_last_tick_does_not_see_what_act_wrote_in_this_one():
    push, moved = Field(), Field()
    world = world_of(Affine(push, moved), push=push, moved=moved)

    def act(tick):
        tick[push] = 4.0

    world.tick(act)
    assert (world[moved] == 1.0).all()
    world.tick()
    assert (world[moved] == 5.0).all()


@pytest.mark.parametrize("make", [Counter, lambda field: Affine(field, field)], ids=["incremental", "full"])
def test_a_sparse_field_written_by_a_propagator_equals_a_per_tick_one(make):
    sparse, dense = Field(mutability="sparse", initial=1.0), Field(initial=1.0)
    world = world_of(make(sparse), make(dense), sparse=sparse, dense=dense)
    for _ in range(5):
        world.tick()
        assert world[sparse].tobytes() == world[dense].tobytes()
    assert (world[sparse] == 6.0).all()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"_step": Field()}, "cannot be called '_step' here: a field has one name, and none of"),
        ({"other": Field()}, "field 'heat' cannot be called 'other'"),
    ],
    ids=["bookkeeping", "renamed"],
)
def test_names_that_cannot_be_are_refused(fields, message):
    if "other" in fields:
        World(LATTICE, {"heat": fields["other"]})
    with pytest.raises(FieldError, match=message):
        World(LATTICE, fields)


def test_one_field_under_two_names_is_refused():
    heat = Field()
    with pytest.raises(FieldError, match=r"field 'heat' cannot be called '.*' here: a field has one name"):
        World(LATTICE, {"heat": heat, "warmth": heat})


class Noise(Propagator):
    """Fills a field with random numbers, in two draws."""

    def __init__(self, field):
        self.writes = (field,)

    def step(self, frame: Any):
        frame.write(self.writes[0])[...] = frame.rng.random(3) + frame.rng.random(3)


def test_a_propagator_draws_numbers_of_its_own_even_when_another_draws_first():
    a, b = Field(), Field()
    world = World(LATTICE, {"a": a, "b": b}, [Noise(a), Noise(b)], num_worlds=2, seed=4)
    world.tick()
    first = np.array(world[a])
    assert len({*first.ravel().tolist(), *world[b].ravel().tolist()}) == 12
    world.tick()
    assert not np.isin(first, world[a]).any()


def test_a_propagators_numbers_depend_on_the_seed_and_the_step_alone():
    a = Field()
    world = World(LATTICE, {"a": a}, [Noise(a)], seed=4)

    def numbers():
        for _ in range(6):
            world.tick()
            yield world[a].tobytes()

    first = list(numbers())
    world.reset(seed=4)
    assert list(numbers()) == first
    assert len(set(first)) == 6


def test_a_propagator_refuses_a_static_field_where_it_needs_one_of_every_world():
    heat, out = Field(mutability="static"), Field()
    diffusion = Diffusion(heat, coefficient=0.1, output=out)
    with pytest.raises(PipelineError, match="needs a value of 'heat' for every world, but it is static"):
        World(LATTICE, {"heat": heat, "out": out}, [diffusion], static={heat: np.zeros(3)})


def test_a_name_instead_of_a_field_is_refused():
    with pytest.raises(PipelineError, match="Diffusion takes Field objects, not 'heat'"):
        World(LATTICE, {"heat": Field()}, [Diffusion(cast(Any, "heat"), coefficient=0.1)])


def test_a_propagator_that_asks_for_what_it_did_not_declare_is_told_so():
    heat, wind = Field(), Field()

    class Forgetful(Propagator):
        def __init__(self):
            self.updates = (heat,)

        def step(self, frame):
            frame.read(wind)

    world = World(LATTICE, {"heat": heat, "wind": wind}, [Forgetful()])
    with pytest.raises(
        PropagatorError,
        match=r"uses Field\(wind.*which it does not declare \(in reads: none\); add it to reads",
    ):
        world.tick()


def test_fields_that_are_copied_into_each_other_have_one_unit():
    heat, work = Field(unit="K"), Field(unit="J")
    with pytest.raises(PipelineError, match="different units: 'heat' in K and 'work' in J; declare them in"):
        world_of(Copy(heat, work), heat=heat, work=work)
