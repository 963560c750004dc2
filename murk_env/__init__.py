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
    """Load the public names when the first is asked for, and one that needs another library by itself."""
    if name in _LATE:
        return getattr(importlib.import_module(_LATE[name]), name)
    if name == "__all__" or not name.startswith("__"):
        found = vars(importlib.import_module("murk_env.door"))
        globals().update({public: found[public] for public in ("__all__", *found["__all__"])})
        if name in globals():  # a public name, or a room that is loaded now
            return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names, and what is loaded."""
    from murk_env import door

    return sorted({*globals(), *door.__all__, *_LATE})
