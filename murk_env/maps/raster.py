"""Rasters: maps from an array, a .npy file or a GeoTIFF, without silent gaps."""

import importlib
import math
import os
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.errors import MapError, MissingLibraryError

__all__ = ["Raster"]

Array = npt.NDArray[Any]
Spacing = tuple[float, float]

_CLOSE = 1e-9  # of a cell: how oblique or uneven a grid may be


class Raster:
    """One map: the values of a rectangle of cells, and the size of a cell.

    It replaces an array: as a static value, `static={elevation: raster}`, or as one of the maps of
    `Levels(elevation=[raster, ...])`.

    Example:
        >>> hills = Raster([[3.0, 4.0], [5.0, float("nan")]], spacing=30.0, fill=0.0)
        >>> hills.values
        array([[3., 4.],
               [5., 0.]])
        >>> hills.shape, hills.spacing
        ((2, 2), (30.0, 30.0))

    Args:
        values: the values, (rows, columns); NaN, masked elements of a masked array, and `no_data` stand for
            no data.
        spacing: height and width of a cell, or one number for both; None if unknown.
        no_data: the number that stands for no data; None if there is none.
        fill: the value of cells without data; None if they are an error.

    Attributes:
        values: the values, read-only, (rows, columns).
        spacing: height and width of a cell, for `Square4(*raster.shape, spacing=raster.spacing)`; None if
            unknown.
        gaps: the cells without data, (rows, columns) bool.

    Raises:
        MapError: the values are not a rectangle of numbers, the spacing is not positive, `no_data` is not a
            number, there are cells without data and no `fill`, or the fill is not a finite number that the
            dtype holds.
    """

    def __init__(
        self,
        values: npt.ArrayLike,
        *,
        spacing: float | Spacing | None = None,
        no_data: float | None = None,
        fill: float | None = None,
    ) -> None:
        self._set(_masked(values), "a raster", spacing, no_data, fill)

    def _set(self, masked: Any, what: str, spacing: Any, no_data: Any, fill: Any) -> None:
        data: Array = np.ma.getdata(masked)
        if data.ndim != 2 or not data.size or data.dtype.kind not in "fiu":
            raise MapError(
                f"{what} must be a rectangle of numbers, (rows, columns), not {data.dtype} of shape "
                f"{data.shape}."
            )
        gaps = np.ma.getmaskarray(masked).copy()
        if data.dtype.kind == "f":
            gaps |= ~np.isfinite(data)
        if no_data is not None:
            if not isinstance(no_data, int | float | np.integer | np.floating):
                raise MapError(f"{what} must mark missing data by a number, not by no_data={no_data!r}.")
            gaps |= data == cast(Any, no_data)
        self.values = _filled(data, gaps, what, fill)
        self.spacing = _checked_spacing(what, spacing)
        self.gaps = gaps
        self.values.flags.writeable = self.gaps.flags.writeable = False

    @classmethod
    def read(
        cls,
        path: "str | os.PathLike[str]",
        *,
        band: int = 1,
        spacing: float | Spacing | None = None,
        no_data: float | None = None,
        fill: float | None = None,
    ) -> "Raster":
        """Return the raster in a file: numpy's `.npy`, or any format that rasterio reads, such as GeoTIFF.

        Args:
            path: the file.
            band: which band of a GeoTIFF, from 1.
            spacing: as for `Raster`; by default that of the GeoTIFF, in the unit of its coordinates, if its
                axes are straight.
            no_data: as for `Raster`, in addition to the GeoTIFF's own.
            fill: as for `Raster`.

        Raises:
            MapError: as `Raster`; or the file holds no raster, or no such band.
            MissingLibraryError: rasterio is not installed.
            OSError: the file cannot be read.
        """
        raster, place = cls.__new__(cls), Path(path)
        if place.suffix == ".npy":
            masked, own = _from_numpy(place), None
        else:
            masked, own = _from_geotiff(place, band)
        raster._set(masked, f"the raster {place.name}", own if spacing is None else spacing, no_data, fill)
        return raster

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.values.shape
        return rows, columns

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
        """Return the values, for numpy."""
        values = self.values if dtype is None else self.values.astype(dtype, copy=False)
        return values.copy() if copy else values

    def __repr__(self) -> str:
        return f"Raster({self.shape[0]} x {self.shape[1]}, {self.values.dtype}, spacing={self.spacing})"


def _masked(values: Any) -> Any:
    try:
        return cast(Any, values) if isinstance(values, np.ma.MaskedArray) else np.asarray(values)
    except ValueError as error:  # rows of different lengths
        raise MapError(f"a raster must be a rectangle of numbers: {error}") from None


def _filled(data: Array, gaps: npt.NDArray[np.bool_], what: str, fill: Any) -> Array:
    """Return a copy of the values without gaps."""
    values = data.copy()
    number = int(gaps.sum())
    if fill is not None:
        if not _holds(data.dtype, fill):
            raise MapError(
                f"the fill of {what} must be a finite number that {data.dtype} holds, not {fill!r}."
            )
        values[gaps] = fill
    elif number:
        row, column = np.argwhere(gaps)[0]
        raise MapError(
            f"{what} has {number} of {data.size} cells without data, the first in row {row}, column "
            f"{column}; say what they get, fill=number, or mend the map."
        )
    return values


def _holds(dtype: np.dtype[Any], number: Any) -> bool:
    """Return whether a dtype holds a finite number; floats may round it."""
    if not isinstance(number, int | float | np.integer | np.floating):
        return False
    try:
        with np.errstate(all="ignore"):
            cast_to: Array = np.asarray(cast(Any, number), np.float64 if dtype.kind == "f" else None).astype(
                dtype
            )
    except OverflowError:  # an int beyond float64
        return False
    return bool(np.isfinite(cast_to)) and (dtype.kind == "f" or bool(cast_to == cast(Any, number)))


def _checked_spacing(what: str, spacing: Any) -> Spacing | None:
    """Return height and width of a cell."""
    if spacing is None:
        return None
    try:
        sides = np.broadcast_to(np.asarray(spacing, np.float64), (2,)).tolist()
    except (TypeError, ValueError):
        sides = [math.nan]
    if not all(0.0 < side < math.inf for side in sides):
        raise MapError(
            f"the spacing of {what} must be a positive number, or two, height and width of a cell, not "
            f"{spacing!r}."
        )
    return float(sides[0]), float(sides[1])


def _from_numpy(path: Path) -> Array:
    """Return the array in a `.npy` file, without running code from it."""
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise MapError(f"{path.name} is not an .npy file of numbers: {error}") from None


def _from_geotiff(path: Path, band: int) -> tuple[Any, Spacing | None]:
    """Return a band, masked where it has no data, and the height and width of its cells."""
    try:
        rasterio: Any = importlib.import_module("rasterio")
    except ImportError as error:
        raise MissingLibraryError(
            f'{path.name} is read with rasterio, which is not installed: pip install "murk-env[maps]". A '
            f".npy file needs no library."
        ) from error
    path.stat()  # a file that is not there is an OSError like any other
    try:
        with rasterio.open(path) as file:
            if band not in file.indexes:
                raise MapError(f"{path.name} has the bands {list(file.indexes)}, not {band!r}.")
            return file.read(band, masked=True), _spacing_of(file.transform)
    except rasterio.errors.RasterioIOError as error:
        raise MapError(f"{path.name} is not a raster that rasterio can read: {error}") from None


def _spacing_of(transform: Any) -> Spacing | None:
    """Return height and width of a cell; None if the map has no place on earth, or is rotated."""
    oblique = abs(transform.b) + abs(transform.d) > _CLOSE * (abs(transform.a) + abs(transform.e))
    if transform.is_identity or oblique:
        return None
    return abs(float(transform.e)), abs(float(transform.a))
