"""What raises has not happened: nothing that can fail comes after a tick is published."""

import copy
import itertools
from typing import Any

import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence

from murk_env import MurkAgentVectorEnv, MurkParallelEnv, MurkVectorEnv
from tests.env.agent_worlds import Race
from tests.env.engine.injection import TAKE_MEMORY, raised_within
from tests.env.engine.states import batch_of, state_of
from tests.env.worlds import Walker
from tests.tiers import representatives


def zeros(observations: Any) -> Any:
    return np.zeros(len(observations), np.int64)


FACES = {
    "env": (lambda: Walker(max_episode_steps=9), lambda env: 2),
    "vector env": (lambda: MurkVectorEnv(Walker, 2, longest_fuse=3), lambda env: [2, 3]),
    "same step": (
        lambda: MurkVectorEnv(Walker, 2, autoreset_mode="SameStep", max_episode_steps=2, copy=False),
        lambda env: [2, 3],
    ),
    "rows": (
        lambda: MurkAgentVectorEnv(
            Race,
            2,
            group="hare",
            others={"tortoise": lambda seen: np.ones(seen.shape[:2], np.int64)},
            autoreset_mode="SameStep",
            max_episode_steps=2,
            copy=False,
        ),
        lambda env: np.ones(env.num_envs, np.int64),
    ),
    "parallel env": (lambda: MurkParallelEnv(Race), lambda env: dict.fromkeys(env.agents, 1)),
}
CALLS = {
    "step": lambda env, actions: env.step(actions(env)),
    "reset": lambda env, actions: env.reset(),
    "seeded reset": lambda env, actions: env.reset(seed=8),
    "first reset": lambda env, actions: env.reset(),
}
CASES = list(itertools.product(FACES, CALLS))
CASES.remove(("parallel env", "first reset"))  # it takes its seed from the system, every time another
CHANGES = {
    "restore": lambda env, state: env.restore(state),
    "restore one": lambda env, state: env.restore(state[0], 0),
    "branch": lambda env, state: env.branch(0, None, randomness="fresh"),
    "edit": lambda env, state: edit(env, None),
    "edit a row": lambda env, state: edit(env, [0]),
}
REPRESENTATIVES = [
    ("same step", "step"),
    ("parallel env", "step"),
    ("env", "first reset"),
    ("env", "seeded reset"),
]


def edit(env, worlds):
    with env.world.edit(worlds) as tick:
        for name in ("fuse", "stamina"):
            if name in env.world.fields:
                setattr(tick, name, 1)


def everything(env):
    """Return all that a call may change: the worlds, the generators of seeds, what the face tells of them."""
    batch, names = batch_of(env), ("agents", "_np_random_seed", "_seeds")
    batch.check_open()  # as every call does first: it tidies up after one that failed
    told = [copy.copy(vars(env).get(name)) for name in names]
    if not isinstance(env, MurkParallelEnv):
        told.append(str(env.np_random[0] if isinstance(env.np_random, tuple) else env.np_random))
        generators = env.np_random if isinstance(env.np_random, tuple) else [env.np_random]
        told.append([generator.bit_generator.state for generator in generators])
    pending = None if batch.pending is None else batch.pending.tolist()
    return state_of(env), told, batch.started, pending, batch.ready


@pytest.mark.slow
@pytest.mark.parametrize(("face", "call"), representatives(CASES, REPRESENTATIVES))
def test_a_call_that_wants_memory_has_not_happened(face, call):
    make, actions = FACES[face]
    env = make()
    new = batch_of(env).snapshot()
    env.reset(seed=3)
    held = [env.step(actions(env)) for _ in range(2)][-1]  # all is compiled and bound
    if call == "first reset":
        batch_of(env).reinstate(new)
    expected, twin, before = copy.deepcopy(held), copy.deepcopy(env), everything(env)
    made = None

    def act():
        nonlocal made
        made = CALLS[call](env, actions)

    moment = 1
    while raised_within(act, moment, MemoryError, TAKE_MEMORY):
        assert everything(env) == before
        assert data_equivalence(held, expected, exact=True)
        moment += 1
    assert moment > 30
    assert data_equivalence(made, CALLS[call](twin, actions), exact=True)
    assert state_of(env) == state_of(twin)


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("face", "change"),
    representatives(
        list(itertools.product(FACES, CHANGES)),
        [("parallel env", "restore"), ("same step", "edit"), ("env", "branch")],
    ),
)
def test_a_change_between_steps_that_wants_memory_has_not_happened(face, change):
    make, actions = FACES[face]
    env = make()
    env.reset(seed=3)
    state = env.save()
    for _ in range(2):
        env.step(actions(env))
        CHANGES[change](env, state)  # all is compiled and bound
        env.restore(state)
    env.step(actions(env))
    twin, before = copy.deepcopy(env), everything(env)
    moment = 1
    while raised_within(lambda: CHANGES[change](env, state), moment, MemoryError, TAKE_MEMORY):
        assert everything(env) == before
        moment += 1
    assert moment > 30
    CHANGES[change](twin, state)
    assert everything(env) == everything(twin) != before
