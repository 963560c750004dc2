"""The outputs of the groups env as rows."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.observation.output import each_array, rows_of
from murk_env.recording._face_rows import VectorRows
from murk_env.recording.outputs import UNTOLD, Last, Outputs, named

__all__ = ["GroupRows"]

Array = npt.NDArray[Any]


class GroupRows(VectorRows):
    """The groups env: a row is an agent of a group in a world, group after group."""

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
            for name, (_, array) in named(seen).items():
                found[f"{name}/{group}"] = self._first[group], array.reshape(-1, *array.shape[2:])
        return found

    def _flat(self, by_group: Mapping[str, Array]) -> Array:
        return np.concatenate([by_group[name].reshape(-1) for name in self._seats])

    def _told(self, infos: Mapping[str, Any]) -> dict[str, Array]:
        """Return the infos of worlds and agents, repeated for every agent."""
        found: dict[str, Array] = {}
        for name, value in infos.items():
            if name in UNTOLD:
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

    def _ended(self, infos: Mapping[str, Any]) -> Last | None:
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
