"""The worlds of a face, and the methods of every face that save and restore their state."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Literal

import numpy.typing as npt

from murk_env.author.environment import Environment
from murk_env.engine.batch import Batch
from murk_env.errors import FieldAccessError, UnknownFieldError, did_you_mean
from murk_env.fields import ACTIVE, Field, RowTick, Tick
from murk_env.fields.bookkeeping import STEP
from murk_env.fields.names import NO_ACTIVE, known_as
from murk_env.world.claim import Claim, claims
from murk_env.world.state import State

__all__ = ["EnvWorlds", "StateDoors", "field_of", "refuse_field"]

Array = npt.NDArray[Any]


class EnvWorlds:
    """Reads and sets the fields of a running env.

    Example:
        `env.world[HeatSeeker.heat]`, or `env.world["heat"]`, is every cell's heat, (num_worlds, num_cells).

    Args:
        owner: the environment's name.
        batch: the worlds.
    """

    def __init__(self, owner: str, batch: Batch) -> None:
        self._owner = owner
        self._batch, self._claim = batch, batch.claim

    @property
    def num_worlds(self) -> int:
        """Number of worlds."""
        return self._batch.world.num_worlds

    @property
    def fields(self) -> Mapping[str, Field]:
        """The fields by name."""
        return {known_as(field): field for field in self._batch.world.fields.values()}

    @claims
    def __getitem__(self, field: Field | str) -> Array:
        """Return the published values of a field, (num_worlds, ...); the caller owns the array.

        Raises:
            UnknownFieldError: the environment has no such field.
            ClosedError: the env is closed.
            ReentrantStepError, ConcurrentUseError: it is in the middle of a step.
        """
        return self._published(field).copy()

    @claims
    def view(self, field: Field | str) -> Array:
        """Return the published values of a field, (num_worlds, ...), read-only and without a copy.

        The view is valid until the tick after next, which writes into the same memory.

        Raises:
            UnknownFieldError, ClosedError, ReentrantStepError, ConcurrentUseError: as `[field]`.
        """
        return self._published(field)

    def _published(self, field: Field | str) -> Array:
        self._batch.check_open()
        return self._batch.world.published()[field_of(self._owner, self._batch, field)]

    def edit(self, worlds: Any = None) -> AbstractContextManager[Tick | RowTick]:
        """Change fields between steps: `with envs.world.edit() as tick: tick.gust = values`.

        Fields and parameters are set at once when the block ends, or not at all if it raises. Every field
        except static and derived ones may be set; derived fields are recomputed. `observe()` then returns the
        new observations. Arrays of the tick are valid within the block: later writes to them change nothing.

        Args:
            worlds: the worlds to change, as numbers or a mask; the tick has one row for each of them. None
                for all.

        Raises:
            RowsError: a world does not exist, or is named twice; raised before the block runs.
            DefinitionError: a value is not finite, beyond the bounds of its field, or no category.
            ClosedError: the env is closed.
            ReentrantStepError, ConcurrentUseError: it is in the middle of a step.
        """
        return self._batch.edit(worlds)


class StateDoors:
    """Saves, restores and branches the worlds of a face."""

    _batch: Batch
    _claim: Claim

    if not TYPE_CHECKING:  # or a type checker would let any name be assigned

        def __setattr__(self, name: str, value: object) -> None:
            """Set an attribute of the face; refuse a field, whose values it would not change."""
            author: Environment | None = self.__dict__.get("_env")
            if author is not None and not hasattr(type(self), name):
                refuse_field(type(author), name)
            super().__setattr__(name, value)

    @claims
    def save(self, worlds: Any = None) -> State:
        """Return the state of some worlds, or of all: a copy that never changes.

        It may be restored into any face of this class and parameters, also in another process.

        Args:
            worlds: the worlds to save, as numbers or a mask; None for all.

        Raises:
            RowsError: there is no such world.
            ClosedError: the env is closed.
            ReentrantStepError, ConcurrentUseError: it is in the middle of a step.
        """
        return self._batch.save(worlds)

    @claims
    def restore(self, state: State, worlds: Any = None) -> None:
        """Set some worlds, or all, to a saved state; `observe()` then returns their observations.

        Args:
            state: a State of as many worlds as are restored, or of one world, which is copied to all of them.
            worlds: the worlds to restore, as numbers or a mask; None for all.

        Raises:
            RowsError: a world does not exist or is named twice, or the state holds another number of worlds.
            StateMismatchError: the state is of other worlds; the message names the first difference.
            ClosedError, ReentrantStepError, ConcurrentUseError: as `save`.
        """
        self._batch.restore(state, worlds)

    @claims
    def branch(self, source: Any, into: Any, *, randomness: Literal["same", "fresh"] = "same") -> None:
        """Copy worlds over others; `observe()` then returns their observations.

        Args:
            source: a world, which is copied to all of `into`, or one for each of them.
            into: the worlds that become copies, as numbers or a mask; None for all.
            randomness: with `same`, a copy draws the same random numbers as its source, given the same
                actions. With `fresh`, copy 0, 1, 2, ... of `into` has its own random numbers, which depend
                only on the source's key and the copy's number, so a repeated branch is the same.

        Raises:
            RowsError: a world does not exist, one of `into` is named twice, or the numbers of worlds differ.
            InputError: `randomness` is neither.
            ResetNeededError: the source has not been reset yet.
            ClosedError, ReentrantStepError, ConcurrentUseError: as `save`.
        """
        self._batch.branch(source, into, randomness=randomness)


def refuse_field(env_class: type[Environment], name: str) -> None:
    """Raise FieldAccessError if an attribute is a field of the environment."""
    field = env_class.fields.get(name)
    if field is not None:
        raise FieldAccessError(field.not_set_by_name(env_class.__name__))


def field_of(owner: str, batch: Batch, given: Any) -> Field:
    """Return a field of an env, given as the Field or by name; `elapsed_steps` is one too, for reading.

    Raises:
        UnknownFieldError: the environment has no such field.
    """
    fields = {known_as(one): one for one in (*batch.world.fields.values(), STEP)}
    named = given if isinstance(given, str) else None
    if named in fields:
        return fields[named]
    if isinstance(given, Field) and given in fields.values():
        return given
    if given is ACTIVE or named == "active":
        raise UnknownFieldError(f"{owner}: {NO_ACTIVE}")
    if named == "time":
        raise UnknownFieldError(f"{owner} has no field 'time': it is elapsed_steps times dt.")
    name = given.name if isinstance(given, Field) else given
    raise UnknownFieldError(f"{owner} has no field {given!r}; {did_you_mean(name, fields)}")
