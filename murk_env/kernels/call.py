"""Kernels with the arrays they work on, ready to be run or to be fused with others."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from murk_env.kernels.compiler import COMPILES, compile_source
from murk_env.kernels.uncompiled import wide

__all__ = ["KernelCall", "chain"]


@dataclass(frozen=True, slots=True, eq=False)
class KernelCall:
    """A compiled loop over worlds and its arguments: `bound(start, stop)` runs the worlds [start, stop).

    A propagator that returns one from `bind`, instead of a function of its own, lets the world run it and its
    neighbours in the pipeline in one call, block of worlds after block of worlds.

    Attributes:
        kernel: a function made by `kernel`, called as ``kernel(start, stop, *arguments)``. What it writes
            for one world depends on no other world.
        arguments: arrays, numbers, and tuples of numbers.
    """

    kernel: Callable[..., None]
    arguments: tuple[Any, ...]

    def __call__(self, start: int, stop: int) -> None:
        """Run the worlds [start, stop)."""
        if COMPILES:
            self.kernel(start, stop, *self.arguments)
        else:
            with np.errstate(all="ignore"):  # compiled code does not warn either
                self.kernel(start, stop, *map(wide, self.arguments))


def chain(first: KernelCall, *others: KernelCall) -> KernelCall:
    """Return one bound kernel that runs several, one after the other.

    A propagator that adds something to another's tick returns both so, and remains one call. Each kernel sees
    what those before it have written for the same worlds.

    Raises:
        TypeError: one of them is no KernelCall, such as the function that a propagator in numpy binds to.
    """
    bounds = (first, *others)
    for bound in bounds:
        if not isinstance(bound, KernelCall):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"chain runs kernels bound to their arguments, each a KernelCall, not {bound!r}.")
    names: list[str] = []
    calls: list[str] = []
    for index, bound in enumerate(bounds):
        own = [f"argument{len(names) + place}" for place in range(len(bound.arguments))]
        names += own
        calls.append(f"    kernel{index}({', '.join(['start', 'stop', *own])})")
    source = "\n".join([f"def chained_kernels({', '.join(['start', 'stop', *names])}):", *calls, ""])
    kernels = {f"kernel{index}": bound.kernel for index, bound in enumerate(bounds)}
    arguments = tuple(argument for bound in bounds for argument in bound.arguments)
    return KernelCall(compile_source(source, "chained_kernels", kernels), arguments)
