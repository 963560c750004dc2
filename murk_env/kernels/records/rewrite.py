"""Rewrites a function of records into one of the members that it uses, in numba's intermediate form.

In that form every step of an expression is an assignment to a separate variable: `self.params.size` reads a
member of the variable to which `self.params` was assigned, and a call names the variables that it passes.
"""

import types
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from murk_env.kernels.numba_internals import definitions_of
from murk_env.kernels.numba_internals import numba_ir as ir
from murk_env.kernels.records.calls import bound, takes_records
from murk_env.kernels.records.meanings import BoundMethod, Known, Meanings, Record, refuse_missing
from murk_env.kernels.records.members import VALUE, Constant, Member, Path, dotted, refusal

__all__ = ["Call", "Guide", "Rewriter"]


class Call(NamedTuple):
    """A call of a function of records, and its replacement.

    Attributes:
        function: the author's function.
        compiled: the function that is called instead.
        paths: the members that are its first arguments, by paths from the function's own parameters.
        arguments: the function's other parameters, which follow.
    """

    function: Callable[..., Any]
    compiled: Callable[..., Any]
    paths: tuple[Path, ...]
    arguments: tuple[str, ...]


class Guide(Protocol):
    """Answers the questions that arise in rewriting one function; it may record them."""

    def member(self, path: Path, loc: Any) -> Member:
        """Return the member at a path, given the place where it is used."""
        ...

    def variable(self, path: Path) -> str:
        """Return the name of the argument for the value at a path."""
        ...

    def call(self, function: types.FunctionType, records: Mapping[str, Path], loc: Any) -> Call:
        """Return the replacement of a function whose parameters `records` are records."""
        ...


class Rewriter:
    """Rewrites one function in place, except for its parameters, which `set_parameters` replaces at the end.

    Args:
        form: the function in numba's intermediate form.
        records: its parameters that are records.
        guide: resolves members and calls.

    Attributes:
        meanings: the meanings of its variables.
        calls: the replacements of calls with records, by the variable of the called function.
        changed: the members that an operation changes in place if they are arrays, with the places.
        arrays: the members that must be arrays, since they are assigned to or indexed, with the places.

    Raises:
        RecordError: a record is used in an unsupported way.
    """

    def __init__(self, form: Any, records: Collection[str], guide: Guide) -> None:
        self.calls: dict[str, Call] = {}
        self.changed: list[tuple[Path, Any]] = []
        self.arrays: list[tuple[Path, Any]] = []
        self._form = form
        self._guide = guide
        self._scope = form.blocks[min(form.blocks)].scope
        self._definitions = definitions_of(form.blocks)
        self._count = 0
        self.meanings = Meanings(form.blocks, records, guide.member)
        for block in form.blocks.values():
            block.body = [new for statement in block.body for new in self._statement(statement)]
        if self.calls:
            _drop_unused(form.blocks, self.meanings)

    def set_parameters(self, names: Sequence[str]) -> None:
        """Set the names of the function's arguments."""
        first = self._form.blocks[min(self._form.blocks)]
        loc = first.loc
        first.body[:0] = [
            ir.Assign(ir.Arg(name, index, loc), self._scope.get_or_define(name, loc), loc)
            for index, name in enumerate(names)
        ]
        self._form.arg_names, self._form.arg_count = tuple(names), len(names)
        self._form._definitions = definitions_of(self._form.blocks)

    def _statement(self, statement: Any) -> list[Any]:
        if isinstance(statement, ir.Assign):
            return self._assignment(statement)
        if isinstance(statement, ir.SetAttr) and self.meanings.record(statement.target):
            return self._set_member(statement)
        if isinstance(statement, ir.SetItem) and self._is_whole(statement.index):
            return self._set_whole(statement)
        self._refuse_records(statement, statement.loc)
        return [statement]

    def _assignment(self, statement: Any) -> list[Any]:
        value, loc = statement.value, statement.loc
        meaning = self.meanings.of(statement.target)
        if isinstance(meaning, Known) and _draws_globally(meaning.value):
            raise refusal("random numbers of a module do not repeat with the seed; draw from rng", loc)
        if isinstance(value, ir.Arg) or isinstance(meaning, Record | BoundMethod):
            return []
        if isinstance(value, ir.Expr) and value.op == "call" and takes_records(value, self.meanings):
            return self._call(statement)
        if isinstance(value, ir.Expr):
            value = self._expression(value, loc)
        if isinstance(value, ir.Global | ir.FreeVar) and value.value is ir.UNDEFINED:
            raise refusal(f"name {value.name!r} is not defined", loc)
        if isinstance(value, ir.Inst):
            self._refuse_records(value, loc)
        return [ir.Assign(value, statement.target, loc)]

    def _expression(self, value: Any, loc: Any) -> Any:
        """Return the replacement of an expression, usually itself."""
        if value.op == "getattr" and self.meanings.record(value.value):
            path = (*self._path(value.value), value.attr)
            member = self._guide.member(path, loc)
            return ir.Const(member.value, loc) if isinstance(member, Constant) else self._variable(path, loc)
        if value.op == "getattr":
            refuse_missing(self.meanings.known(value.value), value.attr, loc)
        if value.op == "inplace_binop" and (path := self._origin(self._whole(value.lhs) or value.lhs)):
            self.changed.append((path, loc))
        if value.op == "getitem" and self._is_whole(value.index) and (path := self._origin(value.value)):
            self.arrays.append((path, loc))
            return self._variable(path, loc)  # numba has no array[...]
        return value

    # --- in-place changes: Python adds an assignment, which is dropped ----------------------------------

    def _set_member(self, statement: Any) -> list[Any]:
        path, loc = (*self._path(statement.target), statement.attr), statement.loc
        name = dotted(path)
        if self._guide.member(path, loc) is not VALUE:
            raise refusal(f"{name} cannot be assigned to", loc)
        operation = self._definition(statement.value)
        if getattr(operation, "op", None) == "inplace_binop" and self._origin(operation.lhs) == path:
            self.arrays.append((path, loc))
            return []
        if len(path) > 2:  # a member of a record other than the world, such as the parameters
            raise refusal(f"{name} cannot be assigned to; keep what changes in a field", loc)
        raise refusal(f"{name} cannot be bound to another value; write {name}[...] = value", loc)

    def _set_whole(self, statement: Any) -> list[Any]:
        operation, path = self._definition(statement.value), self._origin(statement.target)
        if path and getattr(operation, "op", None) == "inplace_binop":
            whole = self._whole(operation.lhs)
            if whole is not None and self._origin(whole) == path:
                return []
        self._refuse_records(statement, statement.loc)
        return [statement]

    def _whole(self, variable: Any) -> Any:
        """Return the array if a variable was read by `array[...]`; else None."""
        read = self._definition(variable)
        is_whole = getattr(read, "op", None) == "getitem" and self._is_whole(read.index)
        return read.value if is_whole else None

    def _is_whole(self, index: Any) -> bool:
        """Return whether an index is `...`."""
        value = self._definition(index)
        return isinstance(value, ir.Const) and value.value is Ellipsis

    def _origin(self, variable: Any) -> Path | None:
        """Return the path of the member that a variable holds, None for any other value."""
        read = self._definition(variable)
        if getattr(read, "op", None) != "getattr" or not self.meanings.record(read.value):
            return None
        path = (*self._path(read.value), read.attr)
        return path if self._guide.member(path, read.loc) is VALUE else None

    def _definition(self, variable: Any) -> Any:
        """Return the value assigned to a variable, None if there is not exactly one."""
        found = variable
        while isinstance(found, ir.Var):
            values = self._definitions[found.name]
            found = values[0] if len(values) == 1 else None
        return found

    # --- calls and parts --------------------------------------------------------------------------------

    def _call(self, statement: Any) -> list[Any]:
        loc = statement.loc
        function, given = bound(statement.value, self.meanings, loc)
        records = {name: value.path for name, value in given.items() if isinstance(value, Record)}
        call = self._guide.call(function, records, loc)
        made = [self._known(function.__name__, call.compiled, loc)]
        self.calls[made[0].target.name] = call
        handed = [self._variable((*records[path[0]], *path[1:]), loc) for path in call.paths]
        for name in call.arguments:
            if not isinstance(given[name], ir.Var):
                made.append(self._known(name, given[name], loc))
            handed.append(given[name] if isinstance(given[name], ir.Var) else made[-1].target)
        value = ir.Expr.call(made[0].target, handed, (), loc)
        return [*made, ir.Assign(value, statement.target, loc)]

    def _path(self, variable: Any) -> Path:
        path = self.meanings.record(variable)
        assert path is not None
        return path

    def _variable(self, path: Path, loc: Any) -> Any:
        return self._scope.get_or_define(self._guide.variable(path), loc)

    def _known(self, name: str, value: Any, loc: Any) -> Any:
        self._count += 1
        target = self._scope.get_or_define(f"$known{self._count}.{name}", loc)
        return ir.Assign(ir.Global(name, value, loc), target, loc)

    def _refuse_records(self, used: Any, loc: Any) -> None:
        for variable in used.list_vars():
            meaning = self.meanings.of(variable)
            if not isinstance(meaning, Record | BoundMethod):
                continue
            name = dotted(meaning.path)
            if isinstance(meaning, BoundMethod):
                raise refusal(f"a method of {name} can only be called", loc)
            if isinstance(used, ir.DelAttr):
                raise refusal(f"a member of {name} cannot be deleted", loc)
            raise refusal(
                f"compiled code can only read members of {name} and pass it on to functions, not return, "
                f"compare or store it; for a comprehension or a nested function assign the member to a "
                f"variable first",
                loc,
            )


def _drop_unused(blocks: Mapping[int, Any], meanings: Meanings) -> None:
    """Drop functions and modules that were only used in replaced calls.

    numba would try to infer a type for them.
    """
    dropped = True
    while dropped:
        uses = Counter(_used(statement for block in blocks.values() for statement in block.body))
        dropped = False
        for block in blocks.values():
            kept = [one for one in block.body if not _is_unused(one, uses, meanings)]
            dropped = dropped or len(kept) < len(block.body)
            block.body = kept


def _used(statements: Iterable[Any]) -> Iterable[str]:
    return (variable.name for statement in statements for variable in statement.list_vars())


def _is_unused(statement: Any, uses: Counter[str], meanings: Meanings) -> bool:
    """Return whether a statement assigns a known value that no other statement uses."""
    is_known = isinstance(statement, ir.Assign) and meanings.known(statement.target) is not None
    return is_known and statement.target.name.startswith("$") and uses[statement.target.name] == 1


def _draws_globally(value: object) -> bool:
    """Return whether a value is a module of random numbers, or a function of one."""
    owner = (
        value.__name__
        if isinstance(value, types.ModuleType)
        else type(getattr(value, "__self__", None)).__module__
    )
    return owner == "random" or owner.startswith("numpy.random")
