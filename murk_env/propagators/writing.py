'''The imports for writing a propagator: base class, kernels, coefficients, sums over neighbours, draws.

A propagator is a frozen dataclass that declares its fields and coefficients, and a kernel that runs worlds:

    >>> from dataclasses import dataclass
    >>> from murk_env import Field, Ring1D, World
    >>> from murk_env.propagators.writing import Declaration, KernelCall, Propagator, in_range, kernel
    >>> @kernel
    ... def decay(start, stop, previous, out, shares):
    ...     for world in range(start, stop):
    ...         for cell in range(out.shape[1]):
    ...             out[world, cell] = previous[world, cell] * (1.0 - shares[world, 0])
    >>> @dataclass(frozen=True, eq=False)
    ... class Decay(Propagator):
    ...     """Every cell decays: du/dt = -rate * u, explicit Euler."""
    ...     field: Field
    ...     rate: float
    ...     def declare(self):
    ...         rate = in_range("Decay", "rate", self.rate)
    ...         return Declaration(reads_previous=(self.field,), writes=(self.field,), coefficients=(rate,))
    ...     def bind(self, frame):
    ...         arrays = frame.previous(self.field), frame.write(self.field)
    ...         return KernelCall(decay, (*arrays, frame.dt * frame.coefficients))

It runs in a world like any other:

    >>> heat = Field(initial=8.0)
    >>> world = World(Ring1D(3), {"heat": heat}, [Decay(heat, rate=0.5)])
    >>> world.run(2)
    >>> world[heat]
    array([[2., 2., 2.]], dtype=float32)

| name | what it is |
|---|---|
| `Propagator`, `Declaration`, `Frame` | the base class, its declaration, and the arrays of a tick |
| `kernel`, `KernelCall`, `chain` | compiles a loop over worlds; a kernel with arguments; several in a row |
| `Coefficient`, `in_range`, `highest`, `lowest`, `parameters` | numbers that may be parameters |
| `add_neighbours`, `neighbourhood` | sums over every cell's neighbours, in a kernel |
| `FLOATS` | float32 and float64, for `require(dtype=)` of a propagator that computes in either |
| `batched` | gives a static field's array a worlds axis |
| `fill_normal`, `fill_uniform`, `fill_uniform_float32` | random numbers for every cell, in a kernel |
'''

from murk_env.kernels import KernelCall, chain, kernel
from murk_env.propagators._inputs import batched
from murk_env.propagators._neighbours import add_neighbours, neighbourhood
from murk_env.propagators.base import FLOATS, Declaration, Propagator
from murk_env.propagators.coefficients import Coefficient, highest, in_range, lowest, parameters
from murk_env.propagators.frame import Frame
from murk_env.random import fill_normal, fill_uniform, fill_uniform_float32

__all__ = [
    "FLOATS",
    "Coefficient",
    "Declaration",
    "Frame",
    "KernelCall",
    "Propagator",
    "add_neighbours",
    "batched",
    "chain",
    "fill_normal",
    "fill_uniform",
    "fill_uniform_float32",
    "highest",
    "in_range",
    "kernel",
    "lowest",
    "neighbourhood",
    "parameters",
]
