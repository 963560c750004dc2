"""Reads a dict of actions by the names of agents: validated whole, before anything changes."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.engine.batch import Core
from murk_env.errors import ActionError, ActionTypeError, did_you_mean
from murk_env.faces.actions import ActionReader
from murk_env.faces.agent_groups import Seats

__all__ = ["NamedActions"]


class NamedActions:
    """Puts the actions of one world's agents where its hooks find them.

    Args:
        owner: the environment's name.
        core: the world.
        groups: where the groups of its agents stand.
    """

    def __init__(self, owner: str, core: Core, groups: Sequence[Seats]) -> None:
        self._owner = owner
        self._core = core
        self._readers = {
            name: ActionReader(one.group.action_space, 1, f"agent {name}".format)
            for one in groups
            for name in one.names
        }

    def read(self, actions: Any, here: Sequence[str]) -> None:
        """Check the actions and hand them over; a legal filler stands in for agents that have left.

        Args:
            actions: a dict with one action for each agent that is here, and no others.
            here: the names of the agents that act.

        Raises:
            ActionTypeError: it is no dict, or an action is of a dtype that its space does not hold.
            ActionError: an agent is unknown, missing or gone, or an action lies outside its space.
        """
        given = self._named(actions, here)
        chosen = {name: self._read_one(name, given[name]) for name in here}
        joint = self._core.actions.actions.copy()
        for place, name in enumerate(self._readers):
            if name in chosen:
                joint[0, place] = chosen[name]
        gone = np.array([[name not in chosen for name in self._readers]])
        self._core.actions.read(joint, gone if gone.any() else None)

    def _named(self, actions: Any, here: Sequence[str]) -> Mapping[Any, Any]:
        """Return the dict of actions, if it is one for those that are here."""
        if not isinstance(actions, Mapping):
            raise ActionTypeError(
                f"{self._owner}: step takes a dict with an action for each of {here}, not {actions!r}."
            )
        given = cast("Mapping[Any, Any]", actions)
        for name in given:
            if name not in self._readers:
                raise ActionError(
                    f"{self._owner}: an action is given for {name!r}, but there is no such agent; "
                    f"{did_you_mean(name, self._readers)}"
                )
            if name not in here:
                hint = f"give one for each of {here}" if here else "all have: call reset()"
                raise ActionError(f"{self._owner}: an action is given for {name!r}, which has left; {hint}.")
        missing = [name for name in here if name not in given]
        if missing:
            raise ActionError(
                f"{self._owner}: no action is given for {missing}; give one for each of {here}."
            )
        return given

    def _read_one(self, name: str, action: Any) -> npt.NDArray[Any]:
        """Check one agent's action and return it."""
        try:
            return self._readers[name].read_one(action)[0]
        except ActionTypeError as error:
            raise ActionTypeError(f"agent {name}: {error}") from error
