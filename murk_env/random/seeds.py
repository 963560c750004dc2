"""Seeds, any non-negative integers, and the keys of worlds made from them."""

import operator

import numpy as np
import numpy.typing as npt

from murk_env.errors import SeedError, SeedTypeError

__all__ = ["checked_seed", "key_from_seed"]


def checked_seed(seed: object) -> int:
    """Return a non-negative integer of any type as a Python int.

    Raises:
        SeedTypeError: the seed is not an integer.
        SeedError: the seed is negative.
    """
    try:
        value = operator.index(seed)  # pyright: ignore[reportArgumentType]
    except TypeError:
        raise SeedTypeError(
            f"a seed must be a non-negative integer, not {seed!r} of type {type(seed).__name__}."
        ) from None
    if value < 0:
        raise SeedError(f"a seed must be a non-negative integer, not {value}.")
    return value


def key_from_seed(seed: int) -> npt.NDArray[np.int32]:
    """Make a world's key from its seed with numpy's SeedSequence.

    Args:
        seed: any integer >= 0.

    Returns:
        The key's two words, (2,) int32 (the bits of two uint32, as the arena stores them).
    """
    return np.random.SeedSequence(operator.index(seed)).generate_state(2, np.uint32).view(np.int32)
