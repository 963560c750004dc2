"""Propagators, one per file; `murk_env.propagators.writing` has what you need to write another.

Each module is imported at first use: few environments use more than three propagators.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from murk_env.propagators.advection import Advection
    from murk_env.propagators.automaton import Automaton
    from murk_env.propagators.base import Propagator
    from murk_env.propagators.boundaries import Boundary, Flux, NoFlux, Periodic, Value
    from murk_env.propagators.burgers import Burgers
    from murk_env.propagators.copy import Copy
    from murk_env.propagators.diffusion import Diffusion
    from murk_env.propagators.emission import Emission
    from murk_env.propagators.fire import Fire
    from murk_env.propagators.flow import Flow
    from murk_env.propagators.frame import Frame
    from murk_env.propagators.gradient import Gradient
    from murk_env.propagators.gray_scott import GrayScott
    from murk_env.propagators.lotka_volterra import LotkaVolterra
    from murk_env.propagators.morphology import Morphology
    from murk_env.propagators.movement import AgentMovement
    from murk_env.propagators.noise import Noise
    from murk_env.propagators.resource import Resource
    from murk_env.propagators.shallow_water import ShallowWater
    from murk_env.propagators.sight import LineOfSight
    from murk_env.propagators.sir import SIR
    from murk_env.propagators.spectral import Spectral
    from murk_env.propagators.transport import Transport
    from murk_env.propagators.wave import Wave

__all__ = [
    "SIR",
    "Advection",
    "AgentMovement",
    "Automaton",
    "Boundary",
    "Burgers",
    "Copy",
    "Diffusion",
    "Emission",
    "Fire",
    "Flow",
    "Flux",
    "Frame",
    "Gradient",
    "GrayScott",
    "LineOfSight",
    "LotkaVolterra",
    "Morphology",
    "NoFlux",
    "Noise",
    "Periodic",
    "Propagator",
    "Resource",
    "ShallowWater",
    "Spectral",
    "Transport",
    "Value",
    "Wave",
]

_FILES = {
    "SIR": "sir",
    "Advection": "advection",
    "AgentMovement": "movement",
    "Automaton": "automaton",
    "Boundary": "boundaries",
    "Burgers": "burgers",
    "Copy": "copy",
    "Diffusion": "diffusion",
    "Emission": "emission",
    "Fire": "fire",
    "Flow": "flow",
    "Flux": "boundaries",
    "Frame": "frame",
    "Gradient": "gradient",
    "GrayScott": "gray_scott",
    "LineOfSight": "sight",
    "LotkaVolterra": "lotka_volterra",
    "Morphology": "morphology",
    "NoFlux": "boundaries",
    "Noise": "noise",
    "Periodic": "boundaries",
    "Propagator": "base",
    "Resource": "resource",
    "ShallowWater": "shallow_water",
    "Spectral": "spectral",
    "Transport": "transport",
    "Value": "boundaries",
    "Wave": "wave",
}


def __getattr__(name: str) -> object:
    """Import a propagator at first use."""
    if name not in _FILES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(f"{__name__}.{_FILES[name]}"), name)
    return found


def __dir__() -> list[str]:
    """Return the loaded names and all propagators."""
    return sorted({*globals(), *_FILES})
