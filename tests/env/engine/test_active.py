"""Who takes part is kept by the base: nothing else writes it, through whatever door."""

import dataclasses

import numpy as np
import pytest

from murk_env import ACTIVE, Draws, Field, MurkAgentVectorEnv, MurkParallelEnv, Propagator, per_world
from murk_env.errors import DefinitionError, HookError, OptionError, PipelineError
from tests.env.agent_worlds import Race

KEPT = "'active' is kept by the env: an agent leaves when terminated says so, and returns at a reset"


class Sleeping(Race):
    """A race with a derived field."""

    asleep = Field(over="agents", derived=True)

    def derive(self, tick):
        tick.asleep = 0.0


def leaves(self):
    self.active[0] = 0


def starts_left(self, rng: Draws):
    active = self.active
    active[:] = 0


def ends_by_leaving(self):
    self.active[0] = 0
    return True


@pytest.mark.parametrize(
    ("hook", "function"),
    [("act", leaves), ("start", starts_left), ("derive", leaves), ("terminated", ends_by_leaving)],
)
def test_hooks_for_one_world_that_write_it_are_refused_when_the_env_is_made(hook, function):
    env_class = type("Leaving", (Sleeping,), {hook: per_world(function)})
    with pytest.raises(
        DefinitionError, match=rf"Leaving.{hook} \(.*test_active.py:.* writes 'active': {KEPT}"
    ):
        MurkParallelEnv(env_class)


@pytest.mark.parametrize(
    ("hook", "function"),
    [
        ("act", lambda self, tick, actions: setattr(tick, "active", 0)),
        ("act", lambda self, tick, actions: tick.edit(ACTIVE)),
        ("start", lambda self, tick, worlds: setattr(tick, "active", 0)),
        ("derive", lambda self, tick: setattr(tick, "active", 0)),
    ],
)
def test_array_hooks_that_write_it_are_refused(hook, function):
    env = MurkParallelEnv(type("Leaving", (Sleeping,), {hook: function}))

    def played():
        env.reset(seed=0)
        env.step(dict.fromkeys(env.agents, 0))

    with pytest.raises(HookError, match=f"Leaving.{hook} raised .*{KEPT}"):
        played()


@pytest.mark.parametrize("worlds", [None, [1]])
def test_an_edit_of_it_is_refused(worlds):
    envs = racing()
    with pytest.raises(DefinitionError, match=KEPT), envs.world.edit(worlds) as tick:
        tick[ACTIVE] = 0
    assert envs.world["active"].all()


def test_an_option_that_sets_it_is_refused():
    envs = racing()
    with pytest.raises(OptionError, match=rf"options\['fields'\] cannot set 'active': {KEPT}"):
        envs.reset(options={"fields": {"active": np.zeros((2, 5))}})


def racing():
    envs = MurkAgentVectorEnv(
        Race, 2, group="hare", others={"tortoise": lambda seen: np.ones(seen.shape[:2], np.int64)}
    )
    envs.reset(seed=0)
    return envs


class Weeding(Propagator):
    """Lets all agents leave."""

    def __init__(self):
        self.updates = (ACTIVE,)

    def step(self, frame):
        frame.update(ACTIVE)[...] = 0


def test_a_propagator_that_writes_it_is_refused():
    class Weeded(Race):
        @classmethod
        def build(cls, params):
            return dataclasses.replace(super().build(params), propagators=[Weeding()])

    with pytest.raises(PipelineError, match=f"Weeding writes 'active': {KEPT}"):
        MurkParallelEnv(Weeded)
