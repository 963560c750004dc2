"""Each library's own way of sending a script's classes to workers: they play there as they do here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLASSES = """
import enum
from typing import Annotated

import gymnasium
import murk_env as murk
import numpy as np
from gymnasium.spaces import Discrete
from murk_env import Field, Range, per_world
from murk_env.random import integers
from murk_envs import HeatSeeker


class Prize(enum.IntEnum):
    SMALL = 3


def doubled(x):
    return 2 * x


class Paid(HeatSeeker):
    class Params(HeatSeeker.Params):
        bonus: Annotated[float, Range(0.0, 5.0), "what a step is worth"] = 2.0

    @per_world
    def reward(self):
        return doubled(self.params.bonus) + Prize.SMALL


class Pond(murk.MurkEnv):
    class Params(murk.Params):
        size: Annotated[int, Range(2, 20), "rows and columns"] = 3

    heat = Field(low=0.0)
    agent = Field(over="world", dtype="int32")

    @classmethod
    def build(cls, params):
        return murk.Blueprint(
            lattice=murk.Square4(params.size, params.size),
            propagators=[],
            observation=murk.Observation(murk.Observe(cls.heat)),
            action_space=Discrete(3),
        )

    @per_world
    def start(self, rng):
        self.agent[0] = integers(rng, 0, len(self.heat))

    def act(self, tick, actions):
        tick.edit(Pond.heat)[np.arange(len(actions)), tick.agent] += actions

    @per_world
    def reward(self):
        return doubled(self.heat[self.agent[0]])

    def terminated(self, after):
        return after.heat.max(axis=1) > 1e6


def make_paid():
    return Paid(size=12)


def make_pond():
    return Pond(size=4)


def play(env):
    observation, _ = env.reset(seed=3)
    played = [float(observation[0])]
    for action in (1, 2, 0):
        observation, reward, *_ = env.step(action)
        played += [float(observation[0]), float(reward)]
    return played


def play_all(reset, step, count):
    played = [[float(row[0])] for row in reset()]
    for action in (1, 2, 0):
        observations, rewards = step(np.full(count, action))
        for row, observation, reward in zip(played, observations, rewards, strict=True):
            row += [float(observation[0]), float(reward)]
    return played
"""
LAST = """

if __name__ == "__main__":
    for make in (make_paid, make_pond):
        here = make()
        wanted = play(here)
        assert there(make) == [wanted, wanted], (there(make), wanted)
        assert play(here) == wanted  # an env that was there before goes on
    print("the same")
"""
WAYS = {
    "gymnasium": """
def there(make):
    envs = gymnasium.vector.AsyncVectorEnv([make, make], context="spawn")
    try:
        return play_all(lambda: envs.reset(seed=[3, 3])[0], lambda actions: envs.step(actions)[:2], 2)
    finally:
        envs.close()
""",
    "stable_baselines3": """
def there(make):
    from stable_baselines3.common.vec_env import SubprocVecEnv

    envs = SubprocVecEnv([make, make], start_method="spawn")
    envs.seed(3)
    envs._seeds = [3, 3]
    try:
        return play_all(envs.reset, lambda actions: envs.step(actions)[:2], 2)
    finally:
        envs.close()
""",
    "joblib": """
def there(make):
    from joblib import Parallel, delayed

    env_class = type(make())  # the class itself beside the function
    size = make().params.size
    send = lambda kind: play(kind(size=size))
    return [
        *Parallel(n_jobs=2)(delayed(send)(env_class) for _ in range(1)),
        *Parallel(n_jobs=2)(delayed(lambda made: play(made()))(make) for _ in range(1)),
    ]
""",
    "torchrl": """
def there(make):
    import torch
    from torchrl.envs import GymWrapper, ParallelEnv

    made = lambda: GymWrapper(make(), categorical_action_encoding=True)
    envs = ParallelEnv(2, made, mp_start_method="spawn")
    latest = {}

    def reset():
        envs.set_seed(3, static_seed=True)
        latest["now"] = envs.reset()
        return latest["now"]["observation"]

    def step(actions):
        latest["now"]["action"] = torch.as_tensor(actions)
        after = envs.step(latest["now"])["next"]
        latest["now"] = after.clone()
        return after["observation"], after["reward"]

    try:
        return play_all(reset, step, 2)
    finally:
        envs.close()
""",
    "ray": """
def there(make):
    import os

    import ray

    if not ray.is_initialized():
        paths = {"env_vars": {"PYTHONPATH": os.environ["PYTHONPATH"]}}
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, runtime_env=paths)

    @ray.remote
    class Worker:
        def __init__(self, make):
            self.env = make()

        def play(self):
            return play(self.env)

    return ray.get([Worker.remote(make).play.remote() for _ in range(2)])
""",
    "supersuit": """
def there(make):
    import supersuit
    from murk_env import MurkParallelEnv
    from murk_envs import Harvest

    class Crop(Harvest):
        @per_world
        def reward(self, agent):
            return doubled(1.0) + agent + Prize.SMALL

    one = supersuit.pettingzoo_env_to_vec_env_v1(MurkParallelEnv(Crop))
    envs = supersuit.concat_vec_envs_v1(one, 2, num_cpus=2, base_class="gymnasium")
    try:
        envs.reset(seed=3)
        rewards = envs.step(np.zeros(envs.num_envs, int))[1]
        assert rewards.tolist() == [5.0 + agent for agent in range(len(rewards) // 2)] * 2
    finally:
        envs.close()
    wanted = play(make())
    return [wanted, wanted]
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("library", WAYS)
def test_a_scripts_classes_play_in_workers_as_they_do_here(library, tmp_path):
    pytest.importorskip(library, reason=f"needs {library}, which is not installed")
    script = tmp_path / "script.py"
    script.write_text(CLASSES + WAYS[library] + LAST)
    paths = os.pathsep.join([str(ROOT), str(ROOT / "envs"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, str(script)],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.stdout.endswith("the same\n"), done.stderr
