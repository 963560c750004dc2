"""A network for a team on a lattice: each member acts on its surroundings, all by the same network.

A convolution (`examples/networks.py`) computes features of every cell. Around each member these are summed by
ring and sector: near cells one by one, far ones together, by direction. So learning at one place generalises
to all places and members. `Team` is a policy for `examples/ppo.py`, for one actor that observes whole maps
and acts for all members.
"""
# pyright: reportMissingImports=false

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Categorical

from examples.networks import CellsCritic, OnLattice, Trunk
from murk_env import Hex2D, Lattice
from murk_env.observation.sectors import sectors_of

__all__ = ["Around", "Team", "over_forest"]


class Around(nn.Module):
    """Adds up the channels of cells, (num_rows, num_cells, num_channels), by ring and sector around centres.

    Sums are divided by the hops at which their ring begins, so that far sectors do not dominate near ones.

    Args:
        lattice: the lattice of the cells.
        begin: the beginnings of the rings, in hops.
        num_sectors: number of sectors of each ring.
    """

    shares: Tensor  # weight of each cell in each sum around each centre, (num_cells, num_groups, num_cells)

    def __init__(self, lattice: Lattice, begin: tuple[int, ...], num_sectors: int) -> None:
        super().__init__()
        table, num_groups = sectors_of(lattice, begin, num_sectors), len(begin) * num_sectors
        shares = np.zeros((lattice.num_cells, 1 + num_groups, lattice.num_cells), np.float32)
        for centre, ends in enumerate(table.ends):
            shares[centre, 0, centre] = 1.0  # the cell itself comes first
            for group in range(num_groups):
                shares[centre, 1 + group, table.members[ends[group] : ends[group + 1]]] = 1.0
        shares[:, 1:] /= np.repeat(begin, num_sectors).astype(np.float32)[:, np.newaxis]
        self.register_buffer("shares", torch.as_tensor(shares), persistent=False)

    @property
    def num_groups(self) -> int:
        """Number of sums per centre, including that of the centre alone."""
        return self.shares.shape[1]

    def forward(self, cells: Tensor, centres: Tensor) -> Tensor:
        """Return the sums around each centre, (num_rows, num_centres, num_groups * num_channels)."""
        shares = self.shares[centres].flatten(1, 2)
        return (shares @ cells).unflatten(1, (-1, self.num_groups)).flatten(2)


class TeamActor(nn.Module):
    """Chooses for each member by its surroundings, and by the numbers that are not maps."""

    def __init__(self, trunk: Trunk, around: Around, num_channels: int, num_own: int, num_options: int):
        super().__init__()
        self.trunk, self.around = trunk, around
        self.think = nn.Sequential(
            nn.Linear(around.num_groups * num_channels + num_own, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh()
        )
        self.choose = nn.Linear(64, num_options)
        nn.init.orthogonal_(self.choose.weight, 0.01)
        nn.init.zeros_(self.choose.bias)

    def forward(self, seen: Tensor, centres: Tensor, own: Tensor) -> Tensor:
        """Return a number for each option of each member, (num_rows, num_members, num_options)."""
        return self.choose(self.think(torch.cat([self.around(self.trunk(seen), centres), own], dim=2)))


class Team(OnLattice):
    """A policy that chooses for every member of a team, by the same network.

    Observations are maps of all cells; then the first coordinates of all members and their second ones, from
    0 to 1; then shared numbers.

    Args:
        seen: the observation space.
        done: the action space, a choice for each member.
        lattice: the lattice of the maps, `side` by `side`, the first coordinate fastest.
        num_maps: number of maps at the beginning of an observation.
        num_channels: number of channels of each cell.
        begin: the beginnings of the rings, in hops.
        num_sectors: number of sectors of each ring.
    """

    def __init__(
        self,
        seen: Any,
        done: Any,
        lattice: Lattice,
        num_maps: int,
        num_channels: int = 8,
        begin: tuple[int, ...] = (1, 2, 3, 5, 9),
        num_sectors: int = 6,
    ) -> None:
        super().__init__(seen, done, lattice, num_maps)
        self.split, self.side = num_maps * lattice.num_cells, math.isqrt(lattice.num_cells)
        num_members, num_options = self.possible.shape
        num_shared = int(np.prod(seen.shape)) - self.split - 2 * num_members
        shape = (lattice, self.split + num_shared, num_maps, num_channels, 1)
        around = Around(lattice, begin, num_sectors)
        self.actor = TeamActor(Trunk(*shape), around, num_channels, 2 + num_shared, num_options)
        self.critic = CellsCritic(Trunk(*shape), num_channels)

    def scaled(self, observations: Tensor) -> Tensor:
        """The scaled maps and shared numbers, without the members' coordinates."""
        scaled, num_places = super().scaled(observations), 2 * len(self.possible)
        return torch.cat([scaled[:, : self.split], scaled[:, self.split + num_places :]], dim=1)

    def distribution(self, observations: Tensor) -> Categorical:
        """The distribution of actions, with a likelihood for every member: (num_rows, num_members)."""
        num_members, scaled = len(self.possible), self.scaled(observations)
        places = observations[:, self.split :][:, : 2 * num_members].unflatten(1, (2, num_members))
        first, second = (places * (self.side - 1)).round().long().unbind(1)
        shared = scaled[:, self.split :].unsqueeze(1).expand(-1, num_members, -1)
        own = torch.cat([2.0 * places.transpose(1, 2) - 1.0, shared], dim=2)
        return Categorical(logits=self.actor(scaled, second * self.side + first, own), validate_args=False)


def over_forest(seen: Any, done: Any) -> Team:
    """A policy for Wildfire as one actor: a choice for each of the crew, from six maps on hexagons."""
    num_members = len(done.nvec)
    side = math.isqrt((int(np.prod(seen.shape)) - 2 * num_members - 2) // 6)
    return Team(seen, done, Hex2D(side, side), num_maps=6)
