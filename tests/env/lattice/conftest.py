"""What the tests of lattices share: every lattice, representatives of them, and a walk over one."""

import pytest

from tests.env.lattice.samples import LATTICES, REPRESENTATIVES, breadth_first
from tests.tiers import representatives


@pytest.fixture(params=representatives(LATTICES, REPRESENTATIVES), ids=repr)
def lattice(request):
    return request.param


@pytest.fixture(params=REPRESENTATIVES, ids=repr)
def representative(request):
    """One of each kind, for what the base class does for all of them."""
    return request.param


@pytest.fixture
def walked(lattice):
    """Hops between all cells, found by walking the table of neighbours, (num_cells, num_cells) lists."""
    return [breadth_first(lattice, origin) for origin in range(lattice.num_cells)]
