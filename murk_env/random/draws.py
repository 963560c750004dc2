"""Random numbers that depend only on where they are drawn.

Every number is the value of Philox4x32-10 at a counter: key from the world's seed, counter = (episode, step
of the episode, site of the draw, block of elements). The number of worlds, their order, the number of
threads and earlier draws do not matter.

A site is one call of one origin in a step. The upper 8 bits hold the origin (a hook, a propagator), the lower
24 count the calls within it; sites that calls name themselves begin in the middle of that range, so that
they never coincide with the others.
"""

import numpy as np
import numpy.typing as npt

from murk_env.kernels import kernel
from murk_env.random import philox

__all__ = ["MOST_DRAWS", "NAMED", "TOO_MANY_DRAWS", "Draws", "integers", "normal", "site_word", "uniform"]

_CALL_BITS = 24
_NUM_ORIGINS = 1 << 8
NAMED = 1 << (_CALL_BITS - 1)
"""The first of the sites, counted from an origin's own, that a call names itself."""

MOST_DRAWS = 1 << _CALL_BITS
"""Draws that a compiled hook may make in a step of one world; more would be those of the next origin."""

TOO_MANY_DRAWS = (
    f"it drew more than {MOST_DRAWS:,} random numbers in a step of one world, and the next would be those of "
    f"another hook; draw less, or let a propagator draw"
)

Draws = npt.NDArray[np.uint32]
"""The type of `rng` in a compiled hook: pass it to `uniform`, `integers` or `normal`."""


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
        rng: the world's state, (5,) uint32: key (two words), episode, step, site; the site advances by one.
    """
    word, _ = philox.two_words(rng[0], rng[1], rng[2], rng[3], rng[4], 0)
    rng[4] += 1
    return philox.uniform_of(word)


@kernel
def integers(rng: Draws, low: int, high: int) -> int:
    """Draw an int64 in [low, high) in a compiled hook.

    Args:
        rng: the world's state, (5,) uint32: key (two words), episode, step, site; the site advances by one.
        low: smallest possible number.
        high: one above the largest.

    Raises:
        ValueError: there is no such integer, or a limit is not a whole number that fits an int64.
    """
    lowest, limit = np.int64(low), np.int64(high)
    if lowest != low or limit != high or lowest >= limit:
        raise ValueError("integers(rng, low, high) needs low < high, whole numbers that fit an int64")
    word, _ = philox.two_words(rng[0], rng[1], rng[2], rng[3], rng[4], 0)
    rng[4] += 1
    return philox.integer_of(word, lowest, limit - 1)


@kernel
def normal(rng: Draws) -> float:
    """Draw a standard normal float64 in a compiled hook.

    Args:
        rng: the world's state, (5,) uint32: key (two words), episode, step, site; the site advances by one.
    """
    first, second = philox.two_words(rng[0], rng[1], rng[2], rng[3], rng[4], 0)
    rng[4] += 1
    return philox.normals_of(first, second)[0]
