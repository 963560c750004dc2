"""Backstepping control, as a gain on the observed state."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Floats", "in_closed_loop"]

Floats = npt.NDArray[np.float64]
Policy = Callable[[Any, Any, np.random.Generator], npt.NDArray[np.float32]]


def in_closed_loop(gain: Floats, power: float) -> Policy:
    """Return the policy that sets the control to gain @ u, where an action of 1 means `power`."""

    def act(
        observations: npt.NDArray[np.float32], action_space: Any, rng: np.random.Generator
    ) -> npt.NDArray[np.float32]:
        wanted = (observations.astype(np.float64) * gain).sum(axis=1, keepdims=True) / power
        return np.clip(wanted, action_space.low, action_space.high).astype(np.float32)

    return act
