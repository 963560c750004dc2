"""A policy for what is to be brought to rest, such as Transport and ReactionDiffusion."""
# pyright: reportMissingImports=false

from typing import Any

from torch import Tensor

from examples import ppo

__all__ = ["AtRest", "in_hundreds"]


class AtRest(ppo.Policy):
    """The opposite of an observation gets the opposite of its action, so what is at rest is left at rest.

    It is the flat policy with no biases in its actor, whose observations keep their mean. One with biases has
    to learn to do nothing at rest, and what remains is paid for in every step.

    Args:
        seen: the observation space.
        done: the action space, a Box.
        num_hidden: units of each of two layers.
        unit: the scale of what is seen; None for the root of the mean square of what was seen so far.
    """

    def __init__(self, seen: Any, done: Any, num_hidden: int = 64, unit: float | None = None) -> None:
        super().__init__(seen, done, num_hidden)
        self.follows = unit is None
        if unit is not None:
            self.moments[1] = unit**2
        for name, parameter in self.actor.named_parameters():
            parameter.requires_grad_(not name.endswith("bias"))

    def observe(self, observations: Tensor) -> None:
        """Take observations into the mean of their squares, one for all numbers, unless the unit is given."""
        if self.follows:
            super().observe(observations)
            self.moments[0] = 0.0
            self.moments[1] = self.moments[1].mean()


def in_hundreds(seen: Any, done: Any) -> AtRest:
    """A policy whose unit is 100, which all 201 numbers of ReactionDiffusion at its start are small to.

    An episode is mostly at rest there. A scale that follows what was seen would be so small that all sizes in
    which it begins saturate the network, and are answered alike.
    """
    return AtRest(seen, done, unit=100.0)
