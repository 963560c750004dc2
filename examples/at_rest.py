"""A policy for what is to be brought to rest, such as Transport."""
# pyright: reportMissingImports=false

from typing import Any

from torch import Tensor

from examples import ppo

__all__ = ["AtRest"]


class AtRest(ppo.Policy):
    """The opposite of an observation gets the opposite of its action, so what is at rest is left at rest.

    It is the flat policy with no biases in its actor, whose observations keep their mean. One with biases has
    to learn to do nothing at rest, and what remains is paid for in every step.

    Args:
        seen: the observation space.
        done: the action space, a Box.
        num_hidden: units of each of two layers.
    """

    def __init__(self, seen: Any, done: Any, num_hidden: int = 64) -> None:
        super().__init__(seen, done, num_hidden)
        for name, parameter in self.actor.named_parameters():
            parameter.requires_grad_(not name.endswith("bias"))

    def observe(self, observations: Tensor) -> None:
        """Take observations into the mean of their squares, one for all numbers."""
        super().observe(observations)
        self.moments[0] = 0.0
        self.moments[1] = self.moments[1].mean()
