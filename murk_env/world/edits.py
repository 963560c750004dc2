"""Changes of fields between ticks: a block at whose end all that it has set is published, or nothing."""

import dataclasses
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import get_ident
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_arena import PingPongArena, TickGuard, TickInProgressError
from murk_env.fields import RowTick, Tick, Values
from murk_env.fields.bookkeeping import EPISODE, RNG_KEY, STEP
from murk_env.fields.editors import CopyEditor
from murk_env.fields.row_ticks import CheckedRowTick
from murk_env.fields.ticks import CheckedTick, revoke
from murk_env.random import WorldRng, origins
from murk_env.world.act_tick import refusal
from murk_env.world.claim import Claim
from murk_env.world.derived import Derived
from murk_env.world.layout import Layout
from murk_env.world.rows import check_changed, each_once, read_worlds

__all__ = ["EditBlock", "Edited"]

Worlds = npt.NDArray[np.intp]


@dataclasses.dataclass(frozen=True)
class Edited:
    """What a block changes.

    Attributes:
        layout: what the worlds are made of.
        arena: where they lie.
        derived: what sets the fields that follow from others.
        claim: says who works with them.
    """

    layout: Layout
    arena: PingPongArena
    derived: Derived
    claim: Claim


class EditBlock(AbstractContextManager[Tick | RowTick]):
    """The block: `with world.edit() as tick: tick[field] = values`. It has the worlds to itself.

    Args:
        edited: what it changes.
        worlds: the worlds to change, as numbers or a mask, None for all; read when the block is entered.
        opens: called before the tick is begun; it may refuse.
    """

    _guard: TickGuard
    _tick: Tick | RowTick | None = None
    _rows: Worlds | None = None

    def __init__(self, edited: Edited, worlds: Any, opens: Callable[[], object] = lambda: None) -> None:
        self._edited, self._worlds, self._opens = edited, worlds, opens

    def __enter__(self) -> Tick | RowTick:
        edited, claim, this = self._edited, self._edited.claim, get_ident()
        if claim.holder is not None:
            claim.refuse()
        claim.holder, claim.doing = this, "an edit"
        try:
            self._opens()
            count, given = edited.layout.num_worlds, self._worlds
            self._rows = None if given is None else each_once(read_worlds(given, count), count)
            self._guard = guard = edited.arena.begin_tick()
            tick = _tick_of(edited, guard) if self._rows is None else _rows_of(edited, guard, self._rows)
            self._tick = tick
        except TickInProgressError:
            claim.holder = None  # somebody works with the arena itself, whose tick goes on
            raise
        except BaseException:
            self._undo()
            raise
        return tick

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        edited, tick = self._edited, self._tick
        try:
            if kind is not None:
                return
            guard = self._guard
            if isinstance(tick, Tick):
                _store(tick, guard)
            check_changed(guard, edited.layout)
            edited.derived.derive(guard, self._rows)
            guard.seal()
            self._tick = None
            guard.publish()
            edited.claim.holder = None  # a plain store: what is published cannot fail
        finally:
            if edited.claim.holder is not None:
                self._undo()

    def __del__(self) -> None:
        if self._tick is not None:  # it was interrupted before it could do so
            self._undo()

    def _undo(self) -> None:
        """Leave the worlds as they were, and to others."""
        tick, self._tick = self._tick, None
        try:
            self._edited.arena.abandon_tick()
            if isinstance(tick, Tick):
                revoke(tick)
        finally:
            self._edited.claim.holder = None


def _tick_of(edited: Edited, guard: TickGuard) -> Tick:
    """Return a tick through which every field but static and derived ones may be written."""
    layout = edited.layout
    shown = (*layout.fields.values(), STEP)
    values = Values({field: guard.read(layout.ids[field]) for field in shown}, layout.dt)
    clocks = (guard.read(layout.ids[field]) for field in (RNG_KEY, EPISODE, STEP))
    editors = {field: CopyEditor(layout.ids[field], refusal(field, {})) for field in shown}
    kind = CheckedTick if edited.arena.checked else Tick
    return kind(values, editors, WorldRng(*clocks, origin=origins.EDIT), guard, layout.sides)


def _rows_of(edited: Edited, guard: TickGuard, worlds: Worlds) -> RowTick:
    """Return a tick with one row for each of some worlds, through which they may be written."""
    layout, writer = edited.layout, guard.rows(worlds)
    ids = layout.ids
    clocks = (writer.read(ids[RNG_KEY]), writer.read(ids[EPISODE]), writer.read(ids[STEP]))
    kind = CheckedRowTick if edited.arena.checked else RowTick
    return kind(writer, layout.fields, ids, WorldRng(*clocks, origin=origins.EDIT), layout.sides)


def _store(tick: Tick, guard: TickGuard) -> None:
    """Set the fields whose copies the block has asked for, and let nothing of it be written any more."""
    editors: Any = tick._editors.values()  # pyright: ignore[reportPrivateUsage]
    for editor in editors:
        editor.store(guard)
    revoke(tick)
