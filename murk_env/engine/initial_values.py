"""The first part of a reset: the initial values of fields, and the worlds' clocks."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt

from murk_env.fields import Field, Values
from murk_env.fields.bookkeeping import EPISODE, LEVEL, RUNNING, STEP
from murk_env.kernels import KernelCall, compile_source, kernel
from murk_env.kernels.flat_calls import call_line, names_for_calls
from murk_env.world.binding import Binding

__all__ = ["initial_values"]

Array = npt.NDArray[Any]


def initial_values(
    worlds: Array, binding: Binding, arrays: Mapping[Field, Array], fields: Sequence[Field]
) -> KernelCall:
    """Return the call that sets the rows of fields to their initial values and resets the worlds' clocks.

    Args:
        worlds: the list of worlds; the call takes places in it.
        binding: the tick's phases and values.
        arrays: the staged values of the fields, of `EPISODE` and of `STEP`.
        fields: the fields that have an initial value.
    """
    source = _source([_kind(field.initial) for field in fields])
    namespace = {"reset_clocks": _reset_clocks, "set_row": _set_row, "copy_row": _copy_row}
    made = compile_source(source, "initialise_worlds", namespace | names_for_calls())
    values = [_flat(field.initial, binding.staged.after) for field in fields]
    levels = [binding.staged.after[LEVEL]] if "levels" in source else []
    clocks = (arrays[EPISODE], arrays[STEP], binding.phases)
    return KernelCall(made, (worlds, *clocks, *levels, *(arrays[field] for field in fields), *values))


def _kind(initial: Any) -> str:
    """Return where an initial value comes from: `number`, `static` or `level`."""
    return initial.mutability if isinstance(initial, Field) else "number"


def _flat(initial: Any, values: Values) -> Any:
    """Return an initial value in the form that the loop takes: a number, a row, or a row for each level."""
    if not isinstance(initial, Field):
        return initial
    array = values.stored(initial)
    return array.reshape(len(array), -1) if initial.mutability == "level" else array.reshape(-1)


def _source(kinds: Sequence[str]) -> str:
    """Return the source of the loop that sets initial values."""
    fields = [f"field{index}" for index in range(len(kinds))]
    values = [f"value{index}" for index in range(len(kinds))]
    levels = ["levels"] if "level" in kinds else []
    arguments = ["start", "stop", "rows", "episodes", "steps", "phases", *levels, *fields, *values]
    calls = [call_line("reset_clocks", "episodes, steps, phases, world", ["world"])]
    for field, value, kind in zip(fields, values, kinds, strict=True):
        source = f"row_of({value}, levels[world])" if kind == "level" else value
        name = "set_row" if kind == "number" else "copy_row"
        calls.append(call_line(name, f"row_of({field}, world), {source}", ["world"]))
    lines = [f"def initialise_worlds({', '.join(arguments)}):"]
    lines += ["    for row in range(start, stop):", "        world = rows[row]"]
    return "\n".join([*lines, *(f"        {call}" for call in calls)]) + "\n"


@kernel
def _reset_clocks(episodes: Array, steps: Array, phases: Array, world: int) -> None:
    """Begin the next episode of a world."""
    episodes[world] += 1
    steps[world] = 0
    phases[world] = RUNNING


@kernel
def _set_row(row: Array, value: float) -> None:
    """Set all elements of a row to one number."""
    for place in range(row.size):
        row[place] = value


@kernel
def _copy_row(row: Array, values: Array) -> None:
    """Copy values into a row."""
    for place in range(row.size):
        row[place] = values[place]
