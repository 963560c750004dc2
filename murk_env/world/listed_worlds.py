"""Runs stages for the worlds of a list, outside the program of a step."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from murk_arena import PingPongArena
from murk_env.kernels.program import Program
from murk_env.kernels.stage import Stage
from murk_env.world.binding import Binding, Bindings
from murk_env.world.layout import Layout

__all__ = ["ListedWorlds"]


class ListedWorlds:
    """A list of worlds, and a program for each of the arena's two buffers that runs stages for them.

    Args:
        layout: the layout of the worlds.
        arena: their memory.
        bindings: their arrays.

    Attributes:
        rows: the listed worlds, as kernels read them, (num_worlds,); entries after the last are unused.
    """

    def __init__(self, layout: Layout, arena: PingPongArena, bindings: Bindings) -> None:
        self.rows = np.zeros(layout.num_worlds, np.int64)
        self._count = 0
        self._world_bytes, self._arena, self._fuse = layout.world_bytes, arena, bindings.fuses
        self._programs: list[tuple[Program, int] | None] = [None, None]

    def take(self, worlds: npt.NDArray[np.int64]) -> None:
        """List these worlds, (k,), instead of the previous ones."""
        self._count = len(worlds)
        self.rows[: self._count] = worlds

    def run(self, binding: Binding, stages: Callable[[], Sequence[Stage]]) -> None:
        """Run stages for the listed worlds.

        Args:
            binding: the tick's arrays.
            stages: returns the stages, which run the worlds at the places [start, stop) of `rows`; called
                once for each buffer.

        Raises:
            Exception: the exception that the failing stage's `failed` returns.
        """
        index, version = binding.index, self._arena.layout_version
        kept = self._programs[index]
        if kept is None:
            program = Program(stages(), self._world_bytes, fuse=self._fuse, runner=None, moved=lambda: None)
        else:
            program, bound = kept
            if bound != version:  # a sparse field has moved since
                program.rebind()
        self._programs[index] = program, version
        program.run(self._count)

    def forget(self) -> None:
        """Discard the programs, as other stages will be run."""
        self._programs = [None, None]
