"""World steps per second of each environment: many worlds at once, and one alone."""

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt

import murk_envs
from benchmarks.returns.play import class_of, make, module_of, row_group
from benchmarks.timing import Job, measure, stepping
from murk_env import MurkParallelEnv

__all__ = ["rates"]

NUM_WORLDS = 1024
NUM_ACTIONS = 64  # distinct actions, used cyclically
REPEATS, SECONDS = 5, 0.3  # per figure; the median is shown


def rates(names: Sequence[str]) -> str:
    """Return a table in Markdown: world steps per second, with random actions, including resets."""
    jobs = [job for name in names for job in (together(name), alone(name))]
    found = [1e9 / sample.median for sample in measure(jobs, REPEATS, SECONDS)]
    rows = [f"| {name} | {found[2 * i]:,.0f} | {found[2 * i + 1]:,.0f} |" for i, name in enumerate(names)]
    heading = f"| environment | {NUM_WORLDS:,} worlds, one thread | one world |\n| --- | --- | --- |"
    return "\n".join([heading, *rows])


def together(name: str) -> Job:
    """Return the steps of many worlds on one thread: the native vector env, or the one with rows of agents.

    Agents of other groups stay where they are, so that no script is timed.
    """
    others = dict.fromkeys(getattr(module_of(name), "OTHERS", {}), stay)
    envs = make(name, NUM_WORLDS, row_group(name), others, num_threads=1)
    envs.action_space.seed(0)
    envs.reset(seed=0)
    return Job(
        name, NUM_WORLDS, stepping(envs.step, [envs.action_space.sample() for _ in range(NUM_ACTIONS)])
    )


def stay(observations: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return action 0 for each agent, (num_worlds, size)."""
    return np.zeros(observations.shape[:2], np.int64)


def alone(name: str) -> Job:
    """Return the steps of one world: the Gymnasium env from `make`, or the PettingZoo env."""
    return one_for_gymnasium(name) if row_group(name) is None else one_for_pettingzoo(name)


def one_for_gymnasium(name: str) -> Job:
    """Return the steps of a single env, which is reset when its episode ends."""
    env = gymnasium.make(murk_envs.ENVIRONMENTS[name][0])
    env.action_space.seed(0)
    env.reset(seed=0)

    def step(action: Any) -> None:
        _, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            env.reset()

    return Job(name, 1, stepping(step, [env.action_space.sample() for _ in range(NUM_ACTIONS)]))


def one_for_pettingzoo(name: str) -> Job:
    """Return the steps of a parallel env, which is reset when no agent is active."""
    env = MurkParallelEnv(class_of(name))
    spaces = {agent: env.action_space(agent) for agent in env.possible_agents}
    rng = np.random.default_rng(0)
    for space in spaces.values():
        space.seed(int(rng.integers(2**31)))
    env.reset(seed=0)

    def step(actions: dict[str, Any]) -> None:
        env.step({agent: actions[agent] for agent in env.agents})
        if not env.agents:
            env.reset()

    drawn = [{agent: space.sample() for agent, space in spaces.items()} for _ in range(NUM_ACTIONS)]
    return Job(name, 1, stepping(step, drawn))
