"""Propagators: one law a file."""

from murk_env.propagators.base import Frame, Propagator
from murk_env.propagators.diffusion import Diffusion

__all__ = ["Diffusion", "Frame", "Propagator"]
