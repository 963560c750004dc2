"""Environments whose worlds are fields: written once over a worlds axis, used in every form."""

from murk_env.blueprint import Blueprint
from murk_env.env import MurkEnv
from murk_env.field import Field, Parameter
from murk_env.hooks import per_world
from murk_env.lattice import Fcc12, Hex2D, Lattice, Line1D, Product, Ring1D, Square4, Square8
from murk_env.observation import Mask, Neighbours, Observation, Observe, Window
from murk_env.propagators import (
    Advection,
    AgentMovement,
    Automaton,
    Copy,
    Diffusion,
    Emission,
    Epidemic,
    Fire,
    Flow,
    Frame,
    Gradient,
    GrayScott,
    LineOfSight,
    LotkaVolterra,
    Morphology,
    Noise,
    Propagator,
    Resource,
    Wave,
)
from murk_env.random import WorldRng
from murk_env.values import RowTick, Tick, Values
from murk_env.vector import MurkVectorEnv, vector_form
from murk_env.world import World

__all__ = [
    "Advection",
    "AgentMovement",
    "Automaton",
    "Blueprint",
    "Copy",
    "Diffusion",
    "Emission",
    "Epidemic",
    "Fcc12",
    "Field",
    "Fire",
    "Flow",
    "Frame",
    "Gradient",
    "GrayScott",
    "Hex2D",
    "Lattice",
    "Line1D",
    "LineOfSight",
    "LotkaVolterra",
    "Mask",
    "Morphology",
    "MurkEnv",
    "MurkVectorEnv",
    "Neighbours",
    "Noise",
    "Observation",
    "Observe",
    "Parameter",
    "Product",
    "Propagator",
    "Resource",
    "Ring1D",
    "RowTick",
    "Square4",
    "Square8",
    "Tick",
    "Values",
    "Wave",
    "Window",
    "World",
    "WorldRng",
    "per_world",
    "vector_form",
]
