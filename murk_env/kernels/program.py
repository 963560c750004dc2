"""A step's stages in order; compiled ones that follow each other run as one call."""

import dataclasses
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, NamedTuple, NoReturn, Protocol

import numpy.typing as npt

from murk_env.errors import PipelineError
from murk_env.kernels.call import KernelCall
from murk_env.kernels.compiler import CompilationError
from murk_env.kernels.fused import Choice, Fused, can_fuse
from murk_env.kernels.fused_source import Turn

__all__ = ["Fill", "Program", "Repeat", "Run", "Runner", "Stage", "ThreadFailedError", "unchanged"]

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


@dataclasses.dataclass(frozen=True, slots=True)
class Repeat:
    """Stages that are gone through several times within one run, in two forms that take turns.

    The first form may read what the second has written, and the other way round, so that nothing is copied
    between them.

    Attributes:
        count: how many turns there are, at least 1.
        others: the stages of every turn that is an even number of turns from the last but one.
        last: those of the last turn, and of every second one before it.
    """

    count: int
    others: Sequence[Stage]
    last: Sequence[Stage]


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
    one. Other stages run by themselves, in the calling thread, on all worlds. So do the stages of a
    repetition: if all of them are kernels, a block of worlds goes through all of its turns before the next.

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
        stages: Sequence[Stage | Repeat],
        world_bytes: int,
        *,
        fuse: bool,
        runner: Runner | None,
        moved: Callable[[], None],
    ) -> None:
        self._moved = moved
        self._fuse, self._runner = fuse, runner
        self._block = max(1, _BLOCK_BYTES // max(world_bytes, 1))
        self.fills: dict[object, Fill] = {}
        self._parts: list[_Part] = []
        bound: list[_Bound] = []
        for index, stage in enumerate(stages):
            if isinstance(stage, Stage):
                bound.append(_Bound(stage, stage.bind()))
                continue
            turns = [
                [_Bound(one, one.bind(), Turn(index, stage.count, last)) for one in some]
                for last, some in ((False, stage.others), (True, stage.last))
            ]
            if all(map(self._fuses, (*turns[0], *turns[1]))):
                bound += [*turns[0], *turns[1]]
            else:
                self._parts += self._parts_of(bound)
                bound = []
                others, last = (self._parts_of([one._replace(turn=None) for one in turn]) for turn in turns)
                self._parts.append(_RepeatPart(stage.count, others, last, moved))
        self._parts += self._parts_of(bound)

    def _fuses(self, bound: "_Bound") -> bool:
        return self._fuse and can_fuse(bound.run)

    def _parts_of(self, bound: "Sequence[_Bound]") -> "list[_Part]":
        """Return the parts of some stages, those that fuse put together."""
        parts: list[_Part] = []
        for fuses, group in groupby(bound, self._fuses):
            if fuses:
                parts.append(_FusedPart(list(group), self._block, self._runner))
                continue
            for stage, run, _ in group:
                if stage.choice:
                    raise PipelineError(f"{stage.name!r} is for some worlds only, and cannot be fused.")
                parts.append(_SinglePart(stage, run))
        return parts

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
        """Let every part fetch arrays that have moved anew, before it runs next."""
        for part in self._parts:
            part.moved()

    def places(self, array: Array) -> Sequence[tuple[memoryview, int]]:
        """Return the words in which fused kernels keep the address of an array that never moves."""
        fused = [part.fused for part in self._parts if isinstance(part, _FusedPart)]
        return [(one.words, place) for one in fused for place in one.places(array)]


class _Bound(NamedTuple):
    """A stage with what it is bound to, and when it runs if it is repeated."""

    stage: Stage
    run: Any
    turn: Turn | None = None


class _SinglePart:
    """One stage that runs by itself."""

    def __init__(self, stage: Stage, run: Run) -> None:
        self._stage = stage
        self._run = run
        self._stale = False
        self.may_move = not isinstance(run, KernelCall)

    def run(self, count: int) -> None:
        if self._stale:
            self._run = _bind(self._stage)
            self._stale = False
        try:
            self._run(0, count)
        except Exception as error:
            _raise_failure(self._stage, error)
        if self._stage.check is not None:
            self._stage.check()

    def moved(self) -> None:
        self._stale = self._stage.moves


class _RepeatPart:
    """Stages that are repeated and are not all kernels: each of them is called in every turn."""

    may_move = False  # it follows what has moved in between

    def __init__(
        self, count: int, others: "list[_Part]", last: "list[_Part]", moved: Callable[[], None]
    ) -> None:
        self._turns = [(others, last)[turn % 2] for turn in range(count % 2, count + count % 2)]
        self._parts = [*others, *last]
        self._moved = moved

    def run(self, count: int) -> None:
        for turn in self._turns:
            for part in turn:
                part.run(count)
                if part.may_move:
                    self._moved()

    def moved(self) -> None:
        for part in self._parts:
            part.moved()


class _FusedPart:
    """Stages that run as one compiled function."""

    may_move = False

    def __init__(self, bound: Sequence[_Bound], block: int, runner: Runner | None) -> None:
        self._stages = [one.stage for one in bound]
        self._bounds: list[KernelCall] = [one.run for one in bound]
        self._runner = runner
        choices = [stage.choice for stage in self._stages]
        self.fused = Fused(self._bounds, block, choices, [one.turn for one in bound])
        self._function, self._address = self.fused.function, self.fused.address
        self._moves = any(stage.moves for stage in self._stages)
        self._stale = False

    def run(self, count: int) -> None:
        if self._stale:
            self._rebind()
            self._stale = False  # last: what failed or was interrupted is done again
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

    def moved(self) -> None:
        self._stale = self._moves

    def _rebind(self) -> None:
        for index, stage in enumerate(self._stages):
            if stage.moves:
                bound = _bind(stage)
                if not isinstance(bound, KernelCall):
                    raise PipelineError(f"{stage.name} binds to a kernel at first and to none later.")
                self.fused.rebind(index, bound)
                self._bounds[index] = bound


_Part = _SinglePart | _RepeatPart | _FusedPart
