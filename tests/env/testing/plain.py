"""Plain Gymnasium environments to test the rules with: random walks that end early and apart."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.wrappers import TimeLimit

MAX_STEPS = 7


class Walk(gymnasium.Env[Any, Any]):
    """Walk on a noisy line until `limit` units from the origin."""

    limit = 2.5

    def __init__(self) -> None:
        self.observation_space = spaces.Box(-8.0, 8.0, (2,), np.float32)
        self.action_space = spaces.Discrete(3)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed, options=options)
        self._state = self.np_random.uniform(-1.0, 1.0, 2).astype(np.float32)
        self._num_moves = 0
        return self._observation(), self._info()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        push = self._push(action)
        noise = self.np_random.normal(0.0, 0.7, 2).astype(np.float32)
        self._state = np.clip(self._state + push + noise, -8.0, 8.0, dtype=np.float32)
        self._num_moves += 1
        ended = bool(abs(self._state[0]) > self.limit)
        return self._observation(), float(-abs(self._state[0])), ended, False, self._info()

    def _push(self, action: Any) -> Any:
        assert self.action_space.contains(action), f"{action} is no action"
        return np.float32(action - 1) * np.float32(0.5)

    def _observation(self) -> Any:
        return self._state.copy()

    def _info(self) -> dict[str, Any]:
        return {
            "num_moves": self._num_moves,
            "distance": float(abs(self._state[0])),
            "right": bool(self._state[0] > 0.0),
            "state": self._state.copy(),
            "axes": {"height": float(self._state[1])},
        }


class DictWalk(Walk):
    """The same walk, pushed by a force, seen as a dict."""

    def __init__(self) -> None:
        super().__init__()
        line = spaces.Box(-8.0, 8.0, (2,), np.float32)
        self.observation_space = spaces.Dict({"state": line, "right": spaces.Discrete(2)})
        self.action_space = spaces.Dict({"push": spaces.Box(-1.0, 1.0, (2,), np.float32)})

    def _push(self, action: Any) -> Any:
        assert self.action_space.contains(action), f"{action} is no action"
        return action["push"]

    def _observation(self) -> Any:
        return {"state": self._state.copy(), "right": np.int64(self._state[0] > 0.0)}


def make_walk() -> gymnasium.Env[Any, Any]:
    """A walk as `gymnasium.make` would give it."""
    return TimeLimit(Walk(), MAX_STEPS)


def make_dict_walk() -> gymnasium.Env[Any, Any]:
    """A dict walk as `gymnasium.make` would give it."""
    return TimeLimit(DictWalk(), MAX_STEPS)
