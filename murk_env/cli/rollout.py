"""Rolls out a policy in many worlds, and accumulates its returns."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from murk_env.cli.policies import player_named, rows_of

__all__ = ["Rollout"]


class Rollout:
    """Worlds of an environment, played by a policy.

    Args:
        env_class: the environment.
        num_worlds: number of worlds.
        parameters: its parameters.
        policy: the name of a policy, or its file.
        seed: seeds the worlds and the policy.
    """

    def __init__(
        self, env_class: Any, num_worlds: int, parameters: Mapping[str, Any], policy: str, seed: int
    ) -> None:
        player = player_named(env_class, parameters, policy)
        self._policy = player.policy
        self._rows = rows_of(env_class, num_worlds, parameters, group=player.group, policy=policy, seed=seed)
        self._envs, self._tiles = self._rows.envs, num_worlds
        self._rng = np.random.default_rng(seed)
        self._seen, _ = self._envs.reset(seed=seed)
        self._waiting = np.zeros(self._envs.num_envs, np.bool_)  # rows whose next step is a reset
        self._earned = np.zeros(self._envs.num_envs)
        self._returns: list[float] = []
        self._steps = 0

    def step(self) -> None:
        """Step every world."""
        actions = self._policy(self._seen, self._envs.single_action_space, self._rng)
        self._seen, rewards, terminated, truncated, _ = self._envs.step(actions)
        self._earned += np.where(self._waiting, 0.0, rewards)
        ended = (terminated | truncated) & ~self._waiting
        self._returns += self._earned[ended].tolist()
        self._earned[ended] = 0.0
        self._waiting = terminated | truncated
        self._steps += 1

    def frame(self) -> Any:
        """Return a picture of the worlds, (height, width, 3) uint8."""
        return self._envs.render_tiles(self._tiles)

    def summary(self) -> str:
        """Return the result so far, in one line."""
        who = "worlds" if self._rows.group is None else f"agents ({self._rows.group})"
        done = f"{self._envs.num_envs} {who}, {self._steps} steps"
        if not self._returns:
            return f"{done}; no episode has ended, and {self._earned.mean():.2f} is earned so far on average"
        number = len(self._returns)
        return f"{done}, {number} episode(s) ended, with a mean return of {np.mean(self._returns):.2f}"
