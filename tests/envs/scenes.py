"""Episodes that begin as a test has it."""

from typing import Any

import numpy as np

from murk_env import MurkEnv

__all__ = ["starting_with"]


def starting_with(env_class: type[MurkEnv], **values: Any) -> Any:
    """Return a class whose episodes begin with these values of its fields, and the others' initial ones.

    Args:
        env_class: the environment.
        values: by the name of a field, what it holds in every world.
    """

    def start(self: Any, tick: Any, worlds: Any) -> None:
        for name, value in values.items():
            setattr(tick, name, np.asarray(value)[np.newaxis] if np.ndim(value) else value)

    return type(env_class.__name__, (env_class,), {"start": start})
