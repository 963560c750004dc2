"""Checks actions against the mask in the latest infos, before anything changes."""

from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.author.blueprint import Blueprint
from murk_env.engine.action_masks import ACTION_MASK, ActionMasks
from murk_env.engine.batch import Batch, Reader, Worlds
from murk_env.engine.infos import Info
from murk_env.errors import ActionError
from murk_env.faces.action_limits import limits_of

__all__ = ["MaskedActions", "mask_of_group"]

Array = npt.NDArray[Any]


class MaskedActions:
    """Checks the actions of all worlds, in the array that hooks are given, against their mask.

    Args:
        masks: the action masks.
        blueprint: the environment's blueprint.
        space: the action space of one world: with groups, the joint space of all agents.
        replaces: whether an action that is masked out is replaced by the first allowed one, instead of being
            refused.
    """

    def __init__(self, masks: ActionMasks, blueprint: Blueprint, space: Any, *, replaces: bool) -> None:
        self.masks = masks
        self._replaces = replaces
        self._first = np.cumsum(masks.options) - masks.options  # where the options of a choice begin
        self._low = limits_of(space).low.reshape(-1)
        self._names = [f"{group.name}_{seat}" for group in blueprint.groups for seat in range(group.size)]

    def check(self, batch: Batch, skipped: Array | None = None) -> None:
        """Refuse, or replace, actions that the mask of the published state does not allow.

        Args:
            batch: the worlds and their actions.
            skipped: worlds, or a mask of their agents, whose actions are not used.

        Raises:
            ActionError: an action is masked out and not replaced, or a mask allows nothing at all.
        """
        mask = self.masks.of(batch.world.published()) != 0  # (num_worlds, num_options)
        actions = batch.actions.reshape(len(mask), -1)  # (num_worlds, num_choices)
        chosen = self._first + actions - self._low
        allowed = np.take_along_axis(mask, chosen, axis=1)
        if skipped is not None:
            allowed |= self._unused(skipped, allowed.shape)
        if allowed.all():
            return
        for world, choice in np.argwhere(~allowed).tolist():
            start = self._first[choice]
            options = np.flatnonzero(mask[world, start : start + self.masks.options[choice]])
            legal = (options + self._low[choice]).tolist()
            if not legal or not self._replaces:
                raise ActionError(self._refusal(batch, world, choice, actions[world, choice], legal))
            actions[world, choice] = legal[0]

    def after(self, read: Reader, batch: Batch, *, skips: bool) -> Reader:
        """Return a reader that reads the actions of all worlds and then checks them.

        Args:
            read: the reader, as `Batch.step` takes it.
            batch: the worlds.
            skips: whether the actions of worlds that have ended are not used.
        """

        def both(actions: Any, pending: Worlds | None) -> None:
            read(actions, pending)
            self.check(batch, pending if skips else None)

        return both

    def _unused(self, skipped: Array, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
        """Return which choices are not used."""
        if skipped.ndim == 2:
            return np.repeat(skipped, shape[1] // skipped.shape[1], axis=1)
        unused = np.zeros(shape, np.bool_)
        unused[skipped] = True
        return unused

    def _refusal(self, batch: Batch, world: int, choice: int, action: int, legal: list[int]) -> str:
        each = len(self.masks.options) // max(len(self._names), 1)  # choices of one actor
        who = f" of {self._names[choice // each]}" if self._names else ""
        where = f" in world {world}" if len(batch.actions) > 1 else ""
        what = f"choice {choice % each} of the action" if each > 1 else "the action"
        if not legal:
            return (
                f"{what}{who}{where} cannot be made: its mask, info['action_mask'], allows nothing. Let the "
                f"field that is the action_mask allow one option at least."
            )
        return (
            f"{what}{who}{where} is {action}, which is masked out: info['action_mask'] allows {legal}. "
            f"Choose by the mask, or make the env with action_masked_out='replace', which takes the first."
        )


def mask_of_group(masked: MaskedActions | None, info: Info, agents: slice) -> Array | None:
    """Return a group's part of the mask in an info, (num_worlds, size, options); None without a mask."""
    return None if masked is None else masked.masks.of_group(info[ACTION_MASK], agents)
