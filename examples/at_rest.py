"""A policy for stabilisation tasks, such as Transport."""
# pyright: reportMissingImports=false

from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent, Normal

from examples import ppo

__all__ = ["AtRest"]

UNIT = 0.05  # for Transport, whose control is then a multiple of the size of the state
MEMORY = 10  # rollouts over which the critic's scale is averaged: states shrink a thousandfold in training


class AtRest(ppo.Policy):
    """Actions, and their exploration noise, are proportional to the size of the observation.

    The actor is the flat network, applied to the normalised observation and without biases, so that it is
    odd. Control of small states is then learnt from large ones, with noise in proportion: noise of a fixed
    size would be too small at first and too large near rest.

    Args:
        seen: the observation space.
        done: the action space, a Box.
        num_hidden: units of each of two layers.
    """

    unit: Tensor  # action for an output of 1 and an observation of size 1, (1,)

    def __init__(self, seen: Any, done: Any, num_hidden: int = 64) -> None:
        super().__init__(seen, done, num_hidden)
        self.register_buffer("unit", torch.tensor([UNIT]))
        for name, parameter in self.actor.named_parameters():
            parameter.requires_grad_(not name.endswith("bias"))

    def observe(self, observations: Tensor) -> None:
        """Update the mean square of observations, one for all components, forgetting old ones."""
        self.count = min(self.count, MEMORY)
        super().observe(observations)
        self.moments[0] = 0.0
        self.moments[1] = self.moments[1].mean()

    def distribution(self, observations: Tensor) -> Distribution:
        """The distribution of actions, in proportion to the size of observations."""
        size = size_of(observations)
        outputs, unit = self.actor(observations / size), self.unit * size
        return Independent(Normal(outputs * unit, self.log_deviation.exp() * unit, validate_args=False), 1)


def size_of(observations: Tensor) -> Tensor:
    """The root mean square, (num_rows, 1)."""
    return observations.square().mean(dim=1, keepdim=True).sqrt().clamp(min=1e-6)
