"""Variables that a function may read before setting them: in compiled code they would be uninitialised."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from murk_env.kernels.numba_internals import numba_ir as ir

__all__ = ["Unset", "find_unset"]

_KEPT_ASIDE = "load_fast_and_clear"  # a comprehension saves and restores a variable, whether set or not


class Unset(NamedTuple):
    """A variable that is read where it may have no value.

    Attributes:
        name: the variable.
        loc: the place where it is read.
    """

    name: str
    loc: Any

    @property
    def reason(self) -> str:
        """The error, as a sentence without a full stop."""
        return f"{self.name!r} has no value on at least one path to here; give it one first"


def find_unset(form: Any) -> Unset | None:
    """Return the first variable of a function that may have no value where it is read; None if there is none.

    Like the compilers of other languages, it assumes that every branch can be taken.

    Args:
        form: the function in numba's intermediate form; its arguments are set by statements there.
    """
    blocks: Mapping[int, Any] = form.blocks
    missing = _missing(blocks)
    for label in sorted(missing):
        names = set(missing[label])
        for one in blocks[label].body:
            if not names:
                break
            for name in _read(one):
                if name in names:
                    return Unset(name, one.loc)
            _note(one, names)
    return None


def _missing(blocks: Mapping[int, Any]) -> dict[int, frozenset[str]]:
    """Return, for every reachable block, the author's variables that may have no value at its beginning."""
    first = min(blocks)
    statements = [one for block in blocks.values() for one in block.body]
    targets = {one.target.name for one in statements if isinstance(one, ir.Assign)}
    found = {first: frozenset(name for name in targets if not name.startswith("$"))}
    pending = [first]
    while pending:
        label = pending.pop()
        names = set(found[label])
        for one in blocks[label].body:
            _note(one, names)
        for target in blocks[label].terminator.get_targets():
            known = found.get(target, frozenset())
            if target not in found or not names <= known:
                found[target] = known | names
                pending.append(target)
    return found


def _note(statement: Any, names: set[str]) -> None:
    """Update the set of missing variables: drop one that a statement sets, add one that it deletes."""
    if isinstance(statement, ir.Assign):
        names.discard(statement.target.name)
    elif isinstance(statement, ir.Del):
        names.add(statement.value)


def _read(statement: Any) -> list[str]:
    """Return the variables that a statement reads."""
    if not isinstance(statement, ir.Assign):
        return [variable.name for variable in statement.list_vars()]
    if _KEPT_ASIDE in statement.target.name:
        return []
    value = statement.value
    if isinstance(value, ir.Var):
        return [value.name]
    return [variable.name for variable in value.list_vars()] if isinstance(value, ir.Inst) else []
