"""What is done to a World between its ticks: fields are edited, worlds saved, restored and branched."""

import reprlib
from contextlib import AbstractContextManager
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from murk_arena import PingPongArena
from murk_env.errors import RowsError, StateMismatchError
from murk_env.fields import RowTick, Tick
from murk_env.world.claim import Claim, claims
from murk_env.world.derived import Derived
from murk_env.world.edits import EditBlock, Edited
from murk_env.world.identity import Identity
from murk_env.world.rows import branching, check_state, each_once, read_worlds, restore_rows, saved_rows
from murk_env.world.running import Running
from murk_env.world.state import State

__all__ = ["BetweenTicks"]


class BetweenTicks(Running):
    """The doors to the state of a World."""

    arena: PingPongArena
    derived: Derived
    identity: Identity
    _claim: Claim

    def edit(self, worlds: Any = None) -> AbstractContextManager[Tick | RowTick]:
        """Change fields between ticks: `with world.edit() as tick: tick[field] = values`.

        Every field may be set, those that propagators write included, but static and derived ones, levels
        and their maps; derived fields follow. An exception in the block, or a value that a field must not
        hold, undoes all of it. Arrays that the tick gives belong to the block: after it they change nothing.

        Args:
            worlds: the worlds to change, as numbers or a mask; the tick then has one row for each of them.

        Raises:
            RowsError: there is no such world, or one is named twice; before the block runs.
            DefinitionError: a value is not finite, beyond the bounds of its field, or no category.
            ConcurrentUseError: another thread is using these worlds.
        """
        return EditBlock(Edited(self.layout, self.arena, self.derived, self._claim), worlds)

    @claims
    def save(self, worlds: Any = None) -> State:
        """Return the state of some worlds, or of all: a copy that never changes.

        Args:
            worlds: which, as numbers or a mask; None for all.

        Raises:
            RowsError: there is no such world.
            ConcurrentUseError: another thread is using these worlds.
        """
        rows = read_worlds(worlds, self.num_worlds)
        return saved_rows(self.layout, self.arena, self.published(), self.identity, rows)

    @claims
    def restore(self, state: State, worlds: Any = None) -> None:
        """Let some worlds, or all, go on from a state, in one tick.

        Args:
            state: as many worlds as are restored, or one, which all of them become.
            worlds: which, as numbers or a mask; None for all.

        Raises:
            RowsError: there is no such world, one is named twice, or the state holds another number.
            StateMismatchError: the state is of other worlds; it names the first difference.
            ConcurrentUseError: another thread is using these worlds.
        """
        rows = self.rows_for(state, worlds)
        with self.arena.begin_tick() as guard:
            restore_rows(self.layout, state, rows, guard)
            guard.seal()

    @claims
    def branch(self, source: Any, into: Any, *, randomness: Literal["same", "fresh"] = "same") -> None:
        """Copy worlds to the places of others, in one tick.

        Args:
            source: a world, which is copied to all of `into`, or one for each of them.
            into: the worlds that become copies, as numbers or a mask; None for all.
            randomness: `same` lets a copy draw what its source would draw, if it does the same. With `fresh`
                branch 0, 1, 2, ... of `into` has random numbers of its own, which depend on the source's key
                and the branch's number alone: repeated, it gives the same again.

        Raises:
            RowsError: there is no such world, one of `into` is named twice, or the numbers differ.
            InputError: another randomness.
            ConcurrentUseError: another thread is using these worlds.
        """
        change = branching(self.layout, source, into, randomness)
        with self.arena.begin_tick() as guard:
            change(guard)
            guard.seal()

    def rows_for(self, state: Any, worlds: Any) -> npt.NDArray[np.intp]:
        """Return the worlds that a state goes into, once it is known to fit them."""
        if not isinstance(state, State):
            raise StateMismatchError(
                f"a State is restored, as save() returns one, not {reprlib.repr(state)}."
            )
        rows = each_once(read_worlds(worlds, self.num_worlds), self.num_worlds, "worlds")
        if len(state) not in (1, len(rows)):
            raise RowsError(f"a state of {len(state)} worlds goes into as many, not into {len(rows)}.")
        check_state(self.layout, self.arena, self.identity, state)
        return rows
