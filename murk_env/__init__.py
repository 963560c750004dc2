"""Reinforcement learning environments whose worlds are fields: written once, used as every kind of env."""

import importlib
from typing import TYPE_CHECKING

from murk_env.author import Blueprint, Group, Params, Range, per_world
from murk_env.faces.agent_rows import MurkAgentVectorEnv
from murk_env.faces.env import MurkEnv
from murk_env.faces.register import register
from murk_env.faces.vector import MurkVectorEnv
from murk_env.fields import ACTIVE, Field, Parameter, RowTick, Tick, Values
from murk_env.lattice import Fcc12, Hex2D, Lattice, Line1D, Product, Ring1D, Square4, Square8
from murk_env.observation import Mask, Neighbours, Observation, Observe, Window
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
    Wave,
)
from murk_env.random import Draws, WorldRng
from murk_env.rendering import Marker, Picture
from murk_env.world import State, World

if TYPE_CHECKING:
    from murk_env.faces.parallel import MurkParallelEnv as MurkParallelEnv
    from murk_env.recording.datasets import to_minari as to_minari
    from murk_env.recording.recording import Recording as Recording
    from murk_env.recording.replay import replay as replay

# And those of _LATE, which `from murk_env import *` leaves out: they need other libraries.
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
    "Resource",
    "Ring1D",
    "RowTick",
    "Square4",
    "Square8",
    "State",
    "Tick",
    "Values",
    "Wave",
    "Window",
    "World",
    "WorldRng",
    "per_world",
    "register",
]


_LATE = {
    "MurkParallelEnv": "murk_env.faces.parallel",
    "Recording": "murk_env.recording.recording",
    "replay": "murk_env.recording.replay",
    "to_minari": "murk_env.recording.datasets",
}


def __getattr__(name: str) -> object:
    """Load what needs a library of its own when it is asked for: the rest works without."""
    if name in _LATE:
        return getattr(importlib.import_module(_LATE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
