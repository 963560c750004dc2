"""The arrays of fields and outputs that a plan's loop runs on, checked before anything is written."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from murk_env.errors import DefinitionError
from murk_env.fields import Field, Values
from murk_env.observation.output import Output

__all__ = ["Arrays", "chosen_worlds"]

Array = npt.NDArray[Any]

_REMEMBERED = 4  # sets of fields' arrays: two buffers, times two, since sparse fields may move


class Sources(NamedTuple):
    """Checked arrays of the fields.

    Attributes:
        num_worlds: number of worlds; None if only static fields are read.
        shapes: the shapes of the outputs for these worlds.
        worlds: the indices of the worlds.
        arguments: the loop's arguments between `worlds` and the outputs.
        fill: the loop over all worlds, to be called with the outputs.
        arrays: the arrays as given; held so that no other array can get the same id().
    """

    num_worlds: int | None
    shapes: Sequence[tuple[int, ...]]
    worlds: npt.NDArray[np.intp]
    arguments: tuple[Array, ...]
    fill: Callable[..., None]
    arrays: Sequence[Array]


class Arrays:
    """Checks arrays of fields and outputs and puts them in the order of a loop's arguments.

    The fields' arrays of the last few calls are remembered by identity, so that arrays that do not move are
    checked only once.

    Args:
        run: the loop.
        fields: the fields, in the order of the loop's arguments.
        sizes: number of cells and of agents of a world.
        tables: the loop's arguments between the worlds and the fields.
        keys: the keys of the outputs in the dict layout, None for a layout of one array.
        shapes: the shapes of the outputs for one world.
        dtype: the dtype of the outputs.
    """

    def __init__(
        self,
        run: Callable[..., None],
        fields: Sequence[Field],
        sizes: tuple[int, int],
        tables: Sequence[Array],
        keys: Sequence[str] | None,
        shapes: Sequence[tuple[int, ...]],
        dtype: "np.dtype[Any]",
    ) -> None:
        self._dtype = dtype
        self._fields = {field: field.shape(*sizes) for field in fields}
        self._run = run
        self._tables = tables
        self._keys = None if keys is None else dict.fromkeys(keys)
        self._shapes = shapes
        self._worlds = np.arange(0)
        self._seen: dict[tuple[int, ...], Sources] = {}

    def allocate(self, num_worlds: int) -> Output:
        """Return uninitialised outputs for a number of worlds."""
        arrays = [np.empty((num_worlds, *shape), self._dtype) for shape in self._shapes]
        return arrays[0] if self._keys is None else dict(zip(self._keys, arrays, strict=True))

    def of_all(self, values: Values, out: Output) -> tuple[Sources, Sequence[Array]]:
        """Return the checked arrays of the fields and of an output for all of their worlds.

        Raises:
            DefinitionError: the fields' arrays have the wrong shape or dtype or differ in their number of
                worlds, or `out` does not match what `allocate` returns for them.
        """
        sources = self.sources(values)
        outputs: list[Any] = [out] if self._keys is None else self._by_key(out)
        if sources.num_worlds is None:
            num_worlds = len(outputs[0]) if _has_axes(outputs[0]) else 0
            sources = self._for_worlds(num_worlds, sources.arguments, sources.arrays)
        if self._keys is None:  # the common case, in fewer steps
            _check_output(outputs[0], sources.shapes[0], self._dtype)
        else:
            for array, shape in zip(outputs, sources.shapes, strict=True):
                _check_output(array, shape, self._dtype)
        return sources, outputs

    def sources(self, values: Values) -> Sources:
        """Return the checked arrays of the fields.

        Raises:
            DefinitionError: they have the wrong shape or dtype, or differ in their number of worlds.
        """
        sources = self._seen.get(tuple([id(values.stored(field)) for field in self._fields]))
        if sources is None:
            sources = self._checked([values.stored(field) for field in self._fields])
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            self._seen[tuple(map(id, sources.arrays))] = sources
        return sources

    def _checked(self, arrays: Sequence[Any]) -> Sources:
        counts: dict[Field, int] = {}
        for (field, shape), array in zip(self._fields.items(), arrays, strict=True):
            axes = 0 if field.mutability == "static" else 1  # leading axes: worlds, or levels
            if not _is_array(array, field.dtype) or array.ndim < axes or array.shape[axes:] != shape:
                wanted = ", ".join(map(str, ("num_worlds", *shape) if axes else shape))
                raise DefinitionError(
                    f"this plan reads {field!r} as contiguous {field.dtype} of the shape ({wanted}), not as "
                    f"{_described(array)}; fill it with the values of worlds of its own lattice and number "
                    f"of agents."
                )
            if axes and field.mutability != "level":
                counts[field] = len(array)
        if len(set(counts.values())) > 1:
            listing = ", ".join(f"{field.name!r} {count}" for field, count in counts.items())
            raise DefinitionError(f"the fields to observe have different numbers of worlds: {listing}.")
        rows = [array if array.ndim else array.reshape(1) for array in arrays]  # the loop takes no scalars
        return self._for_worlds(next(iter(counts.values()), None), (*self._tables, *rows), arrays)

    def _for_worlds(
        self, num_worlds: int | None, arguments: tuple[Array, ...], arrays: Sequence[Array]
    ) -> Sources:
        number = num_worlds or 0
        if len(self._worlds) != number:
            self._worlds = np.arange(number)
        shapes = [(number, *shape) for shape in self._shapes]
        fill = functools.partial(self._run, 0, number, self._worlds, *arguments)
        return Sources(num_worlds, shapes, self._worlds, arguments, fill, arrays)

    def _by_key(self, out: Output) -> list[Array]:
        keys = self._keys or {}
        if not isinstance(out, dict) or out.keys() != keys.keys():
            given = list(out) if isinstance(out, dict) else f"a {type(out).__name__}"
            raise DefinitionError(
                f"an observation of these worlds is filled into a dict of {list(keys)}, not {given}; use "
                f"what allocate() returns."
            )
        return [out[key] for key in keys]


def chosen_worlds(worlds: npt.ArrayLike, num_worlds: int | None) -> npt.NDArray[np.intp]:
    """Return the indices of some worlds in the form that the loop takes.

    Raises:
        DefinitionError: they are not a one-dimensional array of integers, or one is out of range.
    """
    given = np.asarray(worlds)
    whole = given.ndim == 1 and (given.dtype.kind in "iu" or not given.size)
    if not whole or (given < 0).any() or (num_worlds is not None and (given >= num_worlds).any()):
        raise DefinitionError(
            f"the worlds to observe must be a row of indices, each from 0 to "
            f"{'...' if num_worlds is None else num_worlds - 1}, not {worlds!r}."
        )
    return np.ascontiguousarray(given, np.intp)


def _check_output(array: Array, shape: tuple[int, ...], dtype: "np.dtype[Any]") -> None:
    if (
        not isinstance(array, np.ndarray)  # pyright: ignore[reportUnnecessaryIsInstance]
        or array.shape != shape
        or array.dtype != dtype
        or not array.flags.carray
    ):
        raise DefinitionError(
            f"an observation of these worlds is filled into writable contiguous {dtype} of the shape "
            f"{shape}, not {_described(array)}; use what allocate() returns."
        )


def _has_axes(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim > 0


def _is_array(value: Any, dtype: np.dtype[Any]) -> bool:
    if not isinstance(value, np.ndarray):
        return False
    array = cast(Array, value)
    return array.dtype == dtype and array.flags.c_contiguous


def _described(value: Any) -> str:
    if not isinstance(value, np.ndarray):
        return f"a {type(value).__name__}"
    array = cast(Array, value)
    kind = "" if array.flags.writeable else "read-only "
    return f"{kind}{array.dtype} {array.shape} of strides {array.strides}"
