"""Parameters of an environment, each declared in one place: type, range, meaning, default.

    class Params(murk_env.Params):
        size: Annotated[int, Range(2, 32768), "rows and columns of the grid"] = 16
        layout: Annotated[Literal["flat", "image"], "layout of the observation"] = "flat"

That line is the source of the validation, the error messages, and the table in the documentation.
"""

import dataclasses
import functools
import math
import numbers
import operator
from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast, dataclass_transform, get_args, get_origin, get_type_hints

from murk_env.errors import DefinitionError, MurkError, ParameterError, did_you_mean

__all__ = ["Knob", "Params", "Range", "knobs_of", "make_params", "parameters_of"]

# Gymnasium's make and make_vec, or the faces, use these names themselves.
RESERVED = frozenset(
    {
        "num_envs",
        "num_worlds",
        "env_class",
        "group",
        "others",
        "vectorization_mode",
        "vector_kwargs",
        "wrappers",
        "autoreset_mode",
        "action_out_of_bounds",
        "action_masked_out",
        "record_statistics",
        "copy",
        "num_threads",
        "checked",
        "render_mode",
        "max_episode_steps",
        "max_cycles",
        "static_arena",
        "disable_env_checker",
    }
)


@dataclasses.dataclass(frozen=True)
class Range:
    """The smallest and the largest value of a parameter, both included.

    Attributes:
        low: smallest value.
        high: largest value.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        ends: tuple[Any, Any] = (self.low, self.high)
        if not all(isinstance(end, int | float) for end in ends) or not ends[0] <= ends[1]:
            raise DefinitionError(
                f"a Range has a low number and a high one, not {ends[0]!r} and {ends[1]!r}."
            )

    def __str__(self) -> str:
        return f"from {self.low:g} to {self.high:g}"


@dataclasses.dataclass(frozen=True)
class Knob:
    """The declaration of one parameter.

    Attributes:
        name: its name.
        kind: its type, such as `int`.
        choices: the allowed values of a Literal; otherwise empty.
        range: its range, None for none.
        doc: its meaning.
        default: its default; `dataclasses.MISSING` for none.
    """

    name: str
    kind: Any
    choices: tuple[Any, ...]
    range: Range | None
    doc: str
    default: Any


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Params:
    """Base of every environment's `Params`: a frozen dataclass with keyword arguments, validated when made.

    A parameter declared as `float` converts an `int`, and refuses a bool, a string and NaN. Write checks
    across parameters in `check`, with `require`, and values computed from parameters as properties. A
    subclass of an environment adds parameters with `class Params(Base.Params)`. A constant is named in
    capitals, or is a ClassVar: a lower-case name without a type is refused.

    Raises:
        DefinitionError: a declaration cannot be read.
        ParameterError: a value has a wrong type, is out of range, or is refused by `check`.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in ("__init__", "__post_init__"):
            if name in vars(cls):  # it would replace the checks
                raise DefinitionError(
                    f"{cls.__qualname__} defines {name}, which murk_env.Params makes; write checks across "
                    f"parameters in check(self), and what follows from them as properties."
                )
        try:
            dataclasses.dataclass(frozen=True, kw_only=True)(cls)
        except ValueError as error:  # such as a list, which all envs would share
            reason = str(error).partition(":")[0]
            raise DefinitionError(
                f"{cls.__qualname__}: {reason}; a parameter is a number, a bool, a text or one of a Literal."
            ) from None
        _refuse_untyped(cls)
        for field in dataclasses.fields(cast(Any, cls)):
            if field.name in RESERVED:
                raise DefinitionError(
                    f"{cls.__qualname__}.{field.name} cannot be a parameter: Gymnasium or the faces use that "
                    f"name; call it something else."
                )

    def __post_init__(self) -> None:
        for name, knob in knobs_of(type(self)).items():
            object.__setattr__(self, name, _checked(_owner(type(self)), knob, getattr(self, name)))
        found: Any = self.check()
        if found is not None:
            raise DefinitionError(
                f"{_owner(type(self))}.Params.check must return None, not {found!r}; refuse parameters with "
                f"self.require(condition, reason)."
            )

    def check(self) -> None:
        """Check parameters against each other, with `require`; override it where needed."""

    def require(self, condition: object, reason: str) -> None:
        """Raise ParameterError unless a condition holds.

        Args:
            condition: the condition.
            reason: the message: what must hold, what came, what to do; the environment's name is put first.
        """
        if not condition:
            raise ParameterError(f"{_owner(type(self))}: {reason}")


def _refuse_untyped(cls: type[Params]) -> None:
    """Raise DefinitionError for a value without a type: a dataclass would silently leave it out."""
    declared: Mapping[str, Any] = cast(Any, cls).__dataclass_fields__  # those of its bases too
    for name, value in vars(cls).items():
        constant = (
            name.startswith("_") or name.isupper() or isinstance(value, type) or hasattr(value, "__get__")
        )
        if not constant and (name not in declared or declared[name].default is not value):
            kind = type(value).__name__
            raise DefinitionError(
                f"{cls.__qualname__}: {name} = {value!r} needs a type to be a parameter, {name}: {kind} = "
                f"{value!r}; a constant is called {name.upper()}, or is a ClassVar."
            )


@functools.cache
def knobs_of(params_class: type[Params]) -> Mapping[str, Knob]:
    """Return the parameters that a class declares, in order.

    Raises:
        DefinitionError: a declaration cannot be read.
    """
    try:
        hints = get_type_hints(params_class, include_extras=True)
    except NameError as error:
        raise DefinitionError(
            f"{params_class.__qualname__}: {error}; import what its annotations name."
        ) from error
    fields = dataclasses.fields(cast(Any, params_class))
    return {field.name: _knob(field, hints[field.name]) for field in fields}


def make_params(owner: str, params_class: type[Params], given: Mapping[str, Any]) -> Any:
    """Return an environment's parameters, made from keyword arguments.

    Raises:
        ParameterError: a parameter is unknown, missing, or has a value that it cannot have.
    """
    knobs = knobs_of(params_class)
    for name in given:
        if name not in knobs:
            raise ParameterError(
                f"{owner} got an unexpected keyword argument {name!r}: it has no parameter {name!r}; "
                f"{did_you_mean(name, knobs)}"
            )
    missing = [
        name for name, knob in knobs.items() if knob.default is dataclasses.MISSING and name not in given
    ]
    if missing:
        raise ParameterError(f"{owner} needs a value for {missing}, which have no default.")
    try:
        return params_class(**given)
    except MurkError:
        raise
    except (TypeError, ValueError) as error:
        listed = ", ".join(f"{name}={value!r}" for name, value in given.items())
        raise ParameterError(f"{owner}({listed}): {error}") from error


def parameters_of(params: Any) -> dict[str, Any]:
    """Return an environment's parameters by name."""
    return {field.name: getattr(params, field.name) for field in dataclasses.fields(params)}


def _owner(params_class: type[Params]) -> str:
    """Return the name of the environment that the parameters belong to."""
    *_, outer, own = ("", *params_class.__qualname__.split("."))
    return outer if outer not in ("", "<locals>") else own


def _knob(field: "dataclasses.Field[Any]", hint: Any) -> Knob:
    extras: tuple[Any, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *rest = get_args(hint)
        extras = tuple(rest)
    default = dataclasses.MISSING if _is_missing(field.default) else field.default
    if not _is_missing(field.default_factory):
        default = cast(Any, field).default_factory()
    ranges = [extra for extra in extras if isinstance(extra, Range)]
    docs = [extra for extra in extras if isinstance(extra, str)]
    choices = get_args(hint) if get_origin(hint) is Literal else ()
    if ranges and hint not in (int, float):
        raise DefinitionError(
            f"the parameter {field.name} has a Range, {ranges[0]}, which only an int or a float can have; it "
            f"is declared as {hint.__name__ if isinstance(hint, type) else hint}."
        )
    return Knob(field.name, hint, choices, ranges[0] if ranges else None, docs[0] if docs else "", default)


def _is_missing(value: object) -> bool:
    """Whether a default is MISSING; by type, as a class pickled by value brings its own copy to a worker."""
    return isinstance(value, type(dataclasses.MISSING))


def _checked(owner: str, knob: Knob, value: Any) -> Any:
    """Return a value converted to the declared kind, or raise ParameterError."""
    if knob.choices:
        if not any(type(value) is type(one) and value == one for one in knob.choices):
            raise ParameterError(
                f"{owner}'s {knob.name} must be one of {', '.join(map(repr, knob.choices))}, not {value!r}."
            )
        return value
    converted = value
    if knob.kind in _NAMES and (converted := _converted(knob.kind, value)) is None:
        raise ParameterError(
            f"{owner}'s {knob.name} must be {_NAMES[knob.kind]}, not {value!r} of type "
            f"{type(value).__name__}."
        )
    if knob.range is not None and not knob.range.low <= converted <= knob.range.high:
        raise ParameterError(f"{owner}'s {knob.name} must be {knob.range}, not {value}.")
    return converted


def _converted(kind: Any, value: Any) -> Any:
    """Return a value converted to one of the kinds of _NAMES, None if it is of another kind."""
    if kind is bool:
        return bool(value) if type(value).__name__ in ("bool", "bool_") else None
    if kind is str:
        return str(value) if isinstance(value, str) else None
    if isinstance(value, bool):
        return None
    if kind is int:
        return operator.index(value) if isinstance(value, numbers.Integral) else None
    try:
        number = float(value) if isinstance(value, numbers.Real) else math.nan
    except OverflowError:  # an integer beyond all floats
        return None
    return None if math.isnan(number) else number


_NAMES: Mapping[Any, str] = {int: "an integer", float: "a number", bool: "True or False", str: "a text"}
