"""A recording of PettingZoo's face, apart from the others, as it needs PettingZoo."""

from typing import Any

from pettingzoo.utils.wrappers import BaseParallelWrapper  # pyright: ignore[reportMissingTypeStubs]

from murk_env.recording.recording import Recording

__all__ = ["RecordedParallelEnv"]


class RecordedParallelEnv(Recording, BaseParallelWrapper[str, Any, Any]):
    """A recording of a parallel env."""

    def __init__(self, env: Any, *arguments: Any, **keywords: Any) -> None:
        BaseParallelWrapper.__init__(self, env)  # pyright: ignore[reportUnknownMemberType]
        Recording.__init__(self, env, *arguments, **keywords)

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        """Begin a new episode, as the env does, and record it."""
        return self._reset(self.env, seed, options)

    def step(self, actions: dict[str, Any]) -> Any:
        """Step the env and record it."""
        return self._step(self.env, actions)

    def close(self) -> None:
        """Write what was recorded, close the file and the env."""
        self._close(self.env.close)
