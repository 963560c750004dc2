"""Diffusion on every lattice: the reference's numbers, conservation, and worlds that differ."""

from pathlib import Path

import numpy as np
import pytest

from murk_env.fields import Field
from murk_env.lattice import Fcc12, Hex2D, Line1D, Product, Ring1D, Square4, Square8
from murk_env.propagators import Diffusion
from murk_env.world import World
from tests.tiers import representatives

VECTORS = dict(np.load(Path(__file__).parents[2] / "data" / "diffusion_lattices.npz"))  # murk 0.2.0, float32
SHARED = Path(__file__).parents[4] / "shared" / "reference" / "vectors" / "diffusion_all_spaces.npz"
CASES = {
    **{f"line1d_n7_{edge.title()}": (Line1D(7, edge), 0.2) for edge in ("absorb", "clamp", "wrap")},
    **{f"square4_4x5_{edge.title()}": (Square4(4, 5, edge), 0.1) for edge in ("absorb", "clamp", "wrap")},
    **{f"square8_4x5_{edge.title()}": (Square8(4, 5, edge), 0.05) for edge in ("absorb", "clamp", "wrap")},
    **{f"fcc12_4x4x4_{edge.title()}": (Fcc12(4, 4, 4, edge), 0.06) for edge in ("absorb", "clamp", "wrap")},
    "fcc12_5x3x4_Absorb": (Fcc12(5, 3, 4), 0.06),
    "ring1d_n7": (Ring1D(7), 0.2),
    "hex2d_cols5_rows4": (Hex2D(5, 4), 0.1),
    "product_hex4x3_line3_Absorb": (Product(Hex2D(4, 3), Line1D(3)), 0.05),
    "product_ring4_line3_Clamp": (Product(Ring1D(4), Line1D(3, "clamp")), 0.05),
}
SIDE_BY_SIDE = {"fcc12_4x4x4_Absorb", "fcc12_5x3x4_Absorb"}  # whose kernels take five seconds to compile
LARGER = [
    Line1D(40),
    Ring1D(2),
    Square8(9, 12, "clamp"),
    Hex2D(9, 8, "wrap"),
    Hex2D(12, 9),
    Fcc12(9, 7, 7),
    Fcc12(8, 10, 6, "wrap"),
    Fcc12(6, 5, 4),
    Product(Fcc12(3, 3, 4), Line1D(5, "wrap")),
    Product(Hex2D(6, 6), Square4(4, 4)),
]


def diffuse(lattice, values, ticks, coefficient):
    """Run Diffusion from values (num_worlds, num_cells) and return what became of them."""
    heat = Field()
    world = World(lattice, {"heat": heat}, [Diffusion(heat, coefficient=coefficient)], num_worlds=len(values))
    with world.edit() as tick:
        tick[heat] = values
    world.run(ticks)
    return np.array(world[heat])


def random_values(lattice, num_worlds):
    return np.random.default_rng(1).uniform(0.5, 2.0, (num_worlds, lattice.num_cells)).astype(np.float32)


def bits(values):
    return np.asarray(values, np.float32).view(np.uint32).ravel().tolist()


def test_every_case_of_the_reference_is_here():
    assert {name.partition("__")[0] for name in VECTORS} == set(CASES)


def test_the_copy_is_the_reference():
    if not SHARED.exists():
        pytest.skip("the reference's own files are not beside this checkout")
    with np.load(SHARED) as shared:
        assert all((shared[name] == VECTORS[name]).all() for name in shared)
        assert set(shared) == set(VECTORS)


@pytest.mark.parametrize("case", CASES)
def test_cells_are_in_the_references_order(case):
    lattice, _ = CASES[case]
    assert lattice.coordinates.tolist() == VECTORS[f"{case}__coords"].tolist()


@pytest.mark.parametrize("ticks", [1, 5])
@pytest.mark.parametrize("case", representatives(CASES, CASES.keys() - SIDE_BY_SIDE))
def test_every_lattice_gives_the_references_numbers_to_the_bit(case, ticks):
    lattice, coefficient = CASES[case]
    after = diffuse(lattice, VECTORS[f"{case}__u0"][np.newaxis], ticks, coefficient)
    assert bits(after) == bits(VECTORS[f"{case}__k{ticks}"])


@pytest.mark.parametrize("lattice", representatives(LARGER, LARGER[2:8:2]), ids=repr)
def test_a_tick_is_the_mean_over_the_table_of_neighbours(lattice):
    before = random_values(lattice, 1)
    alpha = np.minimum(0.02 * lattice.degree.astype(float), 1.0).astype(np.float32)
    total = np.zeros(lattice.num_cells, np.float32)
    for column in lattice.neighbours.T:
        total += np.where(column >= 0, before[0, column], np.float32(0.0))
    mean = total / lattice.degree.astype(np.float32)
    expected = (np.float32(1.0) - alpha) * before[0] + alpha * mean
    assert bits(diffuse(lattice, before, 1, 0.02)) == bits(expected)


@pytest.mark.few(3)
@pytest.mark.parametrize("lattice", LARGER, ids=repr)
def test_the_total_is_conserved_on_every_lattice(lattice):
    before = random_values(lattice, 2)
    after = diffuse(lattice, before, 50, 0.05)
    np.testing.assert_allclose(after.sum(axis=1, dtype=float), before.sum(axis=1, dtype=float), rtol=2e-6)
    assert np.ptp(after) < np.ptp(before)


@pytest.mark.few(3)
@pytest.mark.parametrize("lattice", LARGER, ids=repr)
def test_worlds_do_not_know_of_each_other_on_any_lattice(lattice):
    values = random_values(lattice, 3)
    together = diffuse(lattice, values, 3, 0.05)
    assert bits(together) == bits([diffuse(lattice, row[np.newaxis], 3, 0.05)[0] for row in values])
