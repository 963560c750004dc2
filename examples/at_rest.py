"""A policy for what is to be brought to rest, such as Transport."""
# pyright: reportMissingImports=false

from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent, Normal

from examples import ppo

__all__ = ["AtRest"]

UNIT = 0.05  # for Transport, whose control is then a multiple of the size of the state
MEMORY = 10  # rollouts, from which the critic takes its scale: states shrink a thousandfold while it learns


class AtRest(ppo.Policy):
    """What is twice as large gets twice the action, with twice the chance in it.

    Its actor is the flat one, told the shape of what is seen and not its size, and with no biases, so that
    the opposite gets the opposite. What is small is then learnt from what is large, and tried as finely as it
    has to be done: chance of one size would be too little at first and too much near rest.

    Args:
        seen: the observation space.
        done: the action space, a Box.
        num_hidden: units of each of two layers.
    """

    unit: Tensor  # action at an output of 1 where the size of what is seen is 1, (1,)

    def __init__(self, seen: Any, done: Any, num_hidden: int = 64) -> None:
        super().__init__(seen, done, num_hidden)
        self.register_buffer("unit", torch.tensor([UNIT]))
        for name, parameter in self.actor.named_parameters():
            parameter.requires_grad_(not name.endswith("bias"))

    def observe(self, observations: Tensor) -> None:
        """Take observations into the mean of their squares, one for all numbers, and forget what is old."""
        self.count = min(self.count, MEMORY)
        super().observe(observations)
        self.moments[0] = 0.0
        self.moments[1] = self.moments[1].mean()

    def distribution(self, observations: Tensor) -> Distribution:
        """Of actions, all in proportion to the size of what is seen."""
        size = size_of(observations)
        outputs, unit = self.actor(observations / size), self.unit * size
        return Independent(Normal(outputs * unit, self.log_deviation.exp() * unit, validate_args=False), 1)


def size_of(observations: Tensor) -> Tensor:
    """The root of the mean of squares, (num_rows, 1)."""
    return observations.square().mean(dim=1, keepdim=True).sqrt().clamp(min=1e-6)
