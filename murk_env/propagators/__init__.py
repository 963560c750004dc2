"""Propagators: one law a file; and what a law of one's own is made with."""

from murk_env.propagators._neighbours import add_neighbours, neighbourhood
from murk_env.propagators.advection import Advection
from murk_env.propagators.automaton import Automaton
from murk_env.propagators.base import Coefficient, Frame, Propagator, highest, in_range, lowest, parameters
from murk_env.propagators.copy import Copy
from murk_env.propagators.diffusion import Diffusion
from murk_env.propagators.emission import Emission
from murk_env.propagators.fire import Fire
from murk_env.propagators.flow import Flow
from murk_env.propagators.gradient import Gradient
from murk_env.propagators.gray_scott import GrayScott
from murk_env.propagators.lotka_volterra import LotkaVolterra
from murk_env.propagators.morphology import Morphology
from murk_env.propagators.movement import AgentMovement
from murk_env.propagators.noise import Noise
from murk_env.propagators.resource import Resource
from murk_env.propagators.sight import LineOfSight
from murk_env.propagators.sir import SIR
from murk_env.propagators.wave import Wave

__all__ = [
    "SIR",
    "Advection",
    "AgentMovement",
    "Automaton",
    "Coefficient",
    "Copy",
    "Diffusion",
    "Emission",
    "Fire",
    "Flow",
    "Frame",
    "Gradient",
    "GrayScott",
    "LineOfSight",
    "LotkaVolterra",
    "Morphology",
    "Noise",
    "Propagator",
    "Resource",
    "Wave",
    "add_neighbours",
    "highest",
    "in_range",
    "lowest",
    "neighbourhood",
    "parameters",
]
