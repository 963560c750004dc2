"""Options of `reset` for the beginning of an episode: values of fields, a level, or a state."""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.engine.batch import Batch
from murk_env.errors import OptionError
from murk_env.faces.worlds import field_of
from murk_env.fields import LEVEL, Field
from murk_env.fields.fitting import check_settable, fitted
from murk_env.world.act_tick import refusal
from murk_env.world.level_draws import level_numbers
from murk_env.world.rows import episode_values

__all__ = ["BEGINNINGS", "read_beginning"]

BEGINNINGS = ("fields", "level", "state")  # the options read here

Array = npt.NDArray[Any]
Worlds = npt.NDArray[np.intp]


def read_beginning(
    owner: str, batch: Batch, options: Mapping[str, Any], worlds: Worlds
) -> dict[Field, Array]:
    """Return the initial values of the fields of some worlds, one row for each world or one for all.

    Args:
        owner: the environment's name.
        batch: the worlds.
        options: of reset; `state` is a State of as many worlds as are reset, or of one; `fields` maps fields,
            or their names, to a number or an array with the axis of all worlds first, or one of length 1;
            `level` is a level's number, or the numbers of all worlds.
        worlds: the worlds that are reset.

    Raises:
        OptionError: `fields` is no dict, or names a field that cannot be set; there is no such level, or both
            a level and a state are given.
        UnknownFieldError: there is no such field.
        DefinitionError: values are of a wrong kind or shape, not finite, or beyond the bounds of their field.
        StateMismatchError, RowsError: the state is of other worlds, or of another number of worlds.
    """
    begins: dict[Field, Array] = {}
    if options.get("state") is not None:
        state = options["state"]
        batch.world.rows_for(state, worlds)
        begins |= episode_values(state, batch.world.layout)
    if options.get("level") is not None:
        if begins:
            raise OptionError(
                "options['level'] and options['state'] cannot be given together, as a state has its own "
                "level; leave one of them out."
            )
        begins[LEVEL] = _of_worlds(level_numbers(batch.world.layout, options["level"]), worlds, batch)
    if options.get("fields") is not None:
        begins |= _values_of_fields(owner, batch, options["fields"], worlds)
    return begins


def _values_of_fields(owner: str, batch: Batch, fields: Any, worlds: Worlds) -> dict[Field, Array]:
    """Return the values in `options["fields"]` of some worlds, checked."""
    if not isinstance(fields, Mapping):
        raise OptionError(
            f"options['fields'] must map fields to values, such as {{'heat': 2.0}}, not {fields!r}."
        )
    layout, found = batch.world.layout, dict[Field, Array]()
    for given, values in cast("Mapping[Any, Any]", fields).items():
        field = field_of(owner, batch, given)
        if field in found:
            raise OptionError(
                f"options['fields'] names {field.name!r} twice, as a Field and by name; name it once."
            )
        reason = refusal(field, {})  # fields that propagators write may be set too
        if reason:
            raise OptionError(f"options['fields'] cannot set {given!r}: {reason}")
        array = _of_worlds(fitted(field, values, layout.num_worlds, layout.sides), worlds, batch)
        with np.errstate(over="ignore"):  # infinite values are refused
            array = array.astype(field.dtype)
        check_settable(field, array, layout.sides)
        found[field] = array
    return found


def _of_worlds(array: Array, worlds: Worlds, batch: Batch) -> Array:
    """Return the rows of some worlds; an array with one row for all worlds is returned unchanged."""
    whole = array.ndim and len(array) == batch.world.num_worlds
    return array[worlds] if whole else array
