"""Checks of the fields that mask actions."""

from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from murk_env.errors import BlueprintError
from murk_env.fields import Field

__all__ = ["check_mask", "options_of"]


def options_of(space: "spaces.Space[Any]") -> npt.NDArray[np.int64] | None:
    """Return the number of options of each choice, `(num_choices,)`; None for other action spaces."""
    match space:
        case spaces.Discrete():
            return np.array([int(space.n)], np.int64)
        case spaces.MultiDiscrete():
            return np.asarray(space.nvec, np.int64).reshape(-1)
        case _:
            return None


def check_mask(what: str, mask: Any, space: Any, over: str) -> None:
    """Raise BlueprintError unless a field can mask the actions of a space.

    Args:
        what: the owner of the mask, for messages.
        mask: the field, None for no mask.
        space: the action space.
        over: `world` or `agents`, whichever the field has to be over. Groups may share a field, so one over
            agents may have more components than a group has options.
    """
    if mask is None:
        return
    options = options_of(space)
    if options is None:
        raise BlueprintError(
            f"{what} has an action_mask, but its action space {space} offers no options to choose from; "
            f"masks are for Discrete and MultiDiscrete."
        )
    number = int(options.sum())
    wanted = f"a field over={over!r} that is not static, with components={number}, one for each option"
    if not isinstance(mask, Field):
        raise BlueprintError(f"{what}: action_mask is {wanted}, not {mask!r}.")
    components = mask.components or 0
    fits = components == number or (over == "agents" and components > number)
    if mask.over != over or mask.fixed or not fits:
        raise BlueprintError(
            f"{what}: action_mask is {wanted}; {mask.name or 'the field'} is {mask.mutability}, over "
            f"{mask.over!r}, with components={mask.components}."
        )
