"""The outputs of a batch of one world, for each agent by its name."""

from collections.abc import Sequence
from itertools import compress
from typing import Any, TypeVar

import numpy.typing as npt

from murk_env.engine.action_masks import ACTION_MASK
from murk_env.faces.agent_groups import Seats
from murk_env.faces.assembly import Assembly
from murk_env.faces.env import MurkEnv
from murk_env.faces.infos import info_of_one
from murk_env.faces.masked_actions import mask_of_group
from murk_env.fields import Values
from murk_env.fields.bookkeeping import ACTIVE, STAYING
from murk_env.observation.output import rows_of

__all__ = ["Dicts", "NamedOutputs"]

Said = TypeVar("Said")
Dicts = tuple[dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]


class NamedOutputs:
    """The agents of one world, as they are in the step or reset in progress.

    Args:
        assembly: the parts of the face.
        groups: the seats of the groups.

    Attributes:
        seats: by the name of an agent, its group's seats and its number there.
    """

    def __init__(self, assembly: Assembly[MurkEnv], groups: Sequence[Seats]) -> None:
        self._batch, self._masked, self._groups = assembly.batch, assembly.masked, groups
        self.seats = {name: (one, seat) for one in groups for seat, name in enumerate(one.names)}
        self._latest: tuple[bytes, list[str]] = b"", []  # the agents' latest states, and who is active

    def active(self, values: Values | None = None) -> list[str]:
        """Return the names of the agents that act in the next step, by default according to `Batch.values`.

        The same as `active_agents`, but for one world and without numpy, whose calls would take longer.
        """
        batch = self._batch
        if batch.pending is not None:
            return []
        if batch.rewards.ndim == 1:
            return list(self.seats)
        states = (batch.values() if values is None else values)[ACTIVE][0]
        told, names = self._latest
        if told != (now := states.tobytes()):  # they change only a few times in an episode
            names = [name for name, state in zip(self.seats, states, strict=True) if state == STAYING]
            self._latest = now, names
        return names.copy()

    def stepped(self, agents: list[str]) -> Dicts:
        """Return the outputs of a step for the agents that acted in it."""
        batch, keep = self._batch, self._chosen(agents)
        rewards, terminated, truncated = (
            self._by_name(values, agents, keep)
            for values in (batch.rewards, batch.terminated, batch.truncated)
        )
        return self._seen(agents, keep), rewards, terminated, truncated, self.told(agents)

    def seen_by(self, agents: list[str]) -> dict[str, Any]:
        """Return the observations of some agents."""
        return self._seen(agents, self._chosen(agents))

    def _chosen(self, agents: list[str]) -> list[bool] | None:
        """Return for every agent whether it is among `agents`, which are in order; None if all are."""
        if len(agents) == len(self.seats):
            return None
        some = set(agents)
        return [name in some for name in self.seats]

    def _by_name(
        self, values: npt.NDArray[Any], agents: list[str], keep: list[bool] | None
    ) -> dict[str, Any]:
        """Return rewards or flags of some agents; every agent of a team gets the team's."""
        if values.ndim == 1:
            return dict.fromkeys(agents, values.item())
        return _those(values[0].tolist(), agents, keep)

    def _seen(self, agents: list[str], keep: list[bool] | None) -> dict[str, Any]:
        everyones: list[Any] = []
        for one in self._groups:
            everyones += rows_of(self._batch.observed[one.index].row(0))
        return _those(everyones, agents, keep)

    def told(self, agents: list[str]) -> dict[str, dict[str, Any]]:
        """Return the infos of some agents."""
        info, masked = self._batch.info, self._masked
        if not info:
            return {name: {} for name in agents}
        shared = {key: array for key, array in info.items() if key != ACTION_MASK}
        told = {name: info_of_one(shared) for name in agents}
        for name in agents if masked is not None else ():
            group, seat = self.seats[name]
            own = mask_of_group(masked, info, group.agents)
            if own is not None:
                told[name][ACTION_MASK] = own[0, seat].copy()
        return told


def _those(everyones: list[Said], agents: list[str], keep: list[bool] | None) -> dict[str, Said]:
    """Return the entries of some agents by name, from a list with one entry for every agent in order."""
    return dict(zip(agents, everyones if keep is None else compress(everyones, keep), strict=True))
