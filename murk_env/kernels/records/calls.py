"""Calls that pass a record: the author's function that is called, and its arguments."""

import inspect
import types
from typing import Any

from murk_env.kernels.numba_internals import is_dispatcher
from murk_env.kernels.places import is_authors
from murk_env.kernels.records.meanings import BoundMethod, Meanings, Record
from murk_env.kernels.records.members import dotted, refusal

__all__ = ["bound", "takes_records"]


def takes_records(call: Any, meanings: Meanings) -> bool:
    """Return whether a call calls a record's method or passes a record."""
    return isinstance(meanings.of(call.func), BoundMethod) or any(map(meanings.record, _variables(call)))


def bound(call: Any, meanings: Meanings, loc: Any) -> tuple[types.FunctionType, dict[str, Any]]:
    """Return the called function, and for each parameter its Record, its variable or its default.

    Raises:
        RecordError: the arguments do not match the function, or its code is not available.
    """
    function = _callee(call, meanings, loc)
    args = [_handed(variable, meanings, loc) for variable in call.args]
    kwargs = {name: _handed(variable, meanings, loc) for name, variable in call.kws}
    meaning = meanings.of(call.func)
    if isinstance(meaning, BoundMethod):
        args.insert(0, Record(meaning.path))
    if call.vararg or call.varkwarg:
        raise refusal(f"{function.__name__} is handed self, so it cannot be handed *arguments", loc)
    try:
        arguments = inspect.signature(function, follow_wrapped=False).bind(*args, **kwargs)
    except TypeError as error:
        raise refusal(f"{function.__name__}() is called wrongly: {error}", loc) from None
    arguments.apply_defaults()
    return function, arguments.arguments


def _callee(call: Any, meanings: Meanings, loc: Any) -> types.FunctionType:
    meaning = meanings.of(call.func)
    found: Any = meaning.function if isinstance(meaning, BoundMethod) else meanings.known(call.func)
    function = found.py_func if is_dispatcher(found) else found
    if not isinstance(function, types.FunctionType):
        function = getattr(function, "__wrapped__", function)  # an object that wraps one, such as a hook
    if not isinstance(function, types.FunctionType) or _is_of_a_library(function, meaning):
        record = next(filter(None, map(meanings.record, _variables(call))), ("self",))
        name = getattr(function, "__name__", "what is called here")
        raise refusal(
            f"{dotted(record)} can be handed to plain functions of your own only, not to {name}", loc
        )
    return function


def _is_of_a_library(function: types.FunctionType, meaning: object) -> bool:
    """Return whether a function belongs to numpy or Python's library, which do not take records."""
    return not isinstance(meaning, BoundMethod) and not is_authors(function.__code__.co_filename)


def _handed(variable: Any, meanings: Meanings, loc: Any) -> Any:
    meaning = meanings.of(variable)
    if isinstance(meaning, BoundMethod):
        raise refusal(f"a method of {dotted(meaning.path)} can only be called", loc)
    return meaning if isinstance(meaning, Record) else variable


def _variables(call: Any) -> list[Any]:
    return [*call.args, *(variable for _, variable in call.kws)]
