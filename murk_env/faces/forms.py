"""The two functions that a PettingZoo module offers, `parallel_env` and `env`, of one environment class.

They load PettingZoo when they are called.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from murk_env.errors import ParameterError
from murk_env.faces.env import MurkEnv

if TYPE_CHECKING:
    from murk_env.faces.parallel import MurkParallelEnv

__all__ = ["aec_form", "parallel_form"]


def parallel_form(env_class: type[MurkEnv]) -> "Callable[..., MurkParallelEnv]":
    """Return what makes a PettingZoo parallel env of a class, to be called `parallel_env` in its module.

    It takes the keywords of `MurkParallelEnv`, but calls the time limit `max_cycles`, as PettingZoo does: by
    default the class's own number of steps; below 1 for no limit.

    Raises:
        ParameterError: from the function, for a time limit by another name, and as `MurkParallelEnv`.

    Example:
        parallel_env = parallel_form(HexPursuit)
    """

    def parallel_env(*, max_cycles: int | None = None, **keywords: Any) -> "MurkParallelEnv":
        from murk_env.faces.parallel import MurkParallelEnv

        if "max_episode_steps" in keywords:
            raise ParameterError(
                f"PettingZoo calls the time limit max_cycles: make {env_class.__name__} with "
                f"max_cycles={keywords['max_episode_steps']!r} instead of max_episode_steps."
            )
        return MurkParallelEnv(env_class, max_episode_steps=max_cycles, **keywords)

    return _named(parallel_env, env_class, "parallel_env", "A PettingZoo parallel env")


def aec_form(env_class: type[MurkEnv]) -> Callable[..., Any]:
    """Return what makes a PettingZoo env whose agents act in turn, to be called `env` in its module.

    It is the parallel env under PettingZoo's own `parallel_to_aec`, with the keywords of `parallel_form`.

    Example:
        env = aec_form(HexPursuit)
    """
    make = parallel_form(env_class)

    def env(**keywords: Any) -> Any:
        parallel = make(**keywords)
        from pettingzoo.utils import parallel_to_aec  # pyright: ignore

        return parallel_to_aec(parallel)

    return _named(env, env_class, "env", "A PettingZoo env whose agents act in turn")


def _named(
    function: Callable[..., Any], env_class: type[MurkEnv], name: str, what: str
) -> Callable[..., Any]:
    """Return a function under the name that it has in the module of its class."""
    function.__module__, function.__qualname__ = env_class.__module__, name
    function.__doc__ = f"{what} of {env_class.__name__}; see murk_env.faces.forms."
    return function
