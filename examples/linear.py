"""Learnt linear feedback, as in regulators, for ReactionDiffusion, KuramotoSivashinsky and the like."""
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
    """A linear policy without biases; its weights are initially 0.

    The action is proportional to the observation, where two layers of tanh saturate. The critic is that of
    the flat policy.

    Args:
        seen: the observation space.
        done: the action space, a Box.
        unit: scale of the observations; None for their running mean and deviation.
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
        """Update the running moments of observations, unless a unit is given."""
        if self.follows:
            super().observe(observations)


class Apart(Linear):
    """A linear policy with a separate likelihood ratio for each component of the action."""

    def distribution(self, observations: Tensor) -> Normal:
        """The distribution of actions, with a likelihood for each component: (num_rows, num_numbers).

        An update then clips each component's ratio, not the product of all, which changes a lot when many
        components change a little.
        """
        outputs = self.actor(self.scaled(observations))
        return Normal(outputs, self.log_deviation.exp().expand_as(outputs), validate_args=False)


class Local(Apart):
    """A linear policy with sparse weights; the others stay 0.

    Args:
        seen: the observation space.
        done: the action space, a Box.
        used: mask of the weights in use, (num_outputs, num_seen).
        unit: scale of the observations; None for their running mean and deviation.
    """

    def __init__(self, seen: Any, done: Any, used: npt.NDArray[np.bool_], unit: float | None = None) -> None:
        super().__init__(seen, done, unit)
        mask = torch.as_tensor(used)
        (weights,) = self.actor.parameters()
        weights.register_hook(lambda gradient: gradient * mask)


class Waves(nn.Module):
    """A linear layer parametrised by one gain for each wave around a ring.

    Its state dict holds the resulting weights, as for any linear layer.

    Args:
        waves: the weights for a gain of 1, (num_outputs, num_seen, num_waves).
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
    """A policy for ReactionDiffusion, whose state starts at 1 to 10 and is near 0 most of the time."""
    return Linear(seen, done, unit=10.0)


def near_sensors(seen: Any, done: Any) -> Local:
    """A policy for Burgers: every actuator uses the sensors within a fifth of the ring.

    There are about four. The unit is 1, the initial height of the wave.
    """
    sensors = np.arange(int(np.prod(seen.shape))) / np.prod(seen.shape)
    actuators = (np.arange(int(np.prod(done.shape))) + 0.5) / np.prod(done.shape)
    away = np.abs(sensors - actuators[:, np.newaxis])
    return Local(seen, done, np.minimum(away, 1.0 - away) <= 0.2, unit=1.0)


def in_patches(seen: Any, done: Any) -> Local:
    """A policy for ShallowWater: every pump uses the water in its own patch, and the wind.

    The other patches would add more variance to learning than information.
    """
    side = math.isqrt(int(np.prod(seen.shape)) // 3)  # squares
    pumps = math.isqrt(int(np.prod(done.shape)) // 2)
    rows, columns = np.divmod(np.arange(side**2), side)
    patch = rows // (side // pumps) * pumps + columns // (side // pumps)
    own = patch == np.arange(pumps**2)[:, np.newaxis]  # (pump, square)
    return Local(seen, done, np.tile(np.hstack([own, own, own, np.ones((pumps**2, 2), np.bool_)]), (2, 1)))


def around_ring(seen: Any, done: Any) -> Apart:
    """A policy for KuramotoSivashinsky: all actuators use the sensors around them with the same weights.

    So all of them learn together. Left and right are equivalent too, since the negated mirror image of a
    solution is a solution. So the weights are an even function of the distance, a sum of waves, and the
    parameters are one gain for each wave that fits into the ring fewer than half as many times as there are
    actuators; shorter ones alias to these. Near rest the waves are independent, and so are their gains.
    Actuators are between sensors; their cells are rounded down, so that their centre is a cell lower. The
    unit is 1, the size of the chaotic state.
    """
    num_sensors, num_actuators = int(np.prod(seen.shape)), int(np.prod(done.shape))
    centres = np.floor(4.0 * (np.arange(num_actuators) + 0.5) * num_sensors / num_actuators)  # in cells
    away = np.arange(num_sensors) - (centres[:, np.newaxis] - 1.0) / 4.0
    times = np.arange(num_actuators // 2)  # number of periods around the ring
    waves = np.cos(2.0 * np.pi / num_sensors * away[:, :, np.newaxis] * times) / len(times)
    policy = Apart(seen, done, unit=1.0)
    policy.actor = nn.Sequential(Waves(torch.as_tensor(waves, dtype=torch.float32)))
    return policy
