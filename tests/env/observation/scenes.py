"""What the tests of observations share: fields, lattices, plans, and windows found by walking."""

import itertools
from typing import Any

import numpy as np

from murk_env.fields import Field
from murk_env.fields.values import Values
from murk_env.lattice import Fcc12, Hex2D, Line1D, Product, Ring1D, Square4, Square8
from murk_env.observation import Mask, Observation, ObservationPlan, Observe, Window

EDGES = ("absorb", "clamp", "wrap")
LATTICES = [
    *(kind(*sides, edge) for kind in (Square4, Square8) for sides in ((3, 4), (1, 5)) for edge in EDGES),
    *(Line1D(5, edge) for edge in EDGES),
    Ring1D(1),
    Ring1D(6),
    *(Hex2D(*sides, edge) for sides in ((4, 3), (2, 5)) for edge in ("absorb", "wrap")),
    *(Fcc12(*sides) for sides in ((3, 4, 2), (2, 2, 2))),
    Fcc12(4, 2, 4, "wrap"),
    Product(Ring1D(4), Line1D(3)),
    Product(Hex2D(3, 3), Ring1D(3)),
]


class Fields:
    heat = Field()
    flow = Field(components=2)
    cell = Field(over="world", dtype=np.int32)
    cells = Field(over="agents", dtype=np.int32)


KNOWN = frozenset(value for value in vars(Fields).values() if isinstance(value, Field))
GRID = Square4(4, 5)


def entries():
    """Entries of several kinds, for GRID."""
    return (
        Window(Fields.heat, around=Fields.cell, disk=1, with_mask=True, name="near"),
        Mask(Fields.cell),
        Observe(Fields.flow).normalised(-2, 2),
        Window(Fields.flow, around=Fields.cell, rectangle=(1, 2)).pooled("max", 2, 1),
    )


def values(num_worlds=3):
    """What they show, in some worlds."""
    rng = np.random.default_rng(1)
    arrays = {
        Fields.heat: rng.normal(size=(num_worlds, 20)),
        Fields.flow: rng.normal(size=(num_worlds, 2, 20)),
        Fields.cell: rng.integers(0, 20, num_worlds),
    }
    return Values({field: array.astype(field.dtype) for field, array in arrays.items()})


def plan_of(lattice, *entries, known: Any = KNOWN, num_agents=0, **options: Any) -> Any:
    return ObservationPlan(Observation(*entries, **options), lattice, frozenset(known), num_agents)


def seen(lattice, values, *entries, **options) -> Any:
    """What a plan of these entries fills in from values by field, worlds axis first."""
    plan = plan_of(lattice, *entries, known=values.keys(), **options)
    static = [field for field in values if field.mutability == "static"]
    num_worlds = next(len(array) for field, array in values.items() if field not in static)
    out = plan.allocate(num_worlds)
    for array in out.values() if isinstance(out, dict) else [out]:
        array.fill(77.0)  # what is not written stands out
    plan.fill(Values({field: np.asarray(array, field.dtype) for field, array in values.items()}), out)
    return out


def everywhere(lattice, cells=Fields.cell):
    """Values of as many worlds as cells: each with its own cell as centre and the ranks + 1 as heat."""
    num_cells = lattice.num_cells
    heat = np.tile(np.arange(1, num_cells + 1), (num_cells, 1))
    return {Fields.heat: heat, cells: np.arange(num_cells)}


def hops_from(lattice, cell):
    """Distances from a cell, by walking from neighbour to neighbour."""
    found, front = {cell: 0}, [cell]
    while front:
        here = front.pop(0)
        for other in lattice.neighbours[here].tolist():
            if other >= 0 and other not in found:
                found[other] = found[here] + 1
                front.append(other)
    return found


def shown_by_walking(lattice, cell, half_extents, radius=None):
    """The cells that a window shows, place by place, -1 for none."""
    ranks = {tuple(place): rank for rank, place in enumerate(lattice.coordinates.tolist())}
    hops = hops_from(lattice, cell) if radius is not None else {}
    shown = []
    for offset in itertools.product(*(range(-extent, extent + 1) for extent in half_extents)):
        place = [a + b for a, b in zip(lattice.coordinates[cell].tolist(), offset, strict=True)]
        around = [a % p if p else a for a, p in zip(place, lattice.periods, strict=True)]
        rank = ranks.get(tuple(around), -1)
        shown.append(rank if radius is None or (rank >= 0 and hops[rank] <= radius) else -1)
    return shown
