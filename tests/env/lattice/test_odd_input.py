"""What lattices say of input that is no cell, no offset and no side."""

import re

import numpy as np
import pytest

from murk_env.errors import LatticeError
from murk_env.lattice import Fcc12, Hex2D, Line1D, Ring1D, Square4, Square8

LATTICE = Square4(3, 4)
RAGGED = [[1], [1, 2]]
LONG = 10**5000  # more digits than Python writes out


@pytest.mark.parametrize("kind", [Line1D, Ring1D])
@pytest.mark.parametrize("side", [True, np.True_, 3.0, "3", None, [3], np.array([3, 4]), 1j], ids=repr)
def test_a_side_is_an_integer_and_not_a_truth_value(kind, side):
    with pytest.raises(
        LatticeError, match=rf"{kind.__name__} takes an integer as length, not {re.escape(repr(side))}"
    ):
        kind(side)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Square4(True, 3), "Square4 takes an integer as rows"),
        (lambda: Square8(3, True), "Square8 takes an integer as cols"),
        (lambda: Hex2D(True, 3), "Hex2D takes an integer as cols"),
        (lambda: Fcc12(2, 2, True), "Fcc12 takes an integer as depth"),
    ],
)
def test_every_side_of_every_lattice_is_looked_at(make, name):
    with pytest.raises(LatticeError, match=name):
        make()


@pytest.mark.parametrize(("sign", "said"), [(1, "up to 2147483647"), (-1, ">= 1")])
def test_a_side_with_too_many_digits_to_write_is_told(sign, said):
    with pytest.raises(LatticeError, match=f"Square4 .*rows {said}, not an integer too long to be written"):
        Square4(sign * LONG, 1)


@pytest.mark.parametrize("edge", [3, None, True, ["wrap"], b"wrap", np.array(["wrap", "clamp"])], ids=repr)
def test_an_edge_is_a_name(edge):
    with pytest.raises(
        LatticeError, match=r"Square8 has no edge .*(known: absorb, clamp|did you mean 'wrap')"
    ):
        Square8(3, 3, edge)


@pytest.mark.parametrize("cell", [[0, 1], [0], [], (1, 1), RAGGED, 0.0, None, True, "a"], ids=repr)
def test_a_ball_lies_around_one_cell(cell):
    with pytest.raises(
        LatticeError, match=rf"the centre of a ball must be .* an integer, not {re.escape(repr(cell))}"
    ):
        LATTICE.ball(cell, 1)


@pytest.mark.parametrize("radius", [True, 1.0, None, "1", -1, np.array([1, 2])], ids=repr)
def test_a_radius_is_an_integer(radius):
    with pytest.raises(
        LatticeError, match=rf"radius of a ball must be an integer >= 0, not {re.escape(repr(radius))}"
    ):
        LATTICE.ball(0, radius)


def test_a_radius_beyond_all_cells_finds_them_all():
    assert LATTICE.ball(0, 10**400).tolist() == list(range(12))
    with pytest.raises(
        LatticeError, match="radius of a ball must be an integer >= 0, not an integer too long"
    ):
        LATTICE.ball(0, -LONG)


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (
            lambda: LATTICE.distance([1, 2], [1, 2, 3]),
            r"cells of shape \(2,\) and cells of shape \(3,\) do not",
        ),
        (lambda: LATTICE.move([0, 1], [0, 1, 2]), r"cells of shape \(2,\) and directions of shape \(3,\) do"),
        (
            lambda: LATTICE.shifted([0, 1], [[0, 1]] * 3),
            r"\(2,\) and offsets, .*last axis, of shape \(3,\) do",
        ),
    ],
)
def test_shapes_that_do_not_go_together_are_named(ask, told):
    with pytest.raises(LatticeError, match=told):
        ask()


@pytest.mark.parametrize(
    ("ask", "name"),
    [
        (lambda values: LATTICE.distance(values, 0), "cells"),
        (lambda values: LATTICE.move(0, values), "directions"),
        (lambda values: LATTICE.shifted(values, [0, 1]), "cells"),
        (lambda values: LATTICE.shifted(0, values), "offsets"),
        (lambda values: LATTICE.rank(values), "coordinates"),
    ],
)
def test_arrays_of_anything_but_integers_are_told(ask, name):
    with pytest.raises(LatticeError, match=rf"{name} are an array of integers, but \[\[1\].* unequal length"):
        ask(RAGGED)
    for values in ([0.5, 1.0], ["a", "b"], [None, None], [True, False], [2**70, 0], {0}, [LONG, 0]):
        with pytest.raises(LatticeError, match=f"{name} are integers, not "):
            ask(values)
    with pytest.raises(LatticeError, match=f"{name} are integers up to {2**63 - 1}, not {2**64 - 1}"):
        ask(np.array([2**64 - 1, 0], np.uint64))


def test_no_cells_have_no_neighbours_distances_nor_directions():
    assert (
        LATTICE.shifted([], [0, 1]).shape
        == LATTICE.move([], []).shape
        == LATTICE.distance([], 0).shape
        == (0,)
    )
