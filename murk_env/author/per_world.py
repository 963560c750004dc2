"""Compiled hooks: a hook written as scalar code for one world, lifted over all of them.

An array hook costs about a microsecond an operation; a compiled one about one call, whatever it
does. Both obey the same laws, and an environment may mix them.
"""

import dataclasses
import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from murk_env.errors import DefinitionError, did_you_mean
from murk_env.fields import Field
from murk_env.fields.bookkeeping import ACTIVE
from murk_env.kernels import compile_function, compile_source

__all__ = ["CompiledHook", "per_world"]

# What each hook may name beside its fields and the parameters.
EXTRAS: Mapping[str, tuple[str, ...]] = {
    "act": ("action", "rng", "moves", "neighbours"),
    "start": ("rng", "moves", "neighbours"),
    "reward": ("out", "moves", "neighbours"),
    "terminated": ("out", "moves", "neighbours"),
}


@dataclasses.dataclass(frozen=True, eq=False)
class CompiledHook:
    """A hook for one world: its function and the fields it is given.

    Attributes:
        function: the author's function, plain scalar code.
        fields: given first, in this order, as that world's arrays.
        before: given next: the values that the step started from.
    """

    function: Callable[..., Any]
    fields: tuple[Field, ...]
    before: tuple[Field, ...]


def per_world(*fields: Field, before: Sequence[Field] = ()) -> Callable[[Callable[..., Any]], Any]:
    """Mark a hook as scalar code for one world; numba compiles it and runs it over all worlds.

    The function receives one array for each field: `(num_cells,)` for a field over cells,
    `(num_agents,)` over agents, with a leading components axis for a vector field, and an array of
    one element for a scalar field over the world. `act` and `start` write into them; in `act`, the
    fields of propagators and sparse fields are read-only; static ones are read-only everywhere.
    After the fields it may name, in any order:

    - any parameter of the environment that is a number (also a property of `Params`);
    - `action` (in `act`): this world's action, a number or an array;
    - `out` (in `reward` and `terminated`, and there only of agents with rewards of their own): this world's
      array `(num_agents,)`, to be set for every agent, instead of a result to be returned;
    - `rng` (in `act` and `start`): pass it to `murk_env.random.uniform`, `integers`, `normal`;
    - `moves`: `moves[cell, direction]` is the cell after a hop, the same cell against an edge and for
      direction -1;
    - `neighbours`: `(num_cells, num_directions)` ranks of each cell's neighbours, -1 where there is none.

    Indices are not checked, and one outside an array reads or writes whatever lies there; an env made
    with `checked=True` raises IndexError instead.

    Args:
        fields: the fields it works on; for `reward` and `terminated`, their values after the tick.
        before: for `reward`: further fields, as they were before the tick.

    Returns:
        A decorator.

    Raises:
        DefinitionError: at construction of the env, for an argument that is none of these.
    """
    for field in (*fields, *before):
        if not isinstance(field, Field):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise DefinitionError(
                f"per_world takes Field objects, not {field!r}: write @per_world(heat, agent)."
            )

    def mark(function: Callable[..., Any]) -> CompiledHook:
        return CompiledHook(function, tuple(fields), tuple(before))

    return mark


@dataclasses.dataclass(frozen=True)
class LiftedHook:
    """A compiled loop over worlds and what it takes after `(start, stop)`, or `(start, stop, worlds)`.

    Attributes:
        run: the compiled loop.
        extras: names of the extra arguments, in order: those of EXTRAS and `parameters`.
        parameters: values of the parameters it names, in order of `extras`.
    """

    run: Callable[..., Any]
    extras: tuple[str, ...]
    parameters: Mapping[str, float]


def lift(
    hook: CompiledHook,
    kind: str,
    owner: str,
    known: Collection[Field],
    parameters: object,
    *,
    per_agent: bool = False,
    checked: bool,
) -> LiftedHook:
    """Compile a hook into a loop over worlds.

    The loop takes `(start, stop)`, for `start` followed by `worlds`, of which it runs those at the places
    [start, stop); then the fields' whole arrays; then the output array for `reward` and `terminated`; then
    the extras, `rng` as the three clock arrays and the hook's first site.

    Args:
        hook: the hook.
        kind: which hook it is.
        owner: the environment's name.
        known: the environment's fields.
        parameters: the environment's parameters.
        per_agent: whether `reward` and `terminated` have a value for each agent, which they set in `out`.
        checked: whether indices outside an array raise IndexError.
    """
    if hook.before and kind != "reward":
        raise DefinitionError(f"{owner}.{kind} takes no before= fields; only reward sees what was before.")
    for field in (*hook.fields, *hook.before):
        if field not in known:
            reason = "; only agents that are rewarded apart leave" if field is ACTIVE else ""
            raise DefinitionError(
                f"{owner}.{kind} is declared per_world with {field!r}, no field of {owner}{reason}."
            )
    extras = _extras(hook, kind, owner, parameters)
    if kind in ("reward", "terminated") and per_agent is not ("out" in extras):
        wanted = (
            "has to name `out` and set it for every agent"
            if per_agent
            else "returns its result, without `out`"
        )
        raise DefinitionError(f"{owner}.{kind} is declared per_world; here it {wanted}.")
    values = {name: getattr(parameters, name) for name in extras if name not in EXTRAS[kind]}
    source = _loop_source(hook, kind, extras)
    namespace = {"np": np, "hook": compile_function(hook.function, checked=checked)}
    run = compile_source(source, f"{kind}_worlds", namespace, checked=checked)
    return LiftedHook(run, extras, values)


def _extras(hook: CompiledHook, kind: str, owner: str, parameters: object) -> tuple[str, ...]:
    names = list(inspect.signature(hook.function).parameters)
    num_fields = len(hook.fields) + len(hook.before)
    if len(names) < num_fields:
        raise DefinitionError(
            f"{owner}.{kind} is declared per_world with {num_fields} field(s) "
            f"but takes {len(names)} argument(s)."
        )
    known = [*EXTRAS[kind], *_numbers(parameters)]
    for name in names[num_fields:]:
        if name not in known:
            raise DefinitionError(
                f"{owner}.{kind} names {name!r}, which is neither a number among the parameters nor one of "
                f"{EXTRAS[kind]}; {did_you_mean(name, known)}"
            )
    return tuple(names[num_fields:])


def _numbers(parameters: object) -> list[str]:
    names = [name for name in dir(parameters) if not name.startswith("_")]
    return [name for name in names if isinstance(getattr(parameters, name), int | float | np.number)]


def _loop_source(hook: CompiledHook, kind: str, extras: Sequence[str]) -> str:
    fields = (*hook.fields, *hook.before)
    arrays = [f"field{index}" for index in range(len(fields))]
    rows = [_row(array, field) for array, field in zip(arrays, fields, strict=True)]
    passed = {"action": "action[world]", "out": "out[world]"}
    call = f"hook({', '.join([*rows, *(passed.get(name, name) for name in extras)])})"
    returns = kind in ("reward", "terminated") and "out" not in extras
    clock = "keys, episodes, steps, site"
    arguments = [
        *("start", "stop", "worlds")[: 3 if kind == "start" else 2],
        *arrays,
        *(["out"] if kind in ("reward", "terminated") else []),
        *(clock if name == "rng" else name for name in extras if name != "out"),
    ]
    lines = [f"def {kind}_worlds({', '.join(arguments)}):"]
    if "rng" in extras:
        lines.append("    rng = np.empty(5, np.uint32)")
    lines.append(f"    for {'row' if kind == 'start' else 'world'} in range(start, stop):")
    if kind == "start":
        lines.append("        world = worlds[row]")
    if "rng" in extras:
        lines += [f"        rng[{index}] = {value}" for index, value in enumerate(_RNG_STATE)]
    lines.append(f"        {'out[world] = ' if returns else ''}{call}")
    return "\n".join(lines) + "\n"


_RNG_STATE = ("keys[world, 0]", "keys[world, 1]", "episodes[world]", "steps[world]", "site")


def _row(array: str, field: Field) -> str:
    if field.mutability == "static":
        return array
    if field.over == "world" and field.components is None:
        return f"{array}[world:world + 1]"
    return f"{array}[world]"
