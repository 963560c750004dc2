"""A step's stages in order; adjacent compiled ones run as one call."""

import dataclasses
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

import numpy.typing as npt

from murk_env.errors import PipelineError
from murk_env.kernels.fused import can_fuse
from murk_env.kernels.fused_source import Turn
from murk_env.kernels.lanes import LANES
from murk_env.kernels.parts import Bound, FusedPart, Part, RepeatPart, Runner, SinglePart
from murk_env.kernels.stage import Repeat, Stage

__all__ = ["Fill", "Program"]

Array = npt.NDArray[Any]

_BLOCK_BYTES = 1 << 17  # memory of one block of worlds, so that it stays in a core's own cache


@dataclasses.dataclass(slots=True)
class Fill:
    """The words in which a program stores the addresses of the arrays that it fills.

    Attributes:
        places: for each array, the words in which fused kernels store its address.
        target: the set of arrays to which they now point; None while that is uncertain.
    """

    places: Sequence[Sequence[tuple[memoryview, int]]]
    target: object = None


class Program:
    """Runs stages in order on all worlds.

    Adjacent stages that are bound kernels become one compiled function, unless checked mode runs each
    separately. Other stages run alone, in the calling thread, on all worlds. So do the stages of a
    repetition, unless all of them are kernels: then each block of worlds goes through all turns before the
    next block.

    Args:
        stages: the stages.
        world_bytes: memory of one world in the stages' arrays.
        fuse: whether to fuse kernels, which checked mode does not.
        runner: runs fused kernels on several threads; None for the calling thread only.
        moved: called after a stage that is not a kernel, which may have moved a sparse field.

    Attributes:
        fills: the arrays that it fills, by owner: the outputs of a step.
    """

    def __init__(
        self,
        stages: Sequence[Stage | Repeat],
        world_bytes: int,
        *,
        fuse: bool,
        runner: Runner | None,
        moved: Callable[[], None],
    ) -> None:
        self._moved = moved
        self._fuse, self._runner = fuse, runner
        self._block = _block_of(_BLOCK_BYTES // max(world_bytes, 1))
        self.fills: dict[object, Fill] = {}
        self._parts: list[Part] = []
        bound: list[Bound] = []
        for index, stage in enumerate(stages):
            if isinstance(stage, Stage):
                bound.append(Bound(stage, stage.bind()))
                continue
            turns = [
                [Bound(one, one.bind(), Turn(index, stage.count, last)) for one in some]
                for last, some in ((False, stage.others), (True, stage.last))
            ]
            if all(map(self._fuses, (*turns[0], *turns[1]))):
                bound += [*turns[0], *turns[1]]
            else:
                self._parts += self._parts_of(bound)
                bound = []
                others, last = (self._parts_of([one._replace(turn=None) for one in turn]) for turn in turns)
                self._parts.append(RepeatPart(stage.count, others, last, moved))
        self._parts += self._parts_of(bound)

    def _fuses(self, bound: Bound) -> bool:
        return self._fuse and can_fuse(bound.run)

    def _parts_of(self, bound: Sequence[Bound]) -> list[Part]:
        """Return the parts of some stages, with adjacent kernels fused."""
        parts: list[Part] = []
        for fuses, group in groupby(bound, self._fuses):
            if fuses:
                parts.append(FusedPart(list(group), self._block, self._runner))
                continue
            for stage, run, _ in group:
                if stage.choice:
                    raise PipelineError(f"{stage.name!r} is for some worlds only, and cannot be fused.")
                parts.append(SinglePart(stage, run))
        return parts

    def run(self, count: int) -> None:
        """Run all stages.

        Args:
            count: number of worlds to run, or of entries in a list of worlds.

        Raises:
            Exception: what the failing stage's `failed` returns.
        """
        for part in self._parts:
            part.run(count)
            if part.may_move:
                self._moved()

    def rebind(self) -> None:
        """Make every part fetch moved arrays again before its next run."""
        for part in self._parts:
            part.moved()

    def places(self, array: Array) -> Sequence[tuple[memoryview, int]]:
        """Return the words in which fused kernels store the address of an array that never moves."""
        fused = [part.fused for part in self._parts if isinstance(part, FusedPart)]
        return [(one.words, place) for one in fused for place in one.places(array)]


def _block_of(fitting: int) -> int:
    """Return how many worlds form a block if so many fit: whole groups of lanes, or less than half of one."""
    return max(1, fitting if fitting < LANES // 2 else (fitting + LANES // 2) // LANES * LANES)
