"""Checks the names in array hooks when an env is made: fields, parameters, methods and the lattice's."""

import types
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from murk_env.author.hooks import HookName, Hooks
from murk_env.author.per_world import CompiledHook
from murk_env.author.reading import Super, Use, uses
from murk_env.author.world_view import VIEW_NAMES
from murk_env.errors import DefinitionError, FieldAccessError, UnknownFieldError, did_you_mean
from murk_env.fields import Field, RowTick, Tick, Values
from murk_env.fields.bookkeeping import STEP
from murk_env.fields.deriving import DeriveTick, not_of_derive
from murk_env.fields.names import KEPT, field_called, known_as
from murk_env.kernels.places import line_of
from murk_env.world.act_tick import refusal
from murk_env.world.layout import Layout

__all__ = ["check_array_hook"]

_GIVEN: Mapping[HookName, tuple[type | None, ...]] = {  # each hook's arguments after self; None is an array
    HookName.START: (RowTick, None),
    HookName.ACT: (Tick, None),
    HookName.DERIVE: (DeriveTick,),
    HookName.REWARD: (Values, Values),
    HookName.TERMINATED: (Values,),
    HookName.INFO: (Values,),
}
_LATER = {"observation_space", "action_space", "spec"}  # set on the env after it has been made


class _Self(NamedTuple):
    """The object whose method a hook is."""

    env: Any


def check_array_hook(name: HookName, hooks: Hooks, layout: Layout) -> None:
    """Raise DefinitionError if an array hook reads a name that does not exist, or sets one that it may not.

    Only names that are plain in its bytecode, and in that of the functions it passes its arguments to, are
    checked; code that may depend on the class, as under `if hasattr(...)` or `if self.params.windy`, is not.

    Args:
        name: the hook's name.
        hooks: all hooks of the environment.
        layout: the worlds' fields and propagators.
    """
    hook: Any = hooks.of(name)
    function = getattr(hook, "__func__", None)
    if not isinstance(function, types.FunctionType):
        return  # bound otherwise
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]
    kinds: dict[str, Any] = dict(zip(names, (_Self(hook.__self__), *_GIVEN[name]), strict=False))
    check = _Check(hooks.owner, layout)
    for use in uses(function, kinds, _method):
        try:
            check.use(use)
        except (DefinitionError, FieldAccessError) as error:
            kind = UnknownFieldError if isinstance(error, UnknownFieldError) else DefinitionError
            place = line_of(use.filename, use.line)
            raise kind(f"{hooks.owner}.{name} ({place}): {'.'.join(use.path)}: {error}") from None


class _Check:
    """Raises an error for a member that does not exist, or that a hook may not set."""

    def __init__(self, owner: str, layout: Layout) -> None:
        self._owner = owner
        self._pipeline = layout.pipeline
        self._fields = {known_as(field): field for field in (*layout.fields.values(), STEP)}

    def use(self, use: Use) -> None:
        """Check one use."""
        name = use.path[-1]
        if isinstance(use.kind, Super):
            self._super(use.kind, use.path)
        elif isinstance(use.kind, _Self):
            if not use.sets:
                self._self(use.kind.env, use.path)
        elif len(use.path) == 2 and not name.startswith("__") and (use.sets or not _offers(use.kind, name)):
            field = field_called(name, self._fields)
            if use.sets and (reason := self._refusal(use.kind, field)):
                raise DefinitionError(reason)

    def _refusal(self, kind: type, field: Field) -> str:
        """Return why a field cannot be set; empty if it can."""
        if kind is Values:
            return "before and after are read-only; set fields in act or start."
        if kind is DeriveTick:
            return KEPT.get(field) or not_of_derive(field, self._pipeline.derived_by_hook)
        return refusal(field, self._pipeline.writers if kind is Tick else {})

    def _super(self, kind: Super, path: Sequence[str]) -> None:
        if len(path) == 2 and isinstance(_declared(kind, path[1]), CompiledHook):
            raise DefinitionError(
                "it is compiled (@per_world), and an array hook cannot call it; write both over arrays, or "
                "this one with @per_world, too."
            )

    def _self(self, env: Any, path: Sequence[str]) -> None:
        name, rest = path[1], path[2:]
        if name in ("params", "lattice") and len(rest) == 1:
            self._member(getattr(env, name), path)
        if rest or name in _LATER or name in vars(env):
            return
        cls: Any = env.__class__
        if name in cls.fields or name in VIEW_NAMES:
            getattr(env, name)  # raises an error that says where it is
        if not _has(env, name):
            known = [one for one in dir(env) if not one.startswith("_") and one not in VIEW_NAMES]
            raise DefinitionError(f"{self._owner} has no attribute {name!r}; {did_you_mean(name, known)}")

    def _member(self, owner: Any, path: Sequence[str]) -> None:
        if not _has(owner, path[-1]):
            who, kind = (self._owner, "parameter") if path[1] == "params" else (repr(owner), "attribute")
            known = [one for one in dir(owner) if not one.startswith("_")]
            raise DefinitionError(f"{who} has no {kind} {path[-1]!r}; {did_you_mean(path[-1], known)}")


def _method(kind: Any, name: str) -> types.FunctionType | None:
    """Return the function of a method of the env; None if the name is not one."""
    found = _declared(kind, name)
    return found if isinstance(found, types.FunctionType) else None


def _declared(kind: Any, name: str) -> object:
    """Return the class attribute behind a member of the env, or of `super()`; None if there is none."""
    after = kind.owner if isinstance(kind, Super) else None
    env = kind.kind if isinstance(kind, Super) else kind
    if not isinstance(env, _Self):
        return None
    order: Sequence[type] = type(env.env).__mro__
    if after in order:
        order = order[order.index(after) + 1 :]
    return next((vars(base)[name] for base in order if name in vars(base)), None)


def _offers(kind: type, name: str) -> bool:
    """Whether a tick, or values, have a member that is not a field; a Tick has those of its Values."""
    return hasattr(kind, name) or (kind is Tick and hasattr(Values, name))


def _has(owner: Any, name: str) -> bool:
    """Whether an object has an attribute, without reading it: a property may need state not yet there."""
    cls: type = owner.__class__
    if hasattr(cls, "__getattr__") or cls.__getattribute__ is not object.__getattribute__:
        return True
    annotated = any(name in vars(base).get("__annotations__", {}) for base in cls.__mro__)
    return annotated or name in dir(cls) or name in getattr(owner, "__dict__", ())
