"""Flow: down the slope, as steep as it or of length one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from murk_env.errors import PipelineError
from murk_env.fields import Field
from murk_env.lattice import Fcc12, Hex2D, Square4
from murk_env.propagators import Flow, Gradient, Propagator
from murk_env.world import World
from tests.env.propagators.worlds_first import worlds_first

VECTORS = dict(np.load(Path(__file__).parents[2] / "data" / "flow_square4.npz"))  # murk 0.2.0, float32
LATTICES = [Square4(4, 5), Hex2D(5, 4, "wrap"), Fcc12(4, 3, 3)]


def flow(lattice, values, *, propagator: Callable[..., Propagator] = Flow, static=False, **options):
    """Return the flow down a potential (num_cells,), (k, num_cells)."""
    hill = Field(mutability="static" if static else "per_tick")
    stream = Field(components=lattice.positions.shape[1])
    values = np.asarray(values, np.float32)
    world = World(
        lattice,
        {"hill": hill, "stream": stream},
        [propagator(hill, stream, **options)],
        num_worlds=2,
        static={hill: values} if static else None,
        checked=True,
    )
    if not static:
        with world.edit() as tick:
            tick[hill] = worlds_first(world, hill, values)
    world.tick()
    assert (world[stream][0] == world[stream][1]).all()
    return np.array(world[stream][0])


def bits(values):
    return np.asarray(values, np.float32).view(np.uint32).ravel().tolist()


def on_the_rim(rows, cols):
    """Which components cross the border there, (2, rows, cols) bool."""
    rim = np.zeros((2, rows, cols), bool)
    rim[0, :, [0, -1]] = rim[1, [0, -1], :] = True
    return rim


def test_on_a_torus_it_is_the_references_to_the_bit():
    found = flow(Square4(4, 5, "wrap"), VECTORS["Wrap__u0"])
    assert bits(found + 0.0) == bits(VECTORS["Wrap__raw"].T + 0.0)


@pytest.mark.parametrize("edge", ["Absorb", "Clamp"])
def test_it_is_the_references_but_for_its_half_slopes_at_the_border(edge):
    found = flow(Square4(4, 5, edge.lower()), VECTORS[f"{edge}__u0"]).reshape(2, 4, 5)
    reference = VECTORS[f"{edge}__raw"].T.reshape(2, 4, 5)
    right = np.where(on_the_rim(4, 5), 2.0, 1.0).astype(np.float32) * reference
    assert bits(found + 0.0) == bits(right + 0.0)


@pytest.mark.parametrize("lattice", LATTICES, ids=repr)
@pytest.mark.parametrize("static", [False, True])
def test_it_is_the_gradient_with_the_other_sign(lattice, static):
    values = np.random.default_rng(1).normal(size=lattice.num_cells)
    assert (flow(lattice, values, static=static) == -flow(lattice, values, propagator=Gradient)).all()


@pytest.mark.parametrize("lattice", LATTICES, ids=repr)
def test_normalised_it_is_one_long_and_has_the_same_direction(lattice):
    values = np.random.default_rng(1).normal(size=lattice.num_cells)
    raw, found = flow(lattice, values).astype(float), flow(lattice, values, normalise=True)
    np.testing.assert_allclose(found, raw / np.sqrt((raw**2).sum(axis=0)), rtol=1e-6)
    assert np.abs(found).max() <= 1.0


@pytest.mark.parametrize("normalise", [False, True])
def test_a_plain_has_no_flow_and_no_negative_zeros(normalise):
    assert set(bits(flow(Hex2D(3, 3), np.full(9, 0.1), normalise=normalise))) == {0}


@pytest.mark.parametrize(("steepness", "found"), [(1e-13, -1e-13), (1e-11, -1.0), (1e-25, -1e-25)])
def test_a_slope_of_less_than_1e_12_has_no_direction(steepness, found):
    values = steepness * np.array([0.0, 1.0, 2.0])
    np.testing.assert_allclose(flow(Square4(1, 3), values, normalise=True)[0], found, rtol=1e-6)


def test_only_a_normalised_flow_is_bounded():
    hill, stream = Field(), Field(components=2)
    assert Flow(hill, stream, normalise=True).guarantees(stream) == (-1.0, 1.0)
    assert Flow(hill, stream).guarantees(stream) == (-np.inf, np.inf)


def test_an_output_of_other_dimensions_is_refused():
    hill, stream = Field(), Field(components=2)
    with pytest.raises(PipelineError, match=r"'stream' as a float32 or float64 field .* components=3"):
        World(Fcc12(2, 2, 2), {"hill": hill, "stream": stream}, [Flow(hill, stream)])
