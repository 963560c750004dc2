"""Measures an environment's world steps per second."""

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import gymnasium
import numpy as np

from murk_env.faces.groups import MurkGroupsEnv
from murk_env.faces.vector import MurkVectorEnv

__all__ = ["machine", "measure"]

_RUNS = 20  # per figure, interleaved; the best counts, since other load can only add to the time
_ACTIONS = 16  # distinct ones, used over and over
_SYNC = 16  # single envs in the compared SyncVectorEnv: its rate hardly depends on their number
_KEPT = ("murk-env", "numpy", "numba", "gymnasium")


def machine() -> dict[str, str]:
    """Return the setup that rates depend on: the processor and versions."""
    versions = {package: version(package) for package in _KEPT}
    return {
        "processor": platform.processor() or platform.machine(),
        "python": platform.python_version(),
    } | versions


def measure(
    env_class: Any, parameters: Mapping[str, Any], worlds: int, threads: int, seconds: float
) -> dict[str, Any]:
    """Measure one environment.

    Args:
        env_class: the environment.
        parameters: its parameters.
        worlds: number of worlds of the batch.
        threads: number of its threads.
        seconds: time for each figure, in twenty runs.

    Returns:
        `one_world` and `batch`, world steps per second; `copies`, the time of a step of the batch over the
        time to copy its observations; `sync_ratio`, the batch's rate over that of SyncVectorEnv, None if
        there is no Gymnasium single env.
    """
    batch, few = _batch(env_class, worlds, parameters, threads), None
    jobs = [(_batch(env_class, 1, parameters, 1), 1), (batch, worlds), (_copying(batch), worlds)]
    if env_class.registered_agents != "apart":
        few = _Stepping(_sync(env_class, parameters))
        jobs += [(_batch(env_class, _SYNC, parameters, 1), _SYNC), (few, _SYNC)]
    best = _best([job for job, _ in jobs], seconds)
    rates = [count / taken for taken, (_, count) in zip(best, jobs, strict=True)]
    return {
        "worlds": worlds,
        "threads": threads,
        "one_world": round(rates[0]),
        "batch": round(rates[1]),
        "copies": round(best[1] / best[2], 2),
        "sync_ratio": None if few is None else round(best[4] / best[3], 1),
    }


class _Stepping:
    """Steps a vector env with random actions that are drawn beforehand."""

    def __init__(self, envs: Any) -> None:
        self.envs = envs
        envs.action_space.seed(0)
        self.seen, _ = envs.reset(seed=0)
        self._actions = [envs.action_space.sample() for _ in range(_ACTIONS)]
        self._next = 0

    def __call__(self) -> None:
        self.seen, *_ = self.envs.step(self._actions[self._next])
        self._next = (self._next + 1) % _ACTIONS


def _batch(env_class: Any, worlds: int, parameters: Mapping[str, Any], threads: int) -> _Stepping:
    face: Any = (
        MurkGroupsEnv if env_class.registered_agents == "apart" else MurkVectorEnv
    )  # no policy is timed
    return _Stepping(face(env_class, worlds, num_threads=threads, **parameters))


def _sync(env_class: Any, parameters: Mapping[str, Any]) -> Any:
    def make() -> Any:
        return env_class(**parameters)

    return gymnasium.vector.SyncVectorEnv([make] * _SYNC)


def _copying(stepping: _Stepping) -> Callable[[], None]:
    """Return a function that copies the observations of all rows."""
    arrays = _arrays(stepping.seen)
    targets = [np.empty_like(array) for array in arrays]

    def copy() -> None:
        for target, array in zip(targets, arrays, strict=True):
            np.copyto(target, array)

    return copy


def _arrays(seen: Any) -> list[Any]:
    """Return all arrays of observations, which may be dicts of groups, and of entries."""
    return [array for part in seen.values() for array in _arrays(part)] if hasattr(seen, "values") else [seen]


def _best(jobs: Sequence[Callable[[], None]], seconds: float) -> list[float]:
    """Return the shortest time of one call of each job, measured in interleaved runs."""
    counts = [_calls_within(job, seconds / _RUNS) for job in jobs]
    found = [[_time(job, count) for job, count in zip(jobs, counts, strict=True)] for _ in range(_RUNS)]
    return np.array(found).min(axis=0).tolist()


def _calls_within(job: Callable[[], None], seconds: float) -> int:
    """Return the number of calls that take about so long; the first calls, which compile, do not count."""
    job()
    job()
    count = 1
    while (taken := count * _time(job, count)) < seconds / 4.0:
        count *= 2
    return max(1, round(count * seconds / taken))


def _time(job: Callable[[], None], count: int) -> float:
    began = time.perf_counter()
    for _ in range(count):
        job()
    return (time.perf_counter() - began) / count
