"""Saves, sets and copies the rows of some worlds, between steps."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_arena import PingPongArena, TickGuard, bits
from murk_env.errors import DefinitionError, InputError, RowsError, StateMismatchError
from murk_env.fields import ACTIVE, Field, Values
from murk_env.fields.bookkeeping import (
    ENDED,
    EPISODE,
    INACTIVE,
    NOT_STARTED,
    PHASE,
    RNG_KEY,
    STAYING,
    STEP,
)
from murk_env.fields.fitting import Sides, check_settable
from murk_env.random.branches import branch_keys
from murk_env.world.identity import Identity
from murk_env.world.layout import Layout
from murk_env.world.state import State

__all__ = [
    "branching",
    "check_changed",
    "check_state",
    "each_once",
    "episode_values",
    "read_worlds",
    "restore_rows",
    "saved_rows",
]

Array = npt.NDArray[Any]
Worlds = npt.NDArray[np.intp]


def read_worlds(given: Any, num_worlds: int, what: str = "worlds") -> Worlds:
    """Return worlds given as None for all, a number, numbers, or a mask (num_worlds,).

    Raises:
        RowsError: a world does not exist, none is given, or a mask has another shape.
    """
    if given is None:
        return np.arange(num_worlds)
    array = np.asarray(given)
    wanted = f"{what} are None for all, numbers from 0 to {num_worlds - 1}, or a mask ({num_worlds},) of bool"
    if array.dtype == np.bool_:
        if array.shape != (num_worlds,):
            raise RowsError(f"{wanted}, not a mask of shape {array.shape}.")
        array = np.flatnonzero(array)
    if array.dtype.kind not in "iu" or array.ndim > 1:
        came = given if array.size < 9 else f"{array.dtype} of shape {array.shape}"
        raise RowsError(f"{wanted}, not {came!r}." if array.size else f"{wanted}; here are none.")
    array = np.atleast_1d(array)
    if not array.size:
        raise RowsError(f"{wanted}; here are none.")
    outside = array[(array < 0) | (array >= num_worlds)]
    if outside.size:
        raise RowsError(f"{wanted}; there is no world {outside[0]}.")
    return array.astype(np.intp)


def each_once(worlds: Worlds, num_worlds: int, what: str = "worlds") -> Worlds:
    """Return the worlds, or raise RowsError if one is named twice."""
    counts = np.bincount(worlds, minlength=num_worlds)
    if counts.max() > 1:
        raise RowsError(f"{what} names world {counts.argmax()} {counts.max()} times; name each world once.")
    return worlds


def saved_rows(
    layout: Layout, arena: PingPongArena, values: Values, identity: Identity, rows: Worlds
) -> State:
    """Return the published state of some worlds, at a cost proportional to their number."""
    whole = len(rows) == layout.num_worlds and (rows == layout.order).all()
    arrays = {
        field.name: np.array(values[field]) if whole else values[field][rows]
        for field in layout.ids
        if not field.fixed
    }
    return State(identity, arrays, (arena.static_arena, layout.specs), diverged=None)


def check_state(layout: Layout, arena: PingPongArena, identity: Identity, state: State) -> None:
    """Raise an error unless a state is of these worlds, with values that they may hold.

    Raises:
        StateMismatchError: the state is of other worlds, or holds a value that is out of bounds or, unless
            the saved worlds had diverged, not finite.
    """
    misfit = state.misfit(identity, (arena.static_arena, layout.specs))
    phases = state[PHASE.name]
    if not misfit and not ((phases >= NOT_STARTED) & (phases <= ENDED)).all():
        misfit = "its worlds have neither begun nor ended"
    if not misfit and ((state[STEP.name] < 0) | (state[EPISODE.name] < 0)).any():
        misfit = "its worlds count steps or episodes below 0"
    for field in layout.fields.values():
        if not misfit and not field.fixed:
            try:
                check_settable(
                    field, state[field.name], layout.sides, finite=not state.may_diverge(field.name)
                )
            except DefinitionError as error:
                misfit = str(error).rstrip(".")
    if misfit:
        raise StateMismatchError(f"the state does not fit these worlds: {misfit}.")


def restore_rows(layout: Layout, state: State, into: Worlds, guard: TickGuard) -> None:
    """Set some worlds to the worlds of a state, one to one, or all of them to its only world."""
    for field in layout.ids:
        if not field.fixed:
            _set_rows(guard, layout, field, into, state[field.name])


def branching(layout: Layout, source: Any, into: Any, randomness: str) -> Callable[[TickGuard], None]:
    """Return a function that copies worlds over others within a tick; see `World.branch`.

    Raises:
        RowsError: a world does not exist, one of `into` is named twice, or the numbers of worlds differ.
        InputError: `randomness` is neither `same` nor `fresh`.
    """
    if randomness not in ("same", "fresh"):
        raise InputError(f"randomness must be 'same' or 'fresh', not {randomness!r}.")
    targets = each_once(read_worlds(into, layout.num_worlds, "into"), layout.num_worlds, "into")
    sources = read_worlds(source, layout.num_worlds, "source")
    if len(sources) == 1:
        sources = np.repeat(sources, len(targets))
    if len(sources) != len(targets):
        raise RowsError(
            f"source must be one world, or one for each of the {len(targets)} of into, not {len(sources)}."
        )
    return partial(_branch_rows, layout, sources, targets, fresh=randomness == "fresh")


def _branch_rows(layout: Layout, source: Worlds, into: Worlds, guard: TickGuard, *, fresh: bool) -> None:
    """Copy the published rows of `source` to those of `into`, one to one; if `fresh`, with new keys."""
    for field, field_id in layout.ids.items():
        if not field.fixed:
            rows = guard.previous(field_id)[source]
            _set_rows(guard, layout, field, into, branch_keys(rows) if fresh and field is RNG_KEY else rows)


def _set_rows(guard: TickGuard, layout: Layout, field: Field, worlds: Worlds, values: Array) -> None:
    field_id = layout.ids[field]
    if field.mutability == "sparse":
        held = guard.read(field_id)[worlds]
        if (bits(held) == bits(values)).all():  # avoids a needless copy-on-write
            return
    whole = len(worlds) == layout.num_worlds
    target = guard.write(field_id) if whole else guard.update(field_id)
    target[worlds] = values


def check_changed(guard: TickGuard, layout: Layout) -> None:
    """Raise DefinitionError for a value set in this tick that its field must not hold.

    Only changed values are checked, as a field may have diverged before.
    """
    for field in layout.fields.values():
        if field.fixed:
            continue
        before, after = guard.previous(layout.ids[field]), guard.read(layout.ids[field])
        if after is before:
            continue
        changed = bits(after) != bits(before)
        try:
            check_settable(field, after[changed], layout.sides)
        except DefinitionError:
            rows = zip(after.reshape(len(after), -1), changed.reshape(len(after), -1), strict=True)
            for world, (values, among) in enumerate(rows):  # find the world
                _check_world(field, world, values[among], layout.sides)
            raise


def _check_world(field: Field, world: int, values: Array, sides: Sides) -> None:
    try:
        check_settable(field, values, sides)
    except DefinitionError as error:
        raise DefinitionError(f"world {world}: {error}") from None


def episode_values(state: State, layout: Layout) -> dict[Field, Array]:
    """Return the initial values of an episode that begins from a state: every field except clocks.

    Raises:
        StateMismatchError: in some world no agent is active any more, or numbers have diverged.
    """
    fields = [*layout.fields.values()]
    values = {field: state[field.name] for field in fields if not field.fixed}
    if state.diverged:
        raise StateMismatchError(
            f"an episode cannot begin from a state whose numbers have diverged, in "
            f"{', '.join(state.diverged)}; continue from it with restore(state)."
        )
    if ACTIVE in values:
        values[ACTIVE] = np.where(values[ACTIVE] == STAYING, STAYING, INACTIVE).astype(np.int32)
        empty = np.flatnonzero(~values[ACTIVE].any(axis=1))
        if empty.size:
            raise StateMismatchError(
                f"an episode cannot begin from world(s) {empty.tolist()} of the state, as all "
                f"their agents have left."
            )
    return values
