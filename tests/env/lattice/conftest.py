"""The lattices of the compliance suite: a new one joins by a line here."""

import itertools

import pytest

from murk_env.lattice import Square4

EDGES = ("absorb", "clamp", "wrap")
SIDES = ((1, 1), (1, 2), (2, 1), (1, 5), (2, 2), (2, 3), (3, 3), (4, 5), (5, 4))

LATTICES = [
    *(Square4(rows, cols, edge) for (rows, cols), edge in itertools.product(SIDES, EDGES)),
]


@pytest.fixture(params=LATTICES, ids=repr)
def lattice(request):
    return request.param
