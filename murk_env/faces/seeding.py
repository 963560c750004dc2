"""Seeds, reset options and masks of the faces: checked before anything changes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.errors import OptionError, ResetMaskError, ResetMaskTypeError, SeedError, did_you_mean
from murk_env.random import checked_seed

__all__ = ["Draws", "draw_seed", "read_mask", "read_options", "read_seeds"]


def read_seeds(seed: Any, num_worlds: int, counted: str = "num_envs") -> list[int | None]:
    """Return one seed, or None, for each world: world i gets `seed + i`, or entry i of a sequence.

    `counted` is the face's name for the number of worlds.
    """
    if seed is None:
        return [None] * num_worlds
    if _is_sequence(seed):
        seeds = list(seed)
        if len(seeds) != num_worlds:
            raise SeedError(
                f"a list of seeds must match {counted}: expected {num_worlds} seeds (or None), "
                f"got length={len(seeds)}."
            )
        return [None if one is None else checked_seed(one) for one in seeds]
    first = checked_seed(seed)
    return [first + world for world in range(num_worlds)]


def _is_sequence(seed: Any) -> bool:
    if isinstance(seed, np.ndarray):
        return bool(cast("npt.NDArray[Any]", seed).ndim)
    return isinstance(seed, Sequence) and not isinstance(seed, str | bytes)


def read_options(options: Mapping[str, Any] | None, known: Sequence[str]) -> Mapping[str, Any]:
    """Return the options as a mapping; raise OptionError for unknown ones."""
    if not isinstance(options, Mapping | None):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise OptionError(f"reset's options must be a dict or None, not {options!r}.")
    for name in options or {}:
        if name not in known:
            raise OptionError(f"reset has no option {name!r}; {did_you_mean(name, known)}")
    return options or {}


def read_mask(mask: Any, num_rows: int, row: str = "world") -> npt.NDArray[np.intp]:
    """Return the rows that a reset mask selects; `row` is the name of a row in messages."""
    # The first clause of each message is that of Gymnasium's own vector envs.
    name, hint = "`options['reset_mask']`", f"pass one bool for each of the {num_rows} {row}s."
    if not isinstance(mask, np.ndarray):
        raise ResetMaskTypeError(f"{name} must be a numpy array, got {type(mask)}; {hint}")
    mask = cast("npt.NDArray[Any]", mask)
    if mask.shape != (num_rows,):
        raise ResetMaskError(f"{name} must have shape `({num_rows},)`, got {mask.shape}; {hint}")
    if mask.dtype != np.bool_:
        raise ResetMaskTypeError(f"{name} must have `dtype=np.bool_`, got {mask.dtype}; {hint}")
    if not mask.any():
        raise ResetMaskError(
            f"{name} must contain a boolean array with at least one True value, got reset_mask={mask}; "
            f"to reset nothing, do not call reset."
        )
    return np.flatnonzero(mask)


class Draws:
    """Draws from numpy generators for a reset, undone if it fails.

    Args:
        generators: the generators to draw from.
    """

    def __init__(self, generators: Iterable[np.random.Generator]) -> None:
        self._before = [(one, one.bit_generator.state) for one in generators]

    def seeds(self) -> list[int]:
        """Draw a world's seed from each generator, for an unseeded first reset."""
        return [draw_seed(generator) for generator, _ in self._before]

    def take_back(self) -> None:
        """Restore the generators' states."""
        for generator, state in self._before:
            generator.bit_generator.state = state


def draw_seed(generator: np.random.Generator) -> int:
    """Draw a world's seed from a numpy generator."""
    return int(generator.integers(2**63))
