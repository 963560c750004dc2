"""Arrays that know their names, and name them when an index or a number does not fit."""

from typing import Any, cast

import numpy as np
import numpy.typing as npt

__all__ = ["Watched", "check_storable", "plain", "watch"]


class Watched(np.ndarray[Any, Any]):
    """A view of an array for a function that runs as Python, with the numbers that compiled code has.

    Whole numbers read from it are 64 bits wide, so that sums of them do not wrap.
    """

    _name: str = ""

    def __getitem__(self, index: Any) -> Any:
        _check_index(self, index)
        found: Any = super().__getitem__(index)
        if isinstance(found, Watched):
            found._name = self._name
            return found
        return np.int64(found) if self.dtype == np.int32 else found

    def __setitem__(self, index: Any, value: Any) -> None:
        _check_index(self, index)
        check_storable(self._name, self.dtype, value)
        super().__setitem__(index, plain(value))

    def __repr__(self) -> str:
        return repr(self.view(np.ndarray))


def watch(name: str, array: npt.NDArray[Any]) -> Watched:
    """Return a view of an array that is called by this name."""
    view = array.view(Watched)
    view._name = name  # pyright: ignore[reportPrivateUsage]
    return view


def plain(value: Any) -> Any:
    """Return a watched array as numpy's own, anything else as it is."""
    return value.view(np.ndarray) if isinstance(value, Watched) else value


def check_storable(name: str, dtype: np.dtype[Any], value: Any) -> None:
    """Raise if numbers are set in an array of signed integers that cannot hold them.

    Raises:
        ValueError: a number is not whole.
        OverflowError: a number is beyond the smallest or the largest.
    """
    if dtype.kind != "i":
        return
    given = np.asarray(plain(value))
    if given.dtype.kind not in "iuf" or np.can_cast(given.dtype, dtype, "safe") or not given.size:
        return
    if given.dtype.kind == "f":
        wrong = given[given != np.floor(given)]  # NaN, too
        if wrong.size:
            raise ValueError(f"{name} holds whole numbers, {dtype}, not {wrong.flat[0]}; round it yourself")
    limits = np.iinfo(dtype)
    outside = given[(given < limits.min) | (given > limits.max)]
    if outside.size:
        raise OverflowError(f"{name} holds {dtype}, from {limits.min} to {limits.max}, not {outside.flat[0]}")


def _check_index(array: Watched, index: Any) -> None:
    """Raise IndexError for a number that is no index of an array, or none of this one."""
    name: str = array._name  # pyright: ignore[reportPrivateUsage]
    parts = cast("tuple[Any, ...]", index if isinstance(index, tuple) else (index,))
    for axis, one in enumerate(parts[: array.ndim]):
        if isinstance(one, float | np.floating):
            raise IndexError(f"an index of {name} must be an integer, not {one}")
        if isinstance(one, slice):
            continue
        if not isinstance(one, int | np.integer):
            return  # whatever numpy makes of it
        size = array.shape[axis]
        if not -size <= one < size:
            along = f"axis {axis} of {name}" if array.ndim > 1 else name
            raise IndexError(f"index {one} is out of bounds for {along}, whose size is {size}")
