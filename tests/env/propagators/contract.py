"""Worlds and cases that the contracts of all propagators share."""

import itertools
from typing import Any

import numpy as np
import pytest

from murk_env.fields import Parameter
from murk_env.world import World
from tests.env.propagators.subjects import LATTICES, SUBJECTS
from tests.tiers import representatives

NUM_WORLDS, NUM_TICKS, SEED = 3, 3, 11

every_subject = pytest.mark.parametrize("subject", SUBJECTS, ids=repr)
every_lattice = pytest.mark.parametrize("lattice", LATTICES, ids=repr)
with_rates = pytest.mark.parametrize("subject", [subject for subject in SUBJECTS if subject.rates], ids=repr)
PAIRS = [[(subject, lattice) for lattice in LATTICES if subject.supports(lattice)] for subject in SUBJECTS]
ONE_OF_EACH = [pairs[index % len(pairs)] for index, pairs in enumerate(PAIRS)]  # every lattice has its turn

supported = pytest.mark.parametrize(
    ("subject", "lattice"), representatives(itertools.chain(*PAIRS), ONE_OF_EACH[::2]), ids=repr
)
supported_when_checked = pytest.mark.parametrize(  # a third of them: checked mode compiles everything again
    ("subject", "lattice"), representatives(itertools.chain(*PAIRS), ONE_OF_EACH[::3]), ids=repr
)
once = pytest.mark.parametrize(("subject", "lattice"), ONE_OF_EACH, ids=repr)


def compiled(pairs):
    return [(subject, lattice) for subject, lattice in pairs if not subject.interpreted]


supported_kernels = pytest.mark.parametrize(
    ("subject", "lattice"),
    representatives(compiled(itertools.chain(*PAIRS)), compiled(ONE_OF_EACH)),
    ids=repr,
)


def worlds_of(
    subject,
    lattice,
    *,
    worlds: Any = range(NUM_WORLDS),
    checked: Any = False,
    parameters: Any = None,
    dt: Any = None,
    **rates,
):
    """Return a batch in which row i has the initial values and the seed of world worlds[i]."""
    fields = subject.declare(lattice)
    propagator = subject.of(fields, **rates)
    world = World(
        lattice,
        {**fields, **(parameters or {})},
        [propagator],
        num_worlds=len(worlds),
        num_agents=subject.num_agents,
        dt=dt or step_of(propagator, lattice),
        seed=SEED + worlds[0],
        checked=checked,
    )
    with world.edit() as tick:
        for name, field in fields.items():
            shape = (NUM_WORLDS, *field.shape(lattice.num_cells, subject.num_agents))
            tick[field] = subject.values(name, shape, lattice, seed=5)[worlds]
    return world


def step_of(subject, lattice):
    return min(0.5, 0.9 * subject.max_dt(lattice))


def bits_of(world, *, rows=slice(None)):
    """Return every field's values, as bytes."""
    return {
        name: np.ascontiguousarray(world[field][rows]).tobytes()
        for name, field in world.fields.items()
        if not isinstance(field, Parameter)
    }
