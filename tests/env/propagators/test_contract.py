"""What every propagator owes to every world: true declarations, and worlds that do not know of each other."""

import copy
import dataclasses
import math

import numpy as np
import pytest

import murk_envs.propagators
from murk_env import propagators
from murk_env.errors import PipelineError, StabilityError
from murk_env.kernels.call import KernelCall
from murk_env.kernels.fused import Fused
from murk_env.propagators import Propagator
from murk_env.random import WorldRng
from murk_env.world import World
from tests.env.propagators.contract import (
    NUM_TICKS,
    NUM_WORLDS,
    bits_of,
    every_lattice,
    every_subject,
    once,
    step_of,
    supported,
    supported_kernels,
    supported_when_checked,
    worlds_of,
)
from tests.env.propagators.subjects import LATTICES, SUBJECTS


def test_every_exported_propagator_is_here():
    exported = {
        value
        for value in vars(propagators).values()
        if isinstance(value, type) and issubclass(value, Propagator) and value is not Propagator
    }
    assert {type(subject.of(subject.declare())) for subject in SUBJECTS} == exported


def test_all_are_kernels_but_one_whose_transforms_are_a_library_s():
    assert {type(one.of(one.declare())).__name__ for one in SUBJECTS if one.interpreted} == {"Spectral"}


@every_subject
def test_it_declares_what_it_touches(subject):
    fields = subject.declare()
    made = subject.of(fields)
    for role in ("reads", "reads_previous", "writes", "updates"):
        assert set(getattr(made, role)) == {fields[name] for name in getattr(subject, role)}, role
    assert made.same_units == tuple(tuple(fields[name] for name in group) for group in subject.same_units)


@pytest.mark.parametrize(
    "subject",
    [subject for subject in SUBJECTS if any(len(set(group)) > 1 for group in subject.same_units)],
    ids=repr,
)
def test_fields_that_it_mixes_must_have_one_unit(subject):
    first, *_, last = subject.same_units[0]
    unlike = {first: {"unit": "K"}, last: {"unit": "J"}}
    fields = subject.declare(**{name: {**subject.fields[name], **unit} for name, unit in unlike.items()})
    with pytest.raises(PipelineError, match=rf"different units: '{first}' in K.* and '{last}' in J; declare"):
        World(
            LATTICES[0],
            fields,
            [subject.of(fields)],
            num_agents=subject.num_agents,
            dt=step_of(subject.of(fields), LATTICES[0]),
        )
    in_one_unit = subject.declare(
        **{name: {**subject.fields[name], "unit": "K"} for name in subject.same_units[0]}
    )
    World(
        LATTICES[0],
        in_one_unit,
        [subject.of(in_one_unit)],
        num_agents=subject.num_agents,
        dt=step_of(subject.of(in_one_unit), LATTICES[0]),
    )


@every_subject
def test_its_docstring_says_equation_stability_shapes_and_source(subject):
    text = type(subject.of(subject.declare())).__doc__ or ""
    for parts in (("Equation", "Rule"), ("Stability",), ("Shapes",), ("Source", "Reference")):
        assert any(line.strip().startswith(parts) for line in text.splitlines()), parts


@pytest.mark.few(50)
@every_subject
@every_lattice
def test_the_stable_step_is_the_bound(subject, lattice):
    if subject.supports(lattice):
        assert subject.of(subject.declare()).max_dt(lattice) == pytest.approx(
            subject.max_dt(lattice), rel=1e-9
        )


@once
def test_a_step_above_the_bound_is_refused(subject, lattice):
    fields = subject.declare(lattice)
    made = subject.of(fields)
    if math.isinf(subject.max_dt(lattice)):
        World(lattice, fields, [made], num_agents=subject.num_agents, dt=1e6)
        return
    with pytest.raises(StabilityError, match=f"above {type(made).__name__}.*stability limit"):
        World(lattice, fields, [made], num_agents=subject.num_agents, dt=1.001 * subject.max_dt(lattice))


@pytest.mark.few(1)
@supported_when_checked
def test_it_writes_everything_and_nothing_but_numbers_within_its_guarantees(subject, lattice):
    world = worlds_of(subject, lattice, checked=True)
    world.run(NUM_TICKS)
    made = world.layout.pipeline.propagators[0]
    for field in (*made.writes, *made.updates):
        low, high = (np.float32(limit) for limit in made.guarantees(field))
        assert ((low <= world[field]) & (world[field] <= high)).all()


@pytest.mark.few(2)
@supported
def test_it_changes_what_it_writes_and_leaves_alone_what_it_reads(subject, lattice):
    world = worlds_of(subject, lattice)
    before = bits_of(world)
    world.run(NUM_TICKS)
    changed = {name for name, bits in bits_of(world).items() if bits != before[name]}
    assert changed == {*subject.writes, *subject.updates}


@pytest.mark.few(3)
@supported
def test_a_world_does_not_know_of_the_others(subject, lattice):
    together = worlds_of(subject, lattice)
    together.run(NUM_TICKS)
    for row in range(NUM_WORLDS):
        alone = worlds_of(subject, lattice, worlds=range(row, row + 1))
        alone.run(NUM_TICKS)
        assert bits_of(alone) == bits_of(together, rows=slice(row, row + 1))


class PlainFrame:
    """A frame over arrays of its own, of one propagator."""

    def __init__(self, subject, lattice):
        fields = subject.declare(lattice)
        self.propagator = subject.of(fields)
        self.lattice, self.num_worlds = lattice, NUM_WORLDS
        self.dt = step_of(self.propagator, lattice)
        self.coefficients = np.tile(np.array(self.propagator.coefficients, np.float64), (NUM_WORLDS, 1))
        zeros = np.zeros(NUM_WORLDS, np.int32)
        self.rng = WorldRng(np.arange(2 * NUM_WORLDS, dtype=np.int32).reshape(-1, 2), zeros, zeros, origin=2)
        shapes = {name: field.shape(lattice.num_cells, subject.num_agents) for name, field in fields.items()}
        self._before = {
            fields[name]: subject.values(name, (NUM_WORLDS, *shape), lattice, seed=5)
            for name, shape in shapes.items()
        }
        self.after = {field: values.copy() for field, values in self._before.items()}

    def read(self, field):
        return self._before[field]

    previous = read

    def write(self, field):
        return self.after[field]

    update = write


@supported_kernels
def test_it_binds_to_a_kernel_with_plain_arguments(subject, lattice):
    frame = PlainFrame(subject, lattice)
    bound = frame.propagator.bind(frame)
    assert isinstance(bound, KernelCall)
    for argument in bound.arguments:
        if isinstance(argument, np.ndarray):
            assert argument.flags.c_contiguous
        else:
            numbers = argument if isinstance(argument, tuple) else (argument,)
            assert all(isinstance(number, bool | int | float | np.number) for number in numbers), argument


@pytest.mark.slow
@supported_kernels
def test_what_it_writes_has_a_row_for_each_world(subject, lattice):
    frame = PlainFrame(subject, lattice)
    bound = frame.propagator.bind(frame)
    arrays = [argument for argument in bound.arguments if isinstance(argument, np.ndarray)]
    shared = [array for array in arrays if len(array) != NUM_WORLDS]
    before = [array.tobytes() for array in shared]
    Fused([bound], NUM_WORLDS)(0, NUM_WORLDS)
    assert [array.tobytes() for array in shared] == before


@pytest.mark.few(1)
@once
def test_blocks_of_worlds_make_up_the_whole(subject, lattice):
    whole, blocks = PlainFrame(subject, lattice), PlainFrame(subject, lattice)
    runs = [frame.propagator.bind(frame) for frame in (whole, blocks)]
    at_once, run = runs if subject.interpreted else [Fused([bound], NUM_WORLDS) for bound in runs]
    at_once(0, 3)
    run(2, 3)
    assert all((values[:2] == blocks.read(field)[:2]).all() for field, values in blocks.after.items())
    run(0, 2)
    pairs = zip(whole.after.values(), blocks.after.values(), strict=True)
    assert all(one.tobytes() == other.tobytes() for one, other in pairs)


@once
def test_a_field_of_another_kind_is_refused(subject, lattice):
    for name, options in subject.fields.items():
        vector = {**options, "components": None if "components" in options else 2}
        vector = {key: value for key, value in vector.items() if key != "categories"}
        fields = subject.declare(lattice, **{name: vector})
        with pytest.raises(PipelineError, match=f"{name}.*components="):
            World(lattice, fields, [subject.of(fields)], num_agents=subject.num_agents, dt=1e-6)


@pytest.mark.few(50)
@every_subject
@every_lattice
def test_a_lattice_it_cannot_work_on_is_refused(subject, lattice):
    fields = subject.declare(lattice)
    if subject.supports(lattice):
        World(lattice, fields, [subject.of(fields)], num_agents=subject.num_agents, dt=1e-6)
        return
    with pytest.raises(PipelineError, match=f"{type(subject.of(fields)).__name__}.*use "):
        World(lattice, fields, [subject.of(fields)], num_agents=subject.num_agents, dt=1e-6)


@once
def test_a_static_field_cannot_be_written(subject, lattice):
    for name in (*subject.writes, *subject.updates):
        fields = subject.declare(lattice, **{name: {**subject.fields[name], "mutability": "static"}})
        with pytest.raises(PipelineError, match=f"{name}.*static"):
            World(lattice, fields, [subject.of(fields)], num_agents=subject.num_agents, dt=1e-6)


@every_subject
def test_its_attributes_are_fixed_and_it_can_be_copied(subject):
    made = subject.of(subject.declare())
    attribute = dataclasses.fields(made)[0].name
    with pytest.raises(AttributeError, match=f"cannot assign to field '{attribute}'"):
        setattr(made, attribute, None)
    assert type(copy.copy(made)) is type(made)


@pytest.mark.parametrize("name", murk_envs.propagators.__all__)
def test_the_propagators_of_environments_are_fixed_too(name):
    made = object.__new__(getattr(murk_envs.propagators, name))
    with pytest.raises(AttributeError, match="cannot assign to field"):
        setattr(made, dataclasses.fields(made)[0].name, None)
