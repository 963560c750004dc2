"""A step's stages in order; compiled ones that follow each other run as one call."""

import dataclasses
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, NoReturn, Protocol

import numpy.typing as npt

from murk_env.compile import CompilationError
from murk_env.compile.bound import Bound
from murk_env.compile.merge import Merged, can_merge
from murk_env.errors import PipelineError

__all__ = ["Program", "Run", "Runner", "SerialRunner", "Stage", "ThreadFailedError", "unchanged"]

Array = npt.NDArray[Any]
Run = Callable[[int, int], Any]

_BLOCK_BYTES = 1 << 17  # what one block of worlds may hold, so that it stays in a core's own cache


class ThreadFailedError(Exception):
    """Something failed in a shared run. What it was is known when it is run again on one thread."""


class Runner(Protocol):
    """Runs a merged function over all worlds, on one thread or several."""

    def run(self, merged: Merged, num_worlds: int) -> None:
        """Run the worlds [0, num_worlds); raise what the function raises, or ThreadFailedError."""
        ...


class SerialRunner:
    """Runs everything in the calling thread."""

    def run(self, merged: Merged, num_worlds: int) -> None:
        """Run the worlds [0, num_worlds)."""
        merged.function(merged.address, 0, num_worlds)


@dataclasses.dataclass(frozen=True, slots=True)
class Stage:
    """One part of a step.

    Attributes:
        name: what it is called in messages.
        bind: fetches its arrays and returns what runs the worlds [start, stop).
        failed: returns the error that its failure surfaces as.
        moves: whether its arrays can come to lie elsewhere: those of sparse fields and parameters.
        check: called after it, in checked mode.
    """

    name: str
    bind: Callable[[], Run]
    failed: Callable[[Exception], Exception]
    moves: bool = False
    check: Callable[[], None] | None = None


def unchanged(error: Exception) -> Exception:
    """What a stage's failure surfaces as where nothing is to be said of it here."""
    return error


def _raise_failure(stage: Stage, error: Exception) -> NoReturn:
    """Raise what a stage's failure surfaces as."""
    failure = stage.failed(error)
    if failure is error:
        raise error
    raise failure from error


def _bind(stage: Stage) -> Run:
    """Fetch a stage's arrays anew, or raise what its failure surfaces as."""
    try:
        return stage.bind()
    except Exception as error:
        _raise_failure(stage, error)


class Program:
    """Runs stages in order on all worlds.

    Neighbouring stages that are bound kernels become one compiled function, unless they are checked one by
    one. Other stages run by themselves, in the calling thread, on all worlds.

    Args:
        stages: the stages.
        world_bytes: memory that one world takes in the stages' arrays.
        runner: what runs merged kernels; None runs every stage by itself, as checked mode does.
        moved: called after a stage that is no kernel: it may have moved a sparse field.

    Attributes:
        fills: what it was told to fill, by who told it: the outputs of this step.
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        world_bytes: int,
        runner: Runner | None,
        moved: Callable[[], None],
    ) -> None:
        self._moved = moved
        block = max(1, _BLOCK_BYTES // max(world_bytes, 1))
        runs = [(stage, stage.bind()) for stage in stages]
        self._parts: list[_Single | _Merged] = []
        self.fills: dict[object, object] = {}
        for merge, group in groupby(runs, lambda pair: runner is not None and can_merge(pair[1])):
            pairs = list(group)
            alone = len(pairs) == 1 and isinstance(runner, SerialRunner)  # nothing to merge or share
            if merge and runner is not None and not alone:
                self._parts.append(_Merged(pairs, block, runner))
            else:
                self._parts += [_Single(stage, run) for stage, run in pairs]

    def __call__(self, count: int) -> None:
        """Run all stages.

        Args:
            count: how many worlds, or places in a list of worlds, there are to run.

        Raises:
            Exception: what the failing stage's `failed` returns.
        """
        for part in self._parts:
            part(count)
            if part.may_move:
                self._moved()

    def rebind(self) -> None:
        """Fetch arrays that have moved anew."""
        for part in self._parts:
            part.rebind()

    def places(self, array: Array) -> Sequence[tuple[Merged, int]]:
        """Return where merged kernels keep the address of an array that never moves."""
        merged = [part.merged for part in self._parts if isinstance(part, _Merged)]
        return [(one, place) for one in merged for place in one.places(array)]


class _Single:
    """One stage that runs by itself."""

    def __init__(self, stage: Stage, run: Run) -> None:
        self._stage = stage
        self._run = run
        self.may_move = not isinstance(run, Bound)

    def __call__(self, count: int) -> None:
        try:
            self._run(0, count)
        except Exception as error:
            _raise_failure(self._stage, error)
        if self._stage.check is not None:
            self._stage.check()

    def rebind(self) -> None:
        if self._stage.moves:
            self._run = _bind(self._stage)


class _Merged:
    """Stages that run as one compiled function."""

    may_move = False

    def __init__(self, pairs: Sequence[tuple[Stage, Any]], block: int, runner: Runner) -> None:
        self._stages = [stage for stage, _ in pairs]
        self._bounds: list[Bound] = [run for _, run in pairs]
        self._runner = runner
        self.merged = Merged(self._bounds, block)

    def __call__(self, count: int) -> None:
        try:
            self._runner.run(self.merged, count)
        except ThreadFailedError:
            raise
        except CompilationError as error:
            self._blame(error)
        except Exception as error:
            _raise_failure(self._stages[self.merged.stage], error)

    def _blame(self, error: Exception) -> None:
        """Raise the failure of the stage that cannot be compiled, found by compiling one after the other."""
        for stage, bound in zip(self._stages, self._bounds, strict=True):
            try:
                bound(0, 0)
            except CompilationError as reason:
                _raise_failure(stage, reason)
        raise error

    def rebind(self) -> None:
        for index, stage in enumerate(self._stages):
            if stage.moves:
                bound = _bind(stage)
                if not isinstance(bound, Bound):
                    raise PipelineError(f"{stage.name} binds to a kernel at first and to none later.")
                self.merged.rebind(index, bound)
                self._bounds[index] = bound
