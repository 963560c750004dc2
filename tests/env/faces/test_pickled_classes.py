"""Classes of a script or a notebook travel to workers by value, and share what can be imported."""

import copy
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import cloudpickle

from murk_env import Field, Range, per_world
from murk_envs import HeatSeeker

ROOT = Path(__file__).parents[3]
WORKER = """
import sys, cloudpickle
env_class = cloudpickle.load(sys.stdin.buffer)
try:
    env = env_class(size=4)
    env.reset(seed=0)
    print(env.step(1)[1])
except Exception as error:
    print(error)
"""


def in_a_worker(cls):
    """What another process says of a class, handed over as a script's classes are: by value."""
    cls.__module__ = cls.Params.__module__ = "__main__"
    paths = os.pathsep.join([str(ROOT), str(ROOT / "envs"), os.environ.get("PYTHONPATH", "")])
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", WORKER],
        input=cloudpickle.dumps(cls),
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout.decode().strip()


def test_a_class_with_parameters_and_fields_of_its_own_works_in_a_worker():
    class Tracked(HeatSeeker):
        class Params(HeatSeeker.Params):
            bonus: Annotated[float, Range(0.0, 5.0), "what a visit is worth"] = 2.0

        visits = Field(initial=HeatSeeker.settled)

        @per_world
        def reward(self):
            return self.params.bonus + 0.0 * self.visits[0]

    assert in_a_worker(Tracked) == "2.0"


def test_a_parameter_without_a_default_has_none_in_a_worker():
    class Wide(HeatSeeker):
        class Params(HeatSeeker.Params):
            width: Annotated[int, Range(1, 5), "cells"]

    assert in_a_worker(Wide) == "Wide needs a value for ['width'], which have no default."


def test_a_field_of_a_class_that_can_be_imported_stays_the_same_object():
    assert pickle.loads(pickle.dumps(HeatSeeker.heat)) is HeatSeeker.heat
    assert copy.deepcopy(HeatSeeker.heat) is HeatSeeker.heat


def test_a_field_of_a_local_class_is_copied():
    class Local:
        heat = Field(low=0.5, initial=1.0)

    read = pickle.loads(pickle.dumps(Local.heat))
    assert (read.name, read.low, read is Local.heat) == ("heat", 0.5, False)
