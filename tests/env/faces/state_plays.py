"""Vector envs that tests of states play, and what came of it."""

import pickle
from typing import Any

import gymnasium

from murk_env import MurkVectorEnv
from tests.env.worlds import CompiledForager, Mixed, Walker

MODES = ["NextStep", "SameStep", "Disabled"]
KINDS = {Walker: {"longest_fuse": 4}, Mixed: {}, CompiledForager: {"cost": 0.5}}
LIMITS = {Walker: 6, Mixed: 5, CompiledForager: 6}


def vector(env_class, mode="NextStep", num_envs=5, **options) -> Any:
    limit = LIMITS[env_class]
    return MurkVectorEnv(
        env_class, num_envs, autoreset_mode=mode, max_episode_steps=limit, **KINDS[env_class], **options
    )


def plays(envs, num_steps, seed=0):
    """Step vector envs, in Disabled mode resetting what has ended, and return all outputs as bytes."""
    space = gymnasium.vector.utils.batch_space(envs.single_action_space, envs.num_envs)
    space.seed(seed)
    told = []
    for _ in range(num_steps):
        ended = envs.save().ended
        if envs.autoreset_mode.value == "Disabled" and ended.any():
            told.append(pickle.dumps(envs.reset(options={"reset_mask": ended})))
        told.append(pickle.dumps(envs.step(space.sample())))
    return told


def plays_after(state, num_steps):
    envs = vector(Walker)
    envs.restore(state)
    return plays(envs, num_steps)
