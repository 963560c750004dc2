"""Edits of fields between ticks: at the end of a block, all or none of its changes are published."""

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
    """The worlds that a block changes.

    Attributes:
        layout: the layout of the worlds.
        arena: their memory.
        derived: sets their derived fields.
        claim: the claim of the thread that uses them.
    """

    layout: Layout
    arena: PingPongArena
    derived: Derived
    claim: Claim


class EditBlock(AbstractContextManager[Tick | RowTick]):
    """The block of `with world.edit() as tick: tick[field] = values`. It claims the worlds.

    Args:
        edited: the worlds that it changes.
        worlds: the worlds to change, as numbers or a mask, None for all; read when the block is entered.
        opens: called before the tick begins; it may raise an error to refuse the edit.
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
            claim.holder = None  # a tick of someone who uses the arena directly, which goes on
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
            edited.claim.holder = None  # a plain store: nothing may fail after publishing
        finally:
            if edited.claim.holder is not None:
                self._undo()

    def __del__(self) -> None:
        if self._tick is not None:  # an interrupt came before the block could end
            self._undo()

    def _undo(self) -> None:
        """Leave the worlds as they were, and release the claim."""
        tick, self._tick = self._tick, None
        try:
            self._edited.arena.abandon_tick()
            if isinstance(tick, Tick):
                revoke(tick)
        finally:
            self._edited.claim.holder = None


def _tick_of(edited: Edited, guard: TickGuard) -> Tick:
    """Return a tick through which every field except static and derived ones may be written."""
    layout = edited.layout
    shown = (*layout.fields.values(), STEP)
    values = Values({field: guard.read(layout.ids[field]) for field in shown}, layout.dt)
    clocks = (guard.read(layout.ids[field]) for field in (RNG_KEY, EPISODE, STEP))
    editors = {field: CopyEditor(layout.ids[field], refusal(field, {})) for field in shown}
    kind = CheckedTick if edited.arena.checked else Tick
    return kind(values, editors, WorldRng(*clocks, origin=origins.EDIT), guard, layout.sides)


def _rows_of(edited: Edited, guard: TickGuard, worlds: Worlds) -> RowTick:
    """Return a tick with one row for each of some worlds, through which these may be written."""
    layout, writer = edited.layout, guard.rows(worlds)
    ids = layout.ids
    clocks = (writer.read(ids[RNG_KEY]), writer.read(ids[EPISODE]), writer.read(ids[STEP]))
    kind = CheckedRowTick if edited.arena.checked else RowTick
    return kind(writer, layout.fields, ids, WorldRng(*clocks, origin=origins.EDIT), layout.sides)


def _store(tick: Tick, guard: TickGuard) -> None:
    """Store the copies that the block has edited in their fields, and close the tick to further writes."""
    editors: Any = tick._editors.values()  # pyright: ignore[reportPrivateUsage]
    for editor in editors:
        editor.store(guard)
    revoke(tick)
