"""Finds the members of its records that a function uses, and plans its rewriting."""

import inspect
import types
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from murk_env.kernels.bytecode import intermediate
from murk_env.kernels.explain import explain
from murk_env.kernels.fingerprint import fingerprint
from murk_env.kernels.functions import compile_with_helpers
from murk_env.kernels.records.effects import Effects, effects_of
from murk_env.kernels.records.members import Member, Path, RecordError, Resolve, dotted
from murk_env.kernels.records.plan import Plan, planned
from murk_env.kernels.records.rewrite import Call, Rewriter
from murk_env.kernels.records.supers import refuse_super
from murk_env.kernels.unset import find_unset
from murk_env.kernels.with_statements import NO_WITH, line_of_with

__all__ = ["Context", "Made", "make"]


class Context(NamedTuple):
    """Settings for a function and all functions of records that it calls.

    Attributes:
        resolve: returns the member at a path from the top-level function.
        checked: whether indices are checked.
        callers: the functions on the call path to here.
        fresh: whether not to reuse the results of equal functions, which have other source lines.
    """

    resolve: Resolve
    checked: bool
    callers: tuple[types.FunctionType, ...]
    fresh: bool = False


class Made(NamedTuple):
    """A function of records, converted into a flat one.

    Attributes:
        plan: the plan of the conversion.
        effects: its effects on its arguments.
        compiled: the flat function, which numba compiles at its first call.
        lookups: the members that it and the functions it calls read, by paths from its own parameters.
    """

    plan: Plan
    effects: Effects
    compiled: Callable[..., Any]
    lookups: tuple[tuple[Path, Member], ...]


# Results, by function, records and `checked`; then by the paths looked up; then by the members found there.
_made: dict[tuple[str | None, tuple[str, ...], bool], dict[tuple[Path, ...], dict[str | None, Made]]] = {}


def make(function: types.FunctionType, origins: Mapping[str, Path], context: Context) -> Made:
    """Convert a function of records into a flat one, or return the result for an equal one.

    Args:
        function: a plain function.
        origins: by parameter that is a record, its path from the top-level function.
        context: settings for it and all functions that it calls.

    Raises:
        RecordError: a record is used in an unsupported way.
    """
    signature = inspect.signature(function, follow_wrapped=False)
    records = tuple(name for name in signature.parameters if name in origins)
    key = fingerprint(function), records, context.checked
    if context.fresh:
        return _make(function, signature, origins, context)
    for paths, by_members in _made.get(key, {}).items():
        members = [context.resolve((*origins[path[0]], *path[1:])) for path in paths]
        if (described := fingerprint(members)) in by_members:
            return by_members[described]
    made = _make(function, signature, origins, context)
    described = fingerprint([member for _, member in made.lookups])
    if key[0] is not None and described is not None:
        paths = tuple(path for path, _ in made.lookups)
        _made.setdefault(key, {}).setdefault(paths, {})[described] = made
    return made


def _make(
    function: types.FunctionType, signature: inspect.Signature, origins: Mapping[str, Path], context: Context
) -> Made:
    parameters = tuple(signature.parameters)
    records = tuple(name for name in parameters if name in origins)
    arguments = tuple(name for name in parameters if name not in origins)
    form = _form(function, signature)
    discovery = _Discovery(function, origins, context)
    rewriter = Rewriter(form, records, discovery)
    paths, names = tuple(discovery.names), tuple(discovery.names.values())
    rewriter.set_parameters((*names, *arguments))
    calls = tuple(call for call, _ in discovery.calls)
    plan = Plan(
        parameters,
        records,
        paths,
        names,
        arguments,
        tuple(discovery.members.items()),
        calls,
        context.checked,
    )
    by_call = zip(rewriter.calls, (effects for _, effects in discovery.calls), strict=True)
    changed = {paths.index(path): loc for path, loc in rewriter.changed}
    known = effects_of(form, rewriter.meanings, dict(by_call), changed)
    compiled = compile_with_helpers(planned(function, plan), {}, context.checked)
    return Made(plan, known, compiled, tuple(discovery.lookups.items()))


def _form(function: types.FunctionType, signature: inspect.Signature) -> Any:
    code = function.__code__
    if inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function):
        reason = f"{function.__name__} can neither yield nor await in compiled code"
        raise RecordError(reason, code.co_filename, code.co_firstlineno)
    for parameter in signature.parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            reason = f"{function.__name__} is handed self, so it cannot take *{parameter.name}"
            raise RecordError(reason, code.co_filename, code.co_firstlineno)
    refuse_super(function)
    if (line := line_of_with(code)) is not None:
        raise RecordError(NO_WITH, code.co_filename, line)
    try:
        form = intermediate(function, tuple(signature.parameters))
    except Exception as error:  # whatever numba raises for Python that it does not support
        reason, filename, line = explain(error)
        raise RecordError(reason, filename or code.co_filename, line or code.co_firstlineno) from error
    unset = find_unset(form)
    if unset is not None:
        raise RecordError(unset.reason, unset.loc.filename, unset.loc.line)
    return form


class _Discovery:
    """A guide that answers by calling `resolve`, and records the answers.

    Args:
        function: the function that is rewritten.
        origins: by parameter that is a record, its path from the top-level function.
        context: settings for it and all functions that it calls.
    """

    def __init__(self, function: types.FunctionType, origins: Mapping[str, Path], context: Context) -> None:
        code = function.__code__
        self.members: dict[Path, Member] = {}
        self.names: dict[Path, str] = {}
        self.calls: list[tuple[Call, Effects]] = []
        self.lookups: dict[Path, Member] = {}
        self._function = function
        self._origins = origins
        self._context = context
        self._taken = {*code.co_varnames, *code.co_cellvars, *code.co_freevars}

    def member(self, path: Path, loc: Any) -> Member:
        if path not in self.members:
            origin = self._origin(path)
            member = self._context.resolve(origin)
            if member is None:
                reason = f"{dotted(path[:-1])} has no {path[-1]}"
                raise RecordError(reason, loc.filename, loc.line, origin)
            self.members[path] = self.lookups[path] = member
        return self.members[path]

    def variable(self, path: Path) -> str:
        if path not in self.names:
            name = "_".join(path)
            while name in self._taken:
                name += "_"
            self._taken.add(name)
            self.names[path] = name
        return self.names[path]

    def call(self, function: types.FunctionType, records: Mapping[str, Path], loc: Any) -> Call:
        callers = (*self._context.callers, self._function)
        if function in callers:
            reason = f"{function.__name__} is handed self and calls itself, which cannot be compiled"
            raise RecordError(reason, loc.filename, loc.line)
        origins = {name: self._origin(path) for name, path in records.items()}
        made = make(function, origins, self._context._replace(callers=callers))
        for path, member in made.lookups:
            self.lookups[*records[path[0]], *path[1:]] = member
        call = Call(function, made.compiled, made.plan.paths, made.plan.arguments)
        self.calls.append((call, made.effects))
        return call

    def _origin(self, path: Path) -> Path:
        return (*self._origins[path[0]], *path[1:])
