"""The public names of murk_env but those that need another library; loaded when the first is asked for."""

from murk_env.author import Blueprint, Group, Params, Range, per_world
from murk_env.faces.agent_rows import MurkAgentVectorEnv
from murk_env.faces.env import MurkEnv
from murk_env.faces.groups import MurkGroupsEnv
from murk_env.faces.register import register
from murk_env.faces.vector import MurkVectorEnv
from murk_env.fields import ACTIVE, Field, Parameter, RowTick, Tick, Values
from murk_env.lattice import Fcc12, Hex2D, Lattice, Line1D, Product, Ring1D, Square4, Square8
from murk_env.observation import Mask, Neighbours, Observation, Observe, Rings, Window
from murk_env.propagators import (
    SIR,
    Advection,
    AgentMovement,
    Automaton,
    Copy,
    Diffusion,
    Emission,
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
    ShallowWater,
    Transport,
    Wave,
)
from murk_env.random import Draws, WorldRng
from murk_env.rendering import Marker, Picture
from murk_env.world import Record, State, World

__all__ = [
    "ACTIVE",
    "SIR",
    "Advection",
    "AgentMovement",
    "Automaton",
    "Blueprint",
    "Copy",
    "Diffusion",
    "Draws",
    "Emission",
    "Fcc12",
    "Field",
    "Fire",
    "Flow",
    "Frame",
    "Gradient",
    "GrayScott",
    "Group",
    "Hex2D",
    "Lattice",
    "Line1D",
    "LineOfSight",
    "LotkaVolterra",
    "Marker",
    "Mask",
    "Morphology",
    "MurkAgentVectorEnv",
    "MurkEnv",
    "MurkGroupsEnv",
    "MurkVectorEnv",
    "Neighbours",
    "Noise",
    "Observation",
    "Observe",
    "Parameter",
    "Params",
    "Picture",
    "Product",
    "Propagator",
    "Range",
    "Record",
    "Resource",
    "Ring1D",
    "Rings",
    "RowTick",
    "ShallowWater",
    "Square4",
    "Square8",
    "State",
    "Tick",
    "Transport",
    "Values",
    "Wave",
    "Window",
    "World",
    "WorldRng",
    "per_world",
    "register",
]
