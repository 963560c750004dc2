"""What a batch of one world says of each agent, by its name."""

from collections.abc import Sequence
from typing import Any

from murk_env.engine.action_masks import ACTION_MASK
from murk_env.faces.agent_groups import Seats, active_agents, apart
from murk_env.faces.assembly import Assembly
from murk_env.faces.env import MurkEnv
from murk_env.faces.infos import info_of_one
from murk_env.faces.masked_actions import mask_of_group
from murk_env.fields import Values
from murk_env.observation.output import row_of

__all__ = ["Dicts", "NamedOutputs"]

Dicts = tuple[dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]


class NamedOutputs:
    """The agents of one world, as they are in the step or reset in progress.

    Args:
        assembly: what the face is made of.
        groups: where the groups' agents stand.

    Attributes:
        seats: by the name of an agent, its group and its number there.
    """

    def __init__(self, assembly: Assembly[MurkEnv], groups: Sequence[Seats]) -> None:
        self._batch, self._masked = assembly.batch, assembly.masked
        self.seats = {name: (one, seat) for one in groups for seat, name in enumerate(one.names)}

    def active(self, values: Values | None = None) -> list[str]:
        """Return the names of the agents that act in the next step; `values` are those to look at."""
        active = active_agents(self._batch, len(self.seats), values)[0].tolist()
        return [name for name, acts in zip(self.seats, active, strict=True) if acts]

    def stepped(self, agents: list[str]) -> Dicts:
        """Return what a step returns of the agents that acted in it."""
        batch, number = self._batch, len(self.seats)
        flags = (
            dict(zip(self.seats, apart(values, number)[0].tolist(), strict=True))
            for values in (batch.rewards, batch.terminated, batch.truncated)
        )
        rewards, terminated, truncated = ({name: values[name] for name in agents} for values in flags)
        return self.seen_by(agents), rewards, terminated, truncated, self.told(agents)

    def seen_by(self, agents: list[str]) -> dict[str, Any]:
        """Return what some agents observe."""
        return {name: self._observe(*self.seats[name]) for name in agents}

    def _observe(self, group: Seats, seat: int) -> Any:
        return row_of(row_of(self._batch.observation(group.index), 0), seat)

    def told(self, agents: list[str]) -> dict[str, dict[str, Any]]:
        """Return the infos of some agents."""
        info, masked = self._batch.info, self._masked
        shared = {key: array for key, array in info.items() if key != ACTION_MASK}
        told = {name: info_of_one(shared) for name in agents}
        for name in agents if masked is not None else ():
            group, seat = self.seats[name]
            own = mask_of_group(masked, info, group.agents)
            if own is not None:
                told[name][ACTION_MASK] = own[0, seat].copy()
        return told
