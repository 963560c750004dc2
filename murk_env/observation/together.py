"""The base of entries that fill the parts of several others in one pass."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from murk_env.fields import Field
from murk_env.observation.entry import Entry

__all__ = ["Together"]

One = TypeVar("One", bound=Entry)


class Together(Entry, Generic[One]):
    """Entries that share what they read around, filled together.

    Args:
        entries: the entries, in order.
    """

    def __init__(self, entries: Sequence[One]) -> None:
        self._entries = entries

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields that they show and the one that holds the centre."""
        return tuple(dict.fromkeys(field for one in self._entries for field in one.fields))
