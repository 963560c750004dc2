"""The public names of murk_env, except those that need another library; loaded when the first one is used.

Each propagator, and each face over many worlds, is loaded when its own name is first used.
"""

import importlib
from typing import TYPE_CHECKING

from murk_env.author import Blueprint, Group, Params, Range, per_world
from murk_env.faces.env import MurkEnv
from murk_env.faces.register import register
from murk_env.fields import ACTIVE, LEVEL, Field, Parameter, RowTick, Tick, Values
from murk_env.lattice import Fcc12, Hex2D, Lattice, Line1D, Product, Ring1D, Square4, Square8
from murk_env.maps import Levels, Raster
from murk_env.observation import Mask, Neighbours, Observation, Observe, Rings, Window
from murk_env.random import Draws, WorldRng
from murk_env.rendering import Marker, Picture
from murk_env.world import Record, State, World

if TYPE_CHECKING:
    from murk_env.faces.agent_rows import MurkAgentVectorEnv
    from murk_env.faces.groups import MurkGroupsEnv
    from murk_env.faces.vector import MurkVectorEnv
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
        Spectral,
        Transport,
        Wave,
    )

__all__ = [
    "ACTIVE",
    "LEVEL",
    "SIR",
    "Advection",
    "AgentMovement",
    "Automaton",
    "Blueprint",
    "Burgers",
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
    "Levels",
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
    "Raster",
    "Record",
    "Resource",
    "Ring1D",
    "Rings",
    "RowTick",
    "ShallowWater",
    "Spectral",
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

_FACES = {"MurkAgentVectorEnv": "agent_rows", "MurkGroupsEnv": "groups", "MurkVectorEnv": "vector"}


def __getattr__(name: str) -> object:
    """Load a name that is loaded at its first use."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = f"murk_env.faces.{_FACES[name]}" if name in _FACES else "murk_env.propagators"
    return getattr(importlib.import_module(room), name)
