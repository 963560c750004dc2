"""The reaction of Gray and Scott: its equations, its steady states, and Pearson's patterns."""

import math

import numpy as np
import pytest

from murk_env.errors import PropagatorConfigError
from murk_env.fields import Field, Parameter
from murk_env.lattice import Fcc12, Hex2D, Line1D, Ring1D, Square4, Square8
from murk_env.propagators import Diffusion, GrayScott
from murk_env.world import World
from tests.tiers import representatives

PEARSON = {"diffusion_u": 2e-5 / (2.5 / 256) ** 2, "diffusion_v": 1e-5 / (2.5 / 256) ** 2}


def react(lattice, u, v, ticks=1, *, dt=1.0, **coefficients):
    """Run one world from u and v (num_cells,) and return what became of them, (2, num_cells)."""
    fields = {"u": Field(), "v": Field()}
    world = World(lattice, fields, [GrayScott(*fields.values(), **coefficients)], dt=dt)
    with world.edit() as tick:
        for field, values in zip(fields.values(), (u, v), strict=True):
            tick[field] = np.broadcast_to(np.asarray(values, np.float32), (1, lattice.num_cells))
    world.run(ticks)
    return np.concatenate([world[field] for field in fields.values()])


def steady_state(feed, kill):
    """The stable state of equal cells in which the activator lives: u * v = feed + kill."""
    u = (1 - math.sqrt(1 - 4 * (feed + kill) ** 2 / feed)) / 2
    return u, (feed + kill) / u


SOME = [Line1D(7), Square4(4, 3, "wrap"), Hex2D(4, 3), Fcc12(3, 4, 2)]


@pytest.mark.few(1)
@pytest.mark.parametrize("lattice", representatives(SOME, SOME[1:3]), ids=repr)
def test_a_tick_is_one_euler_step_of_the_equations(lattice):
    u, v = np.random.default_rng(0).random((2, lattice.num_cells)).astype(np.float32).astype(float)
    table = lattice.neighbours
    flow_u, flow_v = ((np.where(table < 0, 0, w[table] - w[:, np.newaxis])).sum(axis=1) for w in (u, v))
    expected_u = u + 0.5 * (0.15 * flow_u - u * v**2 + 0.04 * (1 - u))
    expected_v = v + 0.5 * (0.07 * flow_v + u * v**2 - 0.1 * v)
    after = react(lattice, u, v, dt=0.5, feed=0.04, kill=0.06, diffusion_u=0.15, diffusion_v=0.07)
    np.testing.assert_allclose(after, [expected_u, expected_v], atol=5e-7)


@pytest.mark.slow
def test_without_activator_nothing_ever_happens():
    after = react(Hex2D(5, 4), 1.0, 0.0, 50, feed=0.04, kill=0.06, diffusion_u=0.1, diffusion_v=0.05)
    assert (after == [[1.0], [0.0]]).all()


def test_equal_cells_come_to_the_steady_state_with_activator():
    after = react(Square4(3, 3), 0.3, 0.3, 5000, feed=0.06, kill=0.05)
    np.testing.assert_allclose(after, np.transpose([steady_state(0.06, 0.05)] * 9), rtol=1e-4)


@pytest.mark.slow
def test_a_trace_of_activator_dies_like_a_wave_that_diffuses():
    ring, ticks, height = Ring1D(12), 30, 1e-12  # so little that u * v**2 is nothing
    wave = height * np.cos(2 * np.pi * 2 * np.arange(12) / 12)
    after = react(ring, 1.0, wave, ticks, feed=0.04, kill=0.06, diffusion_u=0.2, diffusion_v=0.1)
    factor = 1 - 0.1 * (2 - 2 * math.cos(2 * np.pi * 2 / 12)) - (0.04 + 0.06)
    np.testing.assert_allclose(after[1], factor**ticks * wave, atol=1e-6 * height)


@pytest.mark.slow
def test_without_a_flow_through_both_species_together_only_diffuse():
    u, v = np.random.default_rng(1).random((2, 24)).astype(np.float32)
    together, rates = Field(), {"diffusion_u": 0.1, "diffusion_v": 0.1}
    world = World(Square8(4, 6), {"together": together}, [Diffusion(together, coefficient=0.1)])
    with world.edit() as tick:
        tick[together] = (u + v)[np.newaxis]
    world.run(20)
    after = react(Square8(4, 6), u, v, 20, feed=0.0, kill=0.0, **rates)
    np.testing.assert_allclose(after.sum(axis=0), world[together][0], rtol=3e-6)


def test_a_cell_without_neighbours_only_reacts():
    u, v = 0.6, 0.3
    for _ in range(4):
        u, v = u + 0.04 * (1 - u) - u * v**2, v - 0.1 * v + u * v**2
    after = react(Square4(1, 1), 0.6, 0.3, 4, feed=0.04, kill=0.06, diffusion_u=0.2, diffusion_v=0.1)
    np.testing.assert_allclose(after[:, 0], [u, v], rtol=1e-6)


def test_the_defaults_are_pearsons_and_bear_his_time_step():
    propagator = GrayScott(Field(), Field(), feed=0.04, kill=0.06)
    assert propagator.coefficients[2:] == pytest.approx(tuple(PEARSON.values()))
    assert propagator.max_dt(Square4(4, 4)) > 1.0


@pytest.mark.slow
def test_spots_divide_and_lines_grow_where_pearson_found_them():
    lattice = Square4(48, 48, "wrap")
    seed = np.where(lattice.distance(24 * 48 + 24, np.arange(lattice.num_cells)) < 5, 0.5, 0.0)
    dead = react(lattice, 1 - seed, seed, 1500, feed=0.02, kill=0.075)[1]
    alive = react(lattice, 1 - seed, seed, 1500, feed=0.035, kill=0.06)[1]
    assert dead.max() < 1e-6
    assert (alive > 0.2).sum() > 3 * (seed > 0).sum()
    assert alive.std() > 0.05  # a pattern, not the steady state of equal cells


@pytest.mark.parametrize(
    ("coefficients", "limit"),
    [
        ({"diffusion_u": 0.2, "diffusion_v": 0.1}, 1 / (6 * 0.2 + 0.04)),
        ({"diffusion_u": 0.1, "diffusion_v": 0.1}, 1 / (6 * 0.1 + 0.1)),
        ({"diffusion_u": Parameter(0.1, low=0.0, high=0.4)}, 1 / (6 * 0.4 + 0.04)),
        ({"feed": 0.0, "kill": 0.0, "diffusion_u": 0.0, "diffusion_v": 0.0}, math.inf),
    ],
)
def test_the_time_step_is_limited_by_the_faster_species(coefficients, limit):
    rates = {"feed": 0.04, "kill": 0.06, **coefficients}
    assert GrayScott(Field(), Field(), **rates).max_dt(Hex2D(4, 4)) == pytest.approx(limit)


@pytest.mark.parametrize("name", ["feed", "kill", "diffusion_u", "diffusion_v"])
@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf])
def test_a_coefficient_that_is_no_rate_is_refused(name, value):
    rates = {"feed": 0.04, "kill": 0.06, name: value}
    with pytest.raises(PropagatorConfigError, match=f"GrayScott needs a finite {name} from 0"):
        GrayScott(Field(), Field(), **rates)
