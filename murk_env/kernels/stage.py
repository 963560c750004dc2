"""A stage of a step, the unit that programs run."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from murk_env.kernels.fused import Choice
from murk_env.kernels.numba_internals import CompilationError

__all__ = ["Repeat", "Run", "Stage", "bind", "raise_failure", "unchanged"]

Run = Callable[[int, int], Any]


def unchanged(error: Exception) -> Exception:
    """Return an error unchanged, for stages that add nothing to their failures."""
    return error


@dataclasses.dataclass(frozen=True, slots=True)
class Stage:
    """One part of a step.

    Attributes:
        name: its name in messages.
        bind: fetches its arrays and returns a function that runs the worlds [start, stop).
        failed: converts an error of the stage into the error to raise.
        moves: whether its arrays can move: those of sparse fields and parameters.
        check: called after it, in checked mode.
        choice: the worlds it runs for, None for all; only for fused stages (see `Fused`).
    """

    name: str
    bind: Callable[[], Run]
    failed: Callable[[Exception], Exception] = unchanged
    moves: bool = False
    check: Callable[[], None] | None = None
    choice: Choice | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Repeat:
    """Stages that are repeated within one run, in two alternating forms.

    Each form may read the arrays that the other has written, so that nothing is copied between them.

    Attributes:
        count: number of turns, at least 1.
        others: the stages of the last turn but one, and of every second one before it.
        last: the stages of the last turn, and of every second one before it.
    """

    count: int
    others: Sequence[Stage]
    last: Sequence[Stage]


def raise_failure(stage: Stage, error: Exception) -> NoReturn:
    """Raise the converted error of a stage; for compilation errors, without numba's long traceback."""
    failure = stage.failed(error)
    if failure is error:
        raise error
    raise failure from (None if isinstance(error, CompilationError) else error)


def bind(stage: Stage) -> Run:
    """Fetch a stage's arrays, or raise the converted error."""
    try:
        return stage.bind()
    except Exception as error:
        raise_failure(stage, error)
