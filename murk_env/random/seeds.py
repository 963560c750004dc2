"""Seeds: any non-negative integer, and the key that a world draws with."""

import operator

from murk_env.errors import SeedError, SeedTypeError

__all__ = ["checked_seed"]


def checked_seed(seed: object) -> int:
    """Return any non-negative integral seed as a Python int."""
    try:
        value = operator.index(seed)  # pyright: ignore[reportArgumentType]
    except TypeError:
        raise SeedTypeError(
            f"a seed is a non-negative integer, not {seed!r} of type {type(seed).__name__}."
        ) from None
    if value < 0:
        raise SeedError(f"a seed is a non-negative integer, not {value}.")
    return value
