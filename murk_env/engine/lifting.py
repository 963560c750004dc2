"""Lifts a hook for one world into a compiled loop over all of them."""

import dataclasses
import enum
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np

from murk_env.author.hooks import HookName, Hooks
from murk_env.author.per_world import CompiledHook
from murk_env.engine.members import CLOCK, TABLES, WorldMembers
from murk_env.errors import DefinitionError, did_you_mean
from murk_env.fields import Field
from murk_env.kernels import compile_source
from murk_env.kernels.flags import flag
from murk_env.kernels.places import first_line, line_of
from murk_env.kernels.records import Flat, Path, RecordError, flatten
from murk_env.random import MOST_DRAWS, TOO_MANY_DRAWS

__all__ = ["Argument", "FieldArray", "Given", "LiftedHook", "Number", "Table", "lift"]

# The arguments that each hook may name beside self; `agent` only where agents have rewards of their own.
ARGUMENTS: Mapping[HookName, tuple[str, ...]] = {
    HookName.ACT: ("action", "rng"),
    HookName.START: ("rng",),
    HookName.REWARD: ("before", "agent"),
    HookName.TERMINATED: ("before", "agent"),
    HookName.BETWEEN: ("action", "substep", "rng"),
    HookName.DERIVE: (),
}
OF_SOME = (HookName.START, HookName.DERIVE)  # they run worlds by their places in a list of worlds
OUTCOMES = (HookName.REWARD, HookName.TERMINATED)
_RNG_STATE = ("keys[world, 0]", "keys[world, 1]", "episodes[world]", "steps[world]", "site")


@dataclasses.dataclass(frozen=True)
class FieldArray:
    """The array of a field: of this tick, or from before the step."""

    field: Field
    before: bool


@dataclasses.dataclass(frozen=True)
class Number:
    """A parameter, or a number computed from parameters."""

    value: float


@dataclasses.dataclass(frozen=True)
class Table:
    """A table of the lattice, by its attribute's name."""

    name: str


class Given(enum.Enum):
    """The other arguments that a lifted hook may take."""

    LEVELS = enum.auto()  # the worlds' levels
    STEPS = enum.auto()  # the worlds' step counters
    STEPS_BEFORE = enum.auto()
    CLOCKS = enum.auto()  # keys, episodes, steps, and the hook's first site
    ACTIONS = enum.auto()
    SUBSTEPS = enum.auto()  # the number of every world's sub-step within the step
    OUTPUT = enum.auto()  # the array that the results are written to


Argument = FieldArray | Number | Table | Given


@dataclasses.dataclass(frozen=True)
class LiftedHook:
    """A compiled loop over worlds.

    Attributes:
        run: the loop, called with `(start, stop)` and the arguments. For `start` and `derive` a list of
            worlds precedes the arguments, and the loop runs the worlds at its places [start, stop).
        arguments: those arguments, in order.
        flat: the hook, which the loop calls.
        where: the hook and its place, for messages.
        shares: for each of the first arguments, in the order of `flat.paths`, the expression for the part of
            it that the loop passes to the hook.
    """

    run: Callable[..., Any]
    arguments: Sequence[Argument]
    flat: Flat
    where: str
    shares: Sequence[str]

    @property
    def fields(self) -> list[Field]:
        """The fields whose values of this tick the hook takes."""
        return [one.field for one in self.arguments if isinstance(one, FieldArray) and not one.before]

    @property
    def all_fields(self) -> list[Field]:
        """The fields that the hook takes, including those from before the step."""
        return [one.field for one in self.arguments if isinstance(one, FieldArray)]


def lift(
    hook: CompiledHook,
    kind: HookName,
    hooks: Hooks,
    fields: Mapping[str, Field],
    *,
    dt: float,
    per_agent: bool,
    checked: bool,
) -> LiftedHook:
    """Compile a hook for one world into a loop over worlds.

    Args:
        hook: the hook.
        kind: the hook's name.
        hooks: all hooks of the environment.
        fields: its fields by the names that hooks use.
        dt: time that one step advances.
        per_agent: whether `reward` and `terminated` have a value for each agent.
        checked: whether indices outside an array raise IndexError.

    Raises:
        DefinitionError: the hook names something that does not exist, or uses `self` in a way that cannot be
            compiled.
    """
    where = f"{hooks.owner}.{kind}"
    first, *names = _parameters(hook, where)
    place = first_line(hook.function)
    _check_arguments(f"{where} ({place})", kind, names, per_agent=per_agent)
    members = WorldMembers(hooks, fields, checked=checked)
    try:
        flat = flatten(hook.function, (first, "before"), members.resolve, checked=checked)
    except RecordError as error:
        place = line_of(error.filename, error.line)
        raise DefinitionError(f"{where} ({place}): {members.explained(error)}") from None  # says all
    if kind in OUTCOMES and not flat.returns:
        what = "a number" if kind is HookName.REWARD else "a bool"
        raise DefinitionError(
            f"{where} ({first_line(flat.silent())}): returns nothing on at least one path; it must always "
            f"return {what}."
        )
    handed = [_handed(path, members, dt) for path in flat.paths]
    source, arguments = _loop(kind, handed, flat, per_agent=per_agent)
    namespace = {"np": np, "hook": flat.function, "flag": flag}
    run = compile_source(source, f"{kind}_worlds", namespace, checked=checked)
    return LiftedHook(run, arguments, flat, f"{where} ({place})", [share for _, share in handed])


def _parameters(hook: CompiledHook, where: str) -> tuple[str, ...]:
    code = hook.function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    if not names:
        raise DefinitionError(
            f"{where} ({first_line(hook.function)}) takes no argument; the first is self, one world."
        )
    return names


def _told(kind: HookName) -> str:
    return ", ".join(["self", *(name for name in ARGUMENTS[kind] if name != "agent")])


def _check_arguments(where: str, kind: HookName, names: Sequence[str], *, per_agent: bool) -> None:
    """Raise DefinitionError for an argument that a hook is not given."""
    allowed = [name for name in ARGUMENTS[kind] if per_agent or name != "agent"]
    if "self" in names:
        raise DefinitionError(
            f"{where} takes self after other arguments; write it first, as in ({_told(kind)})."
        )
    for name in names:
        if name not in allowed:
            apart = name == "agent" and name in ARGUMENTS[kind]
            hint = "agents share one reward here." if apart else did_you_mean(name, ["self", *allowed])
            if kind is HookName.DERIVE and name == "rng":
                hint = "derived values depend on the other fields alone; draw in act or start."
            raise DefinitionError(f"{where} names the argument {name!r}, which it is not given; {hint}")


def _handed(path: Path, members: WorldMembers, dt: float) -> tuple[Argument, str]:
    """Return the loop's argument for a path, and the expression for one world's part of it."""
    record, name, *rest = path
    if name == "params":
        return Number(cast(float, members.parameter(rest[0]))), "{}"
    if name in TABLES:
        return Table(name), "{}"
    if name in CLOCK:
        steps = Given.STEPS_BEFORE if record == "before" else Given.STEPS
        return steps, "{}[world]" if name == "elapsed_steps" else f"{{}}[world] * {dt!r}"
    field = members.fields[name]
    argument = FieldArray(field, before=record == "before")
    if field.mutability == "static":
        return argument, "{}"
    if field.mutability == "level":
        number = field.over == "world" and field.components is None
        return argument, "{0}[levels[world]:levels[world] + 1]" if number else "{}[levels[world]]"
    scalar = field.over == "world" and field.components is None
    return argument, "{0}[world:world + 1]" if scalar else "{}[world]"


def _loop(
    kind: HookName, handed: Sequence[tuple[Argument, str]], flat: Flat, *, per_agent: bool
) -> tuple[str, list[Argument]]:
    """Return the source of the loop over worlds, and its arguments."""
    arguments: list[Argument] = [argument for argument, _ in handed]
    names = [f"value{index}" for index in range(len(handed))]
    given = [share.format(name) for name, (_, share) in zip(names, handed, strict=True)]
    passed = {"action": "actions[world]", "substep": "substeps[world]", "rng": "rng", "agent": "agent"}
    rest = [name for name in flat.arguments if name != "before"]
    if any("levels[" in share for _, share in handed):
        names, arguments = [*names, "levels"], [*arguments, Given.LEVELS]
    own = [f"own{index}" for index in range(len(handed))]  # made once for all agents of a world
    call = f"hook({', '.join([*own, *(passed[name] for name in rest)])})"
    if kind in OUTCOMES:
        names, arguments = [*names, "out"], [*arguments, Given.OUTPUT]
    if "action" in rest:
        names, arguments = [*names, "actions"], [*arguments, Given.ACTIONS]
    if "substep" in rest:
        names, arguments = [*names, "substeps"], [*arguments, Given.SUBSTEPS]
    if "rng" in rest:
        names, arguments = [*names, "keys", "episodes", "steps", "site"], [*arguments, Given.CLOCKS]
    head = ["start", "stop", "worlds"] if kind in OF_SOME else ["start", "stop"]
    lines = [f"def {kind}_worlds({', '.join([*head, *names])}):"]
    if "rng" in rest:
        lines.append("    rng = np.empty(5, np.uint32)")
    if kind in OF_SOME:
        lines += ["    for row in range(start, stop):", "        world = worlds[row]"]
    else:
        lines.append("    for world in range(start, stop):")
    if "rng" in rest:
        lines += [f"        rng[{index}] = {value}" for index, value in enumerate(_RNG_STATE)]
    lines += [f"        {name} = {share}" for name, share in zip(own, given, strict=True)]
    lines += _result(kind, call, per_agent=per_agent, asks_agent="agent" in rest)
    if "rng" in rest:
        lines.append(f"        if ((rng[4] - site) & 0xFFFFFFFF) > {MOST_DRAWS}:")
        lines.append(f"            raise ValueError({TOO_MANY_DRAWS!r})")
    return "\n".join(lines) + "\n", arguments


def _result(kind: HookName, call: str, *, per_agent: bool, asks_agent: bool) -> list[str]:
    if kind not in OUTCOMES:
        return [f"        {call}"]
    if kind is HookName.TERMINATED:
        call = f"flag({call})"
    if not per_agent:
        return [f"        out[world] = {call}"]
    each = "        for agent in range(out.shape[1]):"
    if asks_agent:
        return [each, f"            out[world, agent] = {call}"]
    return [f"        result = {call}", each, "            out[world, agent] = result"]
