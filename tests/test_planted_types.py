"""A misspelt field, parameter or method is an error of a type checker, in every hook and in helpers."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ENVIRONMENT = '''\
"""An environment with a misspelling in every kind of hook."""

from typing import Annotated

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Discrete

import murk_env as murk
from murk_env import Blueprint, Draws, Field, MurkEnv, Observation, Observe, Range, per_world


def helper(self: "Pond", cell: int) -> float:
    return self.haet[cell]  # wrong


class Pond(MurkEnv):
    """A pond."""

    class Params(murk.Params):
        size: Annotated[int, Range(2, 8), "side"] = 4

    heat = Field()
    cell = Field(over="world", dtype="int32")

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        return Blueprint(
            lattice=murk.Square4(params.size, params.sise),  # wrong
            observation=Observation(Observe(cls.heat)),
            action_space=Discrete(2),
        )

    @per_world
    def start(self, rng: Draws) -> None:
        self.heta[0] = 1.0  # wrong

    @per_world
    def act(self, action: np.int64) -> None:
        self.heat[self.params.sise] = 1.0  # wrong
        self.nothing()  # wrong

    @per_world
    def reward(self, before: "Pond") -> float:
        return before.haet[0] - helper(self, 0)  # wrong

    @per_world
    def terminated(self) -> bool:
        return self.elapsed_stps > 3  # wrong

    def method(self) -> float:
        return self.heat[0]


class Arrays(Pond):
    """The same over arrays."""

    def act(self, tick: "Arrays", actions: npt.NDArray[np.int64]) -> None:
        tick.heta = tick.heat + 1.0  # wrong
        tick.edit(Arrays.hat)[:] = 1.0  # wrong

    def reward(self, before: "Arrays", after: "Arrays") -> npt.NDArray[np.float64]:
        return after.haet[:, 0] - before.heat[:, 0]  # wrong

    def terminated(self, after: "Arrays") -> npt.NDArray[np.bool_]:
        return after.cel > 3  # wrong

    def start(self, tick: "Arrays", worlds: npt.NDArray[np.int64]) -> None:
        tick.haet = 1.0  # wrong

    def info(self, after: "Arrays") -> dict[str, npt.NDArray[np.float32]]:
        return {"a": after.heaat}  # wrong

    def derive(self, tick: "Arrays") -> None:
        tick.maks = 1.0  # wrong


class Crew(Pond):
    """Agents."""

    hunger = Field(over="agents")

    @per_world
    def reward(self, agent: int) -> float:
        return self.hungr[agent]  # wrong

    @per_world
    def between(self, substep: int) -> None:
        self.hungr[0] = substep  # wrong
'''


@pytest.mark.slow
def test_every_misspelling_in_an_environment_is_an_error_of_pyright(tmp_path):
    pytest.importorskip("pyright")
    planted, root = tmp_path / "planted.py", Path(__file__).parents[1]
    planted.write_text(ENVIRONMENT)
    settings = {"typeCheckingMode": "strict", "include": [str(planted)], "extraPaths": [str(root)]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    command = ["-m", "pyright", "--project", str(tmp_path), "--pythonpath", sys.executable, "--outputjson"]
    ran = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    found = json.loads(ran.stdout)["generalDiagnostics"]
    lines = {one["range"]["start"]["line"] for one in found if one["rule"] == "reportAttributeAccessIssue"}
    assert lines == {
        number for number, line in enumerate(ENVIRONMENT.splitlines()) if line.endswith("# wrong")
    }
