"""Records of a world's run: the values of fields over time, as arrays, pictures and curves."""

import dataclasses
import importlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import InputError, MissingLibraryError, UnknownFieldError, did_you_mean
from murk_env.fields import Field, Values
from murk_env.lattice import Lattice
from murk_env.rendering._libraries import load
from murk_env.rendering.picture import Picture, default_picture
from murk_env.rendering.renderer import Frame, Renderer
from murk_env.rendering.video import write_frames

__all__ = ["Record", "Recorder", "counted"]

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True, eq=False)
class Record:
    """The values of some fields of a World at several moments of a run.

    `record[heat]`, or `record["heat"]`, is the array `(num_moments, num_worlds, ...)`.

    Attributes:
        times: the time of each moment by the worlds' clock, (num_moments,) float64, in the unit of dt.
        values: the recorded arrays by the fields' names, each (num_moments, num_worlds, ...).
        fields: the recorded fields by name.
        lattice: the worlds' lattice.
        dt: time that a tick advanced.
    """

    times: npt.NDArray[np.float64]
    values: Mapping[str, Array]
    fields: Mapping[str, Field]
    lattice: Lattice
    dt: float

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        return f"<Record of {', '.join(self.fields)} at {len(self)} moments>"

    def __getitem__(self, field: Field | str) -> Array:
        """Return a field's values, (num_moments, num_worlds, ...).

        Raises:
            UnknownFieldError: the field was not recorded.
        """
        name = (
            field if isinstance(field, str) else next((n for n, f in self.fields.items() if f is field), "")
        )
        if name not in self.values:
            asked = field if isinstance(field, str) else field.name
            raise UnknownFieldError(f"{asked!r} was not recorded; {did_you_mean(asked, self.fields)}")
        return self.values[name]

    def to_xarray(self) -> Any:
        """Return an xarray Dataset with dimensions and coordinates, and units and lattice as attributes.

        Fields over cells have the dimension `cell`, or `row` and `col` on a lattice with a two-dimensional
        shape, and positions `x`, `y`, `z` as coordinates. `Dataset.to_zarr` and `to_netcdf` write it.

        Raises:
            MissingLibraryError: xarray is not installed.
        """
        try:
            xarray: Any = importlib.import_module("xarray")
        except ImportError as error:
            raise MissingLibraryError('to_xarray needs xarray: pip install "xarray".') from error
        variables = {
            name: (self._dimensions(field), self._shaped(field, self.values[name]), {"units": field.unit})
            for name, field in self.fields.items()
        }
        return xarray.Dataset(variables, self._coordinates(), {"lattice": str(self.lattice), "dt": self.dt})

    def _dimensions(self, field: Field) -> list[str]:
        """Return the names of the axes of a field's array."""
        over = {"cells": self._cell_axes, "agents": ["agent"], "world": []}[field.over]
        return ["time", "world", *(["component"] if field.components else []), *over]

    @property
    def _cell_axes(self) -> list[str]:
        return ["row", "col"] if len(self.lattice.shape) == 2 else ["cell"]

    def _shaped(self, field: Field, values: Array) -> Array:
        if field.over != "cells" or len(self.lattice.shape) != 2:
            return values
        return values.reshape(*values.shape[:-1], *self.lattice.shape)

    def _coordinates(self) -> dict[str, Any]:
        axes = self._cell_axes
        positions = self.lattice.positions.reshape(*self.lattice.shape, -1) if len(axes) == 2 else None
        flat = self.lattice.positions if positions is None else positions
        found: dict[str, Any] = {
            name: (axes, flat[..., axis]) for axis, name in enumerate("xyz"[: flat.shape[-1]])
        }
        return {"time": self.times, **found}

    def frames(self, picture: Picture | None = None, *, world: int = 0) -> Iterator[Frame]:
        """Yield a picture of one world at every moment, (height, width, 3) uint8.

        Args:
            picture: how the world is drawn, from recorded fields; None for the first float field over cells.
            world: number of the world.

        Raises:
            InputError: there is no such world.
            PictureError: the picture shows a field that was not recorded, or there is nothing to draw.
            MissingLibraryError: matplotlib or Pillow is not installed.
        """
        drawn = default_picture(self.fields) if picture is None else picture
        if drawn is None:
            raise InputError("no field over cells was recorded, so there is nothing to draw.")
        renderer = Renderer(self.lattice, drawn, self.fields)
        count = next(iter(self.values.values())).shape[1]
        if not 0 <= world < count:
            raise InputError(f"the record has worlds 0 to {count - 1}, not {world!r}.")
        for moment in range(len(self)):
            arrays = {field: self.values[name][moment] for name, field in self.fields.items()}
            yield renderer.frame(Values(arrays, self.dt), world)

    def movie(
        self,
        path: "str | os.PathLike[str]",
        picture: Picture | None = None,
        *,
        world: int = 0,
        fps: float = 10.0,
        force: bool = False,
    ) -> None:
        """Write one world as a `.gif`, `.mp4` or `.webm`, with one picture for every moment.

        Args:
            path: the file.
            picture: how the world is drawn, as in `frames`.
            world: number of the world.
            fps: pictures per second.
            force: whether an existing file is overwritten.

        Raises:
            RecordingError: the path has another suffix.
            RecordingFileError: the file exists already, or its folder does not exist.
            InputError, PictureError, MissingLibraryError: as `frames`.
        """
        write_frames(path, self.frames(picture, world=world), fps, force=force)

    def plot(self, *, world: int = 0) -> Any:
        """Return a matplotlib Figure: the mean of every field over time, and its range.

        Args:
            world: number of the world.

        Raises:
            MissingLibraryError: matplotlib is not installed.
        """
        figure = load("matplotlib.figure").Figure(
            figsize=(6.4, 1.0 + 1.8 * len(self.fields)), layout="constrained"
        )
        axes = np.atleast_1d(figure.subplots(len(self.fields), sharex=True))
        for ax, (name, field) in zip(axes, self.fields.items(), strict=True):
            flat = self.values[name][:, world].reshape(len(self), -1)
            ax.plot(self.times, flat.mean(axis=1))
            ax.fill_between(self.times, flat.min(axis=1), flat.max(axis=1), alpha=0.2)
            ax.set_ylabel(f"{name} [{field.unit}]" if field.unit else name)
        axes[-1].set_xlabel("time")
        return figure


class Recorder:
    """Collects a record.

    Args:
        fields: the fields of the worlds by name.
        wanted: the fields to record, themselves or by name.
        lattice: the worlds' lattice.
        dt: time that a tick advances.

    Raises:
        UnknownFieldError: the worlds have no such field.
    """

    def __init__(
        self, fields: Mapping[str, Field], wanted: Iterable[Field | str], lattice: Lattice, dt: float
    ) -> None:
        self._fields = dict(_known(fields, one) for one in wanted)
        self._lattice, self._dt = lattice, dt
        self._times: list[float] = []
        self._values: dict[str, list[Array]] = {name: [] for name in self._fields}

    def note(self, values: Values) -> None:
        """Store the current values of the fields."""
        self._times.append(float(values.time[0]))
        num_worlds = len(values.time)
        for name, field in self._fields.items():
            array = values[field]
            if field.mutability == "static":
                array = np.broadcast_to(array, (num_worlds, *array.shape))
            self._values[name].append(array.copy())

    def record(self) -> Record:
        """Return the record."""
        values = {name: np.stack(arrays) for name, arrays in self._values.items()}
        return Record(np.array(self._times), values, self._fields, self._lattice, self._dt)


def _known(fields: Mapping[str, Field], wanted: Any) -> tuple[str, Field]:
    for name, field in fields.items():
        if wanted is field or wanted == name:
            return name, field
    asked = getattr(wanted, "name", wanted)
    raise UnknownFieldError(f"these worlds have no field {asked!r} to record; {did_you_mean(asked, fields)}")


def counted(num_ticks: int, *, progress: bool) -> Sequence[int]:
    """Return the range of ticks to run, with a progress bar that shows ticks per second if required.

    Raises:
        MissingLibraryError: tqdm is not installed.
    """
    if not progress:
        return range(num_ticks)
    try:
        bar: Callable[..., Any] = importlib.import_module("tqdm.auto").tqdm
    except ImportError as error:
        raise MissingLibraryError('progress=True needs tqdm: pip install "murk-env[examples]".') from error
    return bar(range(num_ticks), unit="tick")
