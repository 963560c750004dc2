"""Burgers: characteristics, shocks, fans and viscous fronts as they are known exactly; what never appears."""

import numpy as np
import pytest

from murk_env import Field, Line1D, Ring1D, World
from murk_env.errors import PipelineError, PropagatorConfigError, PropagatorError, StabilityError
from murk_env.propagators import Burgers, Flux, NoFlux, Periodic, Value
from tests.env.propagators.convergence import centres, order, solved

PI = np.pi
NOISE = np.random.default_rng(3).uniform(-1.0, 1.0, 40)


def double(**keywords):
    return Field(dtype="float64", **keywords)


def run(start, until, lattice, dtype="float64", courant=0.95, **options):
    """Return the propagator and u after a time, at a share of the longest stable step."""
    u = Field(dtype=dtype)
    law = Burgers(u, **{"max_speed": float(np.abs(start).max()) + 1e-9, **options})
    world = solved(law, lattice, {"u": u}, {u: start}, until, courant * law.max_dt(lattice))
    return world[u][0]


def along_characteristics(x, t):
    """u = 1 + sin(2 pi (x - u t)) / 2, by Newton's method, before there is a shock."""
    u = np.ones_like(x)
    for _ in range(50):
        phase = 2.0 * PI * (x - u * t)
        u -= (u - 1.0 - 0.5 * np.sin(phase)) / (1.0 + PI * t * np.cos(phase))
    return u


def ring(cells):
    return Ring1D(cells, spacing=1.0 / cells)


@pytest.mark.slow
def test_a_smooth_wave_steepens_at_second_order():
    def error(line):
        x = centres(line)
        u = run(along_characteristics(x, 0.0), 0.15, ring(line.num_cells), courant=0.5)
        return np.abs(u - along_characteristics(x, 0.15)).mean()

    assert order(error, 64) > 1.8
    assert error(ring(256)) < 2e-4


def test_viscous_decay_is_that_of_cole_and_hopf_at_second_order():
    nu = 0.05

    def exact(x, t):
        wave = np.exp(-nu * (2.0 * PI) ** 2 * t)
        return 4.0 * PI * nu * wave * np.sin(2.0 * PI * x) / (1.5 + wave * np.cos(2.0 * PI * x))

    def error(line):
        x = centres(line)
        u = run(exact(x, 0.0), 0.2, ring(line.num_cells), courant=0.5, viscosity=nu)
        return np.abs(u - exact(x, 0.2)).mean()

    assert order(error, 32) > 1.8


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("left", "right"), [(2.0, 0.0), (1.5, -0.5), (0.25, -1.25)])
def test_a_shock_travels_at_the_mean_of_its_sides(left, right, dtype):
    line = Line1D(100, spacing=0.01)
    x = centres(line)
    ends = {"west": Value(left), "east": Value(right)}
    u = run(np.where(x < 0.5, left, right), 0.3, line, dtype, boundaries=ends)
    shock = 0.5 + 0.3 * (left + right) / 2.0
    # the amount says where the shock is to a rounding, the values that it is two cells wide
    assert u.sum() * 0.01 == pytest.approx(left * shock + right * (1.0 - shock), abs=1e-5)
    far = np.abs(x - shock) > 0.025
    np.testing.assert_allclose(u[far], np.where(x < shock, left, right)[far], atol=0.02 * (left - right))


@pytest.mark.slow
def test_a_rise_becomes_a_fan_and_no_shock_that_entropy_forbids():
    line = Line1D(200, spacing=0.01)
    x = centres(line) - 1.0
    u = run(np.where(x < 0.0, -1.0, 1.0), 0.5, line, boundaries={"west": Value(-1.0), "east": Value(1.0)})
    assert np.abs(u - np.clip(x / 0.5, -1.0, 1.0)).max() < 0.06  # at the corners of the fan
    assert np.abs(u - np.clip(x / 0.5, -1.0, 1.0)).mean() < 0.004


@pytest.mark.parametrize("viscosity", [0.0, 0.3])
@pytest.mark.parametrize("ends", [None, NoFlux(), {"west": Value(0.9), "east": Value(-0.7)}])
def test_no_extremum_and_no_variation_appears_at_the_longest_stable_step(ends, viscosity):
    u = double()
    law = Burgers(u, max_speed=1.0, viscosity=viscosity, boundaries=ends if isinstance(ends, dict) else None)
    lattice = Line1D(40, spacing=0.5) if isinstance(ends, dict) else Ring1D(40, spacing=0.5)
    world = World(lattice, {"u": u}, [law], dt=law.max_dt(lattice))
    with world.edit() as tick:
        tick[u] = NOISE[np.newaxis]

    def seen():
        values = world[u][0]
        return (
            np.concatenate([[0.9], values, [-0.7]])
            if isinstance(ends, dict)
            else np.append(values, values[0])
        )

    before = seen()
    for _ in range(60):
        world.tick()
        after = seen()
        assert before.min() - 1e-14 <= after.min()
        assert after.max() <= before.max() + 1e-14
        assert np.abs(np.diff(after)).sum() <= np.abs(np.diff(before)).sum() + 1e-13
        before = after
    assert np.ptp(before) < 0.95 * np.ptp(NOISE)


@pytest.mark.parametrize(("lattice", "ends"), [(Ring1D(40), None), (Line1D(40), NoFlux())])
def test_the_amount_is_conserved_to_rounding_through_shocks(lattice, ends):
    u = run(NOISE, 50.0, lattice, viscosity=0.01, max_speed=8.0, boundaries=ends)  # at a wall it piles up
    assert u.sum() == pytest.approx(NOISE.sum(), abs=1e-13)


@pytest.mark.slow
def test_what_comes_in_at_the_ends_and_what_a_force_adds_is_what_is_gained():
    u, push = double(), double(initial=0.25)
    line = Line1D(20, spacing=0.1)
    law = Burgers(u, push, max_speed=2.0, viscosity=0.1, boundaries={"west": Flux(0.3), "east": Flux(-0.1)})
    world = World(line, {"u": u, "push": push}, [law], dt=0.01)
    world.run(30)
    assert world[u].sum() * 0.1 == pytest.approx(0.3 * (0.3 - 0.1 + 0.25 * 2.0), rel=1e-12)


def test_a_steady_front_between_two_values_is_of_second_order():
    nu = 0.1

    def exact(x):
        return -np.tanh((x - 0.4) / (2.0 * nu))  # u**2 / 2 - nu * du/dx is 1/2 everywhere

    ends = {"west": Value(float(exact(0.0))), "east": Value(float(exact(1.0)))}

    def error(line):
        x = centres(line)
        u = run(exact(x), 3.0, line, max_speed=1.0, viscosity=nu, boundaries=ends)
        return np.abs(u - exact(x)).mean()

    assert order(error, 20) > 1.7


def test_a_ring_may_say_that_it_is_periodic():
    assert (run(NOISE, 1.0, Ring1D(40), boundaries=Periodic()) == run(NOISE, 1.0, Ring1D(40))).all()


@pytest.mark.parametrize("speed", [0.0, -1.0, np.nan, np.inf, "fast", True])
def test_the_largest_speed_has_to_be_known(speed):
    with pytest.raises(PropagatorConfigError, match="Burgers needs a finite max_speed > 0, not"):
        Burgers(double(), max_speed=speed)


@pytest.mark.slow
def test_a_step_that_is_too_long_names_the_substeps_that_would_do():
    u = double()
    law = Burgers(u, max_speed=1.0, viscosity=0.5)  # 1 / (2 / 0.5 + 0.5 * 2 / 0.25) = 1/8
    with pytest.raises(
        StabilityError, match=r"above Burgers\(u\)'s stability limit of 0.125.*use substeps=8"
    ):
        World(Ring1D(8, spacing=0.5), {"u": u}, [law], dt=1.0)
    World(Ring1D(8, spacing=0.5), {"u": u}, [law], dt=1.0, substeps=8).tick()


@pytest.mark.slow
def test_a_speed_beyond_the_largest_discards_the_tick():
    u = double(initial=3.0)
    world = World(Ring1D(8), {"u": u}, [Burgers(u, max_speed=2.0)], dt=0.1)
    with pytest.raises(PropagatorError, match="u in cell 0 of world 0 is beyond max_speed"):
        world.tick()
    assert (world[u] == 3.0).all()


@pytest.mark.parametrize(
    ("lattice", "ends", "message"),
    [
        (Line1D(1), None, "use Line1D or Ring1D"),
        (Ring1D(8), Value(1.0), "is no side"),
        (Line1D(8), {"north": Value(1.0)}, "'north', but that is no side"),
        (Line1D(8), Periodic(), "has a periodic boundary"),
    ],
)
def test_lattices_and_sides_that_do_not_fit_are_refused(lattice, ends, message):
    u = double()
    with pytest.raises(PipelineError, match=message):
        World(lattice, {"u": u}, [Burgers(u, max_speed=1.0, boundaries=ends)], dt=1e-3)


def test_a_force_in_another_dtype_is_refused():
    u, push = double(), Field()
    with pytest.raises(
        PipelineError, match="computes in one dtype, but has 'u' in float64 and 'push' in float32"
    ):
        World(Ring1D(8), {"u": u, "push": push}, [Burgers(u, push, max_speed=1.0)], dt=0.1)
