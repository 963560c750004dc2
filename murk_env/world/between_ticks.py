"""Operations on a World between its ticks: edit, save, restore and branch."""

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
    """The methods of a World that read and change its state between ticks."""

    arena: PingPongArena
    derived: Derived
    identity: Identity
    _claim: Claim

    def edit(self, worlds: Any = None) -> AbstractContextManager[Tick | RowTick]:
        """Change fields between ticks: `with world.edit() as tick: tick[field] = values`.

        Every field may be set, also those that propagators write, except static and derived ones, levels and
        their maps; derived fields are recomputed. An exception in the block, or a value that a field must not
        hold, undoes all of it. Arrays of the tick are valid within the block: later writes to them change
        nothing.

        Args:
            worlds: the worlds to change, as numbers or a mask; the tick then has one row for each of them.
                None for all.

        Raises:
            RowsError: a world does not exist, or is named twice; raised before the block runs.
            DefinitionError: a value is not finite, beyond the bounds of its field, or no category.
            ConcurrentUseError: another thread is using these worlds.
        """
        return EditBlock(Edited(self.layout, self.arena, self.derived, self._claim), worlds)

    @claims
    def save(self, worlds: Any = None) -> State:
        """Return the state of some worlds, or of all: a copy that never changes.

        Args:
            worlds: the worlds to save, as numbers or a mask; None for all.

        Raises:
            RowsError: there is no such world.
            ConcurrentUseError: another thread is using these worlds.
        """
        rows = read_worlds(worlds, self.num_worlds)
        return saved_rows(self.layout, self.arena, self.published(), self.identity, rows)

    @claims
    def restore(self, state: State, worlds: Any = None) -> None:
        """Set some worlds, or all, to a saved state, in one tick.

        Args:
            state: a State of as many worlds as are restored, or of one world, which is copied to all of them.
            worlds: the worlds to restore, as numbers or a mask; None for all.

        Raises:
            RowsError: a world does not exist or is named twice, or the state holds another number of worlds.
            StateMismatchError: the state is of other worlds; the message names the first difference.
            ConcurrentUseError: another thread is using these worlds.
        """
        rows = self.rows_for(state, worlds)
        with self.arena.begin_tick() as guard:
            restore_rows(self.layout, state, rows, guard)
            guard.seal()

    @claims
    def branch(self, source: Any, into: Any, *, randomness: Literal["same", "fresh"] = "same") -> None:
        """Copy worlds over others, in one tick.

        Args:
            source: a world, which is copied to all of `into`, or one for each of them.
            into: the worlds that become copies, as numbers or a mask; None for all.
            randomness: with `same`, a copy draws the same random numbers as its source, given the same
                actions. With `fresh`, copy 0, 1, 2, ... of `into` has its own random numbers, which depend
                only on the source's key and the copy's number, so a repeated branch is the same.

        Raises:
            RowsError: a world does not exist, one of `into` is named twice, or the numbers of worlds differ.
            InputError: `randomness` is neither.
            ConcurrentUseError: another thread is using these worlds.
        """
        change = branching(self.layout, source, into, randomness)
        with self.arena.begin_tick() as guard:
            change(guard)
            guard.seal()

    def rows_for(self, state: Any, worlds: Any) -> npt.NDArray[np.intp]:
        """Return the worlds that a state is restored into, after checking that it fits them."""
        if not isinstance(state, State):
            raise StateMismatchError(
                f"only a State, as save() returns, can be restored, not {reprlib.repr(state)}."
            )
        rows = each_once(read_worlds(worlds, self.num_worlds), self.num_worlds, "worlds")
        if len(state) not in (1, len(rows)):
            raise RowsError(
                f"a state of {len(state)} worlds can only be restored into as many, not into {len(rows)}."
            )
        check_state(self.layout, self.arena, self.identity, state)
        return rows
