"""Action masks: fields, read as one mask of each world's options."""

from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.author.blueprint import Blueprint
from murk_env.author.masks import options_of
from murk_env.fields import Field, Values
from murk_env.fields.bookkeeping import ACTIVE, INACTIVE, STEP

__all__ = ["ACTION_MASK", "ActionMasks"]

ACTION_MASK = "action_mask"  # its key in infos

Mask = npt.NDArray[np.int8]


class ActionMasks:
    """The options of all actors of a world side by side, and the fields that mask them.

    An option is allowed where its field is not 0. An actor without a field, and an agent that has left, may
    choose any option.

    Args:
        blueprint: the environment's blueprint.

    Attributes:
        options: number of options of each choice, actor by actor, (num_choices,).
        num_options: their sum.
        used: whether any actor has a mask.
    """

    def __init__(self, blueprint: Blueprint) -> None:
        self._parts: list[tuple[Field | None, slice, int]] = []
        found: list[npt.NDArray[np.int64]] = []
        first = 0
        for group in blueprint.groups:
            one = options_of(group.action_space)
            if one is not None:
                found += [one] * group.size
                self._parts.append((group.action_mask, slice(first, first + group.size), int(one.sum())))
            first += group.size
        if not blueprint.groups:
            alone = options_of(blueprint.action_space) if blueprint.action_space is not None else None
            found = [] if alone is None else [alone]
        self._own = blueprint.action_mask
        self.options = np.concatenate([np.empty(0, np.int64), *found])
        self.num_options = int(self.options.sum())
        self.used = self._own is not None or any(field is not None for field, _, _ in self._parts)

    def of(self, values: Values) -> Mask:
        """Return the mask of every world, (num_worlds, num_options) int8: 1 for allowed options, else 0."""
        if self._own is not None:
            return (values[self._own] != 0).astype(np.int8)
        parts = [self._of_group(values, *part) for part in self._parts]
        return np.concatenate(parts, axis=1)

    def _of_group(self, values: Values, field: Field | None, agents: slice, each: int) -> Mask:
        size = agents.stop - agents.start
        if field is None:
            return np.ones((len(values[STEP]), size * each), np.int8)
        own = values[field][:, :each, agents]  # (num_worlds, options, size)
        allowed = np.swapaxes(own, 1, 2) != 0
        if ACTIVE in values:
            allowed |= (values[ACTIVE][:, agents] == INACTIVE)[:, :, np.newaxis]
        return allowed.reshape(len(own), size * each).astype(np.int8)

    def of_group(self, mask: npt.NDArray[Any], agents: slice) -> npt.NDArray[Any] | None:
        """Return a group's part of a mask, (num_worlds, size, options); None if it has no field."""
        first = 0
        for field, members, each in self._parts:
            size = members.stop - members.start
            if members == agents:
                own = mask[:, first : first + size * each].reshape(len(mask), size, each)
                return None if field is None else own
            first += size * each
        return None
