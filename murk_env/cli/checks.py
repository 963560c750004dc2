"""The checks of `murk check`, one after another; each says `ok`, `wrong` or `left out`, and what to do."""

import contextlib
import functools
import io
import pickle
import re
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils.env_checker import check_env

from murk_env.cli.facts import facts_of
from murk_env.cli.policies import rows_of
from murk_env.errors import MissingLibraryError
from murk_env.faces.vector import MurkVectorEnv
from murk_env.testing import check_vector_env

__all__ = ["Check", "checks_of"]

Check = Callable[[], tuple[str, str]]

_SIX = ("Observation", "Action", "Reward", "Ends", "Start")
_WORLDS = 17
_CHOOSES_AT_RANDOM = {"action_masked_out": "replace"}  # actions are drawn without regard to masks
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # Gymnasium colours its warnings, even in a pipe


def checks_of(env_class: Any, parameters: Mapping[str, Any], steps: int, limit: int) -> dict[str, Check]:
    """Return the checks that apply to an environment, by name.

    Args:
        env_class: the environment.
        parameters: its parameters.
        steps: steps of each run.
        limit: steps after which episodes are truncated.
    """
    given = {"max_episode_steps": limit, **_CHOOSES_AT_RANDOM, **parameters}
    checks = {
        "what it declares": _declared(env_class, parameters),
        "a run in checked mode": _checked_run(env_class, given, steps),
        "its picture": _picture(env_class, parameters),
        "a pickled copy": _pickled(env_class, given),
    }
    if env_class.registered_agents != "apart":
        checks["Gymnasium's check_env"] = _gymnasium(env_class, given)
        checks["the vector env beside SyncVectorEnv"] = _vector(env_class, given, steps)
    if env_class.registered_agents is not None:
        checks["PettingZoo's parallel_api_test"] = _pettingzoo(env_class, given, steps)
    return {name: functools.partial(_guarded, check) for name, check in checks.items()}


def _guarded(check: Check) -> tuple[str, str]:
    """Run a check; an error that it raises is its finding."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # PettingZoo's check prints
            return check()
    except MissingLibraryError as error:
        return "left out", str(error)
    except Exception as error:
        return "wrong", f"{type(error).__name__}: {error}"


def _declared(env_class: Any, parameters: Mapping[str, Any]) -> Check:
    def run() -> tuple[str, str]:
        facts = facts_of(env_class, parameters)
        missing = [fact for fact in _SIX if fact not in facts.six]
        if missing:
            return "wrong", f"the docstring lacks {', '.join(missing)}; give each a line of its own."
        undocumented = [name for name, knob in facts.knobs.items() if not knob.doc]
        if undocumented:
            return (
                "wrong",
                f"no description of {', '.join(undocumented)}; write Annotated[int, Range(1, 9), 'meaning'].",
            )
        return "ok", ""

    return run


def _checked_run(env_class: Any, given: Mapping[str, Any], steps: int) -> Check:
    def run() -> tuple[str, str]:
        envs = _rows(env_class, _WORLDS, given, checked=True)
        envs.action_space.seed(0)
        seen, _ = envs.reset(seed=0)
        first = seen
        earned: list[Any] = []
        for _ in range(steps):
            seen, rewards, *_ = envs.step(envs.action_space.sample())
            earned.append(rewards)
        if not any(np.ptp(part) > 0 for part in (*_arrays(first), *_arrays(seen))):
            return "wrong", "every observation is constant; show a field that start or act changes."
        if np.ptp(np.array(earned)) == 0:
            return (
                "wrong",
                "all rewards of a random policy are equal, so nothing can be learnt; let reward vary.",
            )
        return "ok", ""

    return run


def _rows(env_class: Any, number: int, given: Mapping[str, Any], **options: Any) -> Any:
    """Return some worlds; `given` holds the parameters, the time limit and the option of the face."""
    of_face = {"max_episode_steps", *_CHOOSES_AT_RANDOM}
    parameters = {name: value for name, value in given.items() if name not in of_face}
    return rows_of(env_class, number, parameters, **{name: given[name] for name in of_face}, **options).envs


def _arrays(seen: Any) -> list[Any]:
    return list(seen.values()) if hasattr(seen, "values") else [seen]


def _picture(env_class: Any, parameters: Mapping[str, Any]) -> Check:
    def run() -> tuple[str, str]:
        if not env_class.metadata["render_modes"]:
            return "left out", "it has no field over cells, so there is nothing to draw"
        envs = rows_of(env_class, 1, parameters).envs
        envs.reset(seed=0)
        envs.render_tiles(1)
        return "ok", ""

    return run


def _pickled(env_class: Any, given: Mapping[str, Any]) -> Check:
    def run() -> tuple[str, str]:
        if env_class.registered_agents == "apart":
            return "left out", "rows of agents are pickled with the policies of the others"
        envs = _rows(env_class, 2, given)
        envs.action_space.seed(0)
        envs.reset(seed=0)
        actions = envs.action_space.sample()
        copy = pickle.loads(pickle.dumps(envs))
        if not np.array_equal(copy.step(actions)[1], envs.step(actions)[1]):
            return "wrong", "a pickled copy behaves differently: keep everything that changes in fields."
        return "ok", ""

    return run


def _gymnasium(env_class: Any, given: Mapping[str, Any]) -> Check:
    def run() -> tuple[str, str]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            check_env(env_class(**given), skip_render_check=True)
        said = [_COLOUR.sub("", str(warning.message)).splitlines()[0] for warning in caught]
        return ("ok", "") if not said else ("ok", f"it remarks: {said[0]}")

    return run


def _vector(env_class: Any, given: Mapping[str, Any], steps: int) -> Check:
    def native(num_envs: int, mode: gymnasium.vector.AutoresetMode) -> MurkVectorEnv:
        return MurkVectorEnv(env_class, num_envs, autoreset_mode=mode, checked=True, **given)

    def run() -> tuple[str, str]:
        expect = _endings(native(_WORLDS, gymnasium.vector.AutoresetMode.NEXT_STEP), steps)
        check_vector_env(native, lambda: env_class(**given), num_envs=(1, 3), steps=steps, expect=expect)
        return "ok", ""

    return run


def _endings(envs: Any, steps: int) -> list[Any]:
    """Return the ways in which all of a few worlds end within so many random steps."""
    envs.action_space.seed(0)
    envs.reset(seed=0)
    found: Any = np.zeros((2, envs.num_envs), np.bool_)
    for _ in range(steps):
        _, _, terminated, truncated, _ = envs.step(envs.action_space.sample())
        found |= np.stack([terminated, truncated])
    envs.close()
    every: list[bool] = found.all(axis=1).tolist()
    return [name for name, ended in zip(("terminated", "truncated"), every, strict=True) if ended]


def _pettingzoo(env_class: Any, given: Mapping[str, Any], steps: int) -> Check:
    def run() -> tuple[str, str]:
        from murk_env.faces.parallel import MurkParallelEnv  # its error says what to install

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # from PettingZoo's modules at import
            from pettingzoo.test import parallel_api_test  # pyright: ignore

        parallel_api_test(MurkParallelEnv(env_class, **given), num_cycles=steps)
        return "ok", ""

    return run
