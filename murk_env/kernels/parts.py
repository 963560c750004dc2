"""The parts of a program: stages that run alone, repeat, or are fused into one function."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from murk_env.errors import PipelineError
from murk_env.kernels.call import KernelCall
from murk_env.kernels.compiler import CompilationError
from murk_env.kernels.fused import Fused
from murk_env.kernels.fused_source import Turn
from murk_env.kernels.stage import Run, Stage, bind, raise_failure

__all__ = ["Bound", "FusedPart", "Part", "RepeatPart", "Runner", "SinglePart", "ThreadFailedError"]


class ThreadFailedError(Exception):
    """Something failed in a multi-threaded run; running again on one thread reveals the cause."""


class Runner(Protocol):
    """Runs fused functions on several threads.

    Attributes:
        alone: whether only the calling thread runs them.
    """

    alone: bool

    def run(self, fused: Fused, num_worlds: int) -> None:
        """Run the worlds [0, num_worlds); raise what the function raises, or ThreadFailedError."""
        ...


class Bound(NamedTuple):
    """A stage with its bound function, and its turn if it is repeated."""

    stage: Stage
    run: Any
    turn: Turn | None = None


class SinglePart:
    """One stage that runs alone."""

    def __init__(self, stage: Stage, run: Run) -> None:
        self._stage = stage
        self._run = run
        self._stale = False
        self.may_move = not isinstance(run, KernelCall)

    def run(self, count: int) -> None:
        """Run the stage, and check it in checked mode."""
        if self._stale:
            self._run = bind(self._stage)
            self._stale = False
        try:
            self._run(0, count)
        except Exception as error:
            raise_failure(self._stage, error)
        if self._stage.check is not None:
            self._stage.check()

    def moved(self) -> None:
        """Mark moved arrays to be fetched again before the next run."""
        self._stale = self._stage.moves


class RepeatPart:
    """Repeated stages that are not all kernels: each of them is called in every turn."""

    may_move = False  # it handles moved arrays between turns itself

    def __init__(
        self, count: int, others: Sequence["Part"], last: Sequence["Part"], moved: Callable[[], None]
    ) -> None:
        self._turns = [(others, last)[turn % 2] for turn in range(count % 2, count + count % 2)]
        self._parts = [*others, *last]
        self._moved = moved

    def run(self, count: int) -> None:
        """Run all turns, one after the other."""
        for turn in self._turns:
            for part in turn:
                part.run(count)
                if part.may_move:
                    self._moved()

    def moved(self) -> None:
        """Mark moved arrays to be fetched again before the next run."""
        for part in self._parts:
            part.moved()


class FusedPart:
    """Stages that run as one compiled function."""

    may_move = False

    def __init__(self, bound: Sequence[Bound], block: int, runner: Runner | None) -> None:
        self._stages = [one.stage for one in bound]
        self._bounds: list[KernelCall] = [one.run for one in bound]
        self._runner = runner
        choices = [stage.choice for stage in self._stages]
        self.fused = Fused(self._bounds, block, choices, [one.turn for one in bound])
        self._function, self._address = self.fused.function, self.fused.address
        self._moves = any(stage.moves for stage in self._stages)
        self._stale = False

    def run(self, count: int) -> None:
        """Run the function on all worlds, on several threads if there are any."""
        if self._stale:
            self._rebind()
            self._stale = False  # last: a failed or interrupted rebind is repeated
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
            raise_failure(self._stages[self.fused.stage], error)

    def _blame(self, error: Exception) -> None:
        """Raise the failure of the stage that cannot be compiled, found by compiling each separately."""
        for stage, bound in zip(self._stages, self._bounds, strict=True):
            try:
                bound(0, 0)
            except CompilationError as reason:
                raise_failure(stage, reason)
        raise error

    def moved(self) -> None:
        """Mark moved arrays to be fetched again before the next run."""
        self._stale = self._moves

    def _rebind(self) -> None:
        for index, stage in enumerate(self._stages):
            if stage.moves:
                bound = bind(stage)
                if not isinstance(bound, KernelCall):
                    raise PipelineError(f"{stage.name} binds to a kernel at first and to none later.")
                self.fused.rebind(index, bound)
                self._bounds[index] = bound


Part = SinglePart | RepeatPart | FusedPart
