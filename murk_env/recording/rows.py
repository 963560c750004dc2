"""What shows the outputs of a face as rows."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from murk_env.faces.recipe import batch_of
from murk_env.recording.outputs import Outputs

__all__ = ["Rows"]

Array = npt.NDArray[Any]


class Rows(ABC):
    """Shows the outputs of one face as rows, and hands it actions of all its worlds.

    Args:
        face: the face.

    Attributes:
        face: the face.
        names: what messages call the rows.
    """

    def __init__(self, face: Any) -> None:
        self.face = face
        self.batch = batch_of(face)
        self.names: Sequence[str] = self._names()

    @abstractmethod
    def _names(self) -> Sequence[str]:
        """Return what messages call the rows."""

    @abstractmethod
    def reset(self, returned: Any, worlds: Sequence[int] | None) -> tuple[Outputs, Sequence[int]]:
        """Return what a reset of some worlds, or of all for None, returned, and the rows it speaks of."""

    @abstractmethod
    def step(self, returned: Any) -> Outputs:
        """Return what a step returned."""

    @abstractmethod
    def for_step(self, actions: Array) -> Any:
        """Return what `step` of the face takes, for the actions of all worlds, (num_worlds, ...)."""
