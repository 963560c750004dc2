"""Environments whose worlds are fields: written once over a worlds axis, used in every form."""

from murk_env.blueprint import Blueprint
from murk_env.env import MurkEnv
from murk_env.field import Field, Parameter
from murk_env.hooks import per_world
from murk_env.lattice import Fcc12, Hex2D, Lattice, Line1D, Product, Ring1D, Square4, Square8
from murk_env.observation import Mask, Observation, Observe
from murk_env.propagators import Diffusion, Frame, Propagator
from murk_env.random import WorldRng
from murk_env.values import RowTick, Tick, Values
from murk_env.vector import MurkVectorEnv, vector_form
from murk_env.world import World

__all__ = [
    "Blueprint",
    "Diffusion",
    "Fcc12",
    "Field",
    "Frame",
    "Hex2D",
    "Lattice",
    "Line1D",
    "Mask",
    "MurkEnv",
    "MurkVectorEnv",
    "Observation",
    "Observe",
    "Parameter",
    "Product",
    "Propagator",
    "Ring1D",
    "RowTick",
    "Square4",
    "Square8",
    "Tick",
    "Values",
    "World",
    "WorldRng",
    "per_world",
    "vector_form",
]
