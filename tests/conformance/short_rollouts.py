"""Hashes of short rollouts of every environment, small; run as a program it prints them."""

import hashlib
import json
from typing import Any

import numpy as np

import murk_envs
from murk_env import MurkParallelEnv, MurkVectorEnv
from tests.golden import take
from tests.small import small_keywords

__all__ = ["NUMPYS", "rollouts"]

# whose transforms are numpy's, as docs/repeating.md says
NUMPYS = ("Burgers", "KuramotoSivashinsky")


def rollouts() -> dict[str, str]:
    """Return a hash for each environment: of the vector env, or of the parallel env where it has no other."""
    found: dict[str, str] = {}
    for name, (_, _, _, agents) in murk_envs.ENVIRONMENTS.items():
        env_class = getattr(murk_envs, name)
        keywords = {"max_episode_steps": 7, **small_keywords(env_class)}
        digest = hashlib.sha256()
        (_play_parallel if agents == "apart" else _play_vector)(env_class, keywords, digest)
        found[name] = digest.hexdigest()
    return found


def _play_vector(env_class: type[Any], keywords: dict[str, Any], digest: Any) -> None:
    for mode in ("NextStep", "SameStep"):
        envs = MurkVectorEnv(env_class, 3, autoreset_mode=mode, num_threads=1, **keywords)
        take(digest, envs.reset(seed=11))
        envs.action_space.seed(7)
        for _ in range(12):
            take(digest, envs.step(envs.action_space.sample()))


def _play_parallel(env_class: type[Any], keywords: dict[str, Any], digest: Any) -> None:
    env = MurkParallelEnv(env_class, **keywords)
    for seed in (3, 4):
        take(digest, env.reset(seed=seed))
        for agent in env.possible_agents:
            env.action_space(agent).seed(5)
        while env.agents:
            take(digest, env.step({agent: env.action_space(agent).sample() for agent in env.agents}))


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore")
    print(json.dumps(rollouts()))
