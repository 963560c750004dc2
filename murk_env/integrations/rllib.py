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

Every node needs the package installed; classes defined in a script are pickled with the env creator. The
first worker of a node compiles into the node's kernel cache; the others wait, then load from it.
"""
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportMissingTypeStubs=false, reportUnknownArgumentType=false, reportPrivateImportUsage=false

import contextlib
import os
from collections.abc import Generator, Mapping
from dataclasses import MISSING
from typing import Any

from gymnasium import spaces

from murk_env.author.params import knobs_of
from murk_env.engine.action_masks import ACTION_MASK
from murk_env.errors import MissingLibraryError, ParameterError
from murk_env.faces.env import MurkEnv
from murk_env.faces.groups import MurkGroupsEnv
from murk_env.faces.lookup import env_class_of
from murk_env.faces.vector import MurkVectorEnv
from murk_env.kernels.cache_directory import cache_directory

try:
    import ray
    from ray import cloudpickle
    from ray.tune.registry import register_env
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy
except ImportError as error:
    raise MissingLibraryError(
        'murk_env.integrations.rllib needs RLlib; install it: pip install "ray[rllib]".'
    ) from error

from murk_env.integrations.rllib_groups import GroupsEnvRunner, GroupsVectorEnv, WorldEnv

__all__ = ["GroupsEnvRunner", "check_nodes", "register_agents", "register_rows"]

_WHAT_TO_DO = (
    "Install murk-env on every node, or let Ray do it: ray.init(runtime_env={'pip': ['murk-env']}); modules "
    "of your own travel with runtime_env={'working_dir': '.'}."
)
_ACTIONS = (spaces.Box, spaces.Discrete, spaces.MultiDiscrete)


def register_rows(env: str | type[MurkEnv], **options: Any) -> str:
    """Register an environment with one actor, or a team, with Ray; return its name for RLlib's config.

    Args:
        env: an id, such as `murk_envs:murk/HeatSeeker-v0`, or a class.
        options: the environment's parameters and the options of MurkVectorEnv; RLlib's `env_config` adds to
            them.

    Raises:
        ParameterError: `env` is no MurkEnv, a parameter or an option cannot be used here, or RLlib has no
            distribution for its actions.
        gymnasium.error.UnregisteredEnv: there is no such id.
    """
    cls, preset = env_class_of("register_rows", env)
    options = {**preset, **options}
    _check_mode(options)
    if cls.registered_agents == "apart":
        raise ParameterError(
            f"{cls.__name__} rewards its agents separately, so a world cannot be one row; use "
            f"register_agents, which registers a multi-agent env of RLlib."
        )
    return _registered("rows", cls, options)


def register_agents(env: str | type[MurkEnv], **options: Any) -> str:
    """Register an environment with agents with Ray; return its name for RLlib's config.

    With `GroupsEnvRunner` each runner steps all its worlds, and all their groups, in one compiled call; with
    RLlib's own runner each env is a MurkParallelEnv. Agents are called `predator_0` and so on.

    Args:
        env: an id, such as `murk_envs:murk/HexPursuit-v0`, or a class.
        options: the environment's parameters and the options of MurkGroupsEnv; RLlib's `env_config` adds to
            them.

    Raises:
        ParameterError: `env` is no MurkEnv or has no agents, a parameter or an option cannot be used here, or
            RLlib has no distribution for its actions.
        gymnasium.error.UnregisteredEnv: there is no such id.
    """
    cls, preset = env_class_of("register_agents", env)
    options = {**preset, **options}
    _check_mode(options)
    if cls.registered_agents is None:
        raise ParameterError(f"{cls.__name__} is registered without agents; use register_rows.")
    return _registered("agents", cls, options)


def check_nodes(*modules: str) -> None:
    """Check that every node of the cluster can make envs; RLlib would continue without nodes that cannot.

    Args:
        modules: modules required beside murk_env, such as those of your own environments.

    Raises:
        MissingLibraryError: a node lacks a module; the message says which node, and what to do.
    """
    wanted = ["murk_env", *modules]

    def missing() -> list[str]:  # pickled by value, as a node may lack this module
        import importlib

        lacking: list[str] = []
        for name in wanted:
            try:
                importlib.import_module(name)
            except ImportError:
                lacking.append(name)
        return lacking

    known: list[dict[str, Any]] = [node for node in ray.nodes() if node["Alive"]]
    task: Any = ray.remote(num_cpus=0)(missing)
    asked = [
        task.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)).remote()
        for node in known
    ]
    lacking = {
        f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']}, {node['NodeID'][:8]})": names
        for node, names in zip(known, ray.get(asked), strict=True)
        if names
    }
    if lacking:
        told = "; ".join(f"node {node} lacks {', '.join(names)}" for node, names in lacking.items())
        raise MissingLibraryError(f"{told}. {_WHAT_TO_DO}")


def _registered(form: str, cls: type[MurkEnv], options: dict[str, Any]) -> str:
    """Register an env creator with Ray that a worker can unpickle without this package."""
    _check_here(form, cls, options)
    name = f"{cls.__module__}.{cls.__qualname__} {form}"
    made: bytes = cloudpickle.dumps((form, cls, options))
    advice = _WHAT_TO_DO

    def create(config: Mapping[str, Any]) -> Any:  # pickled by value: its imports happen when it is called
        import importlib

        try:
            here = importlib.import_module("murk_env.integrations.rllib")
            kind, env_class, keywords = here.cloudpickle.loads(made)
        except ModuleNotFoundError as error:
            import platform

            raise ModuleNotFoundError(
                f"the node {platform.node()!r} cannot make {name!r}: {error.msg}. {advice}",
                name=error.name,
            ) from error
        return here.made_on_a_worker(kind, env_class, keywords, config)

    register_env(name, create)
    return name


def _check_here(form: str, cls: type[MurkEnv], options: Mapping[str, Any]) -> None:
    """Raise ParameterError for options that a worker would refuse, as its error is only in its log."""
    needed = {name for name, knob in knobs_of(cls.Params).items() if knob.default is MISSING}
    if not needed <= options.keys():  # the others come from RLlib's `env_config`
        return
    if form == "rows":
        rows = MurkVectorEnv(cls, 1, **options)
        _check_actions(cls, rows.single_action_space)
        rows.close()
    else:
        groups = MurkGroupsEnv(cls, 1, **options)
        for space in groups.action_spaces.values():
            _check_actions(cls, space)
        groups.close()


def made_on_a_worker(
    form: str, cls: type[MurkEnv], options: Mapping[str, Any], config: Mapping[str, Any]
) -> Any:
    """Return the env that a worker of RLlib steps; its kernels are compiled, or loaded, already.

    Args:
        form: `rows` or `agents`.
        cls: the environment.
        options: the registered options.
        config: RLlib's `env_config`, with `num_envs` if the worker holds several envs.
    """
    keywords = {**options, **config}
    _check_mode(keywords)
    num_envs = keywords.pop("num_envs", None)
    with _one_at_a_time_on_this_node():
        return {"rows": _rows, "agents": _agents}[form](cls, num_envs, keywords)


def _rows(cls: type[MurkEnv], num_envs: int | None, keywords: dict[str, Any]) -> Any:
    if num_envs is None:
        keywords.pop("autoreset_mode", None)
    made: Any = cls(**keywords) if num_envs is None else MurkVectorEnv(cls, num_envs, **keywords)
    _check_actions(cls, made.action_space if num_envs is None else made.single_action_space)
    return _warmed(cls, made, keywords)


def _agents(cls: type[MurkEnv], num_envs: int | None, keywords: dict[str, Any]) -> Any:
    if num_envs is not None:
        groups = MurkGroupsEnv(cls, num_envs, **keywords)
        for space in groups.action_spaces.values():
            _check_actions(cls, space)
        return GroupsVectorEnv(_warmed(cls, groups, keywords))
    from murk_env.faces.parallel import MurkParallelEnv

    keywords.pop("autoreset_mode", None)
    made = MurkParallelEnv(cls, **keywords)
    for agent in made.possible_agents:
        _check_actions(cls, made.action_space(agent))
    _, infos = made.reset(seed=0)
    _check_masks(cls, infos[made.agents[0]], keywords)
    made.step({agent: made.action_space(agent).sample() for agent in made.agents})
    return WorldEnv(made)


def _warmed(cls: type[MurkEnv], envs: Any, keywords: Mapping[str, Any]) -> Any:
    """Return an env after one step, which compiles its kernels if the cache lacks them."""
    _, infos = envs.reset(seed=0)
    _check_masks(cls, infos, keywords)
    envs.action_space.seed(0)
    envs.step(envs.action_space.sample())
    return envs


def _check_masks(cls: type[MurkEnv], infos: Mapping[str, Any], keywords: Mapping[str, Any]) -> None:
    if ACTION_MASK in infos and keywords.get("action_masked_out") != "replace":
        raise ParameterError(
            f"RLlib's policies do not see the action_mask of {cls.__name__}, and would take actions that it "
            f"refuses; pass action_masked_out='replace'."
        )


def _check_mode(options: Mapping[str, Any]) -> None:
    mode = options.get("autoreset_mode", "NextStep")
    if getattr(mode, "value", mode) != "NextStep":
        raise ParameterError(
            f"RLlib needs rows that are reset in the step after their end, so autoreset_mode must be "
            f"'NextStep', not {mode!r}; leave it out."
        )


def _check_actions(cls: type[MurkEnv], space: "spaces.Space[Any]") -> None:
    """Raise ParameterError for actions that RLlib has no distribution for, or that do not begin at 0."""
    if isinstance(space, spaces.Discrete | spaces.MultiDiscrete):
        if any(part != 0 for part in space.start.reshape(-1).tolist()):
            raise ParameterError(
                f"RLlib counts actions from 0, but those of {cls.__name__}, {space}, begin elsewhere; let "
                f"their start be 0."
            )
    elif not isinstance(space, spaces.Box):
        names = ", ".join(kind.__name__ for kind in _ACTIONS)
        raise ParameterError(
            f"RLlib has no distribution for the actions of {cls.__name__}, {space}; it takes {names}."
        )


@contextlib.contextmanager
def _one_at_a_time_on_this_node() -> Generator[None]:
    """Let one worker of a node compile, while the others wait until they can load its kernels."""
    directory = cache_directory()
    if directory is None or os.name != "posix":  # without a cache each worker compiles
        yield
        return
    import fcntl

    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):  # a directory that cannot be written is no cache
            directory.mkdir(parents=True, exist_ok=True)
            file = held.enter_context((directory / "workers.lock").open("w"))
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
