"""Wave against the reference's numbers, the dispersion relation, and the energy that it conserves."""

import math
from pathlib import Path

import numpy as np
import pytest

from murk_env.fields import Field, Parameter
from murk_env.lattice import Fcc12, Hex2D, Line1D, Product, Ring1D, Square4, Square8
from murk_env.propagators import Wave
from murk_env.world import World
from tests.env.propagators.worlds_first import worlds_first

VECTORS = dict(np.load(Path(__file__).parents[2] / "data" / "wave.npz"))  # murk 0.2.0, float32
CASES = {  # lattice, wave_speed, damping, dt
    "line1d_n7_Clamp": (Line1D(7, "clamp"), 0.5, 0.0, 1.0),
    "ring1d_n7": (Ring1D(7), 0.6, 0.0, 1.0),
    "square4_4x5_Absorb": (Square4(4, 5), 0.4, 0.0, 1.0),
    "square4_4x5_Wrap": (Square4(4, 5, "wrap"), 0.4, 0.05, 1.0),
    "square8_4x5_Clamp": (Square8(4, 5, "clamp"), 0.3, 0.1, 0.5),
    "hex2d_cols5_rows4": (Hex2D(5, 4), 0.4, 0.02, 1.0),
    "fcc12_4x4x4_Wrap": (Fcc12(4, 4, 4, "wrap"), 0.25, 0.0, 1.0),
}
TORI = [
    (Ring1D(16), [3 / 16]),
    (Ring1D(6), [1 / 2]),
    (Square4(5, 8, "wrap"), [2 / 8, 1 / 5]),
    (Square8(5, 8, "wrap"), [1 / 8, 2 / 5]),
    (Hex2D(6, 8, "wrap"), [1 / 6, (2 / 8 - 1 / 12) * 2 / np.sqrt(3)]),
    (Fcc12(6, 4, 4, "wrap"), [np.sqrt(2) / 6, np.sqrt(2) / 4, 0.0]),
    (Product(Ring1D(6), Hex2D(4, 4, "wrap")), [1 / 6, 1 / 4, (1 / 4 - 1 / 8) * 2 / np.sqrt(3)]),
]
OPEN = [Line1D(9), Square4(4, 5, "clamp"), Square8(4, 4), Hex2D(5, 4), Fcc12(4, 3, 3), Square4(1, 1)]


def oscillate(lattice, displacement, velocity, ticks, *, dt=1.0, **options):
    """Run Wave from (num_worlds, num_cells) values and return displacement and velocity."""
    height, speed = Field(), Field()
    displacement = np.atleast_2d(np.asarray(displacement, np.float32))
    fields = {"height": height, "speed": speed}
    world = World(lattice, fields, [Wave(height, speed, **options)], num_worlds=len(displacement), dt=dt)
    with world.edit() as tick:
        tick[height] = worlds_first(world, height, displacement)
        tick[speed] = worlds_first(world, speed, np.asarray(velocity, np.float32))
    world.run(ticks)
    return np.array(world[height]), np.array(world[speed])


def bits(values):
    return np.asarray(values, np.float32).view(np.uint32).ravel().tolist()


@pytest.mark.few(2)
@pytest.mark.parametrize("ticks", [1, 5])
@pytest.mark.parametrize("case", CASES)
def test_every_lattice_gives_the_references_numbers_to_the_bit(case, ticks):
    lattice, wave_speed, damping, dt = CASES[case]
    start = VECTORS[f"{case}__d0"], VECTORS[f"{case}__v0"]
    found = oscillate(lattice, *start, ticks, dt=dt, wave_speed=wave_speed, damping=damping)
    assert [bits(values) for values in found] == [bits(VECTORS[f"{case}__{f}{ticks}"]) for f in "dv"]


@pytest.mark.few(1)
@pytest.mark.parametrize(("lattice", "waves"), TORI, ids=repr)
def test_a_travelling_wave_turns_by_the_angle_of_the_dispersion_relation(lattice, waves):
    wave_speed, dt, ticks = 0.7, 0.4, 300
    wave = 2 * np.pi * np.array(waves)
    eigenvalue = 1 - np.cos(lattice.displacements @ wave).mean()
    angle = 2 * math.asin(wave_speed * dt * math.sqrt(eigenvalue) / 2)
    phases = lattice.positions @ wave
    velocity = (np.cos(phases) - np.cos(phases + angle)) / dt
    height, speed = oscillate(lattice, np.cos(phases), velocity, ticks, dt=dt, wave_speed=wave_speed)
    there = phases - ticks * angle
    np.testing.assert_allclose(height[0], np.cos(there), atol=1e-4)
    np.testing.assert_allclose(speed[0], (np.cos(there) - np.cos(there + angle)) / dt, atol=1e-4)


def test_a_long_wave_on_a_ring_travels_at_the_wave_speed_over_the_root_of_two():
    length, wave_speed, dt = 64, 1.0, 0.25
    ticks = round(length * math.sqrt(2) / (wave_speed * dt) / 4)  # a quarter of the way round
    phases = 2 * np.pi * np.arange(length) / length
    step = 2 * np.pi / length * wave_speed / math.sqrt(2) * dt
    velocity = (np.cos(phases) - np.cos(phases + step)) / dt
    height, _ = oscillate(Ring1D(length), np.cos(phases), velocity, ticks, dt=dt, wave_speed=wave_speed)
    np.testing.assert_allclose(height[0], np.cos(phases - np.pi / 2), atol=0.01)


@pytest.mark.few(4)
@pytest.mark.parametrize("lattice", [*[torus for torus, _ in TORI], *OPEN], ids=repr)
def test_the_energy_stays_what_it_was_at_the_largest_step(lattice):
    height, speed = np.random.default_rng(3).normal(size=(2, lattice.num_cells))
    speed -= (speed * lattice.degree).sum() / max(lattice.degree.sum(), 1)  # no drift
    dt = min(Wave(Field(), Field(), wave_speed=1.5).max_dt(lattice), 1.0)
    later_height, later_speed = oscillate(lattice, height, speed, 1000, dt=dt, wave_speed=1.5)
    before = energy(lattice, height, speed, dt, 1.5)
    after = energy(lattice, later_height[0], later_speed[0], dt, 1.5)
    assert after == pytest.approx(before, rel=1e-4, abs=1e-9)


def energy(lattice, displacement, velocity, dt, wave_speed):
    """The quadratic form v.v + d.Ad - dt d.Av, weighted by degree, that the scheme conserves exactly."""
    here, direction = np.nonzero(lattice.neighbours >= 0)
    there = lattice.neighbours[here, direction]

    def product(a, b):
        return wave_speed**2 / 2 * ((a[here] - a[there]) * (b[here] - b[there])).sum()

    kinetic = (lattice.degree * velocity.astype(float) ** 2).sum()
    return kinetic + product(displacement, displacement) - dt * product(displacement, velocity)


def test_damping_alone_takes_its_share_of_the_velocity():
    height, speed = oscillate(Square4(1, 1), 0.0, 1.0, 8, dt=0.5, damping=0.5)
    assert speed == pytest.approx(0.75**8)
    assert height == pytest.approx(0.5 * sum(0.75**tick for tick in range(1, 9)))


def test_strong_damping_is_stable_below_its_bound():
    lattice = Ring1D(8)
    dt = 0.99 * Wave(Field(), Field(), wave_speed=1.0, damping=3.0).max_dt(lattice)
    height, _ = oscillate(lattice, [1.0, -1.0] * 4, np.zeros(8), 500, dt=dt, wave_speed=1.0, damping=3.0)
    assert np.abs(height).max() < 0.01


@pytest.mark.parametrize(
    ("lattice", "options", "bound"),
    [
        (Ring1D(4), {"wave_speed": 0.5}, 2 / math.sqrt(2)),
        (Square4(3, 3), {"wave_speed": 0.5}, 1.0),
        (Square4(1, 1), {"wave_speed": 2.0}, 4 / math.sqrt(32)),
        (Fcc12(4, 4, 4, "wrap"), {"wave_speed": 2.0}, 0.5 / math.sqrt(12)),
        (Ring1D(4), {"wave_speed": 1.0, "damping": 3.0}, 4 / (3 + math.sqrt(17))),
        (Ring1D(4), {"wave_speed": 0.0, "damping": 4.0}, 0.5),
        (Ring1D(4), {"wave_speed": 0.0}, math.inf),
        (Square4(3, 3), {"wave_speed": Parameter(0.1, low=0.0, high=0.5)}, 1.0),
    ],
)
def test_the_stable_step_bears_waves_and_damping(lattice, options, bound):
    assert Wave(Field(), Field(), **options).max_dt(lattice) == pytest.approx(bound)
