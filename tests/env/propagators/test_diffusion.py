"""Diffusion against the reference's numbers, eigenmodes, conservation and the maximum principle."""

import itertools
import math
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from murk_env.errors import PipelineError, PropagatorConfigError
from murk_env.fields import Field, Parameter
from murk_env.lattice import Fcc12, Square4
from murk_env.propagators import Diffusion, Gradient
from murk_env.propagators._by_degree import mend_by_degree
from murk_env.propagators._diffuse import mend, share_of
from murk_env.world import World
from tests.env.propagators.worlds_first import put

VECTORS = dict(np.load(Path(__file__).parents[2] / "data" / "diffusion_square4.npz"))  # murk 0.2.0, float32
EDGES = ("absorb", "clamp", "wrap")


def diffuse(lattice, values, ticks=1, *, dt=1.0, **options):
    """Run Diffusion from values (num_worlds, num_cells) and return what became of them."""
    heat = Field()
    values = np.atleast_2d(np.asarray(values, np.float32))
    world = World(lattice, {"heat": heat}, [Diffusion(heat, **options)], num_worlds=len(values), dt=dt)
    put(world, heat, values)
    world.run(ticks)
    return np.array(world[heat])


def bits(values):
    return np.asarray(values, np.float32).view(np.uint32).ravel().tolist()


def random_values(lattice, num_worlds=1):
    return np.random.default_rng(1).normal(size=(num_worlds, lattice.num_cells)).astype(np.float32)


@pytest.mark.parametrize(("edge", "ticks"), list(itertools.product(EDGES, (1, 5))))
def test_every_edge_gives_the_references_numbers_to_the_bit(edge, ticks):
    after = diffuse(Square4(4, 5, edge), VECTORS[f"{edge}__u0"], ticks, coefficient=0.1)
    assert bits(after) == bits(VECTORS[f"{edge}__k{ticks}"])


@pytest.mark.parametrize(
    ("case", "options"),
    [
        ("decay", {"decay": 0.05}),
        ("sources", {"sources": {14: 20.0, 0: -3.0}}),
        ("decay_sources_clamp", {"decay": 0.01, "sources": {14: 20.0, 0: -3.0}, "clamp": (0.5, 8.0)}),
        ("clamp_min_only", {"clamp": (3.0, None)}),
        ("clamp_max_only", {"clamp": (None, 6.0)}),
        ("dt_half", {"decay": 0.05, "dt": 0.5}),
        ("max_alpha", {"coefficient": 0.25}),
    ],
)
def test_every_option_gives_the_references_numbers_to_the_bit(case, options):
    after = diffuse(Square4(4, 5), VECTORS["options__u0"], **{"coefficient": 0.1, **options})
    assert bits(after) == bits(VECTORS[f"options__{case}__k1"])


@pytest.mark.parametrize("ticks", [1, 2, 10, 50])
def test_fifty_ticks_of_heat_seeker_are_the_references_to_the_bit(ticks):
    lattice = Square4(16, 16)
    source = int(lattice.rank([14, 14]))
    options = {"decay": 0.005, "sources": {source: 10.0}, "clamp": (0.0, None)}
    after = diffuse(lattice, np.zeros(256), ticks, coefficient=0.1, **options)
    assert bits(after) == bits(VECTORS[f"heat_seeker__tick{ticks}"])


@pytest.mark.parametrize("waves", [(1, 0), (0, 2), (2, 1), (4, 5)])
def test_a_wave_on_a_torus_shrinks_by_its_eigenvalue(waves):
    rows, cols, ticks, coefficient = 8, 10, 20, 0.2
    row, col = np.divmod(np.arange(rows * cols), cols)
    angles = 2 * np.pi * np.array(waves) / (rows, cols)
    wave = np.cos(angles[0] * row + angles[1] * col)
    eigenvalue = 1 - 4 * coefficient + 2 * coefficient * (math.cos(angles[0]) + math.cos(angles[1]))
    after = diffuse(Square4(rows, cols, "wrap"), wave, ticks, coefficient=coefficient)
    np.testing.assert_allclose(after[0], eigenvalue**ticks * wave, atol=2e-6)


@pytest.mark.parametrize(("edge", "sides"), list(itertools.product(EDGES, [(1, 1), (1, 4), (2, 2), (7, 9)])))
def test_the_total_is_conserved(edge, sides):
    lattice = Square4(sides[0], sides[1], edge)
    before = np.abs(random_values(lattice))
    after = diffuse(lattice, before, 50, coefficient=0.2)
    assert after.sum(dtype=float) == pytest.approx(before.sum(dtype=float), rel=2e-6)


@given(
    sides=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    edge=st.sampled_from(EDGES),
    coefficient=st.floats(0.0, 10.0),
    seed=st.integers(0, 1000),
)
@settings(max_examples=50, deadline=None)
def test_nothing_rises_above_the_hottest_cell_or_falls_below_the_coldest(sides, edge, coefficient, seed):
    lattice = Square4(sides[0], sides[1], edge)
    before = np.random.default_rng(seed).uniform(-50.0, 50.0, (1, lattice.num_cells)).astype(np.float32)
    dt = min(Diffusion(Field(), coefficient=coefficient).max_dt(lattice), 1.0)
    after = diffuse(lattice, before, coefficient=coefficient, dt=dt)
    assert before.min() - 2e-5 <= after.min()
    assert after.max() <= before.max() + 2e-5


def test_a_cell_without_neighbours_keeps_its_value():
    value = np.float32(0.1)
    assert bits(diffuse(Square4(1, 1), value, 3, coefficient=0.2)) == bits(value)


def test_a_clamp_does_not_hide_a_nan():
    after = diffuse(Square4(1, 4), [math.nan, 5.0, 5.0, 5.0], coefficient=0.0, clamp=(0.0, 1.0))
    assert np.isnan(after[0]).tolist() == [True, True, False, False]
    assert after[0, 2:].tolist() == [1.0, 1.0]


def test_decay_alone_is_exponential():
    after = diffuse(Square4(3, 3), np.ones(9), 10, coefficient=0.0, decay=0.3, dt=0.5)
    np.testing.assert_allclose(after, math.exp(-0.3 * 5.0), rtol=1e-6)


def test_worlds_do_not_know_of_each_other():
    lattice = Square4(5, 6)
    values = random_values(lattice, 4)
    together = diffuse(lattice, values, 3, coefficient=0.2, sources={3: 1.0})
    alone = [diffuse(lattice, row, 3, coefficient=0.2, sources={3: 1.0}) for row in values]
    assert bits(together) == bits(alone)


@pytest.mark.slow
def test_blocks_of_worlds_make_up_the_whole():
    lattice, heat = Square4(5, 6), Field()
    before = random_values(lattice, 5)
    whole, blocks = np.zeros_like(before), np.full_like(before, 9.0)
    for out, bounds in ((whole, [(0, 5)]), (blocks, [(3, 5), (0, 2)])):
        frame = SimpleNamespace(
            lattice=lattice,
            dt=1.0,
            coefficients=np.tile([0.2, 0.0, 1.0, -1.0, 1.0], (5, 1)),  # rates, source, clamp
            previous=lambda _: before,
            write=lambda _, out=out: out,
        )
        run = Diffusion(heat, coefficient=0.2, clamp=(-1.0, 1.0), sources={0: 1.0}).bind(frame)  # pyright: ignore
        for start, stop in bounds:
            run(start, stop)
    assert bits(blocks[[0, 1, 3, 4]]) == bits(whole[[0, 1, 3, 4]])
    assert (blocks[2] == 9.0).all()


def test_the_result_may_go_to_another_field():
    heat, smooth = Field(initial=1.0), Field()
    world = World(
        Square4(2, 2),
        {"heat": heat, "smooth": smooth},
        [Diffusion(heat, coefficient=0.0, decay=math.log(2.0), output=smooth)],
    )
    world.tick()
    assert world[heat].tolist() == [[1.0] * 4]
    assert world[smooth].tolist() == [[0.5] * 4]


@pytest.mark.slow
def test_slopes_are_those_of_the_values_before_the_tick():
    heat, smooth, slope, other = Field(), Field(), Field(components=2), Field(components=2)
    world = World(
        Square4(3, 4, "clamp"),
        {"heat": heat, "smooth": smooth, "slope": slope, "other": other},
        [Diffusion(heat, coefficient=0.2, output=smooth, gradient=slope), Gradient(heat, other)],
    )
    row, col = np.divmod(np.arange(12), 4)
    with world.edit() as tick:
        tick[heat] = (3.0 * col - row)[np.newaxis]
    world.tick()
    assert world[slope].tolist() == [[[3.0] * 12, [-1.0] * 12]] == world[other].tolist()


def test_every_world_has_its_own_rates():
    heat, flux = Field(), Parameter(0.25, low=0.0, high=0.25)
    cooling = Parameter(0.0, low=0.0, high=1.0)
    fields = {"heat": heat, "flux": flux, "cooling": cooling}
    world = World(Square4(1, 2), fields, [Diffusion(heat, coefficient=flux, decay=cooling)], num_worlds=3)
    with world.edit() as tick:
        tick[heat] = np.array([[0.0, 8.0]] * 3, np.float32)
        tick[flux] = np.array([0.25, 0.0, 0.125], np.float32)
        tick[cooling] = np.array([0.0, 1.0, 0.0], np.float32)
    world.tick()
    np.testing.assert_allclose(world[heat], [[2.0, 6.0], [0.0, 8.0 / math.e], [1.0, 7.0]], rtol=1e-6)


def test_the_stable_step_bears_the_largest_value_of_a_parameter():
    coefficient = Parameter(0.1, low=0.0, high=0.5)
    assert Diffusion(Field(), coefficient=coefficient).max_dt(Square4(3, 3)) == 0.5


def test_a_clamp_does_not_bound_the_slopes():
    heat, slope = Field(low=0.0), Field(components=2)
    propagator = Diffusion(heat, coefficient=0.1, clamp=(0.0, 1.0), gradient=slope)
    assert propagator.guarantees(slope) == (-math.inf, math.inf)
    assert propagator.guarantees(heat) == (0.0, 1.0)


@pytest.mark.parametrize("components", [None, 3])
def test_slopes_have_a_component_for_every_axis(components):
    heat, slope = Field(), Field(components=components)
    with pytest.raises(PipelineError, match=r"'slope' as a float32 or float64 field .* components=2"):
        World(Square4(2, 2), {"heat": heat, "slope": slope}, [Diffusion(heat, coefficient=0, gradient=slope)])


def test_a_static_input_is_refused():
    heat, smooth = Field(mutability="static"), Field()
    propagator = Diffusion(heat, coefficient=0.1, output=smooth)
    with pytest.raises(
        PipelineError, match=r"a value of 'heat' for every world, but it is static.*make it per_"
    ):
        World(Square4(2, 2), {"heat": heat, "smooth": smooth}, [propagator], static={heat: np.zeros(4)})


def test_declarations_name_what_is_read_and_written():
    heat, smooth = Field(), Field()
    diffusion = Diffusion(heat, coefficient=1, output=smooth)
    assert (diffusion.reads_previous, diffusion.writes) == ((heat,), (smooth,))
    assert Diffusion(heat, coefficient=1).writes == (heat,)
    assert diffusion.reads == diffusion.updates == ()


@pytest.mark.parametrize(
    ("lattice", "bound"),
    [(Square4(3, 3), 0.5), (Square4(1, 9), 1.0), (Square4(1, 1), math.inf), (Square4(1, 1, "wrap"), 0.5)],
)
def test_the_stable_step_follows_the_largest_degree(lattice, bound):
    assert Diffusion(Field(), coefficient=0.5).max_dt(lattice) == bound
    assert Diffusion(Field(), coefficient=0.0).max_dt(lattice) == math.inf


@pytest.mark.parametrize(
    ("field", "options", "range_"),
    [
        ({}, {}, (-math.inf, math.inf)),
        ({}, {"clamp": (-1.0, 2.0)}, (-1.0, 2.0)),
        ({"low": 0.0}, {"sources": {0: 1.0}}, (0.0, math.inf)),
        ({"low": 0.0}, {"sources": {0: -1.0}}, (-math.inf, math.inf)),
        ({"low": -1.0}, {}, (-math.inf, math.inf)),
        ({"high": 0.0}, {"clamp": (-5.0, None)}, (-5.0, 0.0)),
        ({"low": 0.0}, {"clamp": (None, -1.0)}, (-1.0, -1.0)),
        ({}, {"clamp": (Parameter(0.0, low=-1.0, high=1.0), Parameter(2.0, low=2.0, high=3.0))}, (-1.0, 3.0)),
        ({"low": 0.0}, {"sources": {0: Parameter(1.0, low=0.0, high=2.0)}}, (0.0, math.inf)),
        ({"low": 0.0}, {"sources": {0: Parameter(1.0, low=-1.0, high=2.0)}}, (-math.inf, math.inf)),
    ],
)
def test_guarantees_are_the_clamp_and_the_sign(field, options, range_):
    heat = Field(**field)
    assert Diffusion(heat, coefficient=0.1, **options).guarantees(heat) == range_


@pytest.mark.parametrize("name", ["coefficient", "decay"])
@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf])
def test_rates_are_finite_and_not_negative(name, value):
    with pytest.raises(
        PropagatorConfigError, match=f"finite {name} from 0 to inf, or a Parameter, not {value}"
    ):
        Diffusion(Field(), **{"coefficient": 0.1, name: value})


@pytest.mark.parametrize("value", ["x", None, Field(), 1j, 1e39, 10**400], ids=str)
def test_a_rate_is_a_number_that_fits_into_a_float32(value):
    with pytest.raises(PropagatorConfigError, match=r"Diffusion needs a finite decay.* fit into a float32"):
        Diffusion(Field(), coefficient=0.1, decay=value)


@pytest.mark.parametrize(
    "clamp",
    [(1.0, 0.0), (math.inf, 0.0), 3, None, (1.0,), (0.0, 1.0, 2.0), (0.5, Parameter(1.0, low=0.0, high=1.0))],
)
def test_a_clamp_is_a_range(clamp):
    with pytest.raises(PropagatorConfigError, match=r"clamp=\(low, high\) with low <= high.* or None, not "):
        Diffusion(Field(), coefficient=0.1, clamp=clamp)


@pytest.mark.parametrize("limit", [math.nan, 1e39, "a"])
@pytest.mark.parametrize("place", [0, 1])
def test_a_limit_of_a_clamp_is_a_number(limit, place):
    clamp = (None, limit) if place else (limit, None)
    with pytest.raises(
        PropagatorConfigError,
        match=f"finite clamp's {('low', 'high')[place]} .*not {re.escape(repr(limit))}; it has",
    ):
        Diffusion(Field(), coefficient=0.1, clamp=clamp)


@pytest.mark.parametrize("cell", [-1, 1.0, "3", True])
def test_sources_are_named_by_rank(cell):
    with pytest.raises(PropagatorConfigError, match=f"an integer >= 0, not {cell!r}"):
        Diffusion(Field(), coefficient=0.1, sources={cell: 1.0})


@pytest.mark.parametrize("value", [math.nan, -math.inf, 1e39, "a", None])
def test_sources_are_finite(value):
    with pytest.raises(
        PropagatorConfigError, match=rf"source at cell 3 .*not {re.escape(repr(value))}; it has"
    ):
        Diffusion(Field(), coefficient=0.1, sources={3: value})


@pytest.mark.parametrize("sources", [[0], 0, "abc"])
def test_sources_are_a_mapping(sources):
    with pytest.raises(
        PropagatorConfigError, match=r"sources as a mapping from .*ranks to their values, not"
    ):
        Diffusion(Field(), coefficient=0.1, sources=sources)


def test_a_source_outside_the_lattice_is_refused():
    heat = Field()
    with pytest.raises(
        PipelineError, match=r"Diffusion\(heat\) has sources at cells \[4, 9\], but Square4\(2, 2"
    ):
        World(
            Square4(2, 2),
            {"heat": heat},
            [Diffusion(heat, coefficient=0.1, sources={4: 1.0, 9: 1.0, 1: 1.0})],
        )


@pytest.mark.parametrize("options", [{"components": 2}, {"dtype": np.int32}, {"over": "world"}])
@pytest.mark.parametrize("role", ["field", "output"])
def test_a_field_that_is_not_a_scalar_of_cells_is_refused(options, role):
    fields = {"field": Field(), "output": Field(), role: Field(**options)}
    propagator = Diffusion(fields["field"], coefficient=0.1, output=fields["output"])
    with pytest.raises(
        PipelineError, match=f"needs '{role}' as a scalar float32 or float64 field over cells"
    ):
        World(Square4(2, 2), fields, [propagator])


def test_its_attributes_are_fixed():
    diffusion = Diffusion(Field(), coefficient=0.1)
    with pytest.raises(AttributeError, match="cannot assign to field 'coefficient'"):
        diffusion.coefficient = 0.2  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.slow
@pytest.mark.parametrize("edge", EDGES)
def test_neighbours_written_out_by_degree_give_the_bytes_of_the_plain_loop(edge):
    lattice, kind = Fcc12(4, 6, 4, edge), np.float32
    stencil = lattice.stencil
    boundary = (stencil.offsets, stencil.boundary, stencil.boundary_ends, stencil.boundary_neighbours)
    values = random_values(lattice)[0]
    plain, quick = np.zeros((2, lattice.num_cells), kind)
    mend(values, plain, *boundary, 0.05, kind(0.99))
    mend_by_degree(12, share_of)(values, quick, *boundary, 0.05, kind(0.99))
    assert quick.tobytes() == plain.tobytes()
    assert plain.any()
