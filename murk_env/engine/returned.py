"""Checks the results of array hooks: shape and kind of dtype, and that rewards are finite."""

from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import HookError

__all__ = ["check_finite", "take"]

Array = npt.NDArray[Any]


def take(where: str, result: Any, out: Array, kinds: str) -> None:
    """Copy a hook's result into an array.

    Args:
        where: the hook's name.
        result: the object that it returned.
        out: the array, whose shape the result must have.
        kinds: the kinds of dtype that the result may have, as numpy's letters.

    Raises:
        HookError: the result is of another shape or kind.
    """
    try:
        given = np.asarray(result)
    except ValueError:  # such as a tuple of arrays of different shapes
        given = np.array(None)
    if given.shape != out.shape or given.dtype.kind not in kinds:
        wanted = "bool" if kinds == "b" else "real numbers"
        each = "world" if out.ndim == 1 else "agent of each world"
        came = f"an array of shape {given.shape}"
        if given.ndim == 0:
            came = "nothing" if result is None else f"the single value {result!r}"
            if type(result) in (tuple, list):
                came = f"a {type(result).__name__} of unlike values"
        elif given.dtype.kind not in kinds:
            came = f"an array of dtype {given.dtype}"
        raise HookError(
            f"{where} must return {wanted} of shape {out.shape}, one for each {each}, but "
            f"returned {came}; the step was undone."
        )
    np.copyto(out, given, casting="unsafe")


def check_finite(where: str, rewards: Array, steps: Array) -> None:
    """Raise HookError unless rewards, (num_worlds, ...), are finite, except in worlds that were reset."""
    wrong = ~np.isfinite(rewards.reshape(len(steps), -1)).all(axis=1) & (steps > 0)
    if wrong.any():
        raise HookError(
            f"{where} is not finite in world(s) {np.flatnonzero(wrong).tolist()}; the step was undone."
        )
