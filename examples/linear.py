"""Linear feedback, learnt: what regulators are, for ReactionDiffusion, KuramotoSivashinsky and the like."""
# pyright: reportMissingImports=false

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.distributions import Normal

from examples import ppo

__all__ = ["Linear", "Tied", "around_ring", "in_patches", "in_tens", "near_sensors"]

REACH = 6  # sensors


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
        groups: the number of each weight's group, from 0, (num_outputs, num_seen); -1 where it stays 0.
        unit: the scale of what is seen; None for its running mean and deviation.
    """

    def __init__(
        self, seen: Any, done: Any, groups: npt.NDArray[np.int64], unit: float | None = None
    ) -> None:
        super().__init__(seen, done, unit)
        members = torch.as_tensor(groups.ravel() + 1)
        counts = torch.bincount(members).clamp(min=1)

        def shared(gradient: Tensor) -> Tensor:
            means = torch.zeros(len(counts)).index_add(0, members, gradient.flatten()) / counts
            means[0] = 0.0
            return means[members].view_as(gradient)

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


def near_sensors(seen: Any, done: Any) -> Tied:
    """A policy for Burgers: every actuator answers to the sensors within a fifth of the ring.

    There are about four. The unit is 1, which is how high the wave is at first.
    """
    sensors = np.arange(int(np.prod(seen.shape))) / np.prod(seen.shape)
    actuators = (np.arange(int(np.prod(done.shape))) + 0.5) / np.prod(done.shape)
    away = np.abs(sensors - actuators[:, np.newaxis])
    weights = np.arange(away.size).reshape(away.shape)
    return Tied(seen, done, np.where(np.minimum(away, 1.0 - away) <= 0.2, weights, -1), unit=1.0)


def in_patches(seen: Any, done: Any) -> Tied:
    """A policy for ShallowWater: every pump answers to the water in its own patch, and to the wind.

    What is seen of the others would add more chance to learning than it says.
    """
    side = math.isqrt(int(np.prod(seen.shape)) // 3)  # squares
    pumps = math.isqrt(int(np.prod(done.shape)) // 2)
    rows, columns = np.divmod(np.arange(side**2), side)
    patch = rows // (side // pumps) * pumps + columns // (side // pumps)
    own = patch == np.arange(pumps**2)[:, np.newaxis]  # (pump, square)
    answered = np.tile(np.hstack([own, own, own, np.ones((pumps**2, 2), np.bool_)]), (2, 1))
    return Tied(seen, done, np.where(answered, np.arange(answered.size).reshape(answered.shape), -1))


def around_ring(seen: Any, done: Any) -> Tied:
    """A policy for KuramotoSivashinsky: every actuator answers to the sensors near it as all others do.

    What one of them finds out serves all, and left is as right: the mirror image of a wave, turned over, is
    one too. Distances are told apart by a cell, a quarter of the way from a sensor to the next, since
    actuators lie between them; their cells are rounded down, so that their middle is a cell further down.
    What is farther than `REACH` sensors would add its noise and say next to nothing. The unit is 1, which is
    the size of the chaos.
    """
    num_sensors, num_actuators = int(np.prod(seen.shape)), int(np.prod(done.shape))
    centres = np.floor(4.0 * (np.arange(num_actuators) + 0.5) * num_sensors / num_actuators)  # in cells
    places = (centres - 1.0) / 4.0
    away = np.abs(np.arange(num_sensors) - places[:, np.newaxis])
    away = np.minimum(away, num_sensors - away)
    groups = np.where(away <= REACH, np.round(4.0 * away), -1.0).astype(np.int64)
    return Tied(seen, done, groups, unit=1.0)
