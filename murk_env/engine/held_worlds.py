"""Operations on a batch of worlds between steps: reset, save, restore, branch, edit and observe."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from murk_arena import OwnedSnapshot, PingPongArena, TickGuard
from murk_env.engine.failures import tick_failed
from murk_env.engine.hooks import HookStages
from murk_env.engine.infos import Info, form_of
from murk_env.engine.reset import NO_VALUES, Reset, RowValues
from murk_env.engine.step import Ended
from murk_env.errors import ClosedError, EpisodeEndedError, ResetNeededError
from murk_env.fields import RowTick, Tick, Values
from murk_env.fields.bookkeeping import ENDED, NOT_STARTED, PHASE
from murk_env.observation.buffers import ObservationBuffers
from murk_env.world import World
from murk_env.world.binding import Binding, Bindings
from murk_env.world.claim import Claim
from murk_env.world.edits import EditBlock, Edited
from murk_env.world.rows import branching, read_worlds, restore_rows
from murk_env.world.state import State

__all__ = ["HeldWorlds"]

Said = TypeVar("Said")
Worlds = npt.NDArray[np.intp]


def nothing_of(_values: Values) -> Any:
    """Return None: there are no outputs to make of the values that will be published."""


class HeldWorlds(ABC):
    """The methods of a batch that change its state between steps; callers hold its claim."""

    __slots__ = ()

    world: World
    observed: Sequence[ObservationBuffers]
    claim: Claim
    info: Info
    ended: Ended | None
    pending: Worlds | None
    started: bool
    ready: bool
    closed: bool
    _arena: PingPongArena
    _binding: Binding
    _bindings: Bindings
    _hooks: HookStages
    _owner: str
    _reset: Reset
    _side: int
    _waits: bool

    @abstractmethod
    def _recover(self) -> None:
        """After a failure or an interrupt, close the tick."""

    def check_ready(self) -> None:
        """Raise an error unless the worlds can be stepped now; if `ready` is true they can."""
        self.check_open()
        if not self.started:
            raise ResetNeededError(f"{self._owner}: call reset() before step().")
        if self.pending is not None and self._waits:
            raise EpisodeEndedError(
                f"{self._owner}: the episodes of world(s) {self.pending.tolist()} have ended and autoreset "
                f"is disabled; reset them first, with options={{'reset_mask': mask}}."
            )

    def check_open(self) -> None:
        """Raise ClosedError if the batch is closed; clean up after an interrupted step."""
        if self.closed:
            raise ClosedError(f"{self._owner} is closed; make a new one.")
        if not self.ready:
            self._arena.abandon_tick()
            self.ready = self.note(self.world[PHASE])

    def reset(
        self,
        worlds: Worlds,
        keys: Mapping[int, npt.NDArray[np.int32]],
        outputs: Callable[[], Said],
        values: RowValues = NO_VALUES,
    ) -> Said:
        """Begin an episode in some worlds, in a tick of its own; return the outputs that `outputs` makes.

        Args:
            worlds: the worlds to reset.
            keys: by world, a new random key; worlds without one keep theirs.
            outputs: makes the reset's outputs, from the values that will be published.
            values: values that fields are set to after `start`, one row for each world or one for all.
        """
        self.ready = False
        try:
            with self._arena.begin_tick() as guard:
                self._binding = binding = self._bindings.of(guard)
                self._reset.run(guard, guard.rows(worlds), binding, keys=keys, values=values, in_step=False)
                self.world.derived.derive(guard, worlds)
                guard.seal()
                self._hooks.forget_diverged()
                self.info, self.ended = self._hooks.info(binding.staged.after), None
                form, side = self._hooks.info_form or form_of(self.info), 1 - self._side
                for buffers in self.observed:
                    buffers.fill(binding.staged.after, self._side)
                ready = self.note(binding.phases)
                said = outputs()
        except BaseException as error:
            self._recover()
            self._name(error)
            raise
        self._hooks.info_form, self.ready, self._side = form, ready, side  # plain stores cannot fail
        return said

    def note(self, phases: npt.NDArray[Any]) -> bool:
        """Record which worlds have started and which have ended; return whether they can be stepped."""
        self.started = bool((phases != NOT_STARTED).all())
        ended = np.flatnonzero(phases == ENDED)
        self.pending = ended if ended.size else None
        return self.started and not self.closed and not (self._waits and ended.size)

    def values(self) -> Values:
        """Return the published values, or those of the step or reset in progress."""
        return self._binding.staged.after if self._arena.in_tick else self.world.published()

    def save(self, worlds: Any = None) -> State:
        """Return the state of some worlds, as `World.save` does."""
        self.check_open()
        return self.world.save(worlds)

    def restore(
        self, state: State, worlds: Any = None, outputs: Callable[[Values], Said] = nothing_of
    ) -> Said:
        """Set some worlds to a saved state, as `World.restore` does; return the outputs that `outputs` makes.

        Args:
            state: the state.
            worlds: the worlds to restore; None for all.
            outputs: makes the outputs, from the values that will be published.
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
        """Copy worlds over others, as `World.branch` does; return the outputs that `outputs` makes.

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
        """Change the worlds in a tick that is not a step; record their phases before it is published."""
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
        self.ready = ready  # a plain store: nothing may fail after publishing
        return said

    def edit(self, worlds: Any = None) -> AbstractContextManager[Tick | RowTick]:
        """Change fields between steps, as `World.edit` does."""
        world = self.world
        return EditBlock(Edited(world.layout, world.arena, world.derived, self.claim), worlds, self._opens)

    def _opens(self) -> None:
        """Refuse an edit if the worlds cannot be used; have the next call check the worlds again."""
        self.check_open()
        self.ready = False

    def look(self) -> None:
        """Make the observations and the info of the published state."""
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
        """Return a copy of the whole state, including static values, for a copy of the env."""
        return self.world.arena.snapshot().to_owned()

    def reinstate(self, saved: OwnedSnapshot) -> None:
        """Go back to a snapshot."""
        self.ready = False  # the next call checks the worlds
        self.world.arena.restore(saved)

    def _name(self, error: BaseException) -> None:
        """Raise an error that names the hook or env that failed, unless `error` does so already."""
        hook, self._hooks.current = self._hooks.current, None
        named = tick_failed(self._owner, hook, error)
        if named is not None:
            raise named from error
