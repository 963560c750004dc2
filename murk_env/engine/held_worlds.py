"""What is done to a batch of worlds between steps: save, restore, branch, edit, and look again."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Literal, TypeVar

import numpy.typing as npt

from murk_arena import OwnedSnapshot, TickGuard
from murk_env.engine.hooks import HookStages
from murk_env.engine.infos import Info
from murk_env.engine.step import Ended
from murk_env.errors import ResetNeededError
from murk_env.fields import RowTick, Tick, Values
from murk_env.fields.bookkeeping import NOT_STARTED, PHASE
from murk_env.observation.buffers import ObservationBuffers
from murk_env.world import World
from murk_env.world.claim import Claim
from murk_env.world.edits import EditBlock, Edited
from murk_env.world.rows import branching, read_worlds, restore_rows
from murk_env.world.state import State

__all__ = ["HeldWorlds"]

Said = TypeVar("Said")


def nothing_of(_values: Values) -> Any:
    """Make nothing of the values that are about to be published."""


class HeldWorlds(ABC):
    """The doors to the state of a batch, which a batch inherits; whoever calls them holds its claim."""

    __slots__ = ()

    world: World
    observed: Sequence[ObservationBuffers]
    claim: Claim
    info: Info
    ended: Ended | None
    started: bool
    ready: bool
    _hooks: HookStages
    _owner: str
    _side: int

    @abstractmethod
    def check_open(self) -> None:
        """Raise unless the worlds can be used at all."""

    @abstractmethod
    def note(self, phases: npt.NDArray[Any]) -> bool:
        """Note which worlds have started and which have ended; return whether they can be stepped then."""

    @abstractmethod
    def _name(self, error: BaseException) -> None:
        """Raise the failure of a hook that has not been named yet."""

    @abstractmethod
    def _recover(self) -> None:
        """After a failure or an interrupt, close the tick."""

    def save(self, worlds: Any = None) -> State:
        """Return the state of some worlds, as `World.save`."""
        self.check_open()
        return self.world.save(worlds)

    def restore(
        self, state: State, worlds: Any = None, outputs: Callable[[Values], Said] = nothing_of
    ) -> Said:
        """Let some worlds go on from a state, as `World.restore`; return what `outputs` makes of it.

        Args:
            state: the state.
            worlds: which worlds; None for all.
            outputs: is given the values that are about to be published.
        """
        self.check_open()
        rows = self.world.rows_for(state, worlds)
        return self._change(partial(restore_rows, self.world.layout, state, rows), outputs)

    def branch(
        self,
        source: Any,
        into: Any,
        *,
        randomness: Literal["same", "fresh"],
        outputs: Callable[[Values], Said] = nothing_of,
    ) -> Said:
        """Copy worlds to the places of others, as `World.branch`; return what `outputs` makes of it.

        Raises:
            ResetNeededError: the source has not been reset yet.
        """
        self.check_open()
        if not self.started:
            rows = read_worlds(source, self.world.num_worlds, "source")
            if (self.world[PHASE][rows] == NOT_STARTED).any():
                raise ResetNeededError(f"{self._owner}: call reset() before branch().")
        return self._change(branching(self.world.layout, source, into, randomness), outputs)

    def _change(self, change: Callable[[TickGuard], None], outputs: Callable[[Values], Said]) -> Said:
        """Make a tick of the worlds that is no step, and note what they are then, before it is published."""
        world = self.world
        self.ready = False
        try:
            with world.arena.begin_tick() as guard:
                change(guard)
                guard.seal()
                values = world.bindings.staged(guard).after
                self.ended = None
                ready = self.note(values[PHASE])
                said = outputs(values)
        except BaseException:
            self._recover()
            raise
        self.ready = ready  # a plain store: what is published cannot fail
        return said

    def edit(self, worlds: Any = None) -> AbstractContextManager[Tick | RowTick]:
        """Change fields between steps, as `World.edit`."""
        world = self.world
        return EditBlock(Edited(world.layout, world.arena, world.derived, self.claim), worlds, self._opens)

    def _opens(self) -> None:
        """Refuse an edit if the worlds cannot be used; have the next call read what has come of it."""
        self.check_open()
        self.ready = False

    def look(self) -> None:
        """Fill the observations, and ask for the info, of the published state."""
        self.check_open()
        if not self.started:
            raise ResetNeededError(f"{self._owner}: call reset() before observe().")
        values = self.world.published()
        for buffers in self.observed:
            buffers.fill(values, self._side)
        try:
            self.info = self._hooks.info(values)
        except Exception as error:
            self._name(error)
            raise
        self._side = 1 - self._side

    def snapshot(self) -> OwnedSnapshot:
        """Return a copy of the whole state, static values included, for a copy of the env."""
        return self.world.arena.snapshot().to_owned()

    def reinstate(self, saved: OwnedSnapshot) -> None:
        """Go back to a snapshot."""
        self.ready = False  # the next call reads what has come of it
        self.world.arena.restore(saved)
