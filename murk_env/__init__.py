"""Reinforcement learning environments whose worlds are fields: written once, used as every kind of env.

Importing this loads nothing: the `murk` command begins at once. The public names stand in `door`.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from murk_env.faces.parallel import MurkParallelEnv as MurkParallelEnv
    from murk_env.recording.datasets import to_minari as to_minari
    from murk_env.recording.recording import Recording as Recording
    from murk_env.recording.replay import replay as replay

    from .door import *  # noqa: F403  # type checkers take such an import for a promise of every name

# Those that `from murk_env import *` leaves out: they need other libraries.
_LATE = {
    "MurkParallelEnv": "murk_env.faces.parallel",
    "Recording": "murk_env.recording.recording",
    "replay": "murk_env.recording.replay",
    "to_minari": "murk_env.recording.datasets",
}


def __getattr__(name: str) -> object:
    """Load what a public name needs when it is asked for."""
    if name in _LATE:
        return getattr(importlib.import_module(_LATE[name]), name)
    if name == "__all__" or not name.startswith("__"):
        door = importlib.import_module("murk_env.door")
        if name == "__all__" or name in door.__all__:
            found = globals()[name] = getattr(door, name)
            return found
        if name in globals():  # a room, which is loaded now
            return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names, and what is loaded."""
    from murk_env import door

    return sorted({*globals(), *door.__all__, *_LATE})
