"""The only error class of this package.

AssertionError
└── VectorEnvError    a vector environment broke a rule (or the run was no evidence for it)
"""

from typing import Any

from gymnasium.vector import AutoresetMode

__all__ = ["VectorEnvError"]


class VectorEnvError(AssertionError):
    """A vector environment broke one of the rules in `VECTOR_RULES`.

    Attributes:
        rule: Name of the broken rule, a key of `VECTOR_RULES`.
        mode: Autoreset mode of the run.
        num_envs: Number of rows of the run.
        step: Number of steps made before in the run, None if not known.
        row: The row that differs, None if no single row does.
        key: The place of the values, for instance `info['agent']['heat'][3]`.
        expected: The value that the rule requires.
        actual: The value that the environment returned.
    """

    def __init__(
        self,
        message: str,
        *,
        rule: str = "",
        mode: AutoresetMode | None = None,
        num_envs: int | None = None,
        step: int | None = None,
        row: int | None = None,
        key: str | None = None,
        expected: Any = None,
        actual: Any = None,
    ) -> None:
        super().__init__(message)
        self.rule = rule
        self.mode = mode
        self.num_envs = num_envs
        self.step = step
        self.row = row
        self.key = key
        self.expected = expected
        self.actual = actual
