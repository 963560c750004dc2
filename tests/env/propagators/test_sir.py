"""The epidemic: its equations, nobody lost, and the relation of the final size."""

import math

import numpy as np
import pytest

from murk_env.errors import PropagatorConfigError
from murk_env.fields import Field, Parameter
from murk_env.lattice import Fcc12, Hex2D, Line1D, Product, Ring1D, Square4, Square8
from murk_env.propagators import SIR
from murk_env.world import World
from tests.tiers import representatives

RATES = {"infection": 0.6, "recovery": 0.2, "mixing": 0.5}


def spread(lattice, susceptible, infected, ticks=1, *, dt=1.0, **coefficients):
    """Run one world in which nobody has recovered yet; return S, I and R, (3, num_cells) float64."""
    fields = {"susceptible": Field(), "infected": Field(), "recovered": Field()}
    world = World(lattice, fields, [SIR(*fields.values(), **{**RATES, **coefficients})], dt=dt)
    with world.edit() as tick:
        for field, values in zip(fields.values(), (susceptible, infected), strict=False):
            tick[field] = np.broadcast_to(np.asarray(values, np.float32), (1, lattice.num_cells))
    world.run(ticks)
    return np.concatenate([world[field] for field in fields.values()]).astype(float)


def meeting(lattice, infected, mixing):
    """The share of infected among those whom the people of every cell meet, (num_cells,)."""
    table = lattice.neighbours
    around = np.where(table < 0, 0.0, infected[table]).sum(axis=1) / np.maximum(lattice.degree, 1)
    return np.where(lattice.degree > 0, (1 - mixing) * infected + mixing * around, infected)


def final_size(basic_number):
    """The positive solution of r = 1 - exp(-basic_number * r), by bisection."""
    low, high = 1e-9, 1.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if 1 - math.exp(-basic_number * middle) > middle else (low, middle)
    return low


def random_shares(lattice):
    infected = 0.2 * np.random.default_rng(0).random(lattice.num_cells)
    return 1 - infected, infected


SOME = [Line1D(5), Square4(4, 3, "clamp"), Hex2D(4, 3), Fcc12(3, 4, 2)]


@pytest.mark.slow
@pytest.mark.parametrize("lattice", representatives(SOME, [SOME[0], SOME[3]]), ids=repr)
def test_a_fine_tick_follows_the_equations(lattice):
    susceptible, infected = random_shares(lattice)
    dt = 1e-3
    caught = 0.6 * susceptible * meeting(lattice, infected, 0.5)
    after = spread(lattice, susceptible, infected, dt=dt)
    healed = 0.2 * infected
    expected = susceptible - dt * caught, infected + dt * (caught - healed), dt * healed
    np.testing.assert_allclose(after, expected, atol=3e-7)


@pytest.mark.few(1)
@pytest.mark.parametrize(("dt", "ticks"), [(0.1, 3000), (1.0, 300), (5.0, 100)])
def test_a_small_outbreak_among_equal_cells_has_the_known_final_size(dt, ticks):
    after = spread(Square8(3, 4, "wrap"), 1 - 1e-5, 1e-5, ticks, dt=dt)
    np.testing.assert_allclose(after[2], final_size(0.6 / 0.2), atol=2e-4)


def test_the_final_size_of_twice_as_many_is_four_fifths():
    assert final_size(2.0) == pytest.approx(0.7968, abs=1e-4)  # the tabled value


def test_below_one_infection_each_the_epidemic_dies_out():
    after = spread(Ring1D(6), 0.99, 0.01, 500, infection=0.1)
    assert after[1].max() < 1e-6
    assert after[2].max() < 0.02 + 1e-6  # each causes half a case, that one a quarter, ...


@pytest.mark.slow
@pytest.mark.parametrize("mixing", [0.0, 0.3, 1.0])
@pytest.mark.parametrize(
    "lattice", [Square4(4, 5), Hex2D(4, 3, "wrap"), Fcc12(3, 4, 2), Product(Ring1D(3), Line1D(2))], ids=repr
)
def test_every_cell_keeps_to_the_relation_of_the_final_size(lattice, mixing):
    susceptible, infected = random_shares(lattice)
    after = spread(lattice, susceptible, infected, 400, mixing=mixing)
    escaped = np.exp(-0.6 / 0.2 * meeting(lattice, after[2], mixing))
    np.testing.assert_allclose(after[0], susceptible * escaped, rtol=1e-5, atol=1e-7)


def test_two_cells_that_mix_completely_are_one_population():
    susceptible, infected = np.array([0.7, 1.0]), np.array([0.3, 0.0])
    after = spread(Line1D(2), susceptible, infected, 300, mixing=0.5)
    left = after[0] / susceptible
    mean_recovered = after[2].mean()
    np.testing.assert_allclose(left, math.exp(-0.6 / 0.2 * mean_recovered), rtol=1e-5)


@pytest.mark.few(1)
@pytest.mark.parametrize("mixing", [0.0, 0.4, 1.0])
def test_nobody_is_lost_and_no_share_is_negative_at_the_largest_time_step(mixing):
    lattice = Hex2D(5, 4)
    susceptible, infected = random_shares(lattice)
    after = spread(lattice, susceptible, infected, 50, dt=5.0, infection=40.0, mixing=mixing)
    np.testing.assert_allclose(after.sum(axis=0), 1.0, rtol=5e-7)
    assert after.min() >= 0.0


@pytest.mark.slow
def test_without_mixing_it_stays_where_it_is():
    after = spread(Square4(3, 3), 1 - np.eye(9)[4], np.eye(9)[4], 50, mixing=0.0)
    assert (after[0] == 1 - np.eye(9)[4]).all()


def test_with_mixing_it_comes_one_cell_farther_every_tick():
    start = np.eye(7)[0]
    after = spread(Line1D(7), 1 - start, start, 4, mixing=0.2)
    assert (after[1] > 0).tolist() == [True] * 5 + [False] * 2


@pytest.mark.parametrize("infected", [(3,), (109,), (40, 41), ()])
def test_where_nobody_is_infected_the_bytes_are_those_of_rates_that_vary(infected):
    lattice, found = Square8(10, 11), []
    for recovery in (0.25, Field(mutability="static", low=0.25, high=0.25, initial=0.25)):
        s, i, r = shares = Field(), Field(), Field()
        varying = {"recovery": recovery} if isinstance(recovery, Field) else {}
        law = SIR(*shares, infection=0.5, recovery=recovery, mixing=0.5)
        static = {field: np.full(lattice.num_cells, 0.25) for field in varying.values()}
        world = World(lattice, {"s": s, "i": i, "r": r, **varying}, [law], static=static)
        with world.edit() as tick:
            tick[s] = np.resize([1.0, -1.0, 0.0, -0.0], (1, lattice.num_cells))
            tick.edit(i)[0, list(infected)] = 0.3
        world.run(2)
        found.append([world[field].tobytes() for field in shares])
    assert found[0] == found[1]


def test_a_cell_without_neighbours_meets_only_itself():
    mixed, alone = (spread(Line1D(1), 0.9, 0.1, 20, mixing=mixing) for mixing in (0.8, 0.0))
    assert mixed.tolist() == alone.tolist()
    assert mixed[2] > 0.5


@pytest.mark.parametrize(
    ("recovery", "limit"), [(0.2, 5.0), (Parameter(0.1, low=0.0, high=0.5), 2.0), (0.0, math.inf)]
)
def test_recovery_limits_the_time_step(recovery, limit):
    propagator = SIR(Field(), Field(), Field(), infection=9.0, recovery=recovery, mixing=1.0)
    assert propagator.max_dt(Square4(3, 3)) == limit


def test_shares_that_begin_at_zero_or_above_are_promised_to_stay_there():
    one, other, unbounded = Field(low=0.0), Field(low=0.0), Field()
    assert SIR(one, other, Field(low=0.0), **RATES).guarantees(other) == (0.0, math.inf)
    assert SIR(one, other, unbounded, **RATES).guarantees(other) == (-math.inf, math.inf)


@pytest.mark.parametrize(
    ("name", "value"), [("infection", -0.1), ("recovery", math.nan), ("mixing", 1.1), ("mixing", -0.1)]
)
def test_a_coefficient_out_of_its_range_is_refused(name, value):
    with pytest.raises(PropagatorConfigError, match=f"SIR needs a finite {name} from 0 to"):
        SIR(Field(), Field(), Field(), **{**RATES, name: value})
