"""The input of a rule: a vector environment, its single env, and the settings of the run."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from murk_env.testing._types import AnyEnv, AnyVectorEnv, BoolArray, Ending
from murk_env.testing.comparison import Difference
from murk_env.testing.errors import VectorEnvError
from murk_env.testing.play import ActionStream

__all__ = ["Bench", "VectorCase"]


@dataclass(frozen=True)
class VectorCase:
    """One run of one rule.

    Attributes:
        make_native: Makes the vector environment to check from `(num_envs, autoreset_mode)`.
        make_single: Makes its single env as `gymnasium.make` would, with its time limit.
        mode: Autoreset mode to check.
        num_envs: Number of rows to check.
        steps: Steps of a run.
        seed: Seed of every run and of its actions.
        expect: The ways in which an episode of the environment can end; empty if episodes never end.
    """

    make_native: Callable[[int, AutoresetMode], AnyVectorEnv]
    make_single: Callable[[], AnyEnv]
    mode: AutoresetMode
    num_envs: int
    steps: int = 200
    seed: int = 0
    expect: Iterable[Ending] = ("terminated", "truncated")


class Bench:
    """Makes and closes the environments that one rule checks, and makes its errors."""

    def __init__(self, case: VectorCase, rule: str) -> None:
        self.case = case
        self.rule = rule
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def every_row(self) -> BoolArray:
        """A mask that is True in every row: (num_envs,)."""
        return np.ones(self.case.num_envs, np.bool_)

    def native(self, num_envs: int | None = None) -> AnyVectorEnv:
        """A new vector environment to check, by default with `case.num_envs` rows."""
        return self._kept(self.case.make_native(num_envs or self.case.num_envs, self.case.mode))

    def actions(self, env: AnyVectorEnv, shift: int = 0) -> ActionStream:
        """Legal actions for an environment; another shift gives other actions."""
        first = self.case.seed + shift
        return ActionStream(env.single_action_space, range(first, first + env.num_envs))

    def oracle(self) -> AnyVectorEnv:
        """Gymnasium's SyncVectorEnv over the single env."""
        singles = [self.case.make_single] * self.case.num_envs
        return self._kept(SyncVectorEnv(singles, autoreset_mode=self.case.mode))

    def _kept(self, env: AnyVectorEnv) -> AnyVectorEnv:
        self._stack.callback(lambda: None if env.closed else env.close())
        return env

    def error(
        self,
        what: str,
        *,
        step: int | None = None,
        row: int | None = None,
        key: str | None = None,
        expected: Any = None,
        actual: Any = None,
    ) -> VectorEnvError:
        """The error for a broken rule; `what` says what was expected and what came."""
        run = f"{self.case.mode.value}, num_envs={self.case.num_envs}"
        when = "" if step is None else f", step {step}"
        where = "" if row is None else f", row {row}"
        return VectorEnvError(
            f"vector environment breaks rule {self.rule!r} ({run}{when}{where}): {what}",
            rule=self.rule,
            mode=self.case.mode,
            num_envs=self.case.num_envs,
            step=step,
            row=row,
            key=key,
            expected=expected,
            actual=actual,
        )

    def differs(
        self, why: str, difference: Difference, *, step: int | None = None, row: int | None = None
    ) -> VectorEnvError:
        """The error for two pieces of data that should be the same."""
        return self.error(
            f"{why}; {difference}",
            step=step,
            row=difference.row if row is None else row,
            key=difference.key,
            expected=difference.expected,
            actual=difference.actual,
        )
