"""What is done to a batch of worlds between steps: save, restore, branch, edit, and look again."""

from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from murk_arena import OwnedSnapshot
from murk_env.engine.hooks import HookStages
from murk_env.engine.infos import Info
from murk_env.engine.step import Ended
from murk_env.errors import ResetNeededError
from murk_env.fields import RowTick, Tick
from murk_env.fields.bookkeeping import NOT_STARTED, PHASE
from murk_env.observation.buffers import ObservationBuffers
from murk_env.world import World
from murk_env.world.claim import Claim, claims_block
from murk_env.world.rows import read_worlds
from murk_env.world.state import State

__all__ = ["HeldWorlds"]


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
    _claim: Claim
    _hooks: HookStages
    _owner: str
    _side: int

    @abstractmethod
    def check_open(self) -> None:
        """Raise unless the worlds can be used at all."""

    @abstractmethod
    def read_phases(self) -> None:
        """Read from the arena which worlds have started and which have ended."""

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

    def restore(self, state: State, worlds: Any = None) -> None:
        """Let some worlds go on from a state, as `World.restore`."""
        self.check_open()
        with self._between_steps():
            self.world.restore(state, worlds)

    def branch(self, source: Any, into: Any, *, randomness: Literal["same", "fresh"]) -> None:
        """Copy worlds to the places of others, as `World.branch`.

        Raises:
            ResetNeededError: the source has not been reset yet.
        """
        self.check_open()
        if not self.started:
            rows = read_worlds(source, self.world.num_worlds, "source")
            if (self.world[PHASE][rows] == NOT_STARTED).any():
                raise ResetNeededError(f"{self._owner}: call reset() before branch().")
        with self._between_steps():
            self.world.branch(source, into, randomness=randomness)

    @claims_block
    def edit(self, worlds: Any = None) -> Generator[Tick | RowTick]:
        """Change fields between steps, as `World.edit`."""
        self.check_open()
        with self._between_steps(), self.world.edit(worlds) as tick:
            yield tick

    @contextmanager
    def _between_steps(self) -> Generator[None]:
        """Around a tick of the worlds that is no step: afterwards, read again what they are."""
        self.ready = False
        try:
            yield
            self.ended = None
            self.read_phases()
        except BaseException:
            self._recover()
            raise

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
        with self._between_steps():
            self.world.arena.restore(saved)
