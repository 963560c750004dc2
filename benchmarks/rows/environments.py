"""Row 12: every environment against HeatSeeker and a copy of its observations and fields, and one world."""

import math
from typing import Any

from gymnasium.spaces.utils import flatdim

import murk_envs
from benchmarks import subjects
from benchmarks.report import Figure, at_least, at_most
from benchmarks.run import Found, Run, beside, limit
from benchmarks.timing import Job, measure, stepping
from murk_env import MurkEnv, MurkGroupsEnv, MurkParallelEnv, MurkVectorEnv

NUM_WORLDS = 1_024
QUARTER, COPIES = 0.25, 6  # targets, of which one must be met: share of HeatSeeker's rate, or copies
ONE_STEP, AGENTS_STEP = 20_000.0, 40_000.0  # ns, of one world, and of one with eight agents
EIGHT: dict[str, dict[str, Any]] = {  # parameters for eight agents
    "Harvest": {"agents": 8},
    "HexPursuit": {"predators": 6, "prey": 2},
    "Wildfire": {"crew": 8},
}


def measure_all(run: Run) -> Found:
    """Time many worlds, then one alone, as a Gymnasium and as a PettingZoo env."""
    found: Found = []
    (number,) = run.worlds(NUM_WORLDS)
    seeker, _ = together("HeatSeeker", number)
    for name in murk_envs.ENVIRONMENTS:
        ours, elements = together(name, number)
        floor = subjects.copying(number, elements)
        others = [beside(at_least(QUARTER), seeker), beside(at_most(COPIES), floor)]
        found += run.compare(12, f"{name}, {number:,} worlds", ours, others)
        found += _alone(run, name)
    return found


def together(name: str, number: int) -> tuple[Job, int]:
    """Return the steps of worlds on one thread, and how many float32 a world observes and writes per step."""
    env_class, steps = getattr(murk_envs, name), murk_envs.ENVIRONMENTS[name][2]
    face = MurkGroupsEnv if env_class.registered_agents == "apart" else MurkVectorEnv
    envs: Any = face(env_class, number, num_threads=1)
    envs.action_space.seed(0)
    envs.reset(seed=0)
    elements = flatdim(envs.single_observation_space) + _written(env_class)
    return subjects.apart_in_time(name, number, envs, steps), elements


def _written(env_class: type[MurkEnv]) -> int:
    """Return the size of the fields that every step writes, in words of 4 bytes."""
    blueprint = env_class.blueprint_for(env_class.Params())
    sizes = blueprint.lattice.num_cells, blueprint.num_agents
    fields = [field for field in env_class.fields.values() if field.mutability == "per_tick"]
    return sum(math.prod(field.shape(*sizes)) * field.dtype.itemsize for field in fields) // 4


def _alone(run: Run, name: str) -> list[Figure]:
    """Return the time of a step of one world, including resets, against its target."""
    env_class, found = getattr(murk_envs, name), list[Figure]()
    if env_class.registered_agents != "apart":
        cost = measure([one_world(env_class)], run.repeats, run.seconds)[0]
        found.append(limit(12, f"{name}, one world", "ns", cost, ONE_STEP, "asked", at_most(1)))
    if name in EIGHT:
        cost = measure([eight_agents(env_class, EIGHT[name])], run.repeats, run.seconds)[0]
        what = f"{name}, PettingZoo, 8 agents"
        found.append(limit(12, what, "ns", cost, AGENTS_STEP, "asked", at_most(1)))
    return found


def one_world(env_class: Any) -> Job:
    """Return the steps of a single env, which is reset when its episode ends."""
    env = env_class()
    env.action_space.seed(0)
    env.reset(seed=0)

    def step(action: Any) -> None:
        _, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            env.reset()

    actions = [env.action_space.sample() for _ in range(subjects.NUM_ACTIONS)]
    return Job(env_class.__name__, 1, stepping(step, actions))


def eight_agents(env_class: type[MurkEnv], parameters: dict[str, Any]) -> Job:
    """Return the steps of a parallel env, which is reset when no agent is active."""
    env = MurkParallelEnv(env_class, **parameters)
    spaces = {agent: env.action_space(agent) for agent in env.possible_agents}
    for seed, space in enumerate(spaces.values()):
        space.seed(seed)
    env.reset(seed=0)

    def step(actions: dict[str, Any]) -> None:
        env.step({agent: actions[agent] for agent in env.agents})
        if not env.agents:
            env.reset()

    drawn = [{agent: space.sample() for agent, space in spaces.items()} for _ in range(subjects.NUM_ACTIONS)]
    return Job(env_class.__name__, 1, stepping(step, drawn))
