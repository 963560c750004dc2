"""A stage of a step, as programs run it."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from murk_env.kernels.fused import Choice
from murk_env.kernels.numba_internals import CompilationError

__all__ = ["Repeat", "Run", "Stage", "bind", "raise_failure", "unchanged"]

Run = Callable[[int, int], Any]


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


def raise_failure(stage: Stage, error: Exception) -> NoReturn:
    """Raise what a stage's failure surfaces as; what does not compile is told without numba's own pages."""
    failure = stage.failed(error)
    if failure is error:
        raise error
    raise failure from (None if isinstance(error, CompilationError) else error)


def bind(stage: Stage) -> Run:
    """Fetch a stage's arrays anew, or raise what its failure surfaces as."""
    try:
        return stage.bind()
    except Exception as error:
        raise_failure(stage, error)
