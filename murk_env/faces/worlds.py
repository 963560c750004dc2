"""The worlds behind a face: what `env.world` is."""

from typing import Any

import numpy.typing as npt

from murk_env.engine.batch import Batch
from murk_env.errors import UnknownFieldError, did_you_mean
from murk_env.fields import Field
from murk_env.fields.views import known_as

__all__ = ["EnvWorlds"]

Array = npt.NDArray[Any]


class EnvWorlds:
    """Reads the fields of a running env.

    Example:
        `env.world[HeatSeeker.heat]`, or `env.world["heat"]`, is every cell's heat, (num_worlds, num_cells).

    Args:
        owner: the environment's name.
        batch: the worlds.
    """

    def __init__(self, owner: str, batch: Batch) -> None:
        self._owner = owner
        self._batch = batch

    @property
    def num_worlds(self) -> int:
        """Number of worlds."""
        return self._batch.world.num_worlds

    def __getitem__(self, field: Field | str) -> Array:
        """Return the published values of a field, (num_worlds, ...); the caller owns the array.

        Raises:
            UnknownFieldError: the environment has no such field.
            ClosedError: the env is closed.
        """
        return self.view(field).copy()

    def view(self, field: Field | str) -> Array:
        """Return the published values of a field, read-only and without a copy.

        It is valid until the tick after next, which writes into the same memory.

        Raises:
            UnknownFieldError, ClosedError: as `[field]`.
        """
        self._batch.check_open()
        return self._batch.world.published()[self._known(field)]

    def _known(self, field: Field | str) -> Field:
        fields = {known_as(one): one for one in self._batch.world.fields.values()}
        if isinstance(field, str) and field in fields:
            return fields[field]
        if isinstance(field, Field) and field in fields.values():
            return field
        name = field.name if isinstance(field, Field) else field
        raise UnknownFieldError(f"{self._owner} has no field {field!r}; {did_you_mean(name, fields)}")
