"""What every propagator owes to its coefficients: numbers, or parameters that differ between worlds."""

import dataclasses
import math
import re

import numpy as np
import pytest

from murk_env.errors import PipelineError, PropagatorConfigError
from murk_env.fields import Parameter
from murk_env.world import World
from tests.env.propagators.contract import (
    NUM_TICKS,
    NUM_WORLDS,
    ONE_OF_EACH,
    bits_of,
    every_subject,
    step_of,
    with_rates,
    worlds_of,
)
from tests.env.propagators.subjects import LATTICES, SUBJECTS


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


@pytest.mark.few(1)
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


@pytest.mark.few(2)
@with_rates
def test_every_rate_changes_something_on_some_lattice(subject):
    lattices = [lattice for lattice in LATTICES if subject.supports(lattice)]
    for name, values in subject.rates.items():
        assert any(
            outcome(subject, lattice, **{name: values[1]}) != outcome(subject, lattice)
            for lattice in lattices
        ), name


@pytest.mark.few(40)
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
