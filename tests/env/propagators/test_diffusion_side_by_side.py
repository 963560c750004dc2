"""Diffusion on lattices of many directions: eight worlds at once give the bytes of worlds alone."""

import numpy as np
import pytest

from murk_env.fields import Field, Parameter
from murk_env.lattice import Fcc12
from murk_env.propagators import Diffusion
from murk_env.propagators._diffuse import diffuse_of_many
from murk_env.world import World


@pytest.mark.few(1)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("lattice", [Fcc12(5, 4, 3), Fcc12(4, 6, 4, "wrap"), Fcc12(2, 1, 2)], ids=repr)
def test_worlds_of_many_directions_are_the_same_bytes_alone_and_eight_at_once(lattice, dtype):
    share = Parameter(0.05, low=0.0, high=1 / 12, dtype=dtype)
    loss = Parameter(0.1, low=0.0, high=1.0, dtype=dtype)

    def worlds(values, shares, losses):
        heat = Field(dtype=dtype)
        diffusion = Diffusion(heat, coefficient=share, decay=loss, sources={0: 1.5}, clamp=(-2.0, 2.0))
        fields = {"heat": heat, "share": share, "loss": loss}
        world = World(lattice, fields, [diffusion], num_worlds=len(values))
        with world.edit() as tick:
            tick[heat], tick[share], tick[loss] = values, shares, losses
        world.run(3)
        return world[heat]

    rng = np.random.default_rng(4)
    for number in (3, 4, 13):
        values = rng.normal(size=(number, lattice.num_cells)).astype(dtype)
        values[0, 1] = -0.0
        shares = rng.uniform(0.0, 1 / 12, number)
        losses = np.repeat(rng.uniform(size=(number + 1) // 2), 2)[:number]
        alone = [worlds(*(array[[world]] for array in (values, shares, losses))) for world in range(number)]
        assert worlds(values, shares, losses).tobytes() == np.concatenate(alone).tobytes()


@pytest.mark.slow
def test_cells_of_every_degree_and_none_are_the_same_bytes_eight_at_once():
    rng, num_cells, num_worlds = np.random.default_rng(5), 39, 11
    previous = rng.normal(size=(num_worlds, num_cells)).astype(np.float32)
    rates = rng.uniform(0.0, 1 / 12, (num_worlds, 2))
    source, limits = np.zeros(0, np.uint32), np.full((num_worlds, 2), (-np.inf, np.inf), np.float32)
    held = source, np.zeros((num_worlds, 0), np.float32), limits
    cells, ends = rng.permutation(num_cells).astype(np.uint32), np.arange(3, num_cells + 1, 3)
    neighbours = rng.integers(0, num_cells, (num_cells, 12)).astype(np.uint32)
    where = 0, 0, (np.uint64(1),) * 12, cells, ends, neighbours
    together, alone = np.zeros((2, num_worlds, num_cells), np.float32)
    diffuse_of_many(12, listed=True)(0, num_worlds, previous, together, rates, *held, *where)
    for world in range(num_worlds):
        diffuse_of_many(12, listed=True)(world, world + 1, previous, alone, rates, *held, *where)
    assert together.tobytes() == alone.tobytes()
    assert together.all()
