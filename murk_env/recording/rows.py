"""The base class that represents the outputs of a face as rows."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from murk_env.faces.recipe import batch_of
from murk_env.recording.outputs import Outputs

__all__ = ["Rows"]

Array = npt.NDArray[Any]


class Rows(ABC):
    """Represents the outputs of one face as rows, and converts actions of all worlds to its form.

    Args:
        face: the face.

    Attributes:
        face: the face.
        names: the names of the rows in messages.
    """

    def __init__(self, face: Any) -> None:
        self.face = face
        self.batch = batch_of(face)
        self.names: Sequence[str] = self._names()

    @abstractmethod
    def _names(self) -> Sequence[str]:
        """Return the names of the rows in messages."""

    @abstractmethod
    def reset(self, returned: Any, worlds: Sequence[int] | None) -> tuple[Outputs, Sequence[int]]:
        """Return the outputs of a reset of some worlds, None for all, and the rows that it reset."""

    @abstractmethod
    def step(self, returned: Any) -> Outputs:
        """Return the outputs of a step."""

    @abstractmethod
    def for_step(self, actions: Array) -> Any:
        """Return the argument of the face's `step` for the actions of all worlds, (num_worlds, ...)."""
