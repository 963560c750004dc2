"""What every propagator owes to every world: true declarations, and worlds that do not know of each other."""

import copy
import dataclasses
import itertools
import math
import re
from typing import Any

import numpy as np
import pytest

import murk_envs.propagators
from murk_env import propagators
from murk_env.errors import PipelineError, PropagatorConfigError, StabilityError
from murk_env.fields import Parameter
from murk_env.kernels.call import KernelCall
from murk_env.kernels.fused import Fused
from murk_env.propagators import Propagator
from murk_env.random import WorldRng
from murk_env.world import World
from tests.env.propagators.subjects import LATTICES, SUBJECTS
from tests.tiers import representatives

NUM_WORLDS, NUM_TICKS, SEED = 3, 3, 11

every_subject = pytest.mark.parametrize("subject", SUBJECTS, ids=repr)
every_lattice = pytest.mark.parametrize("lattice", LATTICES, ids=repr)
with_rates = pytest.mark.parametrize("subject", [subject for subject in SUBJECTS if subject.rates], ids=repr)
PAIRS = [[(subject, lattice) for lattice in LATTICES if subject.supports(lattice)] for subject in SUBJECTS]
ONE_OF_EACH = [pairs[index % len(pairs)] for index, pairs in enumerate(PAIRS)]  # every lattice has its turn

supported = pytest.mark.parametrize(
    ("subject", "lattice"), representatives(itertools.chain(*PAIRS), ONE_OF_EACH[::2]), ids=repr
)
supported_when_checked = pytest.mark.parametrize(  # a third of them: checked mode compiles everything again
    ("subject", "lattice"), representatives(itertools.chain(*PAIRS), ONE_OF_EACH[::3]), ids=repr
)
once = pytest.mark.parametrize(("subject", "lattice"), ONE_OF_EACH, ids=repr)


def compiled(pairs):
    return [(subject, lattice) for subject, lattice in pairs if not subject.interpreted]


supported_kernels = pytest.mark.parametrize(
    ("subject", "lattice"),
    representatives(compiled(itertools.chain(*PAIRS)), compiled(ONE_OF_EACH)),
    ids=repr,
)


def worlds_of(
    subject,
    lattice,
    *,
    worlds: Any = range(NUM_WORLDS),
    checked: Any = False,
    parameters: Any = None,
    dt: Any = None,
    **rates,
):
    """Return a batch in which row i has the initial values and the seed of world worlds[i]."""
    fields = subject.declare(lattice)
    propagator = subject.of(fields, **rates)
    world = World(
        lattice,
        {**fields, **(parameters or {})},
        [propagator],
        num_worlds=len(worlds),
        num_agents=subject.num_agents,
        dt=dt or step_of(propagator, lattice),
        seed=SEED + worlds[0],
        checked=checked,
    )
    with world.edit() as tick:
        for name, field in fields.items():
            shape = (NUM_WORLDS, *field.shape(lattice.num_cells, subject.num_agents))
            tick[field] = subject.values(name, shape, lattice, seed=5)[worlds]
    return world


def step_of(subject, lattice):
    return min(0.5, 0.9 * subject.max_dt(lattice))


def bits_of(world, *, rows=slice(None)):
    """Return every field's values, as bytes."""
    return {
        name: np.ascontiguousarray(world[field][rows]).tobytes()
        for name, field in world.fields.items()
        if not isinstance(field, Parameter)
    }


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


@every_subject
def test_every_coefficient_among_its_settings_is_tried_as_a_parameter(subject):
    kind = type(subject.of(subject.declare()))
    settings = {field.name for field in dataclasses.fields(kind) if "Parameter" in str(field.type)}
    of_kind = [other for other in SUBJECTS if type(other.of(other.declare())) is kind]
    tried = {other.parts.get(name, name) for other in of_kind for name in (*other.rates, *other.elsewhere)}
    assert tried == settings


@with_rates
def test_a_parameter_is_one_of_its_coefficients(subject):
    for name, values in subject.rates.items():
        parameter = Parameter(values[0], low=min(values), high=max(values))
        assert parameter in subject.of(subject.declare(), **{name: parameter}).coefficients, name


@pytest.mark.parametrize("subject", [subject for subject in SUBJECTS if subject.measured], ids=repr)
def test_a_parameter_in_another_unit_than_its_field_is_refused(subject):
    for name, measured in subject.measured.items():
        rate = Parameter(
            subject.rates[name][0], low=min(subject.rates[name]), high=max(subject.rates[name]), unit="J"
        )
        fields = subject.declare(**{measured: {**subject.fields[measured], "unit": "K"}})
        with pytest.raises(PipelineError, match=f"different units: '{measured}' in K.* and 'rate' in J"):
            World(LATTICES[0], {**fields, "rate": rate}, [subject.of(fields, **{name: rate})], dt=0.1)


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


@supported_when_checked
def test_it_writes_everything_and_nothing_but_numbers_within_its_guarantees(subject, lattice):
    world = worlds_of(subject, lattice, checked=True)
    world.run(NUM_TICKS)
    made = world.layout.pipeline.propagators[0]
    for field in (*made.writes, *made.updates):
        low, high = (np.float32(limit) for limit in made.guarantees(field))
        assert ((low <= world[field]) & (world[field] <= high)).all()


@supported
def test_it_changes_what_it_writes_and_leaves_alone_what_it_reads(subject, lattice):
    world = worlds_of(subject, lattice)
    before = bits_of(world)
    world.run(NUM_TICKS)
    changed = {name for name, bits in bits_of(world).items() if bits != before[name]}
    assert changed == {*subject.writes, *subject.updates}


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


@supported_kernels
def test_what_it_writes_has_a_row_for_each_world(subject, lattice):
    frame = PlainFrame(subject, lattice)
    bound = frame.propagator.bind(frame)
    arrays = [argument for argument in bound.arguments if isinstance(argument, np.ndarray)]
    shared = [array for array in arrays if len(array) != NUM_WORLDS]
    before = [array.tobytes() for array in shared]
    Fused([bound], NUM_WORLDS)(0, NUM_WORLDS)
    assert [array.tobytes() for array in shared] == before


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


@with_rates
def test_parameters_of_worlds_equal_separate_runs_with_those_float32_numbers(subject):
    lattice = next(lattice for one, lattice in ONE_OF_EACH if one is subject)
    parameters = {
        name: Parameter(one, low=min(one, two), high=max(one, two))
        for name, (one, two) in subject.rates.items()
    }
    together = worlds_of(subject, lattice, parameters=parameters, **parameters)
    with together.edit() as tick:
        for name, parameter in parameters.items():
            tick[parameter] = np.array(
                [subject.rates[name][world % 2] for world in range(NUM_WORLDS)], np.float32
            )
    together.run(NUM_TICKS)
    for row in range(NUM_WORLDS):
        # a parameter holds a float32: 0.1 in it is the number float32(0.1), and not the float64 0.1
        numbers = {name: float(np.float32(values[row % 2])) for name, values in subject.rates.items()}
        alone = worlds_of(subject, lattice, worlds=range(row, row + 1), dt=together.layout.dt, **numbers)
        alone.run(NUM_TICKS)
        assert bits_of(alone) == bits_of(together, rows=slice(row, row + 1))


def outcome(subject, lattice, **rates):
    """Return what becomes of one set of worlds, with a step that all of its rates bear."""
    most = subject.of(subject.declare(), **{name: max(values) for name, values in subject.rates.items()})
    world = worlds_of(subject, lattice, dt=step_of(most, lattice), **rates)
    world.run(NUM_TICKS)
    return bits_of(world)


@with_rates
def test_every_rate_changes_something_on_some_lattice(subject):
    lattices = [lattice for lattice in LATTICES if subject.supports(lattice)]
    for name, values in subject.rates.items():
        assert any(
            outcome(subject, lattice, **{name: values[1]}) != outcome(subject, lattice)
            for lattice in lattices
        ), name


@with_rates
@pytest.mark.parametrize(
    "value", [math.nan, math.inf, 1e39, 10**400, "x", None, True], ids=lambda it: str(it)[:5]
)
def test_rates_are_finite_numbers_in_float32(subject, value):
    for name in subject.rates:
        if name in subject.optional and (value is None or value == math.inf):
            subject.of(subject.declare(), **{name: {"low": None, "high": value}[name]})
            continue
        with pytest.raises(
            PropagatorConfigError, match=rf"{name}.*not {re.escape(repr(value))}; it has to fit"
        ):
            subject.of(subject.declare(), **{name: value})


@with_rates
def test_a_parameter_bounded_beyond_float32_is_refused(subject):
    for name, (value, _) in subject.rates.items():
        for low, high in ((value, 1e39), (None, value)):
            with pytest.raises(
                PropagatorConfigError, match=f"{name}.* is the parameter .*needs finite bounds"
            ):
                subject.of(subject.declare(), **{name: Parameter(value, low=low, high=high)})


@with_rates
def test_a_parameter_that_may_be_negative_is_refused_where_a_number_would_be(subject):
    for name in set(subject.rates) - set(subject.signed):
        rate = Parameter(max(subject.rates[name]), low=-0.5, high=max(subject.rates[name]))
        with pytest.raises(
            PropagatorConfigError, match=rf"{name} is the parameter .*bounds \[-0.5, .*within"
        ):
            subject.of(subject.declare(), **{name: rate})


@pytest.mark.parametrize(
    "subject", [subject for subject in SUBJECTS if not math.isinf(subject.max_dt(LATTICES[0]))], ids=repr
)
def test_stability_is_asked_of_the_highest_value_that_a_parameter_can_have(subject):
    lattice = LATTICES[0]
    for name, values in subject.rates.items():
        wide = Parameter(values[0], low=0.0, high=1000.0 * values[0])
        try:
            made = subject.of(subject.declare(), **{name: wide})
        except PropagatorConfigError:
            continue  # a share, at most 1
        worst = 0.0 if name in subject.calming else 1000.0 * values[0]
        most = subject.of(subject.declare(), **{name: worst})
        assert made.max_dt(lattice) == most.max_dt(lattice), name


@with_rates
def test_a_parameter_without_bounds_is_refused(subject):
    for name, values in subject.rates.items():
        rate = Parameter(values[0])
        rate.name = "rate"
        with pytest.raises(PropagatorConfigError, match=f"{name}.* is the parameter .*rate.* with bounds"):
            subject.of(subject.declare(), **{name: rate})


@once
def test_a_field_of_another_kind_is_refused(subject, lattice):
    for name, options in subject.fields.items():
        vector = {**options, "components": None if "components" in options else 2}
        vector = {key: value for key, value in vector.items() if key != "categories"}
        fields = subject.declare(lattice, **{name: vector})
        with pytest.raises(PipelineError, match=f"{name}.*components="):
            World(lattice, fields, [subject.of(fields)], num_agents=subject.num_agents, dt=1e-6)


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
