"""What a face returns, shown as rows, so that it can be hashed, kept and compared whatever the face."""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.faces.agent_groups import active_agents
from murk_env.faces.recipe import FaceName, batch_of
from murk_env.observation.output import each_array, rows_of

__all__ = ["Last", "Outputs", "Rows", "rows_of_face"]

Array = npt.NDArray[Any]

_FINAL = frozenset({"final_obs", "_final_obs", "final_info", "_final_info"})
_TIMED = frozenset({"episode", "_episode"})  # they tell seconds, which differ when it is played again


@dataclasses.dataclass(slots=True)
class Last:
    """What same-step mode returned of the rows whose episode ended.

    Attributes:
        rows: the rows.
        observations: the final observation of each of them, an array or a dict of arrays.
        said: by name, their final infos, (rows, ...).
    """

    rows: list[int]
    observations: list[Any]
    said: dict[str, Array]


@dataclasses.dataclass(slots=True)
class Outputs:
    """What a step or a reset returned.

    Attributes:
        observation: by name, the observations of some rows: the first of these, and (rows, ...).
        said: by name, what is said of every row: reward, flags and infos, (num_rows, ...).
        last: the rows whose episode ended in same-step mode; None for none.
    """

    observation: dict[str, tuple[int, Array]]
    said: dict[str, Array]
    last: "Last | None" = None

    def observed(self, row: int) -> list[Array]:
        """Return the arrays of one row's observation."""
        return [
            array[row - first] for first, array in self.observation.values() if 0 <= row - first < len(array)
        ]

    def flat(self) -> dict[str, Array]:
        """Return everything by name: `observation`, `reward`, ..., `final/3/observation`; copies."""
        found = {name: array.copy() for name, (_, array) in self.observation.items()}
        found |= {name: array.copy() for name, array in self.said.items()}
        if self.last is not None:
            for place, row in enumerate(self.last.rows):
                for name, array in _named(self.last.observations[place]).items():
                    found[f"final/{row}/{name}"] = array[1].copy()
                for name, array in self.last.said.items():
                    found[f"final/{row}/{name}"] = np.array(array[place])
        return found

    def row_at(self, name: str, place: int) -> int:
        """Return the row that a place along the first axis of one of the arrays of `flat` belongs to."""
        if name.startswith("final/"):
            return int(name.split("/")[1])
        return self.observation[name][0] + place if name in self.observation else place


class Rows(ABC):
    """Shows the outputs of one face as rows, and hands it actions of all its worlds.

    Args:
        face: the face.

    Attributes:
        face: the face.
        names: what messages call the rows.
    """

    def __init__(self, face: Any) -> None:
        self.face = face
        self.batch = batch_of(face)
        self.names: Sequence[str] = self._names()

    @abstractmethod
    def _names(self) -> Sequence[str]:
        """Return what messages call the rows."""

    @abstractmethod
    def reset(self, returned: Any, worlds: Sequence[int] | None) -> tuple[Outputs, Sequence[int]]:
        """Return what a reset of some worlds, or of all for None, returned, and the rows it speaks of."""

    @abstractmethod
    def step(self, returned: Any) -> Outputs:
        """Return what a step returned."""

    @abstractmethod
    def for_step(self, actions: Array) -> Any:
        """Return what `step` of the face takes, for the actions of all worlds, (num_worlds, ...)."""


class _OneRow(Rows):
    """The single env."""

    def _names(self) -> Sequence[str]:
        return ("the env",)

    def reset(self, returned: Any, worlds: Sequence[int] | None) -> tuple[Outputs, Sequence[int]]:
        observation, info = returned
        return Outputs(_named(observation, alone=True), _infos(info, alone=True)), (0,)

    def step(self, returned: Any) -> Outputs:
        observation, reward, terminated, truncated, info = returned
        said = {
            "reward": np.array([reward], np.float64),
            "terminated": np.array([terminated]),
            "truncated": np.array([truncated]),
        }
        said |= _infos(info, alone=True)
        return Outputs(_named(observation, alone=True), said)

    def for_step(self, actions: Array) -> Any:
        return actions[0]


class _VectorRows(Rows):
    """The vector env: a row is a world."""

    def _names(self) -> Sequence[str]:
        return [f"row {row}" for row in range(self.face.num_envs)]

    def reset(self, returned: Any, worlds: Sequence[int] | None) -> tuple[Outputs, Sequence[int]]:
        observation, infos = returned
        return Outputs(_named(observation), _infos(infos)), self._rows(worlds)

    def _rows(self, worlds: Sequence[int] | None) -> Sequence[int]:
        return range(self.face.num_envs) if worlds is None else worlds

    def step(self, returned: Any) -> Outputs:
        observation, rewards, terminated, truncated, infos = returned
        said = {"reward": rewards, "terminated": terminated, "truncated": truncated}
        if not infos:
            return Outputs(_named(observation), said)
        said |= _infos(infos)
        return Outputs(_named(observation), said, _last(infos))

    def for_step(self, actions: Array) -> Any:
        return actions


class _AgentRows(_VectorRows):
    """The face whose rows are the agents of one group."""

    def __init__(self, face: Any) -> None:
        super().__init__(face)
        self._agents = face._seats.agents
        self._size = face._seats.group.size

    def _rows(self, worlds: Sequence[int] | None) -> Sequence[int]:
        if worlds is None:
            return range(self.face.num_envs)
        return [world * self._size + agent for world in worlds for agent in range(self._size)]

    def for_step(self, actions: Array) -> Any:
        own = actions[:, self._agents]
        return own.reshape(-1, *own.shape[2:])


class _Groups(_VectorRows):
    """The face that gives every group: a row is an agent of a group in a world, group after group."""

    def __init__(self, face: Any) -> None:
        self._seats = {name: group.seats for name, group in face._groups.items()}
        first = np.cumsum([0, *(face.num_envs * seats.group.size for seats in self._seats.values())])
        self._first = dict(zip(self._seats, first.tolist(), strict=False))
        super().__init__(face)

    def _names(self) -> Sequence[str]:
        worlds = range(self.face.num_envs)
        return [
            f"{name} of world {world}"
            for one in self._seats.values()
            for world in worlds
            for name in one.names
        ]

    def _rows(self, worlds: Sequence[int] | None) -> Sequence[int]:
        if worlds is None:
            return range(len(self.names))
        return [
            self._first[name] + world * one.group.size + agent
            for name, one in self._seats.items()
            for world in worlds
            for agent in range(one.group.size)
        ]

    def reset(self, returned: Any, worlds: Sequence[int] | None) -> tuple[Outputs, Sequence[int]]:
        observations, infos = returned
        return Outputs(self._seen(observations), self._told(infos)), self._rows(worlds)

    def step(self, returned: Any) -> Outputs:
        observations, rewards, terminated, truncated, infos = returned
        parts = {"reward": rewards, "terminated": terminated, "truncated": truncated}
        said = {name: self._flat(part) for name, part in parts.items()} | self._told(infos)
        return Outputs(self._seen(observations), said, self._ended(infos))

    def _seen(self, observations: Mapping[str, Any]) -> dict[str, tuple[int, Array]]:
        found: dict[str, tuple[int, Array]] = {}
        for group, seen in observations.items():
            for name, (_, array) in _named(seen).items():
                found[f"{name}/{group}"] = self._first[group], array.reshape(-1, *array.shape[2:])
        return found

    def _flat(self, by_group: Mapping[str, Array]) -> Array:
        return np.concatenate([by_group[name].reshape(-1) for name in self._seats])

    def _told(self, infos: Mapping[str, Any]) -> dict[str, Array]:
        """Return what is said of worlds and of agents, said of every agent."""
        found: dict[str, Array] = {}
        for name, value in infos.items():
            if name in _FINAL | _TIMED:
                continue
            if name == "action_mask":
                found |= {f"info/{name}/{group}": self._padded(group, own) for group, own in value.items()}
            elif isinstance(value, dict):
                found[f"info/{name}"] = self._flat(cast("dict[str, Array]", value))
            else:
                sizes = [one.group.size for one in self._seats.values()]
                found[f"info/{name}"] = np.concatenate([np.repeat(value, size, axis=0) for size in sizes])
        return found

    def _padded(self, group: str, mask: Array) -> Array:
        rows = mask.reshape(-1, mask.shape[2])
        found = np.zeros((len(self.names), rows.shape[1]), rows.dtype)
        found[self._first[group] : self._first[group] + len(rows)] = rows
        return found

    def _ended(self, infos: Mapping[str, Any]) -> "Last | None":
        if "final_obs" not in infos:
            return None
        rows: list[int] = []
        seen: list[Any] = []
        for name, mask in infos["_final_obs"].items():
            worlds, agents = mask.nonzero()
            rows += (self._first[name] + worlds * self._seats[name].group.size + agents).tolist()
            last = each_array(infos["final_obs"][name], lambda array, at=(worlds, agents): array[at])
            seen += rows_of(last)
        said = {key: array[rows] for key, array in self._told(infos["final_info"]).items()}
        return Last(rows, seen, said)

    def for_step(self, actions: Array) -> Any:
        return {name: actions[:, one.agents] for name, one in self._seats.items()}


class _ParallelRows(Rows):
    """PettingZoo's face: a row is an agent by its name."""

    def _names(self) -> Sequence[str]:
        return self.face.possible_agents

    def reset(self, returned: Any, worlds: Sequence[int] | None) -> tuple[Outputs, Sequence[int]]:
        observations, infos = returned
        return Outputs(self._observed(observations), self._infos(infos)), range(len(self.names))

    def step(self, returned: Any) -> Outputs:
        observations, rewards, terminated, truncated, infos = returned
        said = {
            "reward": np.array([rewards.get(name, 0.0) for name in self.names]),
            "terminated": np.array([terminated.get(name, False) for name in self.names]),
            "truncated": np.array([truncated.get(name, False) for name in self.names]),
            "acted": np.array([name in rewards for name in self.names]),
        }
        return Outputs(self._observed(observations), said | self._infos(infos))

    def _observed(self, observations: Mapping[str, Any]) -> dict[str, tuple[int, Array]]:
        found: dict[str, tuple[int, Array]] = {}
        for row, name in enumerate(self.names):
            if name in observations:
                for key, (_, array) in _named(observations[name], alone=True).items():
                    found[f"{key}/{name}"] = row, array
        return found

    def _infos(self, infos: Mapping[str, Mapping[str, Any]]) -> dict[str, Array]:
        if not infos:
            return {}
        found: dict[str, Array] = {}
        for key, one in _infos(next(iter(infos.values())), alone=True).items():
            found[key] = np.zeros((len(self.names), *one.shape[1:]), one.dtype)
        for row, name in enumerate(self.names):
            for key, value in infos.get(name, {}).items():
                found[f"info/{key}"][row] = value
        return found

    def for_step(self, actions: Array) -> Any:
        if not self.face.agents:
            return {}
        active = active_agents(self.batch, len(self.names))[0].tolist()
        return {name: actions[0, agent] for agent, name in enumerate(self.names) if active[agent]}


_ROWS: Mapping[FaceName, type[Rows]] = {
    "single": _OneRow,
    "vector": _VectorRows,
    "agent_rows": _AgentRows,
    "groups": _Groups,
    "parallel": _ParallelRows,
}


def rows_of_face(name: FaceName, face: Any) -> Rows:
    """Return what shows the outputs of a face as rows."""
    return _ROWS[name](face)


def _named(observation: Any, *, alone: bool = False) -> dict[str, tuple[int, Array]]:
    """Return an observation's arrays, in the order of its space; `alone` gives them a rows axis."""
    if not isinstance(observation, dict):
        return {"observation": (0, observation[np.newaxis] if alone else observation)}
    return {
        f"observation/{key}": (0, array[np.newaxis] if alone else array)
        for key, array in cast("dict[str, Array]", observation).items()
    }


def _infos(infos: Mapping[str, Any], *, alone: bool = False) -> dict[str, Array]:
    """Return what the infos say of every row, by `info/` and the key; `alone` gives it a rows axis."""
    found: dict[str, Array] = {}
    for key, value in infos.items():
        if key not in _FINAL | _TIMED:
            found[f"info/{key}"] = np.asarray(value)[np.newaxis] if alone else value
    return found


def _last(infos: Mapping[str, Any]) -> Last | None:
    """Return what same-step mode says of the rows that ended."""
    if "final_obs" not in infos:
        return None
    rows = infos["_final_obs"].nonzero()[0]
    final = infos["final_info"]
    said = {name: array[rows] for name, array in _infos(final).items()} if final else {}
    return Last(rows.tolist(), infos["final_obs"][rows].tolist(), said)
