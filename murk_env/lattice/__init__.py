"""Lattices: which cells a world has, and which of them are neighbours."""

from murk_env.lattice.base import Lattice
from murk_env.lattice.square import Square4
from murk_env.lattice.stencil import Stencil

__all__ = ["Lattice", "Square4", "Stencil"]
