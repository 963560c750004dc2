"""Spectral: exact solutions at fourth order in time, linear parts at any step, and worlds side by side."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from murk_env import Field, Line1D, Parameter, Ring1D, Square4, Square8, World
from murk_env.errors import PipelineError, PropagatorConfigError, PropagatorError, StabilityError
from murk_env.propagators import Spectral

PI = np.pi
RNG = np.random.default_rng(5)
BURGERS: dict[str, Any] = {"nonlinear": {1: lambda u: -0.5 * u * u}, "max_slope": {1: 2.0}}


def ring(cells, length=1.0):
    return Ring1D(cells, spacing=length / cells)


def world_of(lattice, starts, until, dtype="float64", ticks=1, **options):
    """Return a world a row of starts, after a time, and its field."""
    u = Field(dtype=dtype)
    world = World(lattice, {"u": u}, [Spectral(u, **options)], dt=until / ticks, num_worlds=len(starts))
    with world.edit() as tick:
        tick[u] = np.asarray(starts).reshape(len(starts), -1)
    world.run(ticks)
    return world, u


def run(lattice, start, until, **options):
    """Return the values after a time."""
    world, u = world_of(lattice, [start], until, **options)
    return world[u][0]


def x_of(lattice):
    return lattice.positions[:, 0]


def cole_hopf(x, t, nu=0.05):
    wave = np.exp(-nu * (2.0 * PI) ** 2 * t)
    return 4.0 * PI * nu * wave * np.sin(2.0 * PI * x) / (1.5 + wave * np.cos(2.0 * PI * x))


def test_burgers_is_that_of_cole_and_hopf_and_of_fourth_order_in_time():
    lattice = ring(64)
    x = x_of(lattice)

    def error(steps):
        u = run(lattice, cole_hopf(x, 0.0), 0.4, linear={2: 0.05}, steps=steps, **BURGERS)
        return np.abs(u - cole_hopf(x, 0.4)).max()

    assert np.log2(error(32) / error(64)) == pytest.approx(4.0, abs=0.3)
    assert error(512) < 1e-11


@pytest.mark.slow
def test_a_soliton_of_korteweg_and_de_vries_travels_and_keeps_its_shape():
    lattice = ring(128, 40.0)

    def soliton(t, speed=1.0):
        away = (x_of(lattice) - 15.0 - speed * t + 20.0) % 40.0 - 20.0
        return 0.5 * speed / np.cosh(0.5 * np.sqrt(speed) * away) ** 2

    law = {"linear": {3: -1.0}, "nonlinear": {1: lambda u: -3.0 * u * u}, "max_slope": {1: 3.0}}
    u = run(lattice, soliton(0.0), 10.0, steps=1500, **law)
    assert np.abs(u - soliton(10.0)).max() < 2e-7  # 2e-8 is what the tails beyond 40 leave out


def test_a_reaction_is_that_of_its_ordinary_differential_equation():
    law = {"linear": {0: 1.0}, "nonlinear": {0: lambda u: -(u * u * u)}, "max_slope": {0: 3.0}}
    errors = []
    for steps in (64, 128):
        u = run(ring(4), np.full(4, 0.1), 4.0, steps=steps, **law)
        exact = 0.1 / np.sqrt(0.01 + 0.99 * np.exp(-8.0))
        errors.append(np.abs(u - exact).max())
    assert np.log2(errors[0] / errors[1]) == pytest.approx(4.0, abs=0.4)


@pytest.mark.slow
@pytest.mark.parametrize("steps", [1, 7])
def test_the_linear_part_is_exact_whatever_the_step(steps):
    lattice = ring(16, 2.0 * PI)
    x = x_of(lattice)
    u = run(lattice, np.cos(3.0 * x), 1.7, steps=steps, linear={0: 0.1, 1: -2.0, 2: 0.05, 3: 0.3, 4: -0.01})
    decay = np.exp((0.1 - 0.05 * 9.0 - 0.01 * 81.0) * 1.7)
    np.testing.assert_allclose(u, decay * np.cos(3.0 * (x - (2.0 + 0.3 * 9.0) * 1.7)), atol=1e-13)


def test_the_laplacian_counts_both_axes_of_cells_of_unequal_sides():
    lattice = Square4(8, 12, "wrap", spacing=(0.5, 0.25))  # 4 by 3
    x, y = lattice.positions.T
    start = np.cos(2.0 * PI * (x / 3.0 + 2.0 * y / 4.0))
    rate = (2.0 * PI / 3.0) ** 2 + PI**2
    u = run(lattice, start, 0.1, linear={2: 0.7, 4: -0.02})
    np.testing.assert_allclose(u, np.exp(-(0.7 * rate + 0.02 * rate**2) * 0.1) * start, atol=1e-13)


def cahn_hilliard(lattice, start, until, **options):
    law = {"nonlinear": {2: lambda u: u * u * u - u}, "max_slope": {2: 2.0}, "padding": 2.0}
    return run(lattice, start, until, linear={4: -0.5}, **law, **options)


@pytest.mark.slow
def test_cahn_and_hilliard_grow_small_waves_at_their_rate_and_keep_the_amount():
    lattice = Square8(16, 16, "wrap")
    x, y = lattice.positions.T
    wave = np.cos(2.0 * PI * (x + y) / 16.0)
    k2 = 2.0 * (PI / 8.0) ** 2
    u = cahn_hilliard(lattice, 1e-6 * wave, 2.0, steps=20)
    np.testing.assert_allclose(u, 1e-6 * np.exp((k2 - 0.5 * k2**2) * 2.0) * wave, rtol=1e-6, atol=1e-12)
    mixed = 0.1 + 0.2 * RNG.standard_normal(256)
    apart = cahn_hilliard(lattice, mixed, 60.0, steps=600)
    assert apart.sum() == pytest.approx(mixed.sum(), abs=1e-11)
    assert 0.8 < np.abs(apart).max() < 1.3  # two phases, near -1 and 1
    assert np.mean(np.abs(apart) > 0.5) > 0.6


@pytest.mark.parametrize("lattice", [Ring1D(24), Square4(24, 24, "wrap")])
def test_products_do_not_come_back_as_longer_waves(lattice):
    wave = np.cos(
        2.0 * PI * 8.0 * lattice.positions[:, -1] / 24.0
    )  # its square has 16 waves, which the cells cannot hold
    law = {"linear": {}, "nonlinear": {0: lambda u: u * u}, "max_slope": {0: 2.0}}
    gained = run(lattice, wave, 1e-4, **law) - wave
    np.testing.assert_allclose(gained, 0.5e-4, rtol=1e-3)  # only the mean of the square
    aliased = run(lattice, wave, 1e-4, padding=1.0, **law) - wave
    assert np.ptp(aliased) > 0.5e-4


@pytest.mark.parametrize("steps", [12, pytest.param(60, marks=pytest.mark.slow)])
def test_kuramoto_and_sivashinsky_are_as_in_controlgym(steps):
    with np.load(Path(__file__).parents[2] / "data" / "kuramoto_sivashinsky.npz") as data:
        states, actions = data["n_states"], data["n_actions"]  # every 6th of 60, without noise
    u, push = Field(dtype="float64"), Field(dtype="float64")
    law = Spectral(
        u,
        push,
        linear={2: -1.0, 4: -1.0},
        nonlinear=BURGERS["nonlinear"],
        max_slope={1: 4.0},
        steps=99,  # 100 are meant there, and 99 made
    )
    world = World(ring(256, 32.0 * PI), {"u": u, "push": push}, [law], dt=0.495)
    with world.edit() as tick:
        tick[u] = states[:1]
    cells = np.arange(256) % 32
    acts = (cells >= 3) & (cells < 28)  # 25 cells of every 32 are pushed alike
    for number, action in enumerate(actions[:steps], start=1):
        forces = np.where(acts, np.repeat(action, 32), 0.0)[np.newaxis]
        world.tick(lambda tick, forces=forces: tick.__setitem__(push, forces))
        if number % 6 == 0:
            np.testing.assert_allclose(world[u][0], states[number // 6], atol=1e-10)


def test_a_force_pushes_every_cell_by_as_much():
    u, push = Field(dtype="float64"), Field(mutability="static", dtype="float64")
    amounts = RNG.standard_normal(10)
    law = Spectral(u, push, linear={0: -2.0}, steps=2)
    world = World(Ring1D(10), {"u": u, "push": push}, [law], dt=0.3, static={push: amounts})
    world.tick()
    np.testing.assert_allclose(world[u][0], amounts * (1.0 - np.exp(-0.6)) / 2.0, rtol=1e-13)


def test_the_force_is_the_one_of_this_tick():
    u, push = Field(dtype="float64"), Field(dtype="float64")
    world = World(Ring1D(4), {"u": u, "push": push}, [Spectral(u, push, linear={})], dt=0.5)
    world.tick(lambda tick: tick.__setitem__(push, 3.0))
    np.testing.assert_allclose(world[u], 1.5, rtol=1e-14)


STARTS = RNG.standard_normal((60, 256))


def test_a_world_has_the_same_bytes_in_a_batch_of_any_size():
    lattice = ring(256)  # 26 worlds of it make a block
    law = {"linear": {2: 0.01}, "nonlinear": BURGERS["nonlinear"], "max_slope": {1: 5.0}, "steps": 20}
    together, u = world_of(lattice, STARTS, 0.01, **law)
    for world in (0, 1, 25, 26, 59):
        alone, own = world_of(lattice, STARTS[world : world + 1], 0.01, **law)
        assert alone[own].tobytes() == together[u][world : world + 1].tobytes()


def test_a_world_that_overflows_is_none_of_the_others_business():
    lattice = ring(256)
    law = {"linear": {2: 0.01}, "nonlinear": BURGERS["nonlinear"], "max_slope": {1: 5.0}, "steps": 20}
    starts = STARTS[:3].copy()
    starts[1] *= 1e200
    mixed, u = world_of(lattice, starts, 0.01, **law)
    plain, own = world_of(lattice, STARTS[:3], 0.01, **law)
    assert not np.isfinite(mixed[u][1]).any()
    assert mixed[u][[0, 2]].tobytes() == plain[own][[0, 2]].tobytes()


def test_a_function_that_fails_leaves_everything_as_it_was():
    calls = []

    def fails(u):
        calls.append(u.shape)
        if len(calls) == 7:
            raise ValueError("no more")
        return -u

    u = Field(dtype="float64", initial=1.0)
    law = Spectral(u, linear={}, nonlinear={0: fails}, max_slope={0: 1.0}, steps=3)
    world = World(Ring1D(4), {"u": u}, [law], dt=0.1)
    with pytest.raises(PropagatorError, match=r"Spectral\(u\).*no more"):
        world.tick()
    assert (world[u] == 1.0).all()
    world.tick()
    np.testing.assert_allclose(world[u], np.exp(-0.1), rtol=1e-6)


@pytest.mark.slow
def test_substeps_are_shorter_ticks():
    u = Field(dtype="float64")

    def after(ticks, dt, substeps):
        law = Spectral(u, linear={2: 0.1}, steps=2, **BURGERS)
        world = World(ring(64), {"u": u}, [law], dt=dt, substeps=substeps)
        with world.edit() as tick:
            tick[u] = cole_hopf(x_of(world.lattice), 0.0)[np.newaxis]
        world.run(ticks)
        return world[u].tobytes()

    assert after(2, 0.03, 3) == after(6, 0.01, 1)


def test_float32_fields_are_the_roundings_of_float64():
    start = cole_hopf(x_of(ring(64)), 0.0).astype(np.float32)
    found, wanted = (
        run(ring(64), start, 0.1, dtype=dtype, linear={2: 0.05}, steps=8, **BURGERS)
        for dtype in ("float32", "float64")
    )
    assert found.tobytes() == wanted.astype(np.float32).tobytes()


def test_worlds_have_their_own_coefficients_and_new_ones_count_at_once():
    u, rate = Field(dtype="float64", initial=1.0), Parameter(0.5, low=0.0, high=1.0, dtype="float64")
    world = World(Ring1D(4), {"u": u, "rate": rate}, [Spectral(u, linear={0: rate})], dt=1.0, num_worlds=3)
    for rates in ([0.1, 0.2, 0.3], [0.4, 0.1, 0.0]):
        with world.edit() as tick:
            tick[rate] = rates
        world.tick()
    np.testing.assert_allclose(world[u][:, 0], np.exp([0.5, 0.3, 0.3]), rtol=1e-13)


def grown(step, damping, cells=16):
    """How often the shortest wave but one has grown after 15 steps of Burgers' equation about u = 1."""
    lattice = Ring1D(cells)
    start = 1.0 + 1e-9 * np.cos(2.0 * PI * (cells // 2 - 1) * x_of(lattice) / cells)
    u = run(
        lattice,
        start,
        step * 15,
        ticks=1,
        steps=15,
        linear={2: damping},
        nonlinear=BURGERS["nonlinear"],
        max_slope={1: 1e-3},
    )
    return np.ptp(u) / 2e-9


def test_the_bound_is_where_waves_begin_to_grow():
    fastest = PI * 7.0 / 8.0  # of the shortest wave but one, at the speed 1
    assert grown(0.99 * 2.6 / fastest, 0.0) <= 1.01
    assert grown(1.15 * 2.6 / fastest, 0.0) > 10.0
    assert grown(20.0, 4.0) <= 1.01  # all waves are damped more than carried: stable at any step


@pytest.mark.parametrize(
    ("options", "limit"),
    [
        ({"linear": {2: 0.1}, "max_slope": {1: 1.0}}, 2.6 / PI),
        ({"linear": {2: 0.1}, "max_slope": {1: 1.0}, "steps": 5}, 13.0 / PI),
        (
            {"linear": {2: 1.0}, "max_slope": {1: 1.0}},
            2.6 / (PI / 4.0),
        ),  # longer waves than that are damped less
        ({"linear": {2: -1.0, 4: -1.0}, "max_slope": {1: 1.0}}, 2.6 / (PI / 4.0)),
    ],
)
def test_the_stable_step_is_that_of_the_fastest_wave_that_is_not_damped(options, limit):
    law = Spectral(Field(dtype="float64"), nonlinear=BURGERS["nonlinear"], **options)
    assert law.max_dt(Ring1D(8)) == pytest.approx(limit, rel=1e-12)


def test_a_step_that_is_too_long_names_the_substeps_that_would_do():
    u = Field(dtype="float64")
    law = Spectral(u, linear={2: 0.01}, nonlinear=BURGERS["nonlinear"], max_slope={1: 2.6 / PI})
    with pytest.raises(StabilityError, match=r"above Spectral\(u\)'s stability limit of 1 .*use substeps=4"):
        World(Ring1D(8), {"u": u}, [law], dt=3.5)


@pytest.mark.parametrize(
    ("lattice", "message"),
    [
        (Ring1D(9), "even number of cells along every axis, not 9; use 10"),
        (Square4(4, 7, "wrap"), "even number of cells along every axis, not 4 x 7; use 4 x 8"),
        (Line1D(8), 'use Ring1D, or Line1D, Square4 or Square8 with edge="wrap"'),
        (Square4(4, 4), 'edge="wrap"'),
    ],
)
def test_lattices_without_such_modes_are_refused(lattice, message):
    u = Field(dtype="float64")
    with pytest.raises(PipelineError, match=message):
        World(lattice, {"u": u}, [Spectral(u, linear={2: 1.0})])


@pytest.mark.parametrize("orders", [{"linear": {3: 1.0}}, {"linear": {}, **BURGERS}])
def test_odd_orders_are_refused_on_two_axes(orders):
    u = Field(dtype="float64")
    with pytest.raises(PipelineError, match=r"of the odd order [13], which has a direction, .*2 axes"):
        World(Square4(4, 4, "wrap"), {"u": u}, [Spectral(u, **orders)], dt=1e-3)


F = {1: lambda u: -u}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"linear": 3.0}, r"takes linear by order of derivative, such as \{2: ...\}, not 3.0"),
        ({"linear": {-1: 1.0}}, "takes linear by order of derivative, an integer from 0 to 8, not -1"),
        ({"linear": {9: 1.0}}, "an integer from 0 to 8, not 9"),
        ({"linear": {2: np.nan}}, r"needs a finite linear\[2\]"),
        ({"nonlinear": {1: 3.0}, "max_slope": {1: 1.0}}, r"nonlinear\[1\] a function of an array, not 3.0"),
        ({"nonlinear": F}, r"max_slope the largest .* of the orders \[1\], not \[\]"),
        ({"nonlinear": F, "max_slope": {1: 0.0}}, r"needs a finite max_slope\[1\] > 0, not 0.0"),
        ({"nonlinear": F, "max_slope": {1: np.inf}}, r"needs a finite max_slope\[1\] > 0, not inf"),
        (
            {"nonlinear": {1: lambda u: u.sum()}, "max_slope": {1: 1.0}},
            r"must return a float64 array of the shape",
        ),
        (
            {"nonlinear": {1: lambda u: u > 0}, "max_slope": {1: 1.0}},
            r"float64 .*\(2, 3\), but returns bool \(2, 3\)",
        ),
        (
            {"nonlinear": {1: lambda u: np.square(u, out=u)}, "max_slope": {1: 1.0}},
            r"nonlinear\[1\] takes a read-only .* but raised ValueError: output array is read-only",
        ),
        ({"padding": 0.5}, "needs a padding from 1 to 4, not 0.5"),
        ({"padding": np.nan}, "needs a padding from 1 to 4, not nan"),
        ({"steps": 0}, "a number of steps in a tick, at least 1, not 0"),
        ({"steps": 1.5}, "a number of steps in a tick, at least 1, not 1.5"),
    ],
)
def test_what_it_cannot_be_set_with_is_refused(options, message):
    with pytest.raises(PropagatorConfigError, match=message):
        Spectral(Field(dtype="float64"), **{"linear": {}, **options})
