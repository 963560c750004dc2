"""Members of `self` and `before` in a hook for one world: fields, parameters, tables, constants, methods."""

import difflib
import types
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, cast

import numpy as np

from murk_env.author.hooks import Hooks
from murk_env.author.per_world import CompiledHook
from murk_env.errors import did_you_mean
from murk_env.fields import Field
from murk_env.kernels import compile_function
from murk_env.kernels.records import RECORD, VALUE, Constant, Member, Method, Path, RecordError

__all__ = ["CLOCK", "TABLES", "WorldMembers"]

TABLES = ("moves", "neighbours")
CLOCK = ("elapsed_steps", "time")
_NUMBERS = (int, float, np.number, np.bool_)
ELSEWHERE = {  # names that authors may look for, and where they exist
    "active": "available only where agents are rewarded separately.",
    "lattice": "available only in array hooks; here moves and neighbours are tables, and the length of a "
    "field over cells is their number.",
    "substep": "an argument of between; name it beside self, as in between(self, substep).",
    "rng": "an argument here; name it beside self, as in act(self, action, rng).",
}


class WorldMembers:
    """Resolves paths such as `self.heat` or `self.params.size`.

    Args:
        hooks: the environment's hooks.
        fields: its fields by the names that hooks use.
        checked: whether indices outside an array raise IndexError.
    """

    def __init__(self, hooks: Hooks, fields: Mapping[str, Field], *, checked: bool) -> None:
        self.fields = fields
        self._hooks = hooks
        self._checked = checked

    def resolve(self, path: Path) -> Member | None:
        """Return the member at a path; None if there is none that compiled code can use."""
        _, name, *rest = path
        if name == "params":
            if not rest:
                return RECORD
            return VALUE if self.parameter(rest[0]) is not None else None
        if name in self.fields or name in TABLES or name in CLOCK:
            return VALUE
        member = self._hooks.member(name)
        for part in rest:  # within a nested class, such as an enumeration
            member = getattr(member, part, None)
        if isinstance(member, type):
            return RECORD
        if isinstance(member, CompiledHook):
            return Method(member.function)
        if isinstance(member, types.FunctionType) and not name.startswith("__"):
            return Method(member)
        if isinstance(member, staticmethod):
            return Constant(compile_function(member.__func__, checked=self._checked))
        if isinstance(member, IntEnum):
            return Constant(int(member))  # numba adds an int to a float, but not an enumeration's member
        return Constant(member) if _is_constant(member) else None

    def parameter(self, name: str) -> float | None:
        """Return a parameter, or a property of `Params`, if it is a number; else None."""
        value: Any = getattr(self._hooks.params, name, None)
        if isinstance(value, np.generic):
            value = cast(Any, value).item()
        return value if isinstance(value, int | float) and not name.startswith("_") else None

    def explained(self, error: RecordError) -> str:
        """Return the reason of an error, with the name that may have been meant."""
        if error.path is None or self.resolve(error.path) is not None:
            return error.reason if error.reason.endswith("?") else f"{error.reason.rstrip('.')}."
        _, name, *rest = error.path
        written = ".".join(error.path)
        if name == "params" and rest:
            return f"{written} is {self._parameter_hint(rest[0])}"
        if name in ELSEWHERE:
            return f"{written} is {ELSEWHERE[name]}"
        if (member := self._hooks.member(name)) is not None:
            kinds = "numbers, tuples of numbers and functions"
            return f"{written} is {member!r}, but compiled code only takes {kinds}."
        known = [*self.fields, "params", *TABLES, *CLOCK, *self._hooks.members]
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {error.path[0]}.{near[0]}?" if near else did_you_mean(name, known)
        what = f"no field, parameter, constant or function of {self._hooks.owner}"
        return f"{written} is {what}; {hint}"

    def _parameter_hint(self, name: str) -> str:
        params = self._hooks.params
        if hasattr(params, name) and not name.startswith("_"):
            value: Any = getattr(params, name)
            return f"{value!r}, but compiled code only takes numbers; add a property that is one to Params."
        numbers = [one for one in dir(params) if self.parameter(one) is not None]
        return f"no parameter of {self._hooks.owner}; {did_you_mean(name, numbers)}"


def _is_constant(member: object) -> bool:
    if isinstance(member, tuple):
        return all(isinstance(one, _NUMBERS) for one in member)  # pyright: ignore[reportUnknownVariableType]
    return isinstance(member, _NUMBERS)
