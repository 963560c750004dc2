"""Classes that a notebook defines, and defines again, in a real kernel, with workers that are spawned."""

import os
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

ROOT = Path(__file__).parents[2]

DEFINITION = """
from typing import Annotated
import gymnasium, numpy as np
import murk_env as murk
from gymnasium.spaces import Discrete
from murk_env import Blueprint, Field, MurkEnv, Observation, Observe, Range

@murk.register("notebook/Pond-v0", max_episode_steps=5)
class Pond(MurkEnv):
    class Params(murk.Params):
        pay: Annotated[float, Range(0.0, 9.0), "of every step"] = {pay}

    water = Field(low=0.0)
    count = Field(over="world", dtype=np.int32)

    @classmethod
    def build(cls, params):
        return Blueprint(
            lattice=murk.Square4(3, 3), observation=Observation(Observe(cls.water)), action_space=Discrete(2)
        )

    {compiled}
    def start(self, {start}):
        pass

    {compiled}
    def act(self, {act}):
        {counts} + {step}

    {compiled}
    def reward(self, {reward}):
        {pays}

    {compiled}
    def terminated(self, {ends}):
        {never}
"""
OVER_ARRAYS = {
    "compiled": "",
    "start": "tick, worlds",
    "act": "tick, actions",
    "counts": "tick.count = tick.count",
    "reward": "before, after",
    "pays": "return self.params.pay * after.count",
    "ends": "after",
    "never": "return after.count > 100",
}
COMPILED = {
    "compiled": "@murk.per_world",
    "start": "rng",
    "act": "action",
    "counts": "self.count[0] = self.count[0]",
    "reward": "",
    "pays": "return self.params.pay * self.count[0]",
    "ends": "",
    "never": "return self.count[0] > 100",
}
ROLL = """
def roll(envs):
    envs.reset(seed=0)
    return [float(envs.step(np.ones(2, int))[1][1]) for _ in range(2)]
"""
SPAWNED = """
def make():
    return Pond()
envs = gymnasium.vector.AsyncVectorEnv([make, make], context="spawn")
print(roll(envs), roll(murk.MurkVectorEnv(Pond, 2)))
envs.close()
"""
BY_ID = """
envs = gymnasium.make_vec("notebook/Pond-v0", num_envs=2)
print(roll(envs)); envs.close()
"""


CASES = [
    {"pay": 2.0, "step": 1},
    {"pay": 2.0, "step": 3},
    {"pay": 5.0, "step": 3},
]  # other rules, other numbers
PRINTED = ["[2.0, 4.0]", "[6.0, 12.0]", "[15.0, 30.0]"]


@pytest.mark.slow
def test_a_class_is_defined_again_in_a_cell_and_spawned_workers_follow():
    cells = [ROLL]
    for kind in (OVER_ARRAYS, COMPILED):
        for case in CASES:
            cells += [DEFINITION.format(**case, **kind), SPAWNED, BY_ID]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    paths = os.pathsep.join([str(ROOT), str(ROOT / "envs"), os.environ.get("PYTHONPATH", "")])
    client = nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3")
    client.execute(env=os.environ | {"PYTHONPATH": paths})
    printed = [
        "".join(output.text for output in cell.outputs if output.output_type == "stream").strip()
        for cell in notebook.cells[1:]
    ]
    assert printed[1::3] == [f"{rewards} {rewards}" for rewards in 2 * PRINTED]  # spawned, and here
    assert printed[2::3] == 2 * PRINTED  # by id
