"""LineOfSight by hand-drawn pictures, by geometry and by symmetry."""

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from murk_env.errors import PipelineError, PropagatorConfigError, PropagatorError
from murk_env.fields import Field
from murk_env.lattice import Fcc12, Hex2D, Line1D, Product, Ring1D, Square4, Square8
from murk_env.propagators import AgentMovement, LineOfSight
from murk_env.world import World
from tests.env.propagators.worlds_first import worlds_first

LATTICES = (Square4(5, 6), Square8(6, 5), Square8(5, 4, "clamp"), Hex2D(6, 5), Hex2D(4, 6))
TORI = (Square4(4, 5, "wrap"), Square8(5, 4, "wrap"), Hex2D(5, 4, "wrap"))


def look(
    lattice,
    viewers,
    opacity,
    radius,
    *,
    over: Any = "agents",
    kind: Any = "per_tick",
    dtype: Any = np.float32,
):
    """Return what the viewers of each world see, (num_worlds, num_cells)."""
    cells = np.asarray(viewers, np.int32)
    place, opaque, seen = Field(over=over, dtype=np.int32), Field(mutability=kind, dtype=dtype), Field()
    world = World(
        lattice,
        {"place": place, "opaque": opaque, "seen": seen},
        [LineOfSight(place, opaque, seen, radius=radius)],
        num_worlds=len(cells),
        num_agents=cells.shape[1] if over == "agents" else 0,
        static={opaque: np.asarray(opacity, dtype)} if kind == "static" else {},
    )
    with world.edit() as tick:
        tick[place] = worlds_first(world, place, cells)
        if kind != "static":
            tick[opaque] = worlds_first(world, opaque, np.asarray(opacity, dtype))
    world.tick()
    return np.array(world[seen])


def sees(lattice, opacity, radius):
    """Return who sees whom, (num_cells, num_cells), by one world for each cell."""
    return look(lattice, np.arange(lattice.num_cells)[:, np.newaxis], opacity, radius) == 1.0


def drawn(picture, lattice_of, radius):
    """Check a picture: @ the viewer, # opaque and seen, % opaque and hidden, . seen, space hidden."""
    marks = np.array([list(row) for row in picture])
    flat = marks.ravel()
    lattice = lattice_of(*marks.shape)
    seen = look(lattice, [[int(np.flatnonzero(flat == "@")[0])]], np.isin(flat, ["#", "%"]), radius)[0]
    found = np.where(np.isin(flat, ["#", "%"]), np.where(seen, "#", "%"), np.where(seen, ".", " "))
    found[flat == "@"] = "@"
    assert ["".join(row) for row in found.reshape(marks.shape)] == picture


def hexagons(rows, cols):
    return Hex2D(cols, rows)


def test_a_wall_is_seen_and_hides_what_is_behind():
    drawn(
        [
            ".......",
            ".......",
            "...... ",
            "@..#   ",
            "...... ",
            ".......",
            ".......",
        ],
        Square8,
        6,
    )


def test_a_diamond_of_hops_bounds_the_view_on_square4():
    drawn(["  .  ", " ... ", "..@..", " ... ", "  .  "], Square4, 2)


def test_a_corner_lets_sight_through_and_two_opaque_sides_do_not():
    drawn(["@#", ".."], Square8, 3)
    drawn(["@#", "# "], Square8, 3)


def test_a_door_shows_a_cone():
    drawn(
        [
            "  ...  ",
            "  ...  ",
            "   .   ",
            "%%#.#%%",
            "...@...",
        ],
        Square8,
        9,
    )


def test_a_hexagon_hides_its_shadow():
    drawn([" ... ", ".... ", ".@#  ", "...  ", "..   "], hexagons, 2)


def stretch_within(row, col, centre):
    """Return the fractions of the way to (row, col) between which the line is in a unit square, or None."""
    entered, left = Fraction(0), Fraction(1)
    for way, middle in zip((row, col), centre, strict=True):
        low, high = middle - Fraction(1, 2), middle + Fraction(1, 2)
        if way == 0:
            if not low < 0 < high:
                return None
        else:
            ends = sorted((low / way, high / way))
            entered, left = max(entered, ends[0]), min(left, ends[1])
    return (entered, left) if entered <= left else None


def open_line_of_squares(opaque, row, col):
    """Whether an offset is seen: by exact geometry of the squares between."""
    corners: list[Fraction] = []
    for centre in itertools.product(range(min(row, 0), max(row, 0) + 1), range(min(col, 0), max(col, 0) + 1)):
        if centre in ((0, 0), (row, col)) or not opaque(*centre):
            continue
        inside = stretch_within(row, col, centre)
        if inside and inside[0] < inside[1]:
            return False
        if inside:  # it only touches a corner, which it has in common with one other square
            corners.append(inside[0])
    return len(set(corners)) == len(corners)


def open_line_of_hexagons(opaque, row, col):
    """Whether an offset is seen: by the nearest centres to the points a hop apart on the line."""
    centre = lambda row, col: np.array([col + row / 2, row * np.sqrt(3) / 2])  # noqa: E731 - a formula
    hops = max(abs(row), abs(col), abs(row + col))
    near = [(r, c) for r in range(min(row, 0), max(row, 0) + 1) for c in range(min(col, 0), max(col, 0) + 1)]
    for hop in range(1, hops):
        point = centre(row, col) * hop / hops
        away = np.array([np.linalg.norm(centre(*cell) - point) for cell in near])
        nearest = [cell for cell, distance in zip(near, away, strict=True) if distance < away.min() + 1e-9]
        if all(opaque(*cell) for cell in nearest):
            return False
    return True


def seen_by_geometry(lattice, opacity, viewer, radius):
    """Return the view of one cell by looking at every other along a straight line."""
    opacity = np.asarray(opacity, bool).reshape(lattice.shape)
    row, col = divmod(viewer, lattice.shape[1])
    line = open_line_of_hexagons if isinstance(lattice, Hex2D) else open_line_of_squares
    view = []
    for cell in range(lattice.num_cells):
        way = cell // lattice.shape[1] - row, cell % lattice.shape[1] - col
        in_reach = lattice.distance(viewer, cell) <= radius
        view.append(bool(in_reach) and line(lambda r, c: opacity[row + r, col + c], *way))
    return view


@given(
    lattice=st.sampled_from(LATTICES),
    radius=st.integers(1, 7),
    density=st.sampled_from([0.1, 0.3, 0.6]),
    seed=st.integers(0, 999),
)
@settings(max_examples=40, deadline=None)
def test_views_are_those_of_exact_geometry(lattice, radius, density, seed):
    rng = np.random.default_rng(seed)
    opacity = rng.random(lattice.num_cells) < density
    viewer = int(rng.integers(lattice.num_cells))
    view = look(lattice, [[viewer]], opacity, radius)[0] == 1.0
    assert view.tolist() == seen_by_geometry(lattice, opacity, viewer, radius)


@pytest.mark.parametrize("lattice", [*LATTICES, *TORI], ids=repr)
def test_who_sees_is_seen(lattice):
    opacity = np.random.default_rng(4).random(lattice.num_cells) < 0.6
    who = sees(lattice, opacity, 4)
    assert np.array_equal(who, who.T)
    assert who.diagonal().all()
    assert not who.all()


@pytest.mark.parametrize("lattice", [*LATTICES, *TORI], ids=repr)
@pytest.mark.parametrize("radius", [1, 2, 3])
def test_the_view_of_an_empty_world_is_the_ball(lattice, radius):
    cells = np.arange(lattice.num_cells)
    ball = lattice.distance(cells[:, np.newaxis], cells) <= radius
    assert np.array_equal(sees(lattice, np.zeros(lattice.num_cells), radius), ball)


@pytest.mark.parametrize("lattice", TORI, ids=repr)
def test_a_torus_looks_the_same_from_everywhere(lattice):
    rows, cols = lattice.shape
    opacity = np.random.default_rng(8).random((rows, cols)) < 0.3
    here = look(lattice, [[0]], opacity.ravel(), 3)[0].reshape(rows, cols)
    there = look(lattice, [[2 * cols + 1]], np.roll(opacity, (2, 1), (0, 1)).ravel(), 3)[0].reshape(
        rows, cols
    )
    assert np.array_equal(np.roll(here, (2, 1), (0, 1)), there)


def test_a_torus_is_seen_the_long_way_round_if_the_radius_reaches():
    opacity = [0, 1, 0, 0, 0]
    ring = Square4(1, 5, "wrap")
    assert look(ring, [[0]], opacity, 2)[0].tolist() == [1, 1, 0, 1, 1]
    assert look(ring, [[0]], opacity, 3)[0].tolist() == [1, 1, 1, 1, 1]


def test_agents_see_together_and_one_out_of_the_world_sees_nothing():
    line = Square4(1, 7)
    views = look(line, [[0, 6], [0, -1], [-1, -1]], np.zeros(7), 2)
    assert views.tolist() == [[1, 1, 1, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0, 0], [0] * 7]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sparse", "static"])
def test_one_viewer_of_the_world_and_a_map_of_whole_numbers(kind):
    views = look(Square4(1, 5), [0, 4], [0, 0, -3, 0, 0], 5, over="world", kind=kind, dtype=np.int32)
    assert views.tolist() == [[1, 1, 1, 0, 0], [0, 0, 1, 1, 1]]


@pytest.mark.slow
def test_an_agent_sees_from_where_it_has_just_gone():
    place, way = (Field(over="agents", dtype=np.int32) for _ in range(2))
    opaque, seen = Field(), Field()
    fields = {"place": place, "way": way, "opaque": opaque, "seen": seen}
    propagators = [AgentMovement(place, way), LineOfSight(place, opaque, seen, radius=1)]
    world = World(Square4(1, 5), fields, propagators, num_agents=1)
    world.tick(lambda tick: tick.__setitem__(way, 3))
    assert world[seen].tolist() == [[1, 1, 1, 0, 0]]


@pytest.mark.parametrize("cell", [-2, 5])
def test_a_viewer_on_no_cell_is_told(cell):
    with pytest.raises(
        PropagatorError, match=rf"viewer 1 of world 1 is on cell {cell}; there are the cells 0 to 4"
    ):
        look(Square4(1, 5), [[0, 1], [0, cell]], np.zeros(5), 2)


@pytest.mark.parametrize(
    "lattice", [Line1D(5), Ring1D(4), Fcc12(2, 2, 2), Product(Square4(2, 2), Line1D(2))], ids=repr
)
def test_a_lattice_without_straight_lines_is_refused(lattice):
    with pytest.raises(
        PipelineError, match=r"LineOfSight\(seen\) needs straight lines .* use Square4, Square8 or Hex2D"
    ):
        look(lattice, [[0]], np.zeros(lattice.num_cells), 2)


@pytest.mark.parametrize("radius", [0, 2.5, 2**31])
def test_a_radius_is_a_number_of_hops(radius):
    with pytest.raises(PropagatorConfigError, match=f"LineOfSight's radius .* from 1 to .*not {radius}"):
        LineOfSight(Field(), Field(), Field(), radius=radius)


def test_viewers_are_cells():
    fields = {"place": Field(over="agents"), "opaque": Field(), "seen": Field()}
    with pytest.raises(PipelineError, match="needs 'place' as a scalar int32 field over agents"):
        World(Square4(2, 2), fields, [LineOfSight(*fields.values(), radius=1)], num_agents=1)


def test_guarantees_are_nothing_and_one():
    seen = Field()
    assert LineOfSight(Field(), Field(), seen, radius=2).guarantees(seen) == (0.0, 1.0)
