"""How a hook, or the block of an edit, gets the writable array of a field."""

from typing import Any

import numpy as np
import numpy.typing as npt

from murk_arena import FieldId, TickGuard
from murk_env.errors import DefinitionError

__all__ = ["CopyEditor", "Editor"]

Array = npt.NDArray[Any]


class Editor:
    """Gives a hook the staged memory of one field, or says why it may not write it.

    Args:
        field_id: the field.
        refusal: why it may not; an empty text if it may.
        moves: whether writing moves the field to other memory in each tick.
    """

    __slots__ = ("_refusal", "id", "moves")

    def __init__(self, field_id: FieldId, refusal: str = "", *, moves: bool = False) -> None:
        self.id = field_id
        self.moves = moves
        self._refusal = refusal

    def __call__(self, guard: TickGuard) -> Array:
        """Return the writable array; it holds the values so far.

        Raises:
            DefinitionError: the field may not be written here.
        """
        if self._refusal:
            raise DefinitionError(self._refusal)
        return guard.update(self.id)

    def shown(self, guard: TickGuard) -> Array:
        """Return the array that the tick reads from then on, read-only."""
        return guard.read(self.id)


class CopyEditor(Editor):
    """Gives the block of an edit a copy, to which the field is set when the block ends.

    So an array kept beyond the block, or a slice of one, is not the worlds' memory and changes nothing.
    """

    __slots__ = ("_copy", "_ended")

    def __init__(self, field_id: FieldId, refusal: str = "") -> None:
        super().__init__(field_id, refusal, moves=True)
        self._copy: Array | None = None
        self._ended = False

    def __call__(self, guard: TickGuard) -> Array:
        """Return the writable copy, the same at every call.

        Raises:
            DefinitionError: the field may not be written here, or no longer.
        """
        if self._refusal:
            raise DefinitionError(self._refusal)
        if self._ended:
            raise DefinitionError("the block of this edit has ended; begin another one, with world.edit().")
        if self._copy is None:
            self._copy = np.array(guard.read(self.id))
        return self._copy

    def shown(self, guard: TickGuard) -> Array:
        """Return the copy, read-only."""
        view = self(guard)[...]
        view.flags.writeable = False
        return view

    def store(self, guard: TickGuard) -> None:
        """Set the field to the copy, if there is one, and make the copy read-only."""
        self._ended = True
        if self._copy is not None:
            guard.update(self.id)[...] = self._copy
            self._copy.flags.writeable = False
