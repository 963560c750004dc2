"""Rules: functions of a bench, made callable on a case under their own name."""

from collections.abc import Callable, Iterator
from functools import wraps

import gymnasium

from murk_env.testing._types import AnyVectorEnv, BoolArray
from murk_env.testing.case import Bench, VectorCase
from murk_env.testing.comparison import first_difference
from murk_env.testing.errors import VectorEnvError
from murk_env.testing.play import Interruptions, Record, ended_rows, play, proceed

__all__ = [
    "REFUSALS",
    "Rule",
    "must_agree",
    "must_be_untouched",
    "must_refuse",
    "play_native",
    "play_until_ended",
    "vector_rule",
]

Rule = Callable[[VectorCase], None]

REFUSALS = (TypeError, ValueError, RuntimeError, AssertionError, gymnasium.error.Error)
"""Errors that count as a refusal; any other error is a failure."""


def vector_rule(examine: Callable[[Bench], None]) -> Rule:
    """Make a rule of a function: the rule has its name, and any unexpected error in it breaks the rule."""

    @wraps(examine)
    def rule(case: VectorCase) -> None:
        with Bench(case, examine.__name__) as bench:
            try:
                examine(bench)
            except VectorEnvError:
                raise
            except Exception as error:
                raise bench.error(f"expected no error, got {type(error).__name__}: {error}") from error

    return rule


def play_native(
    bench: Bench, env: AnyVectorEnv, *, interrupted: bool = False, staggered: bool = False
) -> Iterator[Record]:
    """Play an environment with the mode, steps and seed of the case."""
    case = bench.case
    return play(
        env, case.mode, steps=case.steps, seed=case.seed, interrupted=interrupted, staggered=staggered
    )


def play_until_ended(bench: Bench, env: AnyVectorEnv) -> BoolArray | None:
    """Play until some row ends; return the rows that ended, (num_envs,) bool, or None if none did."""
    steps = (record.output for record in play_native(bench, env) if record.call == "step")
    return next((ended for ended in map(ended_rows, steps) if ended.any()), None)


def must_agree(
    bench: Bench, why: str, expected: Iterator[Record], actual: Iterator[Record], *, row: int | None = None
) -> None:
    """Compare two runs call by call, byte by byte."""
    for left, right in zip(expected, actual, strict=True):
        difference = first_difference(left.output, right.output)
        if difference:
            raise bench.differs(f"{why}: {left.call}", difference, step=left.step, row=row)


def must_refuse(bench: Bench, what: str, call: Callable[[], object]) -> None:
    """Require a call to raise an error that counts as a refusal."""
    try:
        call()
    except REFUSALS:
        return
    except Exception as error:
        accident = (
            f"{what}: expected a refusal (TypeError, ValueError, ...), got {type(error).__name__}: {error}"
        )
        raise bench.error(accident) from error
    raise bench.error(f"{what}: expected an error, got none")


def must_be_untouched(
    bench: Bench, why: str, env: AnyVectorEnv, twin: AnyVectorEnv, ended: BoolArray | None = None
) -> None:
    """Require an environment to continue exactly like its undisturbed twin."""
    case = bench.case
    ended = ~bench.every_row if ended is None else ended

    def onward(one: AnyVectorEnv) -> Iterator[Record]:
        steps = min(case.steps, 3 * Interruptions.NUM_KINDS)
        interruptions = Interruptions(case.num_envs, steps, case.seed)
        return proceed(
            one, case.mode, ended, steps=steps, actions=bench.actions(one, 1), interruptions=interruptions
        )

    must_agree(bench, why, onward(twin), onward(env))
