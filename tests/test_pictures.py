"""The pictures: cells drawn where they lie, propagators that did something, and all of it at a small size."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from murk_env import Fire
from tests.tiers import representatives

SCRIPT = Path(__file__).parent.parent / "examples" / "pictures.py"
PLANS = ("squares", "hexagons", "spheres")


def load_pictures():
    spec = importlib.util.spec_from_file_location("pictures", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["pictures"] = module  # where its dataclass looks for itself
    spec.loader.exec_module(module)
    return module


pictures = load_pictures()


def area(corners):
    """The area of a polygon, (num_corners, 2)."""
    x, y = corners.T
    return abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) / 2


@pytest.mark.parametrize(
    ("name", "expected"), [("squares", 1.0), ("hexagons", np.sqrt(3) / 2), ("spheres", 1.0)]
)
def test_a_tile_is_as_large_as_the_room_a_cell_has(name, expected):
    plan = getattr(pictures, name)(8)
    assert [area(corners) for corners in plan.outlines] == pytest.approx([expected] * len(plan.cells))


@pytest.mark.parametrize("name", PLANS)
def test_neighbours_in_a_drawn_layer_share_a_side(name):
    plan = getattr(pictures, name)(8)
    drawn = dict(zip(plan.cells.tolist(), plan.outlines, strict=True))
    height = plan.lattice.positions[:, 2:].sum(axis=1)
    pairs = [(cell, other) for cell in drawn for other in plan.lattice.neighbours[cell] if other > cell]
    level = [pair for pair in pairs if height[pair[0]] == height[pair[1]]]
    assert len(level) > len(drawn)
    for cell, other in level:
        apart = np.linalg.norm(drawn[cell][:, np.newaxis] - drawn[other], axis=2)
        assert (apart < 1e-9).sum() == 2


@pytest.mark.parametrize("name", PLANS)
def test_no_cell_is_drawn_twice(name):
    plan = getattr(pictures, name)(8)
    assert len(set(plan.cells.tolist())) == len(plan.cells)
    assert len(np.unique(plan.outlines.mean(axis=1).round(6), axis=0)) == len(plan.cells)


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANS)
def test_the_bump_has_left_the_middle(name):
    lattice = getattr(pictures, name)(24).lattice  # where the bump of height 1 begins as 1e-7 after 4 hops
    middle = pictures.cell_at(lattice, 0.5, 0.5)
    values = np.abs(pictures.wave(lattice, 24))
    assert values[middle] < 0.3
    assert values[lattice.distance(middle, np.arange(lattice.num_cells)) >= 4].max() > 0.05


@pytest.mark.slow
@pytest.mark.parametrize("name", representatives(PLANS, [name for name in PLANS if name != "spheres"]))
def test_the_drops_grow_into_a_pattern(name):
    values = pictures.pattern(getattr(pictures, name)(32).lattice, 32)
    assert values.max() > 0.2
    assert values.std() > 0.01


@pytest.mark.parametrize("name", PLANS)
def test_a_quarter_of_the_forest_has_caught_fire(name):
    states = pictures.fire(getattr(pictures, name)(16).lattice, 16)
    assert (states != Fire.UNBURNT).mean() == pytest.approx(0.25, abs=0.1)
    assert set(states) == {Fire.UNBURNT, Fire.BURNING, Fire.BURNT}


@pytest.mark.slow
def test_the_script_writes_the_picture_it_names(tmp_path, capsys):
    pictures.main(["--out", str(tmp_path / "small.png"), "--size", "8"])
    assert (tmp_path / "small.png").read_bytes().startswith(b"\x89PNG")
    assert f"wrote {tmp_path / 'small.png'}" in capsys.readouterr().out


def test_without_matplotlib_the_script_says_so(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    pictures.main(["--out", str(tmp_path / "none.png"), "--size", "8"])
    assert "no picture: matplotlib is not installed" in capsys.readouterr().out
    assert not (tmp_path / "none.png").exists()
