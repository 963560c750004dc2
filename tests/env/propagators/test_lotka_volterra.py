"""Predators and prey: closed cycles, the equilibrium, and what diffusion adds."""

import math

import numpy as np
import pytest

from murk_env.errors import PropagatorConfigError
from murk_env.fields import Field, Parameter
from murk_env.lattice import Fcc12, Hex2D, Line1D, Square4
from murk_env.propagators import Diffusion, LotkaVolterra
from murk_env.world import World
from tests.tiers import representatives

RATES = {"growth": 1.1, "predation": 0.4, "reproduction": 0.1, "mortality": 0.4}
NONE = {"growth": 0.0, "predation": 0.0, "reproduction": 0.0, "mortality": 0.0}


def world_of(lattice, prey, predators, dt, **coefficients):
    fields = {"prey": Field(), "predators": Field()}
    world = World(lattice, fields, [LotkaVolterra(*fields.values(), **coefficients)], dt=dt)
    with world.edit() as tick:
        for field, values in zip(fields.values(), (prey, predators), strict=True):
            tick[field] = np.broadcast_to(np.asarray(values, np.float32), (1, lattice.num_cells))
    return world


def now(world):
    """The prey and the predators of the only world, (2, num_cells) float64."""
    return np.concatenate([world[field] for field in world.fields.values()]).astype(float)


def cycle(dt, ticks):
    """Prey and predators in one cell after every tick, (ticks, 2)."""
    world, found = world_of(Line1D(1), 10.0, 5.0, dt, **RATES), []
    for _ in range(ticks):
        world.tick()
        found.append(now(world)[:, 0])
    return np.array(found)


def conserved(states):
    prey, predators = states.T
    growth, predation, reproduction, mortality = RATES.values()
    of_prey = reproduction * prey - mortality * np.log(prey)
    return of_prey + predation * predators - growth * np.log(predators)


def farthest_from_start(states):
    return np.abs(conserved(states) - conserved(np.array([[10.0, 5.0]]))).max()


@pytest.mark.slow
def test_the_conserved_quantity_stays_in_bounds_over_thirty_cycles():
    length = 1100  # ticks: the period is about 11
    states = cycle(0.01, 30 * length)
    first, last = farthest_from_start(states[:length]), farthest_from_start(states[-length:])
    assert first < 0.02
    assert last < 1.02 * first


@pytest.mark.slow
def test_its_error_is_of_the_first_order_in_dt():
    coarse, fine = farthest_from_start(cycle(0.02, 600)), farthest_from_start(cycle(0.01, 1200))
    assert coarse / fine == pytest.approx(2.0, rel=0.05)


@pytest.mark.slow
def test_a_fine_time_step_gives_the_solution_of_the_equations():
    growth, predation, reproduction, mortality = RATES.values()

    def slope(state):
        prey, predators = state
        return np.array(
            [prey * (growth - predation * predators), predators * (reproduction * prey - mortality)]
        )

    state, step = np.array([10.0, 5.0]), 0.01
    for _ in range(500):  # the classical method of Runge and Kutta
        first = slope(state)
        second = slope(state + step / 2 * first)
        third = slope(state + step / 2 * second)
        fourth = slope(state + step * third)
        state = state + step / 6 * (first + 2 * second + 2 * third + fourth)
    np.testing.assert_allclose(cycle(0.001, 5000)[-1], state, rtol=5e-3)


@pytest.mark.slow
@pytest.mark.parametrize("dt", [0.01, 1.0, 100.0])
def test_the_equilibrium_is_that_of_the_equations_at_every_time_step(dt):
    world = world_of(Square4(2, 2), 4.0, 2.75, dt, **RATES)  # mortality / reproduction, growth / predation
    world.run(20)
    np.testing.assert_allclose(now(world), [[4.0] * 4, [2.75] * 4], rtol=1e-5)


def test_prey_alone_grow_by_the_same_factor_every_tick():
    world = world_of(Line1D(3), 1.0, 0.0, 0.5, **RATES)
    world.run(4)
    np.testing.assert_allclose(now(world), [[(1 + 0.5 * 1.1) ** 4] * 3, [0.0] * 3], rtol=1e-6)


def test_predators_alone_die_out_without_ever_being_fewer_than_none():
    world = world_of(Line1D(3), 0.0, 1.0, 50.0, **RATES)
    world.run(4)
    np.testing.assert_allclose(now(world), [[0.0] * 3, [(1 + 50 * 0.4) ** -4] * 3], rtol=1e-6)


SOME = [Square4(4, 5, "wrap"), Hex2D(4, 3), Fcc12(3, 4, 2)]


@pytest.mark.slow
@pytest.mark.parametrize("lattice", representatives(SOME, SOME[1:2]), ids=repr)
def test_species_that_do_not_meet_diffuse(lattice):
    values = np.random.default_rng(0).random((2, lattice.num_cells)).astype(np.float32)
    prey, predators = values
    world = world_of(lattice, prey, predators, 0.5, **NONE, prey_diffusion=0.1, predator_diffusion=0.05)
    world.run(10)
    for after, before, coefficient in zip(now(world), values, (0.1, 0.05), strict=True):
        heat = Field(initial=0.0)
        alone = World(lattice, {"heat": heat}, [Diffusion(heat, coefficient=coefficient)], dt=0.5)
        with alone.edit() as tick:
            tick[heat] = before[np.newaxis]
        alone.run(10)
        np.testing.assert_allclose(after, alone[heat][0], rtol=2e-6)


def test_who_has_nowhere_to_go_stays():
    world = world_of(Line1D(1), 3.0, 2.0, 0.5, **NONE, prey_diffusion=0.1, predator_diffusion=0.2)
    world.run(4)
    assert now(world).tolist() == [[3.0], [2.0]]


@pytest.mark.slow
def test_at_the_largest_time_step_no_rounding_makes_a_density_negative():
    share, lattice = 1.0 / 3.0, Hex2D(3, 3)
    prey, predators = np.eye(2, 9)
    world = world_of(lattice, prey, predators, 0.5, **RATES, prey_diffusion=share, predator_diffusion=share)
    for _ in range(50):
        world.tick()
        assert now(world).min() >= 0.0


@pytest.mark.parametrize(
    ("diffusion", "limit"),
    [
        ({}, math.inf),
        ({"prey_diffusion": 0.5}, 1 / (4 * 0.5)),
        ({"prey_diffusion": 0.1, "predator_diffusion": Parameter(0.0, low=0.0, high=0.25)}, 1 / (4 * 0.25)),
    ],
)
def test_only_diffusion_limits_the_time_step(diffusion, limit):
    assert LotkaVolterra(Field(), Field(), **RATES, **diffusion).max_dt(Square4(3, 3)) == limit


def test_densities_that_begin_at_zero_or_above_are_promised_to_stay_there():
    one, other = Field(low=0.0), Field()
    assert LotkaVolterra(one, Field(low=0.0), **RATES).guarantees(one) == (0.0, math.inf)
    assert LotkaVolterra(one, other, **RATES).guarantees(one) == (-math.inf, math.inf)


@pytest.mark.parametrize("name", [*RATES, "prey_diffusion", "predator_diffusion"])
@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf])
def test_a_coefficient_that_is_no_rate_is_refused(name, value):
    with pytest.raises(PropagatorConfigError, match=f"LotkaVolterra needs a finite {name} from 0"):
        LotkaVolterra(Field(), Field(), **{**RATES, name: value})
