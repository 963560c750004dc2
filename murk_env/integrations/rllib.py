"""RLlib on Ray: env runners that each hold native rows, on this machine or on a cluster.

    from ray.rllib.algorithms.ppo import PPOConfig
    from murk_env.integrations.rllib import register_rows
    from murk_envs import HeatSeeker

    config = (
        PPOConfig()
        .environment(register_rows(HeatSeeker))
        .env_runners(
            num_env_runners=2, num_envs_per_env_runner=32, gym_env_vectorize_mode="vector_entry_point"
        )
    )

A worker needs the package installed; classes of a script travel with the creator. The first worker of a node
compiles into the node's kernel cache, and the others wait for it and load.
"""
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportMissingTypeStubs=false, reportUnknownArgumentType=false

import contextlib
import os
from collections.abc import Generator, Mapping
from typing import Any

from murk_env.errors import MissingLibraryError, ParameterError
from murk_env.faces.env import MurkEnv
from murk_env.faces.lookup import env_class_of
from murk_env.faces.vector import MurkVectorEnv
from murk_env.kernels.cache_directory import cache_directory

try:
    from ray.tune.registry import register_env
except ImportError as error:
    raise MissingLibraryError(
        'murk_env.integrations.rllib needs RLlib; install it: pip install "ray[rllib]".'
    ) from error

__all__ = ["register_agents", "register_rows"]


def register_rows(env: str | type[MurkEnv], **options: Any) -> str:
    """Tell Ray of an environment with one actor, or a team, and return the name to configure RLlib with.

    Args:
        env: an id, such as `murk_envs:murk/HeatSeeker-v0`, or a class.
        options: the environment's parameters and the options of MurkVectorEnv; RLlib's `env_config` adds to
            them.

    Raises:
        ParameterError: it is no MurkEnv, or an option cannot be used here.
    """
    cls = env_class_of("register_rows", env)
    _check_mode(options)
    if cls.registered_agents == "apart":
        raise ParameterError(
            f"{cls.__name__} rewards its agents apart, which no row can be; use register_agents, whose env "
            f"is one of RLlib's with many agents."
        )

    def rows(config: Mapping[str, Any]) -> Any:
        keywords = {**options, **config}
        _check_mode(keywords)
        num_envs = keywords.pop("num_envs", None)
        with _one_at_a_time_on_this_node():
            made: Any = cls(**keywords) if num_envs is None else MurkVectorEnv(cls, num_envs, **keywords)
            made.reset(seed=0)  # which compiles, if nobody has
            made.action_space.seed(0)
            made.step(made.action_space.sample())
        return made

    return _registered(cls, "rows", rows)


def register_agents(env: str | type[MurkEnv], **options: Any) -> str:
    """Tell Ray of an environment with agents, and return the name to configure RLlib with.

    Each of its envs is one world of `MurkParallelEnv`. Agents are called as there, such as `predator_0`.

    Args:
        env: an id of Gymnasium, or a class.
        options: the environment's parameters and the options of MurkParallelEnv; RLlib's `env_config` adds to
            them.

    Raises:
        ParameterError: it is no MurkEnv, or has no agents.
    """
    cls = env_class_of("register_agents", env)
    if cls.registered_agents is None:
        raise ParameterError(f"{cls.__name__} is registered without agents; use register_rows.")

    def agents(config: Mapping[str, Any]) -> Any:
        from ray.rllib.env.wrappers.pettingzoo_env import ParallelPettingZooEnv

        from murk_env.faces.parallel import MurkParallelEnv

        with _one_at_a_time_on_this_node():
            made = MurkParallelEnv(cls, **options, **config)
            made.reset(seed=0)
            made.step({name: made.action_space(name).sample() for name in made.agents})
        return ParallelPettingZooEnv(made)

    return _registered(cls, "agents", agents)


def _registered(cls: type[MurkEnv], form: str, creator: Any) -> str:
    name = f"{cls.__module__}.{cls.__qualname__} {form}"
    register_env(name, creator)
    return name


def _check_mode(options: Mapping[str, Any]) -> None:
    mode = options.get("autoreset_mode", "NextStep")
    if getattr(mode, "value", mode) != "NextStep":
        raise ParameterError(
            f"RLlib takes every vector env for one that resets rows in the step after their end; leave "
            f"autoreset_mode={mode!r} out, for 'NextStep'."
        )


@contextlib.contextmanager
def _one_at_a_time_on_this_node() -> Generator[None]:
    """Let one worker of a node compile, and the others wait until they can load what it has compiled."""
    directory = cache_directory()
    if directory is None or os.name != "posix":  # without a cache each has to compile for itself
        yield
        return
    import fcntl

    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "workers.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
