"""Kernels bound to their arrays, ready to be run or fused with others."""

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

    If a propagator's `bind` returns one, rather than a Python function, the world fuses it with adjacent
    kernels of the pipeline into one call, which runs block by block of worlds.

    Attributes:
        kernel: a function made by `kernel`, called as ``kernel(start, stop, *arguments)``. Its results for
            one world must not depend on other worlds.
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

    A propagator whose tick consists of several kernels returns them as one call in this way. Each kernel sees
    the results of those before it for the same worlds.

    Raises:
        TypeError: one of them is not a KernelCall, such as the function that a numpy propagator binds to.
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
