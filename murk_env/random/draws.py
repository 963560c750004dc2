"""Randomness that depends on nothing but where it is drawn.

Every number is the value of Philox4x32-10 at a counter: key from the world's seed, counter = (episode, step
of the episode, site of the draw, block of elements). It does not matter how many worlds there are, in
which order or on how many threads they run, or what was drawn before.

A site is one call of one origin in a step. The upper 8 bits hold the origin (a hook, a propagator), the lower
24 count the calls within it; calls that name their site themselves count from the middle of that range, so
that they never meet the others.
"""

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.kernels import kernel
from murk_env.random import philox as _philox
from murk_env.random.philox import fill_normal, fill_uniform, fill_uniform_float32

__all__ = [
    "MOST_DRAWS",
    "TOO_MANY_DRAWS",
    "Draws",
    "WorldRng",
    "fill_normal",
    "fill_uniform",
    "fill_uniform_float32",
    "integers",
    "key_from_seed",
    "normal",
    "site_word",
    "uniform",
]

_CALL_BITS = 24
_NUM_ORIGINS = 1 << 8
_NAMED = 1 << (_CALL_BITS - 1)  # the first of the sites that a call names itself

MOST_DRAWS = 1 << _CALL_BITS
"""Draws that a compiled hook may make in a step of one world; more would be those of the next origin."""

TOO_MANY_DRAWS = (
    f"it drew more than {MOST_DRAWS:,} random numbers in a step of one world, and the next would be those of "
    f"another hook; draw less, or let a propagator draw"
)

_FILLS: dict[np.dtype[Any], Callable[..., None]] = {
    np.dtype(np.float64): fill_uniform,
    np.dtype(np.float32): fill_uniform_float32,
}

Draws = npt.NDArray[np.uint32]
"""The type of `rng` in a compiled hook: pass it to `uniform`, `integers` or `normal`."""

Integers = int | npt.NDArray[np.integer[Any]]


def key_from_seed(seed: int) -> npt.NDArray[np.int32]:
    """Make a world's key from its seed, through numpy's SeedSequence.

    Args:
        seed: any integer >= 0.

    Returns:
        The key's two words, (2,) int32 (the bits of two uint32, as the arena stores them).
    """
    return np.random.SeedSequence(operator.index(seed)).generate_state(2, np.uint32).view(np.int32)


def site_word(origin: int) -> int:
    """Return the site of an origin's first draw, where a compiled hook's ``rng[4]`` begins.

    Args:
        origin: number of the hook or propagator within the step, 0 to 255.

    Raises:
        ValueError: there is no such origin.
    """
    if not 0 <= origin < _NUM_ORIGINS:
        raise ValueError(f"a step has origins 0 to {_NUM_ORIGINS - 1} of random numbers, not {origin}")
    return origin << _CALL_BITS


@kernel
def uniform(rng: Draws) -> float:
    """Draw a float64 in [0, 1) in a compiled hook.

    Args:
        rng: the world's (5,) uint32 words key, key, episode, step, site; the site advances by one.
    """
    word, _ = _philox.two_words(rng[0], rng[1], rng[2], rng[3], rng[4], 0)
    rng[4] += 1
    return _philox.uniform_of(word)


@kernel
def integers(rng: Draws, low: int, high: int) -> int:
    """Draw an int64 in [low, high) in a compiled hook.

    Args:
        rng: the world's (5,) uint32 words key, key, episode, step, site; the site advances by one.
        low: smallest possible number.
        high: one above the largest.

    Raises:
        ValueError: there is no such integer, or a limit is not a whole number that fits an int64.
    """
    lowest, limit = np.int64(low), np.int64(high)
    if lowest != low or limit != high or lowest >= limit:
        raise ValueError("integers(rng, low, high) needs low < high, whole numbers that fit an int64")
    word, _ = _philox.two_words(rng[0], rng[1], rng[2], rng[3], rng[4], 0)
    rng[4] += 1
    return _philox.integer_of(word, lowest, limit - 1)


@kernel
def normal(rng: Draws) -> float:
    """Draw a standard normal float64 in a compiled hook.

    Args:
        rng: the world's (5,) uint32 words key, key, episode, step, site; the site advances by one.
    """
    first, second = _philox.two_words(rng[0], rng[1], rng[2], rng[3], rng[4], 0)
    rng[4] += 1
    return _philox.normals_of(first, second)[0]


class WorldRng:
    """Draws for a set of worlds, one row per world: what ``tick.rng`` is in array hooks.

    Each call is a site of its own, numbered 0, 1, 2, ... in the order of the calls. A call inside an ``if``
    shifts the numbers of those after it; naming the sites (``site=0``, ``site=1``) keeps them apart.
    The first number of a call is the one that a compiled hook draws with its call of the same number.

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

    @property
    def counters(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int32], int]:
        """Keys, episodes, steps and the origin's first site: what a fill kernel takes after (start, stop)."""
        return (*self._counters, self._first_site)

    def rewind(self) -> None:
        """Count calls from 0 again, as at the beginning of a tick; counters are read at every draw."""
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
        if np.ndim(loc) or np.ndim(scale):  # which of its axes were the worlds' would depend on their number
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
            high: the limit; one, or one per world (k,).
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
        if not _philox.fill_integers(*self._counters, self._site(site), lowest, limit, endpoint, rows):
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
        _philox.fill_permutation(*self._counters, self._site(site), rows)
        return out

    def _site(self, named: int | None) -> int:
        if named is None:
            if self._next_site - self._first_site >= _NAMED:
                raise ValueError(
                    f"a hook draws at most {_NAMED:,} times in a step, and the next would be those that "
                    f"name their site; draw more numbers at once, rng.random(shape)"
                )
            self._next_site += 1
            return self._next_site - 1
        if not 0 <= named < _NAMED:
            raise ValueError(f"a draw's site is a number from 0 to {_NAMED - 1}, not {named}")
        return self._first_site + _NAMED + named

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
