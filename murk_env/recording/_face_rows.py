"""The outputs of each face as rows, and actions of all worlds in the form that each face takes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.faces.agent_groups import active_agents
from murk_env.recording.outputs import Outputs, infos_of, last_of, named
from murk_env.recording.rows import Rows

__all__ = ["AgentRows", "OneRow", "ParallelRows", "VectorRows"]

Array = npt.NDArray[Any]


class OneRow(Rows):
    """The single env."""

    def _names(self) -> Sequence[str]:
        return ("the env",)

    def reset(self, returned: Any, worlds: Sequence[int] | None) -> tuple[Outputs, Sequence[int]]:
        observation, info = returned
        return Outputs(named(observation, alone=True), infos_of(info, alone=True)), (0,)

    def step(self, returned: Any) -> Outputs:
        observation, reward, terminated, truncated, info = returned
        said = {
            "reward": np.array([reward], np.float64),
            "terminated": np.array([terminated]),
            "truncated": np.array([truncated]),
        }
        said |= infos_of(info, alone=True)
        return Outputs(named(observation, alone=True), said)

    def for_step(self, actions: Array) -> Any:
        return actions[0]


class VectorRows(Rows):
    """The vector env: a row is a world."""

    def _names(self) -> Sequence[str]:
        return [f"row {row}" for row in range(self.face.num_envs)]

    def reset(self, returned: Any, worlds: Sequence[int] | None) -> tuple[Outputs, Sequence[int]]:
        observation, infos = returned
        return Outputs(named(observation), infos_of(infos)), self._rows(worlds)

    def _rows(self, worlds: Sequence[int] | None) -> Sequence[int]:
        return range(self.face.num_envs) if worlds is None else worlds

    def step(self, returned: Any) -> Outputs:
        observation, rewards, terminated, truncated, infos = returned
        said = {"reward": rewards, "terminated": terminated, "truncated": truncated}
        if not infos:
            return Outputs(named(observation), said)
        said |= infos_of(infos)
        return Outputs(named(observation), said, last_of(infos))

    def for_step(self, actions: Array) -> Any:
        return actions


class AgentRows(VectorRows):
    """The vector env whose rows are the agents of one group."""

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


class ParallelRows(Rows):
    """The PettingZoo parallel env: a row is an agent, by name."""

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
                for key, (_, array) in named(observations[name], alone=True).items():
                    found[f"{key}/{name}"] = row, array
        return found

    def _infos(self, infos: Mapping[str, Mapping[str, Any]]) -> dict[str, Array]:
        if not infos:
            return {}
        found: dict[str, Array] = {}
        for key, one in infos_of(next(iter(infos.values())), alone=True).items():
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
