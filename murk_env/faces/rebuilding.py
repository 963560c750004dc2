"""Faces made anew from what pickle keeps of them, in this process or in another."""

from collections.abc import Mapping
from typing import Any

from murk_arena import OwnedSnapshot

__all__ = ["rebuilt"]


def rebuilt(
    own_class: Any,
    face: Any,
    arguments: Mapping[str, Any],
    saved: OwnedSnapshot,
    kept: Mapping[str, Any],
    closed: bool,
) -> Any:
    """Return a face as it was when it was pickled.

    Args:
        own_class: its class, which is the face's or derives from it.
        face: the class whose constructor takes the arguments.
        arguments: what it was made with.
        saved: its worlds.
        kept: its attributes beside them.
        closed: whether it was closed.
    """
    made = own_class.__new__(own_class)
    face.__init__(made, static_arena=saved.static_arena, **arguments)
    made._batch.reinstate(saved)
    for name, value in kept.items():
        setattr(made, name, value)
    if closed:
        made.close()
    return made
