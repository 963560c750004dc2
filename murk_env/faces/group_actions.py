"""Reads the actions of every group of agents: all of them are validated before anything changes."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.engine.batch import Batch
from murk_env.errors import ActionError, ActionTypeError, did_you_mean
from murk_env.faces.actions import ActionReader
from murk_env.faces.agent_groups import Seats
from murk_env.faces.policies import hand_over, skipped

__all__ = ["GroupActions"]

Array = npt.NDArray[Any]


class GroupActions:
    """Writes the actions of all groups into the array that hooks are given.

    Args:
        owner: the environment's name.
        groups: the seats of the groups.
        num_worlds: number of worlds.
        clips: whether numbers beyond the bounds of a Box are set to them, instead of refused.
    """

    def __init__(self, owner: str, groups: Sequence[Seats], num_worlds: int, *, clips: bool) -> None:
        self._owner, self._num_worlds = owner, num_worlds
        self._seats = {one.group.name: one for one in groups}
        self._readers = {name: self._reader(one, clips=clips) for name, one in self._seats.items()}

    def _reader(self, seats: Seats, *, clips: bool) -> ActionReader:
        size = seats.group.size

        def called(row: int) -> str:
            return f"{seats.names[row % size]} in world {row // size}"

        return ActionReader(seats.group.action_space, self._num_worlds * size, called, clips=clips)

    def read(self, batch: Batch, actions: Any, left: npt.NDArray[np.bool_]) -> None:
        """Check the actions of all groups and hand them over.

        Args:
            batch: the worlds.
            actions: by group, (num_worlds, size, ...).
            left: agents whose actions are ignored, (num_worlds, num_agents).

        Raises:
            ActionTypeError: `actions` is no dict, or some are of a dtype that their space does not hold.
            ActionError: a group is unknown or missing, or an action lies outside its space.
        """
        given = self._by_group(actions)
        for name, seats in self._seats.items():
            try:
                self._readers[name].read(given[name], skipped(left, seats))
            except ActionError as error:
                raise type(error)(f"the actions of group {name!r}: {error}") from error
        for name, seats in self._seats.items():
            hand_over(batch, seats, self._readers[name])

    def _by_group(self, actions: Any) -> dict[str, Array]:
        """Return the actions of every group, one row for each agent, or raise an ActionError."""
        names = list(self._seats)
        if not isinstance(actions, Mapping):
            raise ActionTypeError(
                f"{self._owner}: step takes a dict with the actions of each of the groups {names}, not "
                f"{actions!r}."
            )
        given = cast("Mapping[Any, Any]", actions)
        for name in given:
            if name not in self._seats:
                raise ActionError(
                    f"{self._owner}: actions are given for {name!r}, but there is no such group; "
                    f"{did_you_mean(name, names)}"
                )
        missing = [name for name in names if name not in given]
        if missing:
            raise ActionError(
                f"{self._owner}: no actions are given for {missing}; give those of each of {names}."
            )
        return {name: self._rows(name, given[name]) for name in names}

    def _rows(self, name: str, actions: Any) -> Array:
        shape = self._readers[name].actions.shape[1:]
        wanted = (self._num_worlds, self._seats[name].group.size, *shape)
        try:
            array = np.asarray(actions)
        except ValueError:
            array = None
        if array is None or array.shape != wanted:
            came = repr(actions) if array is None or array.dtype == np.object_ else f"of shape {array.shape}"
            raise ActionError(
                f"the actions of group {name!r} must be an array of shape {wanted}, one for each of its "
                f"agents in each world, not {came}."
            )
        return array.reshape(-1, *shape)
