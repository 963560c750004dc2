"""Reads a dict of actions by the names of agents: all are validated before anything changes."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.errors import ActionError, ActionTypeError, did_you_mean
from murk_env.faces.actions import ActionReader
from murk_env.faces.agent_groups import Seats

__all__ = ["NamedActions"]


class NamedActions:
    """Writes the actions of one world's agents into the array that hooks are given.

    Args:
        owner: the environment's name.
        actions: reads the joint actions of all agents.
        groups: the seats of the groups.
        clips: whether numbers beyond the bounds of a Box are set to them, instead of refused.
    """

    def __init__(self, owner: str, actions: ActionReader, groups: Sequence[Seats], *, clips: bool) -> None:
        self._owner = owner
        self._joint = actions
        self._readers = {
            name: ActionReader(one.group.action_space, 1, f"agent {name}".format, clips=clips)
            for one in groups
            for name in one.names
        }
        self._places = {name: place for place, name in enumerate(self._readers)}
        self._fillers = actions.actions.copy()  # legal actions, before any were read
        self._legal = list(self._fillers[0])

    def read(self, actions: Any, active: Sequence[str]) -> None:
        """Check the actions and hand them over; a legal filler takes the place of agents that have left.

        Args:
            actions: a dict with one action for each active agent, and no others.
            active: the names of the active agents.

        Raises:
            ActionTypeError: `actions` is no dict, or one is of a dtype that its space does not hold.
            ActionError: an agent is unknown, missing or has left, or an action lies outside its space.
        """
        if not self._took(actions, active):
            self._read_each(self._named(actions, active), active)

    def _took(self, actions: Any, active: Sequence[str]) -> bool:
        """Take all actions at once if they need no conversion; return whether they were taken.

        If not, they are read agent by agent, to be converted, or refused in the agent's name.
        """
        given = cast("dict[Any, Any]", actions)
        if type(actions) is not dict or len(given) != len(active):
            return False
        everyones = self._legal.copy()
        try:
            for name in active:
                everyones[self._places[name]] = given[name]
            chosen: npt.NDArray[Any] = np.array(everyones)
        except (KeyError, ValueError):  # an agent is missing, or their actions are of several shapes
            return False
        joint = self._joint.actions
        if chosen.dtype != joint.dtype or chosen.shape != joint.shape[1:]:
            return False
        return self._joint.took(chosen[np.newaxis], joint.shape)

    def _read_each(self, given: Mapping[Any, Any], active: Sequence[str]) -> None:
        """Check the actions one by one and hand them over."""
        joint = self._fillers.copy()
        for name in active:
            joint[0, self._places[name]] = self._read_one(name, given[name])
        self._joint.read(joint)

    def _named(self, actions: Any, active: Sequence[str]) -> Mapping[Any, Any]:
        """Return the dict of actions, or raise an ActionError if it is not one for the active agents."""
        if not isinstance(actions, Mapping):
            raise ActionTypeError(
                f"{self._owner}: step takes a dict with an action for each of {active}, not {actions!r}."
            )
        given = cast("Mapping[Any, Any]", actions)
        for name in given:
            if name not in self._readers:
                raise ActionError(
                    f"{self._owner}: an action is given for {name!r}, but there is no such agent; "
                    f"{did_you_mean(name, self._readers)}"
                )
            if name not in active:
                hint = f"give one for each of {active}" if active else "all have: call reset()"
                raise ActionError(f"{self._owner}: an action is given for {name!r}, which has left; {hint}.")
        missing = [name for name in active if name not in given]
        if missing:
            raise ActionError(
                f"{self._owner}: no action is given for {missing}; give one for each of {active}."
            )
        return given

    def _read_one(self, name: str, action: Any) -> npt.NDArray[Any]:
        """Check one agent's action and return it."""
        try:
            return self._readers[name].read_one(action)[0]
        except ActionTypeError as error:
            raise ActionTypeError(f"agent {name}: {error}") from error
