"""Classes of a script or a notebook travel to workers by value, and share what can be imported."""

import copy
import os
import pickle
import subprocess
import sys
import types
from pathlib import Path
from typing import Annotated

import cloudpickle
import numpy as np
import pytest
from gymnasium.spaces import Discrete

import murk_env as murk
from murk_env import Field, Range, per_world
from murk_env.random import integers
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


WHOLE = """
import sys, cloudpickle
env_class = cloudpickle.load(sys.stdin.buffer)
env = env_class()
env.reset(seed=3)
rewards = [float(env.step(action)[1]) for action in (1, 2, 0)]
print(rewards, env_class.heat is env_class.fields["heat"], env_class.metadata["render_modes"])
"""


MASKED = """
import sys, cloudpickle
from murk_env import MurkParallelEnv
env_class, group = cloudpickle.load(sys.stdin.buffer)
env = MurkParallelEnv(env_class)
told = [env.reset(seed=3)[1]] + [env.step({"tram_0": 0, "tram_1": 0, "bus_0": 1})[4] for _ in range(2)]
masks = [{agent: info["action_mask"].tolist() for agent, info in infos.items()} for infos in told]
print(masks, group.action_mask is env_class.fields["allowed"])
"""


def in_a_worker(cls, script=WORKER):
    """What another process says of a class, handed over as a script's classes are: by value."""
    cls.__module__ = cls.Params.__module__ = "__main__"
    return said(script, cloudpickle.dumps(cls))


def said(script, sent):
    """What a process that runs a script prints when it is handed a pickle."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "envs"), os.environ.get("PYTHONPATH", "")])
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        input=sent,
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout.decode().strip()


@pytest.mark.slow
def test_a_class_with_parameters_and_fields_of_its_own_works_in_a_worker():
    class Tracked(HeatSeeker):
        class Params(HeatSeeker.Params):
            bonus: Annotated[float, Range(0.0, 5.0), "what a visit is worth"] = 2.0

        visits = Field(initial=HeatSeeker.settled)

        @per_world
        def reward(self):
            return self.params.bonus + 0.0 * self.visits[0]

    assert in_a_worker(Tracked) == "2.0"


@pytest.mark.slow
def test_a_parameter_without_a_default_has_none_in_a_worker():
    class Wide(HeatSeeker):
        class Params(HeatSeeker.Params):
            width: Annotated[int, Range(1, 5), "cells"]

    assert in_a_worker(Wide) == "Wide needs a value for ['width'], which have no default."


def test_a_field_of_a_class_that_can_be_imported_stays_the_same_object():
    assert pickle.loads(pickle.dumps(HeatSeeker.heat)) is HeatSeeker.heat
    assert copy.deepcopy(HeatSeeker.heat) is HeatSeeker.heat


def local_class(scale=1.0):
    """Return a class as a script has it, with fields, parameters, compiled and array hooks of its own."""

    class Pond(murk.MurkEnv):
        class Params(murk.Params):
            size: Annotated[int, Range(2, 9), "cells"] = 3

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
            tick.edit(type_of(self).heat)[np.arange(len(actions)), tick.agent] += actions

        @per_world
        def reward(self):
            return scale * self.heat[self.agent[0]]

        def terminated(self, after):
            return after.heat.max(axis=1) > 100.0

    def type_of(hooks):
        return Pond

    Pond.__module__ = Pond.Params.__module__ = "__main__"
    return Pond


def local_trams():
    """Return a class as a script has it, whose two groups share a mask that a compiled hook derives."""

    class Trams(murk.MurkEnv):
        class Params(murk.Params):
            length: Annotated[int, Range(2, 9), "cells"] = 4

        cell = Field(over="agents", dtype="int32", low=0, high=3)
        allowed = Field(over="agents", components=3, derived=True)

        @classmethod
        def build(cls, params):
            seen = murk.Observation(murk.Observe(cls.cell), over="agents")
            return murk.Blueprint(
                lattice=murk.Line1D(params.length),
                groups=[
                    murk.Group("tram", 2, seen, Discrete(3), action_mask=cls.allowed),
                    murk.Group("bus", 1, seen, Discrete(2), action_mask=cls.allowed),
                ],
            )

        @per_world
        def start(self):
            self.cell[1] = self.params.length - 2

        @per_world
        def act(self, action):
            for agent in range(len(action)):
                self.cell[agent] += action[agent]

        @per_world
        def derive(self):
            for agent in range(len(self.cell)):
                for move in range(3):
                    self.allowed[move, agent] = self.cell[agent] + move < self.params.length

        @per_world
        def reward(self, agent):
            return self.cell[agent]

        @per_world
        def terminated(self, agent):
            return False

    Trams.__module__ = Trams.Params.__module__ = "__main__"
    return Trams


def rewards(env):
    env.reset(seed=3)
    return [env.step(action)[1] for action in (1, 2, 0)]


def arriving(sent):
    """Return what is made of a pickle where its classes were not seen, but their fields perhaps were."""
    trackers = (
        cloudpickle.cloudpickle._DYNAMIC_CLASS_TRACKER_BY_ID,
        cloudpickle.cloudpickle._DYNAMIC_CLASS_TRACKER_BY_CLASS,
    )
    before = [dict(tracker) for tracker in trackers]
    for tracker in trackers:
        tracker.clear()
    try:
        return cloudpickle.loads(sent)
    finally:
        for tracker, known in zip(trackers, before, strict=True):
            tracker.update(known)


def test_a_class_that_arrives_where_it_came_from_leaves_living_envs_alone():
    cls = local_class()
    env, fields = cls(), cls.fields
    assert cloudpickle.loads(cloudpickle.dumps(cls)) is cls
    assert cls.heat is fields["heat"]
    assert rewards(env) == rewards(cls()) == [1.0, 3.0, 3.0]


def test_a_class_may_arrive_twice_beside_living_envs():
    cls = local_class()
    sent = cloudpickle.dumps(cls)
    here = cls()
    first = arriving(sent)
    living = first()
    second = arriving(sent)
    assert first is not second
    assert [rewards(env) for env in (here, living, second(), first())] == [[1.0, 3.0, 3.0]] * 4


def test_a_class_that_was_edited_and_sent_again_is_another_one():
    before, after = (arriving(cloudpickle.dumps(local_class(scale))) for scale in (1.0, 10.0))
    living = before()
    assert rewards(after()) == [10.0, 30.0, 30.0]
    assert rewards(living) == rewards(before()) == [1.0, 3.0, 3.0]


def test_a_class_an_env_and_a_field_that_are_sent_together_belong_together():
    cls = local_class()
    arrived, env, heat = arriving(cloudpickle.dumps((cls, cls(), cls.heat)))
    assert type(env) is arrived
    assert arrived.heat is heat
    assert rewards(env) == [1.0, 3.0, 3.0]


def test_a_class_keeps_its_render_modes_however_often_it_is_sent_on():
    cls = local_class()
    once = arriving(cloudpickle.dumps(cls))
    twice = arriving(cloudpickle.dumps(once))
    assert cls.metadata == once.metadata == twice.metadata == HeatSeeker.metadata
    twice(render_mode="rgb_array").close()


@pytest.mark.slow
def test_an_own_class_works_in_a_fresh_process():
    assert in_a_worker(local_class(), script=WHOLE) == "[1.0, 3.0, 3.0] True ['rgb_array', 'ansi']"


@pytest.mark.slow
@pytest.mark.slow
def test_groups_with_masks_are_the_same_in_a_fresh_process():
    cls = local_trams()
    trams, _ = cls.build(cls.Params()).groups
    masks = [{"tram_0": [1, 1, 1], "tram_1": [1, 1, 0], "bus_0": [1, 1]} for _ in range(3)]
    assert said(MASKED, cloudpickle.dumps((cls, trams))) == f"{masks} True"


def test_a_field_of_a_local_class_is_the_same_wherever_it_arrives_again():
    class Local:
        heat = Field(low=0.5, initial=1.0)

    assert pickle.loads(pickle.dumps(Local.heat)) is Local.heat


@pytest.mark.slow
def test_a_class_of_a_module_that_is_sent_by_value_brings_its_fields(monkeypatch):
    module = types.ModuleType("lab_env")
    exec("from murk_env import Field\nclass Lab:\n    heat = Field(low=-0.5)\n", vars(module))
    monkeypatch.setitem(sys.modules, "lab_env", module)
    cloudpickle.register_pickle_by_value(module)
    try:
        sent = cloudpickle.dumps(module.Lab)
    finally:
        cloudpickle.unregister_pickle_by_value(module)
    script = "import sys, cloudpickle; print(cloudpickle.load(sys.stdin.buffer).heat.low)"
    assert said(script, sent) == "-0.5"
