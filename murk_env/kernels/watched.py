"""Arrays that know their names, and name them in errors about an index or a number that does not fit."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import numpy.typing as npt

__all__ = ["check_convertible", "check_storable", "guarded", "plain", "watch"]


class Watched(np.ndarray[Any, Any]):
    """A view of an array for a function that runs as Python, with the number types of compiled code.

    Integers read from it are 64 bits wide, so that their sums do not wrap. Storing a number that it cannot
    hold raises, also in in-place operations.
    """

    _name: str = "an array"

    def __array_finalize__(self, array: Any) -> None:
        self._name = getattr(array, "_name", self._name)

    def __getitem__(self, index: Any) -> Any:
        _check_index(self, index)
        found: Any = super().__getitem__(index)
        if isinstance(found, Watched):
            return found
        return np.int64(found) if self.dtype == np.int32 else found

    def __setitem__(self, index: Any, value: Any) -> None:
        _check_index(self, index)
        check_storable(self._name, self.dtype, value)
        super().__setitem__(index, plain(value))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = (), **options: Any) -> Any:
        changed: Any = inputs[0] if method == "at" else out[0] if out else None
        if not _is_narrow(changed):
            outputs = {"out": tuple(map(plain, out))} if out else {}
            return self._result(ufunc, method, inputs, {**outputs, **options})

        def change(wide: Any) -> None:
            given = [wide if one is changed else _widened(one) for one in inputs]
            getattr(ufunc, method)(*given, **({"out": (wide,)} if out else {}), **options)

        return changed._change(change)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        out = args[0] if func in _SETTING else kwargs.get("out")
        if not _is_narrow(out):
            return self._returned(func, types, args, kwargs)

        def change(wide: Any) -> None:
            if func in _SETTING:
                func(wide, *_each(plain, args[1:]), **kwargs)
            else:
                func(*_each(_widened, args), **{**kwargs, "out": wide})

        out._change(change)
        return None if func in _SETTING else out

    def put(self, *args: Any, **options: Any) -> None:
        """Set some elements."""
        np.put(self, *args, **options)

    def dot(self, *args: Any, **options: Any) -> Any:
        """Return the product of matrices."""
        return np.dot(self, *args, **options)

    @property
    def flat(self) -> Any:
        """All elements in a row, as a view if there can be one."""
        return self.reshape(-1) if self.flags.c_contiguous else super().flat

    @flat.setter
    def flat(self, value: Any) -> None:
        def change(wide: Any) -> None:
            wide.flat = plain(value)

        self._change(change)

    @property
    def real(self) -> Any:
        """The array itself, which holds no complex numbers."""
        return self

    @real.setter
    def real(self, value: Any) -> None:
        self[...] = value

    def astype(self, dtype: Any, *args: Any, **options: Any) -> Any:
        """Return the array converted to a dtype, which must be able to hold its numbers."""
        check_convertible(np.dtype(dtype), self)
        return super().astype(dtype, *args, **options)

    def fill(self, value: Any) -> None:
        """Set all elements."""
        self[...] = value

    def _result(self, ufunc: Any, method: str, inputs: Any, options: Any) -> Any:
        """Return the result of a ufunc that changes no narrow array in place."""
        return getattr(ufunc, method)(*map(_widened, inputs), **options)

    def _returned(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Return the result of a numpy function that changes no narrow array in place."""
        return super().__array_function__(func, types, args, kwargs)

    def _change(self, change: Callable[[Any], None]) -> "Watched":
        """Change a wide copy in place, then copy it back if it fits."""
        wide = self.view(np.ndarray).astype(np.int64)
        change(wide)
        self[...] = wide
        return self


class Guarded(Watched):
    """A view of an array with numpy's results, except that integers that would wrap raise."""

    def _result(self, ufunc: Any, method: str, inputs: Any, options: Any) -> Any:
        operation = getattr(ufunc, method)
        result: Any = operation(*map(plain, inputs), **options)
        if not any(map(_is_int32, _results(result))) or "where" in options:  # no values outside `where`
            return result
        self._compare(ufunc.__name__, result, operation(*map(_widened, inputs), **options))
        return guarded(self._name, cast(Any, result)) if isinstance(result, np.ndarray) else result

    def _returned(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        result: Any = super()._returned(func, types, args, kwargs)
        if func in _COMPUTING and "dtype" not in kwargs and any(map(_is_int32, _results(result))):
            wide = func(*_each(_widened, args), **_each(_widened, kwargs))
            self._compare(func.__name__, result, wide)
        return result

    def _compare(self, operation: str, result: Any, wide: Any) -> None:
        """Raise OverflowError if the results of 32 and 64 bits differ."""
        for narrow, right in zip(_results(result), _results(wide), strict=True):
            wrong: Any = np.asarray(right)[np.asarray(plain(narrow) != right)]
            if wrong.size:
                raise OverflowError(
                    f"{operation} of {self._name} gives {wrong.flat[0]}, beyond int32; compute with "
                    f"{self._name}.astype(np.int64)"
                )


_SETTING = (np.copyto, np.place, np.put, np.putmask, np.put_along_axis, np.fill_diagonal)
# Functions that do not compute by ufuncs; ufuncs are intercepted individually.
_COMPUTING = {np.dot, np.inner, np.vdot, np.tensordot, np.einsum, np.convolve, np.correlate, np.cross} | {
    np.full_like
}


def guarded(name: str, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a view of an int32 array that raises instead of wrapping; any other array unchanged."""
    if array.dtype != np.int32:
        return array
    view = array.view(Guarded)
    view._name = name  # pyright: ignore[reportPrivateUsage]
    return view


def _is_narrow(value: Any) -> bool:
    return isinstance(value, Watched) and _is_int32(value)


def _widened(value: Any) -> Any:
    """Return a plain numpy array, int32 converted to int64."""
    found: Any = plain(value)
    return found.astype(np.int64) if _is_int32(found) else found


def _is_int32(value: Any) -> bool:
    return isinstance(value, np.ndarray | np.generic) and cast(Any, value).dtype == np.int32


def _results(value: Any) -> tuple[Any, ...]:
    """Return a function's results as a tuple."""
    return cast("tuple[Any, ...]", value) if isinstance(value, tuple) else (value,)


def _each(change: Callable[[Any], Any], values: Any) -> Any:
    """Apply a function to all values in tuples, lists and dicts."""
    if isinstance(values, dict):
        return {name: _each(change, one) for name, one in cast("dict[str, Any]", values).items()}
    if isinstance(values, tuple | list):
        return type(cast(object, values))(_each(change, one) for one in cast("list[Any]", values))  # type: ignore
    return change(values)


def watch(name: str, array: npt.NDArray[Any]) -> Watched:
    """Return a view of an array with a name for messages."""
    view = array.view(Watched)
    view._name = name  # pyright: ignore[reportPrivateUsage]
    return view


def plain(value: Any) -> Any:
    """Return a watched array as a plain one, anything else unchanged."""
    return value.view(np.ndarray) if isinstance(value, Watched) else value


def check_storable(name: str, dtype: np.dtype[Any], value: Any) -> None:
    """Raise if an array of signed integers cannot hold numbers that are stored in it.

    Raises:
        ValueError: a number is not an integer.
        OverflowError: a number is out of range.
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
    _check_range(f"{name} holds {dtype}", dtype, given)


def check_convertible(dtype: np.dtype[Any], value: Any) -> None:
    """Raise OverflowError if a number is converted to a signed integer type that cannot hold it."""
    given = np.asarray(plain(value))
    if given.dtype.kind in "iuf" and dtype.kind == "i" and not np.can_cast(given.dtype, dtype, "safe"):
        _check_range(f"np.{dtype} holds numbers", dtype, np.trunc(given))


def _check_range(what: str, dtype: np.dtype[Any], given: npt.NDArray[Any]) -> None:
    limits = np.iinfo(dtype)
    outside = given[~((given >= limits.min) & (given < limits.max + 1))]  # NaN, too; no float is 2**63 - 1
    if outside.size:
        raise OverflowError(f"{what}, from {limits.min} to {limits.max}, not {outside.flat[0]}")


def _check_index(array: Watched, index: Any) -> None:
    """Raise IndexError for a number that is not an integer, or is out of bounds for this array."""
    name: str = array._name  # pyright: ignore[reportPrivateUsage]
    parts = cast("tuple[Any, ...]", index if isinstance(index, tuple) else (index,))
    for axis, one in enumerate(parts[: array.ndim]):
        if isinstance(one, float | np.floating):
            raise IndexError(f"an index of {name} must be an integer, not {one}")
        if isinstance(one, slice):
            continue
        if not isinstance(one, int | np.integer):
            return  # left to numpy
        size = array.shape[axis]
        if not -size <= one < size:
            along = f"axis {axis} of {name}" if array.ndim > 1 else name
            raise IndexError(f"index {one} is out of bounds for {along}, whose size is {size}")
