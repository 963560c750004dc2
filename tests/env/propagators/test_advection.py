"""Advection: nothing lost, nothing overshot, and pulses that go where the flow goes."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from murk_env.errors import PipelineError, PropagatorConfigError, PropagatorError
from murk_env.fields import Field
from murk_env.lattice import Edge, Fcc12, Grid, Hex2D, Line1D, Product, Ring1D, Square4, Square8
from murk_env.propagators import Advection
from murk_env.world import World
from tests.env.lattice.own import Triangles
from tests.env.lattice.samples import LATTICES
from tests.env.lattice.test_random_lattices import PRODUCTS, SIMPLE
from tests.env.propagators.worlds_first import put

TORI = [  # lattice, area of a face over volume of a cell, a wave that fits
    (Ring1D(8), 1.0, [1 / 8]),
    (Square4(5, 6, "wrap"), 1.0, [1 / 6, 2 / 5]),
    (Square8(5, 6, "wrap"), 1 / 3, [1 / 6, 2 / 5]),
    (Hex2D(6, 8, "wrap"), 2 / 3, [1 / 6, (2 / 8 - 1 / 12) * 2 / math.sqrt(3)]),
    (Fcc12(6, 4, 4, "wrap"), 1 / 2, [math.sqrt(2) / 6, math.sqrt(2) / 4, 0.0]),
]
WIDE = [Square4(9, 9), Square8(9, 9), Hex2D(9, 9), Fcc12(7, 7, 7), Product(Hex2D(7, 7), Line1D(7))]


def advect(
    lattice,
    values,
    flow,
    ticks=1,
    *,
    dt=None,
    low: float | None = -1.0,
    high: float | None = 1.0,
    static=False,
    **options,
):
    """Carry values (num_worlds, num_cells) along a flow that broadcasts to (num_worlds, k, num_cells)."""
    dye = Field()
    wind = make_wind(lattice, low=low, high=high, mutability="static" if static else "per_tick")
    values = np.atleast_2d(np.asarray(values, np.float32))
    propagator = Advection(dye, wind, **options)
    world = World(
        lattice,
        {"dye": dye, "wind": wind},
        [propagator],
        num_worlds=len(values),
        dt=propagator.max_dt(lattice) if dt is None else dt,
        static={wind: np.asarray(flow, np.float32)} if static else None,
    )
    put(world, dye, values)
    if not static:
        put(world, wind, np.broadcast_to(np.asarray(flow), (len(values), *wind.shape(lattice.num_cells, 0))))
    world.run(ticks)
    return np.array(world[dye])


def make_wind(lattice, **options):
    return Field(components=lattice.positions.shape[1], **options)


def random_start(lattice, seed, num_worlds=1):
    """Random values in [0, 1) and a flow that is as fast as it may, up to any corner of its bounds."""
    rng = np.random.default_rng(seed)
    shape = (num_worlds, lattice.positions.shape[1], lattice.num_cells)
    return rng.random((num_worlds, lattice.num_cells)), rng.choice([-1.0, 0.5, 1.0], shape)


@pytest.mark.slow
@pytest.mark.parametrize(("speed", "bounds"), [(1.0, (0.0, 1.0)), (-1.0, (-1.0, 1.0))])
def test_at_a_courant_number_of_one_a_pulse_on_a_ring_moves_by_cells_to_the_bit(speed, bounds):
    pulse = np.array([0.1, -7.3, 1e-20, 1e20, 0.0, 3.3, 2.7], np.float32)
    after = advect(Ring1D(7), pulse, speed, 5, dt=1.0, low=bounds[0], high=bounds[1])
    assert after[0].tobytes() == np.roll(pulse, int(5 * speed)).tobytes()


@pytest.mark.parametrize(("lattice", "area", "waves"), TORI, ids=repr)
def test_a_wave_in_an_even_flow_is_shifted_and_damped_as_upwind_schemes_do(lattice, area, waves):
    wave, flow, ticks, dt = 2 * np.pi * np.array(waves), [0.9, -0.6, 0.3][: len(waves)], 10, 0.2
    courant = np.maximum(dt * area * lattice.displacements @ flow, 0.0)
    factor = 1 - (courant * (1 - np.exp(-1j * lattice.displacements @ wave))).sum()
    phases = lattice.positions @ wave
    after = advect(lattice, np.cos(phases), np.array(flow)[:, None], ticks, dt=dt)
    np.testing.assert_allclose(after[0], (factor**ticks * np.exp(1j * phases)).real, atol=1e-5)


@pytest.mark.parametrize("lattice", WIDE, ids=repr)
def test_the_centre_of_a_pulse_moves_with_the_flow(lattice):
    middle = int(np.argmin(((lattice.positions - lattice.positions.mean(axis=0)) ** 2).sum(axis=1)))
    flow = np.array([0.5, -1.0, 0.25])[: lattice.positions.shape[1]]
    after = advect(lattice, np.eye(lattice.num_cells)[middle], flow[:, None], 2, dt=0.1)[0]
    np.testing.assert_allclose(after @ lattice.positions, lattice.positions[middle] + 0.2 * flow, atol=2e-6)


@pytest.mark.few(20)
@pytest.mark.parametrize("lattice", LATTICES, ids=repr)
def test_the_total_is_conserved_whatever_the_flow(lattice):
    values, flow = random_start(lattice, 1)
    after = advect(lattice, values, flow, 20)
    assert after.sum(dtype=float) == pytest.approx(values.sum(), rel=3e-6)


@pytest.mark.slow
@given(lattice=st.one_of(SIMPLE, PRODUCTS), seed=st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_nothing_becomes_negative_at_the_largest_step_whatever_the_flow(lattice, seed):
    values, flow = random_start(lattice, seed)
    assert advect(lattice, values, flow, 3).min() >= 0.0


@pytest.mark.parametrize(("lattice", "area", "waves"), TORI, ids=repr)
def test_an_even_flow_leaves_no_value_beyond_the_old_ones(lattice, area, waves):
    values, _ = random_start(lattice, 2)
    after = advect(lattice, values, 1.0, 20)
    assert values.min() - 1e-6 <= after.min()
    assert after.max() <= values.max() + 1e-6


def test_what_flows_against_a_border_gathers_there():
    after = advect(Line1D(4), [1.0, 1.0, 1.0, 1.0], 1.0, 9, dt=1.0)
    assert after.tolist() == [[0.0, 0.0, 0.0, 4.0]]


def test_a_face_sees_the_mean_of_the_flows_on_both_sides():
    after = advect(Line1D(2), [1.0, 0.0], [[0.8, -0.2]], dt=1.0)
    assert after[0] == pytest.approx([1 - 0.3, 0.3])


@pytest.mark.parametrize("lattice", [Square4(3, 4), Hex2D(3, 4, "wrap")], ids=repr)
def test_a_static_flow_carries_every_world_alike(lattice):
    values, flow = random_start(lattice, 3, 2)
    static = advect(lattice, values, flow[0], 3, static=True)
    assert (static == advect(lattice, values, flow[:1], 3)).all()


def test_a_flow_that_is_no_number_shows():
    assert np.isnan(advect(Ring1D(3), [1.0, 2.0, 3.0], [[math.nan, 0.0, 0.0]])).all()


@pytest.mark.parametrize(
    ("lattice", "bounds", "options", "bound"),
    [
        (Ring1D(5), (0.0, 1.0), {}, 1.0),
        (Ring1D(5), (-4.0, 1.0), {}, 0.25),
        (Square4(3, 3), (-2.0, 2.0), {}, 0.25),
        (Square8(3, 3), (0.0, 1.0), {}, 0.5),
        (Hex2D(3, 3), (None, None), {"max_speed": 1.0}, 0.5),
        (Fcc12(3, 3, 3), (None, None), {"max_speed": 0.5}, 2 / 3),
        (Square4(3, 3), (-1.0, 1.0), {"max_speed": 0.5}, 1.0),
        (Square4(3, 3), (-1.0, 1.0), {"max_speed": 5.0}, 0.5),
        (Square4(3, 3), (0.0, 0.0), {}, math.inf),
    ],
)
def test_the_stable_step_empties_no_cell(lattice, bounds, options, bound):
    wind = make_wind(lattice, low=bounds[0], high=bounds[1])
    assert Advection(Field(), wind, **options).max_dt(lattice) == pytest.approx(bound, rel=1e-12)


@pytest.mark.parametrize(
    ("lattice", "bound"),
    [(Square4(2, 2), 1 / 2), (Fcc12(2, 2, 2), 1 / 3), (Product(Hex2D(2, 2), Hex2D(2, 2)), 1 / 4)],
    ids=repr,
)
def test_a_step_that_is_a_plain_number_is_not_just_above_the_bound(lattice, bound):
    assert Advection(Field(), make_wind(lattice), max_speed=1.0).max_dt(lattice) == bound


def test_a_cell_emptied_by_the_largest_step_is_not_left_below_zero_by_rounding():
    after = advect(Line1D(3), [0.0, 1.0, 0.0], [[-1.7, 0.0, 1.7]], low=-1.7, high=1.7)
    assert after[0, 1] == 0.0
    assert after[0] == pytest.approx([0.5, 0.0, 0.5])


def test_a_flow_faster_than_promised_discards_the_tick():
    with pytest.raises(
        PropagatorError, match=r"Advection\(dye\).* more out of cell 2 of world 1 .* lower dt"
    ) as caught:
        advect(
            Ring1D(3), np.ones((2, 3)), [[[0.0] * 3], [[0.0, 0.0, 2.5]]], low=None, high=None, max_speed=1.0
        )
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_flow_of_unknown_speed_is_refused():
    wind = make_wind(Ring1D(3), low=-1.0)
    with pytest.raises(
        PropagatorConfigError, match=r"how fast the flow can be.*give it low and high, or give max_s"
    ):
        Advection(Field(), wind)


@pytest.mark.parametrize("speed", [0.0, -1.0, math.inf, math.nan, "fast", 10**400])
def test_a_max_speed_is_positive_and_finite(speed):
    with pytest.raises(PropagatorConfigError, match=f"finite max_speed > 0, not {speed!r}"):
        Advection(Field(), make_wind(Ring1D(3)), max_speed=speed)


def test_a_flow_of_other_dimensions_is_refused():
    dye, wind = Field(), Field(components=2)
    with pytest.raises(PipelineError, match=r"'wind' as a float32 or float64 field .* components=3"):
        World(Fcc12(2, 2, 2), {"dye": dye, "wind": wind}, [Advection(dye, wind, max_speed=1.0)])


@dataclass(frozen=True, repr=False)
class OneWay(Grid):
    """Cells in a ring, each with a neighbour to the east only."""

    length: int
    edge: Edge = "wrap"

    @property
    def box(self) -> tuple[int, ...]:
        return (self.length,)

    @property
    def directions(self) -> tuple[str, ...]:
        return ("east",)

    @property
    def steps(self) -> tuple[tuple[int, ...], ...]:
        return ((1,),)


def test_a_lattice_without_ways_back_is_refused():
    dye, wind = Field(), make_wind(Ring1D(3))
    with pytest.raises(
        PipelineError, match=r"Advection\(.*\) cannot run on OneWay\(5, .*not every direction has"
    ):
        Advection(dye, wind, max_speed=1.0).check(OneWay(5))


@pytest.mark.parametrize("lattice", [Triangles(4, 6), Product(Line1D(3), Triangles(4, 6))], ids=repr)
def test_a_lattice_with_two_kinds_of_cells_is_refused(lattice):
    dye, wind = Field(), make_wind(lattice)
    with pytest.raises(
        PipelineError, match=r"all \d directions, but cell \d+ is .* the flow the wrong speed"
    ):
        World(lattice, {"dye": dye, "wind": wind}, [Advection(dye, wind, max_speed=1.0)])


@dataclass(frozen=True, repr=False)
class Row(OneWay):
    """A ring of cells in the plane."""

    @property
    def box(self):
        return (1, self.length)

    @property
    def directions(self):
        return "west", "east"

    @property
    def steps(self):
        return (0, -1), (0, 1)


def test_a_flow_across_a_lattice_without_hops_that_way_carries_nothing():
    assert advect(Row(3), np.arange(3.0), [[0.0], [1.0]], dt=1.0).tolist() == [[0.0, 1.0, 2.0]]
    assert advect(Row(3), np.arange(3.0), [[1.0], [1.0]], dt=1.0).tolist() == [[2.0, 0.0, 1.0]]


@pytest.mark.parametrize(
    ("bounds", "kept"),
    [((0.5, 2.0), (0.0, math.inf)), ((-2.0, 0.0), (-math.inf, 0.0)), ((-1.0, 1.0), (-math.inf, math.inf))],
)
def test_guarantees_are_the_sign(bounds, kept):
    dye = Field(low=bounds[0], high=bounds[1], initial=bounds[0])
    assert Advection(dye, make_wind(Ring1D(3)), max_speed=1.0).guarantees(dye) == kept
