"""Checks that an author's hooks are functions that take the arguments they are given."""

import inspect
from collections.abc import Callable
from typing import Any

from murk_env.author.per_world import CompiledHook
from murk_env.errors import DefinitionError
from murk_env.kernels.places import first_line

__all__ = ["check_classmethod", "check_kind", "check_signature"]

_GIVEN_TO_ARRAY_HOOKS = {"tick", "worlds", "actions", "before", "after"}  # by position, so names must match
_PAUSES = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def check_kind(cls: type[Any], name: str) -> None:
    """Raise DefinitionError for a hook that is not a plain function, with or without `per_world`.

    Args:
        cls: the environment's class.
        name: the hook.
    """
    declared: Any = inspect.getattr_static(cls, name, None)
    if declared is None:
        return
    where = f"{cls.__name__}.{name}"
    inner: Any = getattr(declared, "fget", None) or getattr(declared, "__func__", None)
    function: Any = getattr(inner, "function", inner) or declared
    code: Any = getattr(function, "__code__", None)
    place = "" if code is None else f" ({first_line(function)})"
    if isinstance(declared, property) or isinstance(inner, CompiledHook):
        raise DefinitionError(
            f"{where}{place} is a {type(declared).__name__}; a hook is a plain function, with no "
            f"decorator but per_world."
        )
    if not callable(getattr(cls, name)):
        raise DefinitionError(f"{where} is {declared!r}; a hook is a function.")
    if code is not None and code.co_flags & _PAUSES:
        raise DefinitionError(f"{where}{place} can neither yield nor await: it is called once, and returns.")


def check_signature(where: str, hook: Callable[..., Any], wanted: str) -> None:
    """Raise DefinitionError if a bound hook does not take the arguments it is given.

    Args:
        where: the hook's name, for messages.
        hook: the hook, bound to the object it is called on.
        wanted: the right declaration, such as `act(self, tick, actions)`; more text may follow.
    """
    own, *given = wanted[wanted.index("(") + 1 : wanted.index(")")].split(", ")
    try:
        signature = inspect.signature(hook)
    except (TypeError, ValueError):  # not a Python function
        return
    named = zip(signature.parameters, given, strict=False)
    misled = any(name != given_there and name in _GIVEN_TO_ARRAY_HOOKS for name, given_there in named)
    try:
        signature.bind(*given)
    except TypeError:
        misled = True
    if misled:
        place = f" ({first_line(hook)})" if hasattr(hook, "__code__") else ""
        raise DefinitionError(
            f"{where}{place} takes {signature} beside {own}, but is given ({', '.join(given)}); "
            f"write {wanted}."
        )


def check_classmethod(cls: type[Any], name: str) -> None:
    """Raise DefinitionError if a class declares `build` or `picture` as anything but a classmethod.

    Args:
        cls: the environment's class.
        name: `build` or `picture`.
    """
    declared = vars(cls).get(name)
    if isinstance(getattr(declared, "__func__", declared), CompiledHook):
        raise DefinitionError(
            f"{cls.__name__}.{name} cannot be per_world; it is a classmethod: def {name}(cls, params)."
        )
    if declared is None:
        return
    if not isinstance(declared, classmethod | staticmethod):
        raise DefinitionError(
            f"{cls.__name__}.{name} is called on the class: write @classmethod above def {name}(cls, params)."
        )
    check_signature(f"{cls.__name__}.{name}", getattr(cls, name), f"{name}(cls, params)")
