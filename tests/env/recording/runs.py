"""Runs to be recorded: of every face, with episodes that end, and files that somebody has changed."""

import json
import sqlite3
from typing import Any

import numpy as np
import xxhash

import murk_env
from murk_env import MurkAgentVectorEnv, MurkGroupsEnv, MurkVectorEnv
from tests.env.agent_worlds import Race
from tests.env.worlds import Mixed, Walker

FACES = ["single", "vector", "rows", "groups", "parallel"]


class Moody:
    """A policy that decides something else at every call."""

    def __init__(self):
        self.calls = 0

    def __call__(self, observations):
        self.calls += 1
        return np.full(observations.shape[:2], self.calls % 2)


def make(face, mode="NextStep", num=5) -> Any:
    """Return an env of a face, some of whose episodes end within a few steps."""
    if face == "single":
        return Walker(**Walker.small, max_episode_steps=9)
    if face == "vector":
        return MurkVectorEnv(Walker, num, autoreset_mode=mode, max_episode_steps=9, **Walker.small)
    if face == "dict":
        return MurkVectorEnv(Mixed, num, autoreset_mode=mode, max_episode_steps=9, **Mixed.small)
    if face == "rows":
        others = {"tortoise": Moody()}
        return MurkAgentVectorEnv(Race, 3, group="hare", others=others, autoreset_mode=mode)
    if face == "groups":
        return MurkGroupsEnv(Race, 3, autoreset_mode=mode, record_statistics=True)
    return murk_env.MurkParallelEnv(Race)


def play(env: Any, steps, *, seed: Any = 3, seen: Any = None):
    """Play at random, with `seen` called before each step, and return everything that was returned."""
    rng = np.random.default_rng(0)
    outputs = [env.reset(seed=seed)]
    ended = None
    for step in range(steps):
        if isinstance(ended, np.ndarray) and ended.any():
            outputs.append(env.reset(options={"reset_mask": ended}))
        elif ended is True:
            outputs.append(env.reset())
        if seen is not None:
            seen(step)
        actions, by_hand = _actions(env, rng)
        outputs.append(env.step(actions))
        if by_hand:
            ended = _ended(env, *outputs[-1][2:])
    return outputs


def _ended(env, terminated, truncated, infos):
    """Return whether the episode has ended, for a vector env that of each row's world."""
    if isinstance(terminated, dict) and "active" not in infos:
        return not env.agents
    if isinstance(infos.get("active"), dict):
        return ~np.any([one.any(axis=1) for one in infos["active"].values()], axis=0)
    if "active" not in infos:
        return terminated | truncated
    return np.repeat(~infos["active"].reshape(3, -1).any(axis=1), env.num_envs // 3)


def _actions(env, rng):
    """Return random actions, and whether ended worlds are reset by hand."""
    if isinstance(env.unwrapped, MurkGroupsEnv):
        own = env.action_space.spaces
        actions = {name: rng.integers(space.low, space.high, endpoint=True) for name, space in own.items()}
        return actions, env.unwrapped.autoreset_mode.value == "Disabled"
    if hasattr(env, "num_envs"):
        low = np.zeros(env.action_space.shape, np.int64)
        high = np.broadcast_to(
            getattr(env.single_action_space, "nvec", getattr(env.single_action_space, "n", 0)), low.shape
        )
        return rng.integers(low, high), env.unwrapped.autoreset_mode.value == "Disabled"
    if hasattr(env, "possible_agents"):
        return {name: rng.integers(env.action_space(name).n) for name in env.agents}, True
    return int(rng.integers(env.action_space.n)), True


def values_of(env):
    """Return every field of an env's worlds."""
    return {name: env.world[name] for name in env.world.fields}


def rewrite(path, *, header=None, entry=None):
    """Change a recording as its writer would, checksums included.

    `header` takes the header's dict, and `entry` every entry's number and dict; both change them in place.
    """
    connection = sqlite3.connect(path)
    (text,) = connection.execute("SELECT content FROM header").fetchone()
    content = json.loads(text)
    if header is not None:
        header(content)
    text = json.dumps(content)
    last = xxhash.xxh3_64_digest(text.encode())
    connection.execute("UPDATE header SET content = ?, checksum = ?", (text, last))
    names = ("kind", "first_step", "num_steps", "content", "hashes", "outputs")
    rows = connection.execute(f"SELECT number, {', '.join(names)} FROM timeline ORDER BY number").fetchall()
    for number, *values in rows:
        row = dict(zip(names, values, strict=True))
        if entry is not None:
            entry(number, row)
        sizes = f"{len(row['content'])} {len(row['hashes'])} "
        head = f"{row['kind']} {row['first_step']} {row['num_steps']} {sizes}"
        last = xxhash.xxh3_64_digest(last + head.encode() + row["content"] + row["hashes"] + row["outputs"])
        connection.execute(
            "UPDATE timeline SET kind = ?, first_step = ?, num_steps = ?, content = ?, hashes = ?, outputs "
            "= ?, checksum = ? WHERE number = ?",
            (*row.values(), last, number),
        )
    connection.commit()
    connection.close()
