"""Rasters: a map from an array or a file, whose gaps are filled as the caller says."""

import importlib
import re

import numpy as np
import pytest

from murk_env.errors import MapError, MissingLibraryError
from murk_env.lattice import Square4
from murk_env.maps import Raster

HILL = np.array([[1.0, 2.0, np.nan], [-9999.0, 5.0, 6.0]])


def test_gaps_are_filled_with_what_the_caller_says():
    raster = Raster(HILL, no_data=-9999.0, fill=0.5)
    np.testing.assert_array_equal(raster.values, [[1.0, 2.0, 0.5], [0.5, 5.0, 6.0]])
    np.testing.assert_array_equal(raster.gaps, [[False, False, True], [True, False, False]])


def test_gaps_of_a_masked_array_are_filled():
    masked = np.ma.array([[1, 2], [3, 4]], mask=[[False, True], [False, False]])
    np.testing.assert_array_equal(Raster(masked, fill=7).values, [[1, 7], [3, 4]])


def test_the_size_of_a_cell_sets_the_spacing_of_a_lattice():
    raster = Raster(np.zeros((2, 3)), spacing=(30.0, 25.0))
    assert raster.spacing is not None
    assert Square4(*raster.shape, spacing=raster.spacing).scale.tolist() == [25.0, 30.0]
    assert Raster(np.zeros((2, 3)), spacing=30).spacing == (30.0, 30.0)


def test_a_file_of_numpy_is_read(tmp_path):
    np.save(tmp_path / "hill.npy", HILL)
    raster = Raster.read(tmp_path / "hill.npy", fill=0.0, spacing=10.0)
    np.testing.assert_array_equal(raster.values, [[1.0, 2.0, 0.0], [-9999.0, 5.0, 6.0]])
    assert raster.spacing == (10.0, 10.0)


def test_a_geotiff_brings_its_own_gaps_and_the_size_of_its_cells(tmp_path):
    rasterio = pytest.importorskip("rasterio")
    place = rasterio.Affine(25.0, 0.0, 500_000.0, 0.0, -30.0, 4_600_000.0)
    form = {"driver": "GTiff", "height": 2, "width": 3, "count": 2, "dtype": "float32", "nodata": -9999.0}
    with rasterio.open(tmp_path / "hill.tif", "w", transform=place, **form) as file:
        file.write(HILL.astype(np.float32), 1)
        file.write(np.ones((2, 3), np.float32), 2)
    raster = Raster.read(tmp_path / "hill.tif", fill=0.0)
    np.testing.assert_array_equal(raster.values, [[1.0, 2.0, 0.0], [0.0, 5.0, 6.0]])
    assert raster.spacing == (30.0, 25.0)  # height, then width
    assert Raster.read(tmp_path / "hill.tif", band=2).values.tolist() == [[1.0] * 3] * 2
    with pytest.raises(MapError, match=r"hill.tif has 2 of 6 cells without data.*row 0, column 2"):
        Raster.read(tmp_path / "hill.tif")
    with pytest.raises(MapError, match=r"hill.tif has the bands \[1, 2\], not 3"):
        Raster.read(tmp_path / "hill.tif", band=3)


def test_without_rasterio_the_error_says_what_to_install(tmp_path, monkeypatch):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(MissingLibraryError, match=r'pip install "murk-env\[maps\]"'):
        Raster.read(tmp_path / "hill.tif")


def test_a_file_that_is_none_is_refused(tmp_path):
    (tmp_path / "hill.npy").write_bytes(b"no numbers")
    np.save(tmp_path / "code.npy", np.array([[{}]]), allow_pickle=True)
    with pytest.raises(MapError, match=r"hill.npy is not an .npy file of numbers"):
        Raster.read(tmp_path / "hill.npy")
    with pytest.raises(MapError, match=r"code.npy is not an .npy file of numbers"):
        Raster.read(tmp_path / "code.npy")
    with pytest.raises(FileNotFoundError):
        Raster.read(tmp_path / "none.npy")


@pytest.mark.parametrize(
    ("values", "given", "message"),
    [
        (HILL, {}, "a raster has 1 of 6 cells without data, the first in row 0, column 2; say what they get"),
        (HILL, {"no_data": -9999.0}, "a raster has 2 of 6 cells without data"),
        (np.zeros(3), {}, "a rectangle of numbers, (rows, columns), not float64 of shape (3,)"),
        (np.zeros((0, 3)), {}, "not float64 of shape (0, 3)"),
        ([["a"]], {}, "a rectangle of numbers"),
        ([[1.0], [1.0, 2.0]], {}, "a raster must be a rectangle of numbers"),
        (HILL, {"fill": np.nan}, "must be a finite number that float64 holds, not nan"),
        (np.zeros((1, 1), int), {"fill": 0.5}, "must be a finite number that int64 holds, not 0.5"),
        (np.zeros((1, 1), np.uint8), {"fill": 300}, "finite number that uint8 holds, not 300"),
        (np.zeros((1, 1), np.float32), {"fill": 1e300}, "finite number that float32 holds, not 1e+300"),
        (np.zeros((1, 1)), {"fill": 10**400}, "finite number that float64 holds"),
        (np.zeros((1, 1)), {"fill": np.complex64(1)}, "finite number that float64 holds"),
        (np.zeros((1, 1)), {"no_data": "0"}, "must mark missing data by a number, not by no_data='0'"),
        (np.zeros((1, 1)), {"spacing": 0.0}, "must be a positive number, or two"),
        (np.zeros((1, 1)), {"spacing": (1.0, np.nan)}, "must be a positive number, or two"),
        (np.zeros((1, 1)), {"spacing": "wide"}, "must be a positive number, or two"),
    ],
)
def test_what_is_no_raster_is_refused(values, given, message):
    with pytest.raises(MapError, match=re.escape(message)):
        Raster(values, **given)
