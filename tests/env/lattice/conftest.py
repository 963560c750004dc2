"""What the tests of lattices share: every lattice, and a walk over it."""

import pytest

from tests.env.lattice.samples import LATTICES, breadth_first


@pytest.fixture(params=LATTICES, ids=repr)
def lattice(request):
    return request.param


@pytest.fixture
def walked(lattice):
    """Hops between all cells, found by walking the table of neighbours, (num_cells, num_cells) lists."""
    return [breadth_first(lattice, origin) for origin in range(lattice.num_cells)]
