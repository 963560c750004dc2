"""Shaped rewards for training; reported returns use the environment's own rewards."""

from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode, VectorEnv, VectorWrapper

__all__ = ["Charged"]


class Charged(VectorWrapper):
    """Charges every action in its own step, in proportion to its size.

    Transport and ReactionDiffusion charge the control of a whole episode in its last reward, so that a
    learner cannot tell which of up to 1,000 actions was costly. With `tolerance=0` they never do.

    Args:
        envs: the env, in next-step mode.
        price: cost of an action of 1.
    """

    def __init__(self, envs: VectorEnv[Any, Any, Any], price: float) -> None:
        super().__init__(envs)
        if envs.metadata["autoreset_mode"] is not AutoresetMode.NEXT_STEP:
            raise ValueError(
                "the env must reset rows in the next step, so that it is known which did not act"
            )
        self.price = price

    def reset(self, **keywords: Any) -> tuple[Any, dict[str, Any]]:
        """Reset all rows."""
        self.resetting = np.zeros(self.num_envs, np.bool_)
        return self.env.reset(**keywords)

    def step(self, actions: npt.NDArray[Any]) -> tuple[Any, ...]:
        """Step, and subtract the cost from rewards."""
        observations, rewards, terminated, truncated, infos = self.env.step(actions)
        cost = self.price * np.abs(actions).reshape(self.num_envs, -1).sum(axis=1)
        rewards = rewards - np.where(self.resetting, 0.0, cost)
        self.resetting = terminated | truncated
        return observations, rewards, terminated, truncated, infos
