"""Windows copied in pieces of eight places: the same bytes, and no read beyond the lattice."""

import numpy as np
import pytest

from murk_env import Field
from murk_env.kernels.lanes import LANES
from murk_env.lattice import Hex2D, Line1D, Square4, Square8
from murk_env.observation import Window
from murk_env.observation._window_kernels import NO_CELL
from murk_env.observation.region import disk, rectangle
from tests.env.observation.scenes import seen

ONE, OTHER = Field(), Field()
CELL = Field(over="agents", dtype=np.int32)
SERVED = [  # most of whose cells pieces serve
    (Square8(12, 12), {"rectangle": (3, 3)}),
    (Square8(9, 24), {"rectangle": (2, 4)}),  # nine places a row: two pieces
    (Square8(20, 20), {"rectangle": (1, 8)}),  # seventeen: three
    (Square4(12, 14), {"disk": 3}),
    (Square8(4, 5), {"rectangle": (1, 3)}),  # wider than the lattice
    (Line1D(60), {"rectangle": (6,)}),
]
OTHERS = [
    (Square8(5, 5), {"rectangle": (1, 1)}),  # three places a row
    (Square8(8, 8, "wrap"), {"rectangle": (3, 3)}),
    (Hex2D(12, 12), {"disk": 3}),  # whose rows of places are columns of cells
    (Line1D(9), {"rectangle": (1,)}),
]


def region_of(lattice, place):
    return disk(lattice, place["disk"]) if "disk" in place else rectangle(lattice, place["rectangle"])


@pytest.mark.parametrize(("lattice", "place"), SERVED + OTHERS, ids=str)
def test_pieces_show_the_windows_cells_and_stay_within_the_lattice(lattice, place):
    region = region_of(lattice, place)
    pieces, width = region.pieces, region.box[-1]
    for cell in np.flatnonzero(pieces.serve):
        kind = region.kinds[cell]
        for piece, first in enumerate(pieces.places):
            begin = cell + pieces.starts[kind, piece]
            assert 0 <= begin <= lattice.num_cells - LANES
            for index in range(min(LANES, width - first % width)):
                apart = region.displacements[kind, first + index]
                assert apart == NO_CELL or cell + apart == begin + index
    covered = {first + index for first in pieces.places for index in range(LANES)}
    assert set(range(region.num_places)) <= covered | set(range(pieces.rest, region.num_places))
    assert pieces.pay == ((lattice, place) in SERVED)


@pytest.mark.few(2)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("lattice", "place"), SERVED + OTHERS, ids=str)
def test_windows_in_pieces_are_the_same_bytes_as_one_by_one(lattice, place, dtype):
    one, other = Field(dtype=dtype), Field(dtype=dtype)
    rng, centres = np.random.default_rng(3), np.arange(-1, lattice.num_cells + 1)
    values = rng.normal(size=(2, len(centres), lattice.num_cells)).astype(dtype)
    values[0, 4, :4] = [np.nan, np.inf, -0.0, 1e30]
    scene = {one: values[0], other: values[1], CELL: np.stack([centres, centres[::-1]], axis=1)}
    entries = [
        Window(one, around=CELL, padding=-0.0, **place),
        Window(other, around=CELL, padding=2.0, **place),
    ]
    view = {"num_agents": 2, "over": "agents", "dtype": dtype}
    together = seen(lattice, scene, *entries, **view)
    apart = [seen(lattice, scene, entry, **view) for entry in entries]
    assert together.tobytes() == np.concatenate(apart, axis=-1).tobytes()
