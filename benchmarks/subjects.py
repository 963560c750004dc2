"""The timed environments: HeatSeeker, and small ones that isolate one cost."""

import time
from collections import deque
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
from gymnasium.spaces import Discrete

from benchmarks.timing import Job, calls, stepping
from murk_env import (
    Blueprint,
    Diffusion,
    Draws,
    Field,
    Line1D,
    MurkEnv,
    MurkVectorEnv,
    Observation,
    Observe,
    Range,
    Square4,
    per_world,
)
from murk_env.random import integers
from murk_envs import HeatSeeker

LIMIT = 200  # steps of an episode of the registered HeatSeeker
NUM_ACTIONS = 64  # distinct actions, used cyclically
MIXING = 10.0  # seconds at most, until episodes are out of phase


class NullEnv(MurkEnv):
    """Nothing happens: the cost of a step is the framework's own share.

    Observation: float32 (1,): a number that never changes.
    Action: Discrete(2), without effect.
    Reward: 0.
    Ends: never.
    Start: nothing to do.
    Source: none.
    """

    value = Field(over="world")

    @classmethod
    def build(cls, params: Any, /) -> Blueprint:
        """Return a world without propagators."""
        seen = Observation(Observe(cls.value))
        return Blueprint(lattice=Line1D(1), observation=seen, action_space=Discrete(2))

    @per_world
    def start(self) -> None:
        """Do nothing."""

    @per_world
    def act(self) -> None:
        """Do nothing."""

    @per_world
    def reward(self) -> float:
        """Return 0."""
        return 0.0

    @per_world
    def terminated(self) -> bool:
        """Return False."""
        return False


class Lifespans(HeatSeeker):
    """HeatSeeker with episodes of random length, so that the same share of worlds ends at each step.

    Observation: float32 (512,), as in HeatSeeker.
    Action: Discrete(5), as in HeatSeeker.
    Reward: as in HeatSeeker.
    Ends: terminated after a number of steps drawn uniformly from 1 to 2 * mean - 1.
    Start: as in HeatSeeker.
    Source: none.
    """

    class Params(HeatSeeker.Params):
        """Parameters of Lifespans."""

        mean: Annotated[int, Range(1, 2**30), "steps of an episode; 1 / mean of the worlds end at each"] = 100

    params: Params  # pyright: ignore[reportIncompatibleVariableOverride]  # those of HeatSeeker and one more
    left = Field(over="world", dtype=np.int32)  # (num_worlds,) steps

    @per_world
    def start(self, rng: Draws) -> None:
        """Put the agent on any cell except the source, and draw the length of the episode."""
        cell = integers(rng, 0, len(self.heat) - 1)
        self.agent[0] = cell if cell < self.params.source else cell + 1
        self.left[0] = integers(rng, 1, 2 * self.params.mean)

    @per_world
    def act(self, action: int) -> None:
        """Hop, and count down."""
        self.agent[0] = self.moves[self.agent[0], action - 1]
        self.left[0] -= 1

    @per_world
    def terminated(self) -> bool:
        """End after the drawn number of steps."""
        return self.left[0] <= 0


def with_idle_fields(number: int, **declaration: Any) -> type[MurkEnv]:
    """Return NullEnv with fields that nothing reads or writes."""
    return type(f"NullEnv{number}", (NullEnv,), {f"idle{i}": Field(**declaration) for i in range(number)})


def with_diffusing_fields(number: int, size: int) -> type[MurkEnv]:
    """Return NullEnv on a square grid with independently diffusing fields over its cells, all observed."""
    declared = {f"heat{index}": Field(unit="K") for index in range(number)}

    def build(cls: type[MurkEnv], params: Any, /) -> Blueprint:
        fields = declared.values()
        return Blueprint(
            lattice=Square4(size, size),
            propagators=[
                Diffusion(field, coefficient=0.1, decay=0.005, sources={0: 1.0}) for field in fields
            ],
            observation=Observation(*(Observe(field) for field in fields)),
            action_space=Discrete(2),
        )

    return type(f"Diffusing{number}x{size}", (NullEnv,), {**declared, "build": classmethod(build)})


def single(name: str, env_class: type[MurkEnv] = HeatSeeker, *, kept: int = 0, **options: Any) -> Job:
    """Return the steps of one world, with the last `kept` outputs kept alive and no time limit."""
    endless: dict[str, Any] = {"max_episode_steps": -1}
    env = env_class(**endless | options)
    env.action_space.seed(0)
    env.reset(seed=0)
    outputs: deque[Any] = deque(maxlen=kept)
    step = (lambda action: outputs.append(env.step(action))) if kept else env.step
    return Job(name, 1, stepping(step, [int(env.action_space.sample()) for _ in range(NUM_ACTIONS)]))


def batch(name: str, num_worlds: int, env_class: type[MurkEnv] = HeatSeeker, **options: Any) -> Job:
    """Return the steps of a batch, by default on one thread, including resets."""
    envs = vector_env(num_worlds, env_class, **options)
    all_actions = [envs.action_space.sample() for _ in range(NUM_ACTIONS)]
    return Job(name, num_worlds, stepping(envs.step, all_actions))


def vector_env(num_worlds: int, env_class: type[MurkEnv] = HeatSeeker, **options: Any) -> MurkVectorEnv:
    """Return a batch that has been reset, by default on one thread."""
    chosen: dict[str, Any] = {"num_threads": 1} | options
    envs = MurkVectorEnv(env_class, num_worlds, **chosen)
    envs.action_space.seed(0)
    envs.reset(seed=0)
    return envs


def staggered(
    name: str, num_worlds: int, *, around: Callable[[Any], Any] = lambda envs: envs, **options: Any
) -> Job:
    """Return the steps of a batch of HeatSeeker with episodes at different steps, as in the long run.

    `around` wraps the batch first.
    """
    usual = {"autoreset_mode": "SameStep", "max_episode_steps": LIMIT}
    return apart_in_time(name, num_worlds, around(vector_env(num_worlds, **(usual | options))), LIMIT)


def apart_in_time(name: str, num_worlds: int, envs: Any, limit: int) -> Job:
    """Return the steps of a batch with episodes of at most `limit` steps, started evenly out of phase.

    After MIXING seconds, the remaining worlds start together: resets do not matter beside steps that slow.
    """
    all_actions = [envs.action_space.sample() for _ in range(NUM_ACTIONS)]
    due = np.arange(num_worlds) * limit // num_worlds
    began = time.perf_counter()
    for step in range(limit):
        if time.perf_counter() - began > MIXING:
            break
        envs.step(all_actions[step % NUM_ACTIONS])
        if (due == step).any():
            envs.reset(options={"reset_mask": due == step})
    return Job(name, num_worlds, stepping(envs.step, all_actions))


def copying(num_worlds: int, num_elements: int) -> Job:
    """Return the floor: `np.copyto` of so many float32 per world, and nothing else."""
    source, target = (np.zeros((num_worlds, num_elements), np.float32) for _ in range(2))
    source += 1.0  # so that its pages are allocated
    copy: Callable[[], None] = lambda: np.copyto(target, source)  # noqa: E731  # the timed call
    return Job("np.copyto", num_worlds, calls(copy))
