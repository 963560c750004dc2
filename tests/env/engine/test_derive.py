"""Derived fields follow from the others in everything that is published: steps, resets, edits."""

import dataclasses
import pickle

import numpy as np
import pytest
from gymnasium.spaces import Discrete
from gymnasium.vector import SyncVectorEnv

from murk_env import (
    Blueprint,
    Draws,
    Field,
    LineOfSight,
    Mask,
    MurkAgentVectorEnv,
    MurkEnv,
    MurkParallelEnv,
    MurkVectorEnv,
    Observation,
    Observe,
    Square4,
    per_world,
)
from murk_env.kernels import COMPILES
from murk_env.random import integers
from tests.env.agent_worlds import Race
from tests.env.engine.states import batch_of, state_of
from tests.tiers import representatives

SIDE, CELLS = 4, 16
MODES = ("NextStep", "SameStep", "Disabled")


class Seeker(MurkEnv):
    """Walks towards a goal among walls; how far that is, what is near and what is seen are derived."""

    agent = Field(over="world", dtype=np.int32)  # (num_worlds,) cell
    goal = Field(over="world", dtype=np.int32)  # (num_worlds,) cell
    left = Field(over="world", dtype=np.int32, low=0, high=4)  # (num_worlds,) steps
    walls = Field(mutability="static")  # (num_cells,)
    ground = Field(mutability="static")  # (num_cells,)
    seen = Field(derived=True)  # (num_worlds, num_cells), by LineOfSight
    far = Field(over="world", derived=True, initial=9.0)  # (num_worlds,) hops, of cells that are seen
    near = Field(derived=True, initial=ground, high=6.0)  # (num_worlds, num_cells) ground, and 5 more here

    @classmethod
    def build(cls, params):
        entries = [Observe(field) for field in (cls.far, cls.near, cls.seen)]
        return Blueprint(
            lattice=Square4(SIDE, SIDE),
            observation=Observation(*entries, Mask(cls.agent)),
            action_space=Discrete(5),
            derived=[LineOfSight(cls.agent, cls.walls, cls.seen, radius=2)],
            static={cls.walls: np.arange(CELLS) == 5, cls.ground: np.arange(CELLS) / 8.0},
        )

    @per_world
    def start(self, rng: Draws):
        self.agent[0] = integers(rng, 0, CELLS)
        self.goal[0] = integers(rng, 0, CELLS)
        self.left[0] = 1 + integers(rng, 0, 9)  # bounds leave at most 4

    @per_world
    def act(self, action: int):
        if self.near[self.agent[0]] > 4.0:  # always: what the last observation showed
            self.agent[0] = self.moves[self.agent[0], action - 1]
        self.left[0] += 3 if action == 0 else -1  # rests; bounds leave at most 4

    @per_world
    def derive(self):
        here, goal = self.agent[0], self.goal[0]
        if self.seen[goal] > 0.0:
            self.far[0] = abs(here // SIDE - goal // SIDE) + abs(here % SIDE - goal % SIDE)
        self.near[here] += 5.0 + 0.125 * self.left[0]

    @per_world
    def reward(self, before: "Seeker"):
        return before.far[0] - self.far[0]

    @per_world
    def terminated(self):
        return self.left[0] <= 0


class ArraySeeker(Seeker):
    """The same with array hooks."""

    def start(self, tick, worlds):
        tick.agent = tick.rng.integers(CELLS)
        tick.goal = tick.rng.integers(CELLS)
        tick.left = 1 + tick.rng.integers(9)

    def act(self, tick, actions):
        free = tick.at(Seeker.near, tick.agent) > 4.0
        tick.agent = self.lattice.move(tick.agent, np.where(free, actions - 1, -1))
        tick.left = tick.left + np.where(actions == 0, 3, -1)

    def derive(self, tick):
        seen = tick.at(Seeker.seen, tick.goal) > 0.0
        tick.far = np.where(seen, self.lattice.distance(tick.agent, tick.goal), 9).astype(np.float32)
        here = np.arange(CELLS) == tick.agent[:, np.newaxis]
        tick.near = tick.ground + here * (5.0 + 0.125 * tick.left[:, np.newaxis]).astype(np.float32)

    def reward(self, before, after):
        return before.far - after.far

    def terminated(self, after):
        return after.left <= 0


class MixedSeeker(Seeker):
    """The same with nothing but `derive` over arrays."""

    derive = ArraySeeker.derive


ALL = (Seeker, ArraySeeker, MixedSeeker)


def model(agent, goal, left):
    """Return far and near by definition, for one world whose wall, in cell 5, is seldom in the way."""
    rows, cols = np.divmod(np.arange(CELLS), SIDE)
    hops = abs(rows - agent // SIDE) + abs(cols - agent % SIDE)
    near = np.arange(CELLS) / 8.0
    near[agent] = min(near[agent] + 5.0 + 0.125 * left, 6.0)
    return hops[goal], near


def assert_derived(world):
    """Assert that the derived fields follow from the others."""
    agents, goals, lefts = world["agent"], world["goal"], world["left"]
    assert (lefts >= 0).all()
    assert (lefts <= 4).all()
    for row, agent in enumerate(agents):
        hops, near = model(agent, goals[row], lefts[row])
        assert world["seen"][row, agent] == 1.0
        assert world["far"][row] == (hops if world["seen"][row, goals[row]] else 9.0)
        assert world["near"][row].tolist() == near.astype(np.float32).tolist()


def played(envs, mode, num_steps=40):
    """Return the bytes of all observations, rewards and flags of a run, each step held to the model."""
    told = [envs.reset(seed=3)[0].tobytes()]
    assert_derived(envs.world)
    rng, num_ended = np.random.default_rng(0), 0
    for _ in range(num_steps):
        *found, _ = envs.step(rng.integers(0, 5, envs.num_envs))
        told += [part.tobytes() for part in found]
        assert_derived(envs.world)
        ended = found[2] | found[3]
        num_ended += ended.sum()
        if mode == "Disabled" and ended.any():
            told.append(envs.reset(options={"reset_mask": ended})[0].tobytes())
            assert_derived(envs.world)
    assert num_ended > 20
    return told


@pytest.mark.parametrize("mode", representatives(MODES, MODES[1:2]))
def test_both_kinds_of_hook_derive_the_same_in_every_step_and_reset(mode):
    made = [MurkVectorEnv(one, 4, autoreset_mode=mode, max_episode_steps=5) for one in ALL]
    assert not COMPILES or mode != "SameStep" or batch_of(made[0])._final_obs is not None  # all is fused
    told = [played(envs, mode) for envs in made]
    assert told[0] == told[1] == told[2]
    checked = MurkVectorEnv(ArraySeeker, 4, autoreset_mode=mode, max_episode_steps=5, checked=True)
    assert played(checked, mode) == told[0]


def final_bytes(infos):
    return [None if one is None else one.tobytes() for one in infos["final_obs"]]


@pytest.mark.slow
@pytest.mark.parametrize("env_class", [Seeker, ArraySeeker])
@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_a_batch_equals_single_envs(mode, env_class):
    envs = MurkVectorEnv(env_class, 3, autoreset_mode=mode, max_episode_steps=3, num_threads=2)
    singles = SyncVectorEnv([lambda: env_class(max_episode_steps=3)] * 3, autoreset_mode=mode)
    assert envs.reset(seed=1)[0].tobytes() == singles.reset(seed=1)[0].tobytes()
    for _ in range(12):
        actions = envs.action_space.sample()
        ours, theirs = envs.step(actions), singles.step(actions)
        for one, other in zip(ours[:4], theirs[:4], strict=True):
            assert np.asarray(one).tobytes() == np.asarray(other).tobytes()
        if "final_obs" in theirs[4]:
            assert final_bytes(ours[4]) == final_bytes(theirs[4])
    envs.close()


@pytest.mark.parametrize("env_class", [Seeker, ArraySeeker])
def test_the_first_observation_shows_what_is_derived(env_class):
    env = env_class()
    observation, _ = env.reset(seed=4)
    assert_derived(env.world)
    shown = np.concatenate([env.world[name].reshape(-1) for name in ("far", "near", "seen")])
    assert observation[: shown.size].tolist() == shown.tolist()


@pytest.mark.few(1)
@pytest.mark.parametrize("env_class", ALL)
def test_a_masked_reset_derives_its_rows_alone(env_class):
    envs = MurkVectorEnv(env_class, 4)
    envs.reset(seed=2)
    envs.step([1, 2, 3, 4])
    before = {name: envs.world[name] for name in ("seen", "far", "near")}
    envs.reset(seed=9, options={"reset_mask": np.array([True, False, False, True])})
    assert_derived(envs.world)
    for name, values in before.items():
        assert envs.world[name][1:3].tobytes() == values[1:3].tobytes()
    assert (before["near"][[0, 3]] != envs.world["near"][[0, 3]]).any()


@pytest.mark.parametrize("env_class", [Seeker, ArraySeeker])
@pytest.mark.parametrize("worlds", [None, [1], [0, 2, 3]])
def test_derived_anew_from_what_is_published_a_field_has_the_same_bytes(worlds, env_class):
    envs = MurkVectorEnv(env_class, 4)
    envs.reset(seed=2)
    for action in (1, 2, 3):
        envs.step([action] * 4)
    before, world = state_of(envs)[0], batch_of(envs).world
    with world.arena.begin_tick() as guard:
        world.derived.derive(guard, None if worlds is None else np.array(worlds))
    assert state_of(envs)[0] == before


@pytest.mark.parametrize("env_class", [Seeker, ArraySeeker])
def test_an_edit_is_followed_by_what_is_derived(env_class):
    envs = MurkVectorEnv(env_class, 3)
    envs.reset(seed=2)
    with envs.world.edit() as tick:
        tick[Seeker.agent] = np.array([0, 7, 15])
    assert_derived(envs.world)
    before = envs.world["near"]
    with envs.world.edit([2, 0]) as tick:
        tick[Seeker.agent] = np.array([3, 4])
    assert_derived(envs.world)
    assert (envs.world["near"] != before).any(axis=1).tolist() == [True, False, True]
    assert envs.observe()[0][:, 1:17].tolist() == envs.world["near"].tolist()


@pytest.mark.parametrize("env_class", [Seeker, ArraySeeker])
def test_an_episode_that_begins_otherwise_derives_from_that(env_class):
    envs = MurkVectorEnv(env_class, 3)
    envs.reset(seed=2, options={"fields": {"agent": 6}})
    assert envs.world["agent"].tolist() == [6, 6, 6]
    assert_derived(envs.world)
    state = envs.save([1])
    envs.step([1, 2, 3])
    mask = np.array([False, False, True])
    envs.reset(options={"state": state, "reset_mask": mask})
    assert envs.world["agent"][2] == 6
    assert_derived(envs.world)
    envs.restore(state, [0])
    assert_derived(envs.world)
    envs.branch(2, [0, 1])
    assert_derived(envs.world)


@pytest.mark.slow
@pytest.mark.parametrize("env_class", [Seeker, ArraySeeker])
def test_a_pickled_env_goes_on_and_a_row_restores_into_a_single_one(env_class):
    envs = MurkVectorEnv(env_class, 3, autoreset_mode="SameStep", max_episode_steps=3)
    envs.reset(seed=2)
    envs.step([1, 2, 3])
    again, single = pickle.loads(pickle.dumps(envs)), env_class()
    single.restore(envs.save([1]))
    assert single.observe()[0].tobytes() == envs.observe()[0][1].tobytes()
    for action in (1, 0, 2, 4):
        ours, theirs = envs.step([action] * 3), again.step([action] * 3)
        assert all(a.tobytes() == b.tobytes() for a, b in zip(ours[:4], theirs[:4], strict=True))
    assert_derived(again.world)


class Ahead(Race):
    """A race in which every agent knows how many of those that take part are ahead of it."""

    ahead = Field(over="agents", derived=True, initial=-1.0)  # (num_worlds, num_agents)

    @classmethod
    def build(cls, params):
        blueprint = super().build(params)
        seen = Observation(Observe(cls.cell), Observe(cls.ahead), over="agents")
        groups = [dataclasses.replace(group, observation=seen) for group in blueprint.groups]
        return dataclasses.replace(blueprint, groups=groups)

    @per_world
    def derive(self):
        for agent in range(len(self.cell)):
            if self.active[agent]:
                self.ahead[agent] = 0
                for other in range(len(self.cell)):
                    if self.active[other] and self.cell[other] > self.cell[agent]:
                        self.ahead[agent] += 1


class ArrayAhead(Ahead):
    """The same over arrays."""

    def derive(self, tick):
        active = tick.active != 0
        further = (tick.cell[:, np.newaxis, :] > tick.cell[:, :, np.newaxis]) & active[:, np.newaxis, :]
        tick.ahead = np.where(active, further.sum(axis=2), -1).astype(np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("env_class", [Ahead, ArrayAhead])
def test_agents_that_are_rewarded_apart_see_what_is_derived(env_class):
    env = MurkParallelEnv(env_class)
    observations, _ = env.reset(seed=1)
    seen = list(observations.values())
    cells = np.array([one[0] for one in seen])
    assert [one[1] for one in seen] == [(cells > cell).sum() for cell in cells]


@pytest.mark.slow
def test_agents_see_the_same_of_both_kinds_of_hook():
    def told(env_class):
        envs = MurkAgentVectorEnv(
            env_class,
            3,
            group="hare",
            others={"tortoise": lambda seen: np.ones(seen.shape[:2], np.int64)},
            autoreset_mode="SameStep",
        )
        found = [envs.reset(seed=5)[0].tobytes()]
        for step in range(15):
            found += [part.tobytes() for part in envs.step(np.full(9, 1 + step % 2))[:4]]
        return found

    assert told(Ahead) == told(ArrayAhead)


# --- what is refused ------------------------------------------------------------------------------
