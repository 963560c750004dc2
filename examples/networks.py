"""Networks on a lattice: convolution over any lattice, by its table of neighbours.

On squares it is the usual convolution, on hexagons a hexagonal one; in a crystal it covers the twelve
neighbours of a cell, on a torus it wraps. One linear map takes the channels of a cell and its neighbours, in
the order of the lattice's directions, to the channels of the next layer. It is the same for all cells, so
there are few weights, and learning in one place generalises to all.

`Cells` is a policy for `examples/ppo.py` with one choice per cell.
"""
# pyright: reportMissingImports=false

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Categorical

from examples import ppo
from murk_env import Lattice, Square8

__all__ = ["Cells", "CellsCritic", "Convolution", "OnLattice", "Trunk", "over_regions"]


class Convolution(nn.Module):
    """Maps the channels of every cell and its neighbours, (..., num_cells, num_inputs), to others.

    Args:
        lattice: the lattice of the cells; a missing neighbour counts as zeros.
        num_inputs: number of input channels.
        num_outputs: number of output channels.
    """

    around: Tensor  # cells whose channels are taken together, (num_cells * (1 + num_directions),)

    def __init__(self, lattice: Lattice, num_inputs: int, num_outputs: int) -> None:
        super().__init__()
        itself = np.arange(lattice.num_cells)[:, np.newaxis]
        around = np.concatenate([itself, lattice.neighbours], axis=1)
        around = np.where(around < 0, lattice.num_cells, around)  # an additional cell of zeros
        self.size = around.shape
        self.register_buffer("around", torch.as_tensor(around.ravel()), persistent=False)
        self.linear = nn.Linear(around.shape[1] * num_inputs, num_outputs)

    def forward(self, cells: Tensor) -> Tensor:
        """Return the next channels, (..., num_cells, num_outputs)."""
        padded = nn.functional.pad(cells, (0, 0, 0, 1))
        return self.linear(padded.index_select(-2, self.around).unflatten(-2, self.size).flatten(-2))


class Trunk(nn.Module):
    """Convolutions over a flat observation: maps of all cells, channel by channel, then other numbers.

    The other numbers are added to every cell. An observation in the layout `image`, with stacked maps only,
    has the same numbers in the same order.

    Args:
        lattice: the lattice of the maps.
        num_seen: size of an observation.
        num_maps: number of maps at its beginning.
        num_channels: number of channels of each layer.
        num_layers: number of convolutions, and so the receptive field in hops.
    """

    def __init__(
        self, lattice: Lattice, num_seen: int, num_maps: int, num_channels: int, num_layers: int
    ) -> None:
        super().__init__()
        self.shape = num_maps, lattice.num_cells
        num_others = num_seen - num_maps * lattice.num_cells
        self.first = Convolution(lattice, num_maps, num_channels)
        self.others = nn.Linear(num_others, num_channels) if num_others else None
        self.later = nn.ModuleList(
            Convolution(lattice, num_channels, num_channels) for _ in range(num_layers - 1)
        )

    def forward(self, seen: Tensor) -> Tensor:
        """Return the features of every cell, (num_rows, num_cells, num_channels)."""
        num_maps, num_cells = self.shape
        cells = self.first(seen[:, : num_maps * num_cells].unflatten(1, self.shape).transpose(1, 2))
        if self.others is not None:
            cells = cells + self.others(seen[:, num_maps * num_cells :]).unsqueeze(1)
        cells = torch.relu(cells)
        for layer in self.later:
            cells = torch.relu(layer(cells)) + cells
        return cells


class CellsActor(nn.Module):
    """Chooses in every cell by its features; initially option 0 has odds of e**idle to 1 to each other."""

    def __init__(self, trunk: Trunk, num_channels: int, num_options: int, idle: float) -> None:
        super().__init__()
        self.trunk = trunk
        self.think = nn.Linear(num_channels, num_channels)
        self.choose = nn.Linear(num_channels, num_options)
        nn.init.orthogonal_(self.choose.weight, 0.01)
        nn.init.zeros_(self.choose.bias)
        nn.init.constant_(self.choose.bias[0], idle)

    def forward(self, seen: Tensor) -> Tensor:
        """Return a number for each option in each cell, (num_rows, num_cells * num_options)."""
        return self.choose(torch.tanh(self.think(self.trunk(seen)))).flatten(1)


class CellsCritic(nn.Module):
    """Adds up a value for every cell."""

    def __init__(self, trunk: Trunk, num_channels: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.worth = nn.Sequential(
            nn.Linear(num_channels, 2 * num_channels), nn.Tanh(), nn.Linear(2 * num_channels, 1)
        )

    def forward(self, seen: Tensor) -> Tensor:
        """Return the values, (num_rows, 1)."""
        return self.worth(self.trunk(seen)).sum(dim=1)


class OnLattice(ppo.Policy):
    """A policy whose observations begin with maps of a lattice's cells, each with one scale for all cells.

    Args:
        seen: the observation space.
        done: the action space.
        lattice: the lattice of the maps.
        num_maps: number of maps at the beginning of an observation.
    """

    def __init__(self, seen: Any, done: Any, lattice: Lattice, num_maps: int) -> None:
        super().__init__(seen, done, 64)
        self.lattice, self.num_maps = lattice, num_maps

    def observe(self, observations: Tensor) -> None:
        """Use one scale for all cells of a map, so that features mean the same in all cells."""
        super().observe(observations)
        shape = self.num_maps, self.lattice.num_cells
        maps = self.moments[:, : shape[0] * shape[1]].unflatten(1, shape)
        maps[:] = maps.mean(dim=2, keepdim=True)


class Cells(OnLattice):
    """A policy that makes one choice in every cell, by the same network everywhere.

    Args:
        seen: the observation space.
        done: the action space, a choice for each cell.
        lattice: the lattice of the maps.
        num_maps: number of maps at the beginning of an observation.
        num_channels: number of channels of each layer.
        num_layers: number of convolutions.
        idle: log odds of option 0 against each other option at first.
    """

    def __init__(
        self,
        seen: Any,
        done: Any,
        lattice: Lattice,
        num_maps: int,
        num_channels: int = 16,
        num_layers: int = 1,
        idle: float = 0.0,
    ) -> None:
        super().__init__(seen, done, lattice, num_maps)
        shape = (lattice, int(np.prod(seen.shape)), num_maps, num_channels, num_layers)
        self.actor = CellsActor(Trunk(*shape), num_channels, self.possible.shape[1], idle)
        self.critic = CellsCritic(Trunk(*shape), num_channels)

    def distribution(self, observations: Tensor) -> Categorical:
        """The distribution of actions, with a likelihood for the choice in every cell: (num_rows, num_cells).

        An update then clips each choice's ratio, not the product of all, which changes a lot when many
        choices change a little.
        """
        logits = self.actor(self.scaled(observations)).unflatten(1, self.possible.shape)
        return Categorical(logits=logits, validate_args=False)


def over_regions(seen: Any, done: Any) -> Cells:
    """A policy for Epidemic: a choice in every region of a square, from nine maps.

    It starts mostly with doing nothing. A policy that starts with all measures equally likely spends the
    budget everywhere, and rarely sees the effect of a measure in the one region that needs it.
    """
    side = math.isqrt(len(done.nvec))
    return Cells(seen, done, Square8(side, side), num_maps=9, idle=3.0)
