"""A step's stages in order; compiled ones that follow each other run as one call."""

import dataclasses
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, NoReturn, Protocol

import numpy.typing as npt

from murk_env.errors import PipelineError
from murk_env.kernels.call import KernelCall
from murk_env.kernels.compiler import CompilationError
from murk_env.kernels.fused import Choice, Fused, can_fuse

__all__ = ["Fill", "Program", "Run", "Runner", "Stage", "ThreadFailedError", "unchanged"]

Array = npt.NDArray[Any]
Run = Callable[[int, int], Any]

_BLOCK_BYTES = 1 << 17  # what one block of worlds may hold, so that it stays in a core's own cache


class ThreadFailedError(Exception):
    """Something failed in a shared run. What it was is known when it is run again on one thread."""


class Runner(Protocol):
    """Runs fused functions on several threads.

    Attributes:
        alone: whether the calling thread runs them by itself.
    """

    alone: bool

    def run(self, fused: Fused, num_worlds: int) -> None:
        """Run the worlds [0, num_worlds); raise what the function raises, or ThreadFailedError."""
        ...


def unchanged(error: Exception) -> Exception:
    """What a stage's failure surfaces as where nothing is to be said of it here."""
    return error


@dataclasses.dataclass(frozen=True, slots=True)
class Stage:
    """One part of a step.

    Attributes:
        name: what it is called in messages.
        bind: fetches its arrays and returns what runs the worlds [start, stop).
        failed: returns the error that its failure surfaces as.
        moves: whether its arrays can come to lie elsewhere: those of sparse fields and parameters.
        check: called after it, in checked mode.
        choice: which worlds it runs for, None for all; only where it is fused (see `Fused`).
    """

    name: str
    bind: Callable[[], Run]
    failed: Callable[[Exception], Exception] = unchanged
    moves: bool = False
    check: Callable[[], None] | None = None
    choice: Choice | None = None


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


@dataclasses.dataclass(slots=True)
class Fill:
    """Where a program finds the arrays that it fills.

    Attributes:
        places: for each of the arrays, the words in which fused kernels keep its address.
        target: whose arrays they are now; None while that is not certain.
    """

    places: Sequence[Sequence[tuple[memoryview, int]]]
    target: object = None


class Program:
    """Runs stages in order on all worlds.

    Neighbouring stages that are bound kernels become one compiled function, unless they are checked one by
    one. Other stages run by themselves, in the calling thread, on all worlds.

    Args:
        stages: the stages.
        world_bytes: memory that one world takes in the stages' arrays.
        fuse: whether to fuse kernels, which checked mode does not.
        runner: what runs fused kernels on several threads; None for the calling thread alone.
        moved: called after a stage that is no kernel: it may have moved a sparse field.

    Attributes:
        fills: what it fills, by who tells it to: the outputs of a step.
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        world_bytes: int,
        *,
        fuse: bool,
        runner: Runner | None,
        moved: Callable[[], None],
    ) -> None:
        self._moved = moved
        block = max(1, _BLOCK_BYTES // max(world_bytes, 1))
        runs = [(stage, stage.bind()) for stage in stages]
        self._parts: list[_SinglePart | _FusedPart] = []
        self.fills: dict[object, Fill] = {}
        for fuses, group in groupby(runs, lambda pair: fuse and can_fuse(pair[1])):
            pairs = list(group)
            if fuses:
                self._parts.append(_FusedPart(pairs, block, runner))
            else:
                self._parts += [_SinglePart(stage, run) for stage, run in pairs]
        apart = [stage.name for stage, run in runs if stage.choice and not (fuse and can_fuse(run))]
        if apart:
            raise PipelineError(f"{apart} are for some worlds only, and cannot be fused.")

    def run(self, count: int) -> None:
        """Run all stages.

        Args:
            count: how many worlds, or places in a list of worlds, there are to run.

        Raises:
            Exception: what the failing stage's `failed` returns.
        """
        for part in self._parts:
            part.run(count)
            if part.may_move:
                self._moved()

    def rebind(self) -> None:
        """Fetch arrays that have moved anew."""
        for part in self._parts:
            part.rebind()

    def places(self, array: Array) -> Sequence[tuple[memoryview, int]]:
        """Return the words in which fused kernels keep the address of an array that never moves."""
        fused = [part.fused for part in self._parts if isinstance(part, _FusedPart)]
        return [(one.words, place) for one in fused for place in one.places(array)]


class _SinglePart:
    """One stage that runs by itself."""

    def __init__(self, stage: Stage, run: Run) -> None:
        self._stage = stage
        self._run = run
        self.may_move = not isinstance(run, KernelCall)

    def run(self, count: int) -> None:
        try:
            self._run(0, count)
        except Exception as error:
            _raise_failure(self._stage, error)
        if self._stage.check is not None:
            self._stage.check()

    def rebind(self) -> None:
        if self._stage.moves:
            self._run = _bind(self._stage)


class _FusedPart:
    """Stages that run as one compiled function."""

    may_move = False

    def __init__(self, pairs: Sequence[tuple[Stage, Any]], block: int, runner: Runner | None) -> None:
        self._stages = [stage for stage, _ in pairs]
        self._bounds: list[KernelCall] = [run for _, run in pairs]
        self._runner = runner
        self.fused = Fused(self._bounds, block, [stage.choice for stage, _ in pairs])
        self._function, self._address = self.fused.function, self.fused.address

    def run(self, count: int) -> None:
        try:
            if self._runner is None or self._runner.alone:
                self._function(self._address, 0, count)
            else:
                self._runner.run(self.fused, count)
        except ThreadFailedError:
            raise
        except CompilationError as error:
            self._blame(error)
        except Exception as error:
            _raise_failure(self._stages[self.fused.stage], error)

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
                if not isinstance(bound, KernelCall):
                    raise PipelineError(f"{stage.name} binds to a kernel at first and to none later.")
                self.fused.rebind(index, bound)
                self._bounds[index] = bound
