"""Kernels with the arrays they work on, ready to be run or to be merged with others."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Bound"]


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A compiled loop over worlds and its arguments: `bound(start, stop)` runs the worlds [start, stop).

    A law that returns one from `bind`, instead of a function of its own, lets the world run it and its
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
        self.kernel(start, stop, *self.arguments)
