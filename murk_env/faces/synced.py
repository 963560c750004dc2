"""The parts of SyncVectorEnv that trainers use beside reset and step: generators and attributes of envs."""

from collections.abc import Sequence
from typing import Any, ClassVar, cast

import numpy as np
import numpy.typing as npt
from gymnasium.utils import seeding
from gymnasium.vector import VectorEnv

from murk_env.errors import InputError, StateError
from murk_env.faces.env import MurkEnv
from murk_env.faces.worlds import refuse_field
from murk_env.world.claim import claims

__all__ = ["AsSyncVectorEnv"]


class AsSyncVectorEnv(VectorEnv[Any, Any, npt.NDArray[Any]]):
    """Behaves like a SyncVectorEnv with an env for each row; all rows share one environment object."""

    _row: ClassVar[str]  # the name of a row in messages
    _env: MurkEnv
    _num_worlds: int

    def _forget_seeds(self) -> None:
        """Start without generators and seeds."""
        self._generators: list[np.random.Generator | None] = [None] * self._num_worlds
        self._seeds: list[int | None] = [None] * self._num_worlds

    # --- randomness, as SyncVectorEnv keeps it: one generator for each world -------------------

    def _generator(self, world: int) -> np.random.Generator:
        found = self._generators[world]
        if found is None:
            found, self._seeds[world] = seeding.np_random(self._seeds[world])
            self._generators[world] = found
        return found

    @property
    @claims
    def np_random(self) -> tuple[np.random.Generator, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The numpy generator of each world, not row; environments draw through `tick.rng` instead."""
        return tuple(self._generator(world) for world in range(self._num_worlds))

    @property
    @claims
    def np_random_seed(self) -> tuple[int | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The last seed of each world, not row."""
        for world in range(self._num_worlds):
            if self._seeds[world] is None:
                self._generator(world)
        return tuple(self._seeds)

    # --- attributes and methods, as trainers use them on SyncVectorEnv -------------------------

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Return an attribute of the environment, or the result of its method, once for each row."""
        if name in ("reset", "step", "close"):
            raise StateError(
                f"call({name!r}) would treat one {self._row} apart; use envs.{name}(...), which takes all."
            )
        if name in ("world", "save", "restore", "branch", "observe"):
            raise StateError(
                f"call({name!r}) would take the worlds apart; envs.{name} is there for all of them."
            )
        if name in ("np_random", "np_random_seed"):
            of_worlds, rows_each = getattr(self, name), self.num_envs // self._num_worlds
            return tuple(value for value in of_worlds for _ in range(rows_each))
        if name == "render":
            return cast("tuple[Any, ...] | None", self.render()) or (None,) * self.num_envs
        value = getattr(self._env, name)
        return (value(*args, **kwargs) if callable(value) else value,) * self.num_envs

    def get_attr(self, name: str) -> tuple[Any, ...]:
        """Return an attribute of the environment, once for each row."""
        return self.call(name)

    def set_attr(self, name: str, values: Any) -> None:
        """Set an attribute that Gymnasium or a wrapper keeps on the environment, such as `spec`.

        Args:
            name: the attribute.
            values: one value, or a list or tuple with the same value for each row: the worlds share one
                environment, and values that differ between them belong into fields.

        Raises:
            InputError: the number of values is not that of the rows, or they differ.
            FieldAccessError: the name is a field; the message says how to set it.
            FrozenAttributeError: the attribute cannot be set on an env.
        """
        refuse_field(type(self._env), name)
        one_each = isinstance(values, list | tuple)
        given: list[Any] = list(cast("Sequence[Any]", values)) if one_each else [values] * self.num_envs
        if len(given) != self.num_envs:
            raise InputError(f"set_attr({name!r}) got {len(given)} values for {self.num_envs} {self._row}s.")
        if any(value is not given[0] and value != given[0] for value in given):
            raise InputError(
                f"set_attr({name!r}) got values that differ, but the worlds share one environment; "
                f"keep what differs from world to world in a Field."
            )
        setattr(self._env, name, given[0])
