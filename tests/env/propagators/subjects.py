"""Every propagator with what it declares: a new one joins the contract by an entry here."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from murk_env.lattice import Hex2D, Lattice, Line1D, Ring1D, Square4, Square8
from murk_env.propagators import (
    SIR,
    Advection,
    AgentMovement,
    Automaton,
    Burgers,
    Copy,
    Diffusion,
    Emission,
    Fire,
    Flow,
    Gradient,
    GrayScott,
    LineOfSight,
    LotkaVolterra,
    Morphology,
    Noise,
    Resource,
    ShallowWater,
    Spectral,
    Transport,
    Wave,
)
from tests.env.propagators.subject import AXES, LATTICES, Subject

__all__ = ["LATTICES", "SUBJECTS", "Subject"]


def some_cells(rng: np.random.Generator, shape: tuple[int, ...], lattice: Lattice) -> Any:
    """Return different cells for all agents of a world but its last, which is out of it."""
    cells = np.stack([rng.permutation(lattice.num_cells)[: shape[1]] for _ in range(shape[0])])
    cells[:, -1] = -1
    return cells.astype(np.int32)


def some_directions(rng: np.random.Generator, shape: tuple[int, ...], lattice: Lattice) -> Any:
    return rng.integers(-1, len(lattice.directions), shape, np.int32)


def sparsely(rng: np.random.Generator, shape: tuple[int, ...], lattice: Lattice) -> Any:
    return (rng.random(shape) < 0.2).astype(np.float32)


def some_water(rng: np.random.Generator, shape: tuple[int, ...], lattice: Lattice) -> Any:
    return (0.6 + 0.4 * rng.random(shape)).astype(np.float32)


def gently(rng: np.random.Generator, shape: tuple[int, ...], lattice: Lattice) -> Any:
    return (0.2 * rng.random(shape) - 0.1).astype(np.float32)


def faces_of(lattice: Lattice) -> Any:
    """Return the area over the volume of a cell, times the normal, of the faces in every direction."""
    hops = lattice.displacements
    return hops @ np.linalg.inv(hops.T @ hops / 2.0)


INTEGER: Mapping[str, Any] = {"dtype": np.int32}
OF_AGENTS: Mapping[str, Any] = {"over": "agents", "dtype": np.int32}
PLAIN: Mapping[str, Any] = {}

MODES: Any = ("add", "set")
OPERATIONS: Any = ("dilate", "erode")
KINDS: Any = ("gaussian", "uniform", "salt_and_pepper")
GROWTHS: Any = ("linear", "logistic")
VECTOR: Mapping[str, Any] = {"components": AXES}

SUBJECTS = [
    Subject(
        "advection",
        {"dye": PLAIN, "wind": {"low": -0.5, "high": 1.0, **VECTOR}},
        Advection,
        reads_previous=("dye", "wind"),
        writes=("dye",),
        max_dt=lambda lattice: 2.0 / np.abs(faces_of(lattice)).sum(),
    ),
    Subject(
        "movement",
        {"cells": OF_AGENTS, "directions": OF_AGENTS, "walls": PLAIN},
        lambda cells, directions, walls: AgentMovement(cells, directions, obstacles=walls),
        reads=("directions", "walls"),
        updates=("cells",),
        draws={"cells": some_cells, "directions": some_directions, "walls": sparsely},
        num_agents=5,
    ),
    Subject(
        "automaton",
        {"alive": {"categories": 2}},
        lambda alive: Automaton(alive, birth=(1,), survival=(1, 2)),
        reads_previous=("alive",),
        writes=("alive",),
    ),
    Subject(
        "copy",
        {"now": PLAIN, "last": PLAIN},
        Copy,
        reads_previous=("now",),
        writes=("last",),
        same_units=(("now", "last"),),
    ),
    Subject(
        "diffusion",
        {"heat": PLAIN},
        Diffusion,
        reads_previous=("heat",),
        writes=("heat",),
        same_units=(("heat", "heat"),),
        rates={"coefficient": (0.05, 0.03), "decay": (0.1, 0.02)},
        max_dt=lambda lattice: 1.0 / (lattice.max_degree * 0.05),
    ),
    Subject(
        "diffusion_with_slopes",
        {"heat": PLAIN, "smooth": PLAIN, "slope": VECTOR},
        lambda heat, smooth, slope, **rates: Diffusion(heat, output=smooth, gradient=slope, **rates),
        reads_previous=("heat",),
        writes=("smooth", "slope"),
        same_units=(("heat", "smooth"),),
        rates={"coefficient": (0.05, 0.03), "decay": (0.1, 0.02)},
        max_dt=lambda lattice: 1.0 / (lattice.max_degree * 0.05),
    ),
    Subject(
        "diffusion_held",
        {"heat": PLAIN},
        lambda heat, source, low, high, **rates: Diffusion(
            heat, sources={1: source, 4: 0.3}, clamp=(low, high), **rates
        ),
        reads_previous=("heat",),
        writes=("heat",),
        same_units=(("heat", "heat"),),
        rates={
            "coefficient": (0.05, 0.03),
            "decay": (0.1, 0.02),
            "source": (0.55, 0.25),
            "low": (0.1, 0.2),
            "high": (0.7, 0.6),
        },
        parts={"source": "sources", "low": "clamp", "high": "clamp"},
        signed=("source", "low", "high"),
        optional=("low", "high"),
        measured={"source": "heat", "low": "heat", "high": "heat"},
        max_dt=lambda lattice: 1.0 / (lattice.max_degree * 0.05),
    ),
    *(
        Subject(
            f"emission_{mode}",
            {"presence": INTEGER, "scent": PLAIN},
            lambda presence, scent, mode=mode, **rates: Emission(presence, scent, mode=mode, **rates),
            reads_previous=("presence", "scent") if mode == "add" else ("presence",),
            writes=("scent",),
            rates={"intensity": (0.3, 2.0)},
            same_units=(("scent",),),
            measured={"intensity": "scent"},
        )
        for mode in MODES
    ),
    Subject("flow", {"hill": PLAIN, "stream": VECTOR}, Flow, reads_previous=("hill",), writes=("stream",)),
    Subject(
        "flow_normalised",
        {"hill": PLAIN, "stream": VECTOR},
        lambda hill, stream: Flow(hill, stream, normalise=True),
        reads_previous=("hill",),
        writes=("stream",),
    ),
    Subject(
        "gradient", {"hill": PLAIN, "slope": VECTOR}, Gradient, reads_previous=("hill",), writes=("slope",)
    ),
    Subject(
        "line_of_sight",
        {"viewers": OF_AGENTS, "opacity": PLAIN, "seen": PLAIN},
        lambda viewers, opacity, seen: LineOfSight(viewers, opacity, seen, radius=3),
        reads=("viewers", "opacity"),
        writes=("seen",),
        draws={"viewers": some_cells, "opacity": sparsely},
        supports=lambda lattice: isinstance(lattice, Square4 | Square8 | Hex2D),
        num_agents=2,
    ),
    *(
        Subject(
            f"morphology_{operation}",
            {"field": PLAIN, "grown": PLAIN},
            lambda field, grown, operation=operation, **rates: Morphology(
                field, grown, operation=operation, radius=2, **rates
            ),
            reads_previous=("field",),
            writes=("grown",),
            rates={"threshold": (0.9, 0.1)},
            signed=("threshold",),
            same_units=(("field",),),
            measured={"threshold": "field"},
        )
        for operation in OPERATIONS
    ),
    *(
        Subject(
            f"noise_{kind}",
            {"signal": PLAIN},
            lambda signal, kind=kind, **rates: Noise(signal, kind=kind, **rates),
            reads_previous=("signal",),
            writes=("signal",),
            rates={"scale": (0.3, 0.8)},
            same_units=() if kind == "salt_and_pepper" else (("signal",),),
            measured={} if kind == "salt_and_pepper" else {"scale": "signal"},
        )
        for kind in KINDS
    ),
    *(
        Subject(
            f"resource_{growth}",
            {"food": PLAIN, "presence": INTEGER},
            lambda food, presence, growth=growth, **rates: Resource(food, presence, growth=growth, **rates),
            reads_previous=("food", "presence"),
            writes=("food",),
            rates={"consumption": (0.1, 0.3), "regrowth": (0.2, 0.05), "capacity": (1.0, 0.8)},
            same_units=(("food",),),
            measured={"capacity": "food"},
        )
        for growth in GROWTHS
    ),
    Subject(
        "epidemic",
        {"susceptible": PLAIN, "infected": PLAIN, "recovered": PLAIN},
        SIR,
        reads_previous=("susceptible", "infected", "recovered"),
        writes=("susceptible", "infected", "recovered"),
        same_units=(("susceptible", "infected", "recovered"),),
        rates={"infection": (0.8, 0.3), "recovery": (0.2, 0.1), "mixing": (0.3, 1.0)},
        max_dt=lambda lattice: 1.0 / 0.2,
    ),
    Subject(
        "fire",
        {"state": {"categories": 3}, "fuel": PLAIN, "flammability": PLAIN},
        lambda state, fuel, flammability, **rates: Fire(state, fuel, flammability=flammability, **rates),
        reads=("flammability",),
        reads_previous=("state", "fuel"),
        writes=("state", "fuel"),
        rates={
            "ignition": (0.5, 2.0),
            "consumption": (0.2, 0.1),
            "wind_speed": (10.0, 5.0),
            "wind_direction": (1.0, -2.0),
        },
        signed=("wind_direction",),
        elsewhere=("slope",),
    ),
    Subject(
        "gray_scott",
        {"u": PLAIN, "v": PLAIN},
        GrayScott,
        reads_previous=("u", "v"),
        writes=("u", "v"),
        same_units=(("u", "v"),),
        rates={
            "feed": (0.04, 0.03),
            "kill": (0.06, 0.055),
            "diffusion_u": (0.06, 0.04),
            "diffusion_v": (0.03, 0.02),
        },
        max_dt=lambda lattice: 1.0 / (0.06 * lattice.max_degree + 0.04),
    ),
    Subject(
        "lotka_volterra",
        {"prey": PLAIN, "predators": PLAIN},
        LotkaVolterra,
        reads_previous=("prey", "predators"),
        writes=("prey", "predators"),
        rates={
            "growth": (1.0, 0.7),
            "predation": (1.2, 0.9),
            "reproduction": (0.8, 1.1),
            "mortality": (0.5, 0.6),
            "prey_diffusion": (0.02, 0.01),
            "predator_diffusion": (0.04, 0.05),
        },
        max_dt=lambda lattice: 1.0 / (0.04 * lattice.max_degree),
    ),
    Subject(
        "shallow water",
        {"depth": {"low": 0.0}, "discharge": VECTOR, "bed": PLAIN, "push": VECTOR},
        lambda depth, discharge, bed, push, **rates: ShallowWater(
            depth, discharge, bed, push, max_speed=6.0, **rates
        ),
        reads=("push",),
        reads_previous=("depth", "discharge", "bed"),
        writes=("depth", "discharge"),
        same_units=(("depth", "bed"),),
        rates={"gravity": (9.81, 1.62), "drag": (0.1, 0.3)},
        max_dt=lambda lattice: 1.0 / (6.0 * lattice.positions.shape[1]),
        draws={"depth": some_water, "discharge": gently},
        supports=lambda lattice: isinstance(lattice, Line1D | Ring1D | Square4),
    ),
    Subject(
        "burgers",
        {"speed": PLAIN, "push": PLAIN},
        lambda speed, push, **rates: Burgers(speed, push, max_speed=2.0, **rates),
        reads=("push",),
        reads_previous=("speed",),
        writes=("speed",),
        rates={"viscosity": (0.2, 0.1)},
        max_dt=lambda lattice: 1.0 / (2.0 * 2.0 + 0.2 * lattice.stiffness),
        supports=lambda lattice: isinstance(lattice, Line1D | Ring1D),
    ),
    Subject(
        "spectral",
        {"u": PLAIN, "push": PLAIN},
        lambda u, push, linear: Spectral(
            u,
            push,
            linear={2: linear},
            nonlinear={1: lambda u: -0.5 * u * u},
            max_slope={1: 2.0},
            steps=3,
        ),
        reads=("push",),
        reads_previous=("u",),
        writes=("u",),
        rates={"linear": (0.2, 0.1)},
        signed=("linear",),
        calming=("linear",),
        interpreted="its transforms are numpy's",
        max_dt=lambda lattice: 3 * 2.6 / (2.0 * np.pi),  # of the shortest wave, of wave number pi
        supports=lambda lattice: isinstance(lattice, Ring1D),
    ),
    Subject(
        "wave",
        {"height": PLAIN, "speed": PLAIN},
        Wave,
        reads_previous=("height", "speed"),
        writes=("height", "speed"),
        rates={"wave_speed": (0.5, 0.3), "damping": (0.1, 0.4)},
        max_dt=lambda lattice: 2.0 / lattice.max_degree**0.5,
    ),
    Subject(
        "transport",
        {"load": PLAIN, "inflow": {"over": "world"}, "back": PLAIN},
        Transport,
        reads=("inflow",),
        reads_previous=("load", "back"),
        writes=("load",),
        same_units=(("load", "inflow"),),
        rates={"speed": (0.5, 0.3)},
        max_dt=lambda lattice: 2.0,
        supports=lambda lattice: isinstance(lattice, Line1D),
    ),
]
