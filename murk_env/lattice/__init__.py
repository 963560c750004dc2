"""Lattices: the cells of a world, their neighbours and their positions."""

from murk_env.lattice.base import Lattice
from murk_env.lattice.fcc import Fcc12
from murk_env.lattice.grid import Edge, Grid
from murk_env.lattice.hexagon import Hex2D
from murk_env.lattice.line import Line1D, Ring1D
from murk_env.lattice.product import Product
from murk_env.lattice.square import Square4, Square8
from murk_env.lattice.stencil import Stencil

__all__ = [
    "Edge",
    "Fcc12",
    "Grid",
    "Hex2D",
    "Lattice",
    "Line1D",
    "Product",
    "Ring1D",
    "Square4",
    "Square8",
    "Stencil",
]
