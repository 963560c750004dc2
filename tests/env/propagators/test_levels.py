"""Propagators that read a map of a level: every world does what one with that map as static does."""

import re
from typing import Any

import numpy as np
import pytest

from murk_env.errors import PipelineError, PropagatorError
from murk_env.fields import Field
from murk_env.lattice import Square4
from murk_env.maps import Levels
from murk_env.propagators import (
    Advection,
    Diffusion,
    Emission,
    Fire,
    Flow,
    Gradient,
    LineOfSight,
    Resource,
    ShallowWater,
)
from murk_env.propagators.writing import Declaration, KernelCall, Propagator, kernel
from murk_env.world import World

LATTICE = Square4(4, 5)
RNG = np.random.default_rng(7)
HILLS = RNG.uniform(0.0, 1.0, (3, 20)).astype(np.float32)
WOODS = np.where(HILLS > 0.5, 1.0, 0.0).astype(np.float32)
KINDS = RNG.integers(0, 2, (3, 20)).astype(np.int32)


def scalar(**more):
    return {"low": 0.0, "high": 0.2, **more}


# The propagators, each with fields by name, what is made of them, and the maps of the field `map`.
CASES = [
    ("diffusion", {"u": {}}, scalar(), HILLS / 5, lambda f: Diffusion(f["u"], coefficient=f["map"])),
    (
        "advection",
        {"u": {}},
        scalar(components=2),
        RNG.uniform(0, 0.2, (3, 2, 20)).astype(np.float32),
        lambda f: Advection(f["u"], flow=f["map"]),
    ),
    (
        "resource",
        {"u": {}},
        {},
        WOODS,
        lambda f: Resource(f["u"], f["map"], regrowth=0.2, consumption=0.1),
    ),
    ("emission", {"u": {}}, {}, WOODS, lambda f: Emission(f["map"], f["u"], intensity=0.3)),
    ("gradient", {"u": {"components": 2}}, {}, HILLS, lambda f: Gradient(f["map"], f["u"])),
    ("flow", {"u": {"components": 2}}, {}, HILLS, lambda f: Flow(f["map"], f["u"])),
    (
        "sight",
        {"at": {"over": "world", "dtype": "int32", "initial": 7}, "u": {}},
        {},
        WOODS,
        lambda f: LineOfSight(f["at"], f["map"], f["u"], radius=4),
    ),
    (
        "water",
        {"u": {"initial": 1.0, "low": 0.0}, "q": {"components": 2}},
        {},
        HILLS,
        lambda f: ShallowWater(f["u"], f["q"], f["map"], max_speed=0.5, gravity=0.01),
    ),
    (
        "fire",
        {"s": {"categories": 3, "initial": 1}, "u": {"initial": 3.0, "low": 0.0}},
        {},
        HILLS,
        lambda f: Fire(f["s"], f["u"], ignition=0.3, consumption=1.0, elevation=f["map"]),
    ),
    (
        "fuel",
        {"s": {"categories": 3, "initial": 1}, "u": {"initial": 3.0, "low": 0.0}},
        {"categories": 2},
        KINDS,
        lambda f: Fire(
            f["s"], f["u"], ignition=0.3, consumption=1.0, fuel_class=f["map"], class_factors=(0.1, 2.0)
        ),
    ),
]


def grown(fields, mutability, maps, **given):
    """A world of these fields after three ticks; every field but the map begins with the map's bumps."""
    name, declared, kind, _, make = fields
    made = {one: Field(**more) for one, more in declared.items()} | {
        "map": Field(mutability=mutability, **kind)
    }
    where = {"levels": Levels(map=maps)} if mutability == "level" else {"static": {made["map"]: maps}}
    world = World(LATTICE, made, [make(made)], seed=4, **where, **given)
    if "levels" in where:
        world.reset(seed=4, level=[2, 0, 1, 2])
    if name in ("diffusion", "advection"):
        with world.edit() as tick:
            tick.u = np.arange(20.0)[np.newaxis]
    if "s" in made:
        with world.edit() as tick:
            tick.s = (np.arange(20) == 7).astype(np.int32)[np.newaxis]
    world.run(3)
    return [world[made[one]].copy() for one in declared]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_a_world_does_what_its_own_map_alone_would_do(case):
    ours = grown(case, "level", case[3], num_worlds=4)
    for world, level in enumerate((2, 0, 1, 2)):
        alone = grown(case, "static", case[3][level], num_worlds=4)
        for one, other in zip(ours, alone, strict=True):
            np.testing.assert_array_equal(one[world], other[world])
    assert (ours[-1][1] != ours[-1][2]).any()


@kernel
def _add(start, stop, maps, out):
    for world in range(start, stop):
        for cell in range(out.shape[1]):
            out[world, cell] += maps[world, cell]


class Adds(Propagator):
    """Adds a map to a field, as a kernel, or wrongly."""

    def __init__(self, maps, out, how="kernel"):
        self.maps, self.out, self.how = maps, out, how

    def declare(self):
        return Declaration(reads=(self.maps,), updates=(self.out,))

    def bind(self, frame) -> Any:
        maps, out = frame.read(self.maps), frame.update(self.out)
        match self.how:
            case "python":
                return lambda start, stop: np.add(out, frame.read(self.maps), out=out)
            case "written":
                return lambda start, stop: frame.read(self.maps).fill(1.0)
            case "kept":
                return lambda start, stop: np.add(out, maps, out=out)
            case "computed":
                maps = maps[:] * 2.0
            case "copied":
                maps = np.ascontiguousarray(maps)
            case "part":
                return KernelCall(_add, (maps[:, :3], out))
        return KernelCall(_add, (maps, out))


def adding(how):
    maps, out = Field(mutability="level"), Field()
    world = World(
        LATTICE, {"m": maps, "u": out}, [Adds(maps, out, how)], num_worlds=4, levels=Levels(m=HILLS), seed=0
    )
    world.reset(level=[2, 0, 1, 2])
    world.run(2)
    return world[out]


@pytest.mark.parametrize("how", ["kernel", "python"])
def test_an_authors_propagator_reads_the_map_of_the_level_as_any_field(how):
    np.testing.assert_array_equal(adding(how), 2.0 * HILLS[[2, 0, 1, 2]])


@pytest.mark.parametrize(
    ("how", "does"),
    [
        ("computed", r"Adds\(u\) computes with 'm'"),
        ("copied", r"Adds\(u\) reads 'm'"),
        ("part", r"Adds\(u\) reads 'm'"),
        ("kept", ""),
    ],
)
def test_what_a_propagator_makes_of_one_map_for_all_worlds_is_refused(how, does):
    message = "has a map for each level, so what bind(frame) makes of it would hold for one level alone"
    with pytest.raises((PipelineError, PropagatorError), match=f"{does}.*{re.escape(message)}"):
        adding(how)


def test_the_maps_that_a_propagator_is_given_are_read_only():
    with pytest.raises(PropagatorError, match=r"Adds\(u\) raised ValueError: .*read-only"):
        adding("written")
