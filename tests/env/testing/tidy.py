"""Gymnasium's SyncVectorEnv with the few things mended that the rules ask for and it does not do."""

from collections.abc import Callable, Iterable
from numbers import Integral
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from tests.env.testing.plain import make_walk


class TidySyncVectorEnv(SyncVectorEnv):
    """Takes numpy seeds, leaves options alone, and refuses what is wrong before anything changes."""

    make_single: Callable[[], gymnasium.Env[Any, Any]] = staticmethod(make_walk)

    def __init__(self, num_envs: int, autoreset_mode: AutoresetMode) -> None:
        super().__init__([self.make_single] * num_envs, autoreset_mode=autoreset_mode)
        self._started = False

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        self._started = True
        return super().reset(seed=self._plain_seeds(seed), options=None if options is None else dict(options))

    def _plain_seeds(self, seed: Any) -> Any:
        if isinstance(seed, Iterable) and not isinstance(seed, str):
            return [self._plain_seeds(one) for one in seed]
        if seed is None:
            return None
        if not isinstance(seed, Integral) or seed < 0:
            raise ValueError(f"a seed must be an integer of at least 0, got {seed!r}")
        return int(seed)

    def _of_running_rows(self, actions: Any) -> Any:
        """Return the actions with zeros, which are legal, in rows whose own are ignored."""
        if isinstance(actions, dict):
            return {key: self._of_running_rows(part) for key, part in actions.items()}
        whole = isinstance(actions, np.ndarray) and len(actions) == self.num_envs
        if not whole or self.autoreset_mode is not AutoresetMode.NEXT_STEP or not self._autoreset_envs.any():
            return actions
        shown = actions.copy()
        shown[self._autoreset_envs] = 0
        return shown

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        if not self._started or self.closed:
            raise RuntimeError("step needs an open environment that has been reset")
        if not self.action_space.contains(self._of_running_rows(actions)):
            raise ValueError(f"expected actions in {self.action_space}, got {actions!r}")
        if self.autoreset_mode is AutoresetMode.DISABLED and np.any(self._autoreset_envs):
            raise ValueError("rows that have ended must be reset")
        return super().step(actions)
