"""Faces rebuilt from their pickles, in this process or in another."""

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
        own_class: its class, `face` or one derived from it.
        face: the class whose constructor takes the arguments.
        arguments: the keyword arguments that it was made with.
        saved: the state of its worlds.
        kept: its other attributes.
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
