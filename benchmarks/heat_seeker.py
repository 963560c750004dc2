"""What is timed of HeatSeeker: the native vector env, SyncVectorEnv as its peer, the single env."""

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import VectorEnv

from benchmarks.timing import Job

ENV_ID = "murk_envs:murk/HeatSeeker-v0"
NUM_STEPS = 8  # steps of all worlds in one call of a job


def vector_job(name: str, num_envs: int, **make_arguments: Any) -> Job:
    """World steps of a vector env under random actions; a row that only restarts counts like any other."""
    envs = gymnasium.make_vec(ENV_ID, num_envs=num_envs, **make_arguments)
    return Job(name, "world steps", NUM_STEPS * num_envs, _vector_steps(envs))


def native_job(num_envs: int) -> Job:
    """The native vector env, on the one thread that it uses."""
    return vector_job(f"native vector env, num_envs={num_envs}", num_envs)


def sync_job(num_envs: int) -> Job:
    """The peer: as many single envs, stepped one after the other by Gymnasium."""
    return vector_job(f"SyncVectorEnv, num_envs={num_envs}", num_envs, vectorization_mode="sync")


def copy_job(num_envs: int) -> Job:
    """The floor: writing the observations once, as `np.copyto` does it, and nothing else."""
    envs = gymnasium.make_vec(ENV_ID, num_envs=num_envs)
    source, _ = envs.reset(seed=0)
    envs.close()
    target = np.empty_like(source)
    name = f"floor: np.copyto of the observations, num_envs={num_envs}"
    return Job(name, "world steps", num_envs, lambda: np.copyto(target, source))


def single_jobs() -> list[Job]:
    """The single env, as `gymnasium.make` wraps it and without the wrappers."""
    wrapped = gymnasium.make(ENV_ID)
    bare = gymnasium.make(ENV_ID).unwrapped
    return [
        Job("single env from gymnasium.make", "steps", NUM_STEPS, _single_steps(wrapped)),
        Job("single env, unwrapped", "steps", NUM_STEPS, _single_steps(bare)),
    ]


def _vector_steps(envs: VectorEnv[Any, Any, Any]) -> Callable[[], None]:
    envs.action_space.seed(0)
    envs.reset(seed=0)
    all_actions = [envs.action_space.sample() for _ in range(NUM_STEPS)]

    def run() -> None:
        for actions in all_actions:
            envs.step(actions)

    return run


def _single_steps(env: gymnasium.Env[Any, Any]) -> Callable[[], None]:
    env.action_space.seed(0)
    env.reset(seed=0)
    all_actions = [int(env.action_space.sample()) for _ in range(NUM_STEPS)]

    def run() -> None:
        for action in all_actions:
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                env.reset()

    return run
