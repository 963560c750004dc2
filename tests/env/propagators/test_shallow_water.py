"""Shallow water: lakes at rest, exact dam breaks, standing waves, and what is conserved."""

import numpy as np
import pytest

from murk_env import Field, Hex2D, Line1D, Ring1D, Square4, World
from murk_env.errors import PipelineError, PropagatorConfigError, PropagatorError, StabilityError
from murk_env.propagators import ShallowWater

G = 9.81
RANDOM = np.random.default_rng(0)
BED = RANDOM.uniform(0.0, 1.5, 48)  # higher than the lake in places
LAKE = np.maximum(1.2 - BED, 0.0)


class Water:
    """A world of water."""

    def __init__(self, lattice, depth, dt, *, bed=None, dtype="float64", discharge=None, **options):
        self.h = Field(dtype=dtype, low=0.0)
        self.q = Field(dtype=dtype, components=lattice.scale.size)
        fields, static = {"h": self.h, "q": self.q}, {}
        if bed is not None:
            options["bed"] = fields["bed"] = Field(dtype=dtype, mutability="static")
            static[options["bed"]] = bed
        law = ShallowWater(self.h, self.q, **options)
        self.world = World(lattice, fields, [law], dt=dt, static=static)
        with self.world.edit() as tick:
            tick[self.h] = np.asarray(depth)[np.newaxis]
            if discharge is not None:
                tick[self.q] = np.asarray(discharge)[np.newaxis]

    def run(self, ticks):
        self.world.run(ticks)
        return self

    @property
    def depth(self):
        return self.world[self.h][0]

    @property
    def discharge(self):
        return self.world[self.q][0]


@pytest.mark.slow
@pytest.mark.parametrize("edge", ["absorb", "clamp", "wrap"])
@pytest.mark.parametrize(("dtype", "close"), [("float64", 1e-14), ("float32", 1e-5)])
def test_a_lake_at_rest_over_a_bed_with_islands_stays_at_rest(edge, dtype, close):
    lattice = Square4(6, 8, edge, spacing=(0.5, 1.0))
    water = Water(lattice, LAKE, 0.06, bed=BED, dtype=dtype, max_speed=5.0).run(300)
    assert np.abs(water.discharge).max() < close
    np.testing.assert_allclose(water.depth, LAKE, atol=close)


@pytest.mark.slow
def test_the_volume_is_conserved_and_the_depth_never_negative():
    disturbed = LAKE + 0.3 * RANDOM.random(48)
    water = Water(Square4(6, 8, spacing=(0.5, 1.0)), disturbed, 0.05, bed=BED, max_speed=6.0)
    for _ in range(20):
        water.run(10)
        assert water.depth.min() >= 0.0
    assert water.depth.sum() == pytest.approx(disturbed.sum(), rel=1e-13)
    assert np.abs(water.discharge).max() > 1e-4  # it still moves


@pytest.mark.slow
def test_discharge_is_conserved_where_there_is_neither_bed_nor_wall():
    depth, flow = 1.0 + 0.3 * RANDOM.random(30), RANDOM.normal(size=(2, 30))
    lattice = Square4(5, 6, "wrap", spacing=0.7)
    water = Water(lattice, depth, 0.03, max_speed=10.0, discharge=flow).run(100)
    np.testing.assert_allclose(water.discharge.sum(axis=1), flow.sum(axis=1), rtol=1e-12)


def stoker(x, t, left, right):
    """The depth after a dam between two depths of water broke at x = 0 (Stoker 1957)."""
    c = np.sqrt(G * left)

    def excess(middle):
        jump = (middle - right) * np.sqrt(G * (middle + right) / (2.0 * middle * right))
        return 2.0 * (c - np.sqrt(G * middle)) - jump

    low, middle, high = right, right, left
    for _ in range(200):
        middle = (low + high) / 2.0
        low, high = (middle, high) if excess(middle) > 0.0 else (low, middle)
    speed = 2.0 * (c - np.sqrt(G * middle))
    shock = middle * speed / (middle - right)
    fan = (2.0 * c - x / t) ** 2 / (9.0 * G)
    waves = [x < -c * t, x < (speed - np.sqrt(G * middle)) * t, x < shock * t]
    return np.select(waves, [left, fan, middle], right)


def broken_dam(cells, right):
    lattice = Line1D(cells, spacing=10.0 / cells)
    x = lattice.positions[:, 0] + 5.0 / cells - 5.0
    dt = 0.12 * lattice.scale[0]
    ticks = round(0.48 / dt)
    water = Water(lattice, np.where(x < 0.0, 2.0, right), dt, max_speed=8.3).run(ticks)
    return x, ticks * dt, water.depth


def test_a_dam_that_breaks_onto_water_makes_the_exact_waves():
    errors = []
    for cells in (100, 400):
        x, t, depth = broken_dam(cells, 1.0)
        errors.append(np.abs(depth - stoker(x, t, 2.0, 1.0)).mean())
    assert errors[1] < 0.012
    assert np.log(errors[0] / errors[1]) / np.log(4.0) > 0.6  # of first order, less at the shock


def test_a_dam_that_breaks_onto_dry_ground_makes_the_exact_fan():
    x, t, depth = broken_dam(800, 0.0)
    c = np.sqrt(G * 2.0)
    fan = np.clip((2.0 * c - x / t) ** 2 / (9.0 * G), 0.0, 2.0) * (x < 2.0 * c * t)
    expected = np.where(x < -c * t, 2.0, fan)  # Ritter 1892
    assert np.abs(depth - expected).mean() < 0.02
    assert (depth >= 0.0).all()


def test_standing_waves_have_the_period_of_shallow_water_at_first_order():
    def error(cells):
        lattice = Line1D(cells, spacing=1.0 / cells)
        x = lattice.positions[:, 0] + 0.5 / cells
        speed = np.sqrt(G * 0.25)
        dt = 0.5 / cells / speed
        ticks = round(1.0 / speed / dt)  # half a period, 2 / speed
        water = Water(lattice, 0.25 + 1e-4 * np.cos(np.pi * x), dt, max_speed=1.1 * speed).run(ticks)
        return np.abs(water.depth - 0.25 + 1e-4 * np.cos(np.pi * x)).max()

    assert np.log2(error(128) / error(256)) == pytest.approx(1.0, abs=0.1)


def test_both_axes_and_both_ways_are_alike():
    depth = np.ones((7, 7))
    depth[3, 3] = 1.5
    water = Water(Square4(7, 7, spacing=0.5), depth.ravel(), 0.05, max_speed=4.5).run(15)
    found = water.depth.reshape(7, 7)
    for twin in (found.T, found[::-1], found[:, ::-1]):
        np.testing.assert_allclose(found, twin, rtol=1e-13)
    np.testing.assert_allclose(
        water.discharge[0].reshape(7, 7), water.discharge[1].reshape(7, 7).T, atol=1e-14
    )


@pytest.mark.slow
def test_water_that_is_pushed_speeds_up_and_drag_slows_it_down():
    ring, push = Ring1D(5, spacing=2.0), Field(dtype="float64", components=1, initial=0.5)
    h, q = Field(dtype="float64", initial=3.0), Field(dtype="float64", components=1)
    law = ShallowWater(h, q, push=push, max_speed=8.0, drag=0.25)
    world = World(ring, {"h": h, "q": q, "push": push}, [law], dt=0.1)
    expected = 0.0
    for _ in range(10):
        world.run(1)
        expected = (expected + 0.1 * 3.0 * 0.5) / (1.0 + 0.1 * 0.25)
    np.testing.assert_allclose(world[q], np.full((1, 1, 5), expected), rtol=1e-13)


@pytest.mark.slow
def test_water_that_is_too_fast_discards_the_tick():
    water = Water(Line1D(8), np.array([9.0] * 4 + [0.1] * 4), 0.4, max_speed=2.0)
    with pytest.raises(PropagatorError, match=r"water at cell \d of world 0 is faster than dt allows"):
        water.run(1)


def test_the_stable_step_is_that_of_the_fastest_wave():
    law = ShallowWater(Field(), Field(components=2), max_speed=5.0)
    assert law.max_dt(Square4(3, 3, spacing=(0.5, 1.0))) == pytest.approx(1.0 / (5.0 * 3.0))
    with pytest.raises(StabilityError, match="above ShallowWater"):
        Water(Line1D(4), np.ones(4), 0.21, max_speed=5.0)


@pytest.mark.parametrize("speed", [0.0, -1.0, np.nan, np.inf])
def test_a_speed_that_is_none_is_refused(speed):
    with pytest.raises(PropagatorConfigError, match="needs a finite max_speed > 0"):
        ShallowWater(Field(), Field(components=1), max_speed=speed)


def test_lattices_with_oblique_faces_are_refused():
    with pytest.raises(PipelineError, match="flows through straight faces along one or two axes"):
        Water(Hex2D(4, 4), np.ones(16), 0.1, max_speed=1.0)


def test_a_discharge_of_other_axes_is_refused():
    h, q = Field(), Field(components=1)
    with pytest.raises(PipelineError, match="'q' as a float32 or float64 field over cells with components=2"):
        World(Square4(3, 3), {"h": h, "q": q}, [ShallowWater(h, q, max_speed=1.0)], dt=0.1)
