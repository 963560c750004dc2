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

__all__ = ["Apart", "Linear", "Local", "Waves", "around_ring", "in_patches", "in_tens", "near_sensors"]


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


class Apart(Linear):
    """A linear policy whose numbers are clipped apart by an update."""

    def distribution(self, observations: Tensor) -> Normal:
        """Of actions, with a likelihood for each of their numbers: (num_rows, num_numbers).

        An update then holds each number near what it was, not the product of all their likelihoods, which
        moves far when each of many moves a little.
        """
        outputs = self.actor(self.scaled(observations))
        return Normal(outputs, self.log_deviation.exp().expand_as(outputs), validate_args=False)


class Local(Apart):
    """A linear policy that uses some of its weights; the others stay 0.

    Args:
        seen: the observation space.
        done: the action space, a Box.
        used: which weights those are, (num_outputs, num_seen).
        unit: the scale of what is seen; None for its running mean and deviation.
    """

    def __init__(self, seen: Any, done: Any, used: npt.NDArray[np.bool_], unit: float | None = None) -> None:
        super().__init__(seen, done, unit)
        mask = torch.as_tensor(used)
        (weights,) = self.actor.parameters()
        weights.register_hook(lambda gradient: gradient * mask)


class Waves(nn.Module):
    """A linear layer in which every output answers to each wave around a ring by a gain of its own.

    Its state is the weights that these make, as of any linear layer.

    Args:
        waves: what a gain of 1 adds to the weights, (num_outputs, num_seen, num_waves).
    """

    waves: Tensor

    def __init__(self, waves: Tensor) -> None:
        super().__init__()
        self.register_buffer("waves", waves, persistent=False)
        self.gains = nn.Parameter(torch.zeros(waves.shape[2]))
        self.register_state_dict_post_hook(self._keep)
        self.register_load_state_dict_pre_hook(self._take)

    @property
    def weight(self) -> Tensor:
        """The weights, (num_outputs, num_seen)."""
        return self.waves @ self.gains

    def forward(self, seen: Tensor) -> Tensor:
        """Return the outputs, (num_rows, num_outputs)."""
        return seen @ self.weight.T

    @staticmethod
    def _keep(layer: Any, state: dict[str, Tensor], prefix: str, metadata: Any) -> None:
        del state[f"{prefix}gains"]
        state[f"{prefix}weight"] = layer.weight.detach()

    @staticmethod
    def _take(layer: Any, state: dict[str, Tensor], prefix: str, *others: Any) -> None:
        weights = state.pop(f"{prefix}weight").reshape(-1, 1)
        state[f"{prefix}gains"] = torch.linalg.lstsq(layer.waves.flatten(0, 1), weights).solution[:, 0]


def in_tens(seen: Any, done: Any) -> Linear:
    """A policy for ReactionDiffusion, which begins at 1 to 10 and is nearly always near 0."""
    return Linear(seen, done, unit=10.0)


def near_sensors(seen: Any, done: Any) -> Local:
    """A policy for Burgers: every actuator answers to the sensors within a fifth of the ring.

    There are about four. The unit is 1, which is how high the wave is at first.
    """
    sensors = np.arange(int(np.prod(seen.shape))) / np.prod(seen.shape)
    actuators = (np.arange(int(np.prod(done.shape))) + 0.5) / np.prod(done.shape)
    away = np.abs(sensors - actuators[:, np.newaxis])
    return Local(seen, done, np.minimum(away, 1.0 - away) <= 0.2, unit=1.0)


def in_patches(seen: Any, done: Any) -> Local:
    """A policy for ShallowWater: every pump answers to the water in its own patch, and to the wind.

    What is seen of the others would add more chance to learning than it says.
    """
    side = math.isqrt(int(np.prod(seen.shape)) // 3)  # squares
    pumps = math.isqrt(int(np.prod(done.shape)) // 2)
    rows, columns = np.divmod(np.arange(side**2), side)
    patch = rows // (side // pumps) * pumps + columns // (side // pumps)
    own = patch == np.arange(pumps**2)[:, np.newaxis]  # (pump, square)
    return Local(seen, done, np.tile(np.hstack([own, own, own, np.ones((pumps**2, 2), np.bool_)]), (2, 1)))


def around_ring(seen: Any, done: Any) -> Apart:
    """A policy for KuramotoSivashinsky: every actuator answers to the sensors around it as all others do.

    What one of them finds out serves all, and left is as right: the mirror image of a wave, turned over, is
    one too. So the weights are an even function of the distance, a sum of waves, and what is learnt is a gain
    for each wave that fits into the ring fewer than half as many times as there are actuators, which cannot
    tell shorter ones from these. Near rest the waves move independently, and their gains can be learnt
    independently, too. Actuators lie between sensors; their cells are rounded down, so that their middle is a
    cell further down. The unit is 1, which is the size of the chaos.
    """
    num_sensors, num_actuators = int(np.prod(seen.shape)), int(np.prod(done.shape))
    centres = np.floor(4.0 * (np.arange(num_actuators) + 0.5) * num_sensors / num_actuators)  # in cells
    away = np.arange(num_sensors) - (centres[:, np.newaxis] - 1.0) / 4.0
    times = np.arange(num_actuators // 2)  # that a wave fits into the ring
    waves = np.cos(2.0 * np.pi / num_sensors * away[:, :, np.newaxis] * times) / len(times)
    policy = Apart(seen, done, unit=1.0)
    policy.actor = nn.Sequential(Waves(torch.as_tensor(waves, dtype=torch.float32)))
    return policy
