"""Linear feedback, learnt: what regulators are, for ReactionDiffusion, KuramotoSivashinsky and the like."""
# pyright: reportMissingImports=false

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.distributions import Normal

from examples import ppo

__all__ = ["Linear", "Tied", "around_ring", "in_deviations", "in_tens"]


class Linear(ppo.Policy):
    """Every number of an action is a weighted sum of what is seen; at first the weights are 0.

    It answers what is twice as large with twice the action, where two layers of tanh saturate. Its critic is
    that of the flat policy.

    Args:
        seen: the observation space.
        done: the action space, a Box.
        unit: the scale of what is seen; None for its running mean and deviation.
    """

    def __init__(self, seen: Any, done: Any, unit: float | None = None) -> None:
        super().__init__(seen, done, 64)
        self.follows = unit is None
        if unit is not None:
            self.moments[1] = unit**2
        layer = nn.Linear(int(np.prod(seen.shape)), int(np.prod(done.shape)), bias=False)
        nn.init.zeros_(layer.weight)
        self.actor = nn.Sequential(layer)

    def observe(self, observations: Tensor) -> None:
        """Take observations into the running means, unless a unit is given."""
        if self.follows:
            super().observe(observations)


class Tied(Linear):
    """A linear policy in which some weights are the same, and are learnt together.

    Args:
        seen: the observation space.
        done: the action space, a Box.
        groups: the number of each weight's group, from 0, (num_outputs, num_seen).
        unit: the scale of what is seen; None for its running mean and deviation.
    """

    def __init__(
        self, seen: Any, done: Any, groups: npt.NDArray[np.int64], unit: float | None = None
    ) -> None:
        super().__init__(seen, done, unit)
        members = torch.as_tensor(groups.ravel())
        counts = torch.bincount(members)

        def shared(gradient: Tensor) -> Tensor:
            sums = torch.zeros(len(counts)).index_add(0, members, gradient.flatten())
            return (sums / counts)[members].view_as(gradient)

        (weights,) = self.actor.parameters()
        weights.register_hook(shared)  # what begins equal and moves equally stays equal

    def distribution(self, observations: Tensor) -> Normal:
        """Of actions, with a likelihood for each of their numbers: (num_rows, num_numbers).

        An update then holds each number near what it was, not the product of all their likelihoods, which
        moves far when each of many moves a little.
        """
        outputs = self.actor(self.scaled(observations))
        return Normal(outputs, self.log_deviation.exp().expand_as(outputs), validate_args=False)


def in_tens(seen: Any, done: Any) -> Linear:
    """A policy for ReactionDiffusion, which begins at 1 to 10 and is nearly always near 0."""
    return Linear(seen, done, unit=10.0)


def in_deviations(seen: Any, done: Any) -> Linear:
    """A policy for what does not come to rest, such as ShallowWater."""
    return Linear(seen, done)


def around_ring(seen: Any, done: Any) -> Tied:
    """A policy for KuramotoSivashinsky: every actuator answers to the sensors around it as all others do.

    What one of them finds out serves all. The unit is 1, which is the size of the chaos.
    """
    num_sensors, num_actuators = int(np.prod(seen.shape)), int(np.prod(done.shape))
    places = (np.arange(num_actuators) + 0.5) * num_sensors / num_actuators  # in sensors
    away = np.arange(num_sensors) - np.round(places)[:, np.newaxis].astype(np.int64)
    return Tied(seen, done, away % num_sensors, unit=1.0)
