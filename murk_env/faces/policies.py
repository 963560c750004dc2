"""Policies for the groups of agents that a face does not show."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.engine.batch import Batch
from murk_env.errors import ActionError, ActionTypeError, ParameterError, described, did_you_mean
from murk_env.faces.actions import ActionReader
from murk_env.faces.agent_groups import Seats

__all__ = ["Policies", "Policy", "hand_over", "skipped"]

Array = npt.NDArray[Any]
Policy = Callable[[Any], npt.ArrayLike]


class Policies:
    """One policy for each group except the one that the face shows.

    Args:
        owner: the environment's name.
        others: the groups that need one.
        given: the policies by the names of groups.
        num_worlds: number of worlds.
        clips: whether numbers beyond the bounds of a Box are set to them, instead of refused.

    Raises:
        ParameterError: a group has no policy, or a policy has no such group or cannot be called.
    """

    def __init__(
        self,
        owner: str,
        others: Sequence[Seats],
        given: Mapping[str, Policy] | None,
        num_worlds: int,
        *,
        clips: bool,
    ) -> None:
        self.given = dict(_checked(owner, [one.group.name for one in others], given))
        self._seats = others
        self._readers = [
            ActionReader(one.group.action_space, num_worlds * one.group.size, _caller(one), clips=clips)
            for one in others
        ]
        self._num_worlds = num_worlds

    def read(self, batch: Batch, left: npt.NDArray[np.bool_]) -> None:
        """Call every policy and check its actions.

        Args:
            batch: the worlds.
            left: agents whose actions are ignored, (num_worlds, num_agents).

        Raises:
            ActionError, ActionTypeError: a policy did not return a legal action for each of its agents.
        """
        for seats, reader in zip(self._seats, self._readers, strict=True):
            name = seats.group.name
            decided = self._decided(seats, reader, self.given[name](batch.observation(seats.index)))
            try:
                reader.read(decided, skipped(left, seats))
            except ActionError as error:
                raise type(error)(f"the policy of {name!r}: {error}") from error

    def _decided(self, seats: Seats, reader: ActionReader, decided: Any) -> Array:
        """Return a policy's actions, one row for each of its agents."""
        name, shape = seats.group.name, (self._num_worlds, seats.group.size, *reader.actions.shape[1:])
        if decided is None:
            raise ActionTypeError(
                f"the policy of {name!r} returned nothing; it returns actions, an array of shape {shape}."
            )
        try:
            array = np.asarray(decided)
        except ValueError as error:
            raise ActionError(
                f"the policy of {name!r} returned no array of shape {shape}: {described(error)}."
            ) from error
        if array.shape != shape:
            raise ActionError(
                f"the policy of {name!r} decides for {seats.group.size} agent(s) in each of "
                f"{self._num_worlds} world(s), an array of shape {shape}, but returned shape {array.shape}."
            )
        return array.reshape(-1, *shape[2:])

    def hand_over(self, batch: Batch) -> None:
        """Write the actions that were read into the array that hooks are given."""
        for seats, reader in zip(self._seats, self._readers, strict=True):
            hand_over(batch, seats, reader)


def skipped(left: npt.NDArray[np.bool_], seats: Seats) -> npt.NDArray[np.bool_] | None:
    """Return which of a group's rows are skipped, (num_worlds * size,); None if none are."""
    rows = left[:, seats.agents].reshape(-1)
    return rows if rows.any() else None


def hand_over(batch: Batch, seats: Seats, reader: ActionReader) -> None:
    """Write a group's actions, (num_worlds * size, ...), into the array that hooks are given."""
    target = batch.actions[:, seats.agents]
    target[...] = reader.actions.reshape(target.shape)


def _caller(seats: Seats) -> Callable[[int], str]:
    def called(row: int) -> str:
        world, agent = divmod(row, seats.group.size)
        return f"{seats.names[agent]} in world {world}"

    return called


def _checked(owner: str, names: Sequence[str], given: Mapping[str, Policy] | None) -> Mapping[str, Policy]:
    policies: Mapping[str, Policy] = {} if given is None else given
    if not isinstance(policies, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ParameterError(
            f"{owner}'s others must be a dict with a policy for each of the groups {list(names)}, not "
            f"{given!r}."
        )
    for name in names:
        if name not in policies:
            raise ParameterError(
                f"{owner} has other agents, whose group {name!r} needs a policy: pass "
                f"others={{{name!r}: policy}}, where policy(observations (num_worlds, size, ...)) returns "
                f"their actions (num_worlds, size, ...)."
            )
    for name, policy in policies.items():
        if name not in names:
            raise ParameterError(
                f"{owner} has no other group {name!r} that a policy could decide for; "
                f"{did_you_mean(name, names)}"
            )
        if not callable(policy):  # pyright: ignore[reportUnnecessaryComparison]
            raise ParameterError(
                f"the policy of {name!r} must be a function of observations, not {policy!r}."
            )
    return policies
