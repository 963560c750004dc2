"""Random draws of array hooks and propagators: one row for each of their worlds."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from murk_env.random import philox
from murk_env.random.draws import NAMED, site_word
from murk_env.random.philox import fill_normal, fill_uniform, fill_uniform_float32

__all__ = ["WorldRng"]

_FILLS: dict[np.dtype[Any], Callable[..., None]] = {
    np.dtype(np.float64): fill_uniform,
    np.dtype(np.float32): fill_uniform_float32,
}

Integers = int | npt.NDArray[np.integer[Any]]


class WorldRng:
    """Draws for a set of worlds, one row per world: what ``tick.rng`` is in array hooks.

    Each call is its own site, numbered 0, 1, 2, ... in the order of the calls. A call inside an ``if`` shifts
    the sites of the calls after it; named sites (``site=0``, ``site=1``) do not shift. The first number of a
    call is the one that a compiled hook draws with its call of the same number. A site that is not from 0 to
    8,388,607, and more than 8,388,608 calls without one in a step, raise ValueError.

    Args:
        keys: the worlds' keys, (num_worlds, 2) int32.
        episodes: number of each world's episode, (num_worlds,) int32.
        steps: number of each world's step in its episode, (num_worlds,) int32.
        origin: number of the hook or propagator within the step, 0 to 255.
        worlds: the worlds to draw for, (k,) indices; None for all, in their order.
    """

    def __init__(
        self,
        keys: npt.NDArray[np.int32],
        episodes: npt.NDArray[np.int32],
        steps: npt.NDArray[np.int32],
        *,
        origin: int,
        worlds: npt.NDArray[np.integer[Any]] | None = None,
    ) -> None:
        if worlds is not None:
            keys, episodes, steps = keys[worlds], episodes[worlds], steps[worlds]
        self._counters = keys, episodes, steps
        self._num_worlds = len(keys)
        self._first_site = self._next_site = site_word(origin)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Raise AttributeError that says what there is, for one who looks for numpy's names."""
            draws = "random, integers, normal and permutation"
            raise AttributeError(f"these draws have no {name!r}; they are {draws}.")

    @property
    def counters(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int32], int]:
        """Keys, episodes, steps and the origin's first site, as a fill kernel takes them."""
        return (*self._counters, self._first_site)

    def rewind(self) -> None:
        """Count calls from 0 again, as at the start of a tick; counters are read at every draw."""
        self._next_site = self._first_site

    def random(
        self,
        shape: int | tuple[int, ...] = (),
        *,
        dtype: npt.DTypeLike = np.float64,
        site: int | None = None,
    ) -> npt.NDArray[Any]:
        """Draw numbers uniform in [0, 1).

        Args:
            shape: shape of one world's draw.
            dtype: float64 (53 random bits) or float32 (24).
            site: name of this draw within the hook; by default the number of the call.

        Returns:
            (k, *shape) numbers.

        Raises:
            TypeError: another dtype.
        """
        kind = np.dtype(dtype)
        fill = _FILLS.get(kind)
        if fill is None:
            raise TypeError(f"random draws float64 or float32, not {kind}; use integers for whole numbers")
        out, rows = self._new(shape, kind)
        fill(0, self._num_worlds, *self._counters, self._site(site), rows)
        return out

    def normal(
        self,
        loc: float = 0.0,
        scale: float = 1.0,
        shape: int | tuple[int, ...] = (),
        *,
        site: int | None = None,
    ) -> npt.NDArray[np.float64]:
        """Draw normally distributed numbers.

        Args:
            loc: mean.
            scale: standard deviation, >= 0.
            shape: shape of one world's draw.
            site: name of this draw within the hook; by default the number of the call.

        Returns:
            (k, *shape) float64.

        Raises:
            ValueError: ``scale`` is negative or NaN, or one of them is an array.
        """
        if np.ndim(loc) or np.ndim(scale):  # whether an axis is the worlds' would depend on their number
            raise ValueError(
                f"normal takes one loc and one scale, not arrays of shapes {np.shape(loc)} and "
                f"{np.shape(scale)}: draw with loc=0 and scale=1, then multiply and add with the worlds axis "
                f"first, loc[:, np.newaxis] + scale[:, np.newaxis] * tick.rng.normal(shape=...)."
            )
        if not scale >= 0.0:
            raise ValueError(f"normal needs scale >= 0, not {scale}")
        out, rows = self._new(shape, np.dtype(np.float64))
        fill_normal(0, self._num_worlds, *self._counters, self._site(site), rows)
        out *= scale
        out += loc
        return out

    def integers(
        self,
        low: Integers,
        high: Integers | None = None,
        shape: int | tuple[int, ...] = (),
        *,
        endpoint: bool = False,
        site: int | None = None,
    ) -> npt.NDArray[np.int64]:
        """Draw whole numbers, with the argument rules of numpy's ``Generator.integers``.

        Args:
            low: smallest number, or, without ``high``, the limit above 0; one, or one per world (k,).
            high: the limit, not drawn by default; one, or one per world (k,).
            shape: shape of one world's draw.
            endpoint: whether the limit itself may be drawn.
            site: name of this draw within the hook; by default the number of the call.

        Returns:
            (k, *shape) int64.

        Raises:
            TypeError: ``low`` or ``high`` are not integers, or not within int64.
            ValueError: there is no such integer for some world, or ``low`` or ``high`` have a wrong shape.
        """
        if high is None:
            low, high = 0, low
        lowest, limit = self._per_world("low", low), self._per_world("high", high)
        out, rows = self._new(shape, np.dtype(np.int64))
        if not philox.fill_integers(*self._counters, self._site(site), lowest, limit, endpoint, rows):
            sign = "<=" if endpoint else "<"
            raise ValueError(f"integers needs low {sign} high, not low={low}, high={high}")
        return out

    def permutation(self, n: int, *, site: int | None = None) -> npt.NDArray[np.int64]:
        """Shuffle the numbers 0 ... n - 1.

        Args:
            n: how many, >= 0.
            site: name of this draw within the hook; by default the number of the call.

        Returns:
            (k, n) int64, every row a permutation.
        """
        out, rows = self._new(n, np.dtype(np.int64))
        philox.fill_permutation(*self._counters, self._site(site), rows)
        return out

    def _site(self, named: int | None) -> int:
        if named is None:
            if self._next_site - self._first_site >= NAMED:
                raise ValueError(
                    f"a hook draws at most {NAMED:,} times in a step, and the next would be those that "
                    f"name their site; draw more numbers at once, rng.random(shape)"
                )
            self._next_site += 1
            return self._next_site - 1
        if not 0 <= named < NAMED:
            raise ValueError(f"a draw's site must be a number from 0 to {NAMED - 1}, not {named}")
        return self._first_site + NAMED + named

    def _new(
        self, shape: int | tuple[int, ...], dtype: np.dtype[Any]
    ) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Return a new result (k, *shape), and the same memory with one axis per world for a kernel."""
        per_world = shape if isinstance(shape, tuple) else (shape,)
        out = np.empty((self._num_worlds, *per_world), dtype)
        return out, out.reshape(self._num_worlds, math.prod(per_world))

    def _per_world(self, name: str, value: Integers) -> npt.NDArray[np.int64]:
        numbers = np.array(value, ndmin=1)
        if numbers.dtype.kind not in "iu" or numbers.dtype == np.uint64:
            raise TypeError(f"integers needs whole numbers that fit an int64 for {name}, not {value!r}")
        if numbers.shape not in ((1,), (self._num_worlds,)):
            raise ValueError(
                f"integers takes one {name}, or one per world ({self._num_worlds},), "
                f"not shape {numbers.shape}"
            )
        return numbers.astype(np.int64, copy=False)
