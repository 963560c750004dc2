"""The outputs of a batch of one world, for each agent by its name."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import compress
from typing import Any

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

Choice = Callable[[list[Any]], Iterable[Any]]
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
        self._chosen: tuple[list[str], Choice] = list(self.seats), _all

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
        batch, those = self._batch, self._choice(agents)
        rewards, terminated, truncated = (
            _by_name(values, agents, those) for values in (batch.rewards, batch.terminated, batch.truncated)
        )
        return self._seen(agents, those), rewards, terminated, truncated, self.told(agents)

    def seen_by(self, agents: list[str]) -> dict[str, Any]:
        """Return the observations of some agents."""
        return self._seen(agents, self._choice(agents))

    def _seen(self, agents: list[str], those: Choice) -> dict[str, Any]:
        everyones: list[Any] = []
        for one in self._groups:
            everyones += rows_of(self._batch.observed[one.index].row(0))
        return dict(zip(agents, those(everyones), strict=True))

    def _choice(self, agents: list[str]) -> Choice:
        """Return what takes the entries of some agents, in order, from a list with one for every agent."""
        chosen, those = self._chosen
        if chosen != agents:  # they change only a few times in an episode
            some = set(agents)
            keep = [name in some for name in self.seats]
            those = _all if all(keep) else partial(_those, keep)
            self._chosen = list(agents), those
        return those

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


def _by_name(values: npt.NDArray[Any], agents: list[str], those: Choice) -> dict[str, Any]:
    """Return rewards or flags of some agents; every agent of a team gets the team's."""
    if values.ndim == 1:
        return dict.fromkeys(agents, values.item())
    return dict(zip(agents, those(values[0].tolist()), strict=True))


def _all(everyones: list[Any]) -> Iterable[Any]:
    return everyones


def _those(keep: list[bool], everyones: list[Any]) -> Iterable[Any]:
    return compress(everyones, keep)
