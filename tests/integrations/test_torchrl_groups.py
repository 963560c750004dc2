"""All groups of agents at once in TorchRL: PettingZooWrapper of each world, value by value."""

from typing import Any, cast

import numpy as np
import pytest
from gymnasium.spaces import Discrete, MultiDiscrete

from murk_env import Blueprint, Group, MurkGroupsEnv, MurkParallelEnv, MurkVectorEnv
from murk_env.engine.batch import Batch
from murk_env.errors import ParameterError
from murk_envs import HeatSeeker, HexPursuit, Wildfire
from tests.env.masked_worlds import Trams
from tests.small import small_keywords

torch: Any = pytest.importorskip("torch", reason="needs torchrl (the `integrations` extra)")
envs: Any = pytest.importorskip("torchrl.envs", reason="needs torchrl (the `integrations` extra)")
collectors: Any = pytest.importorskip("torchrl.collectors", reason="needs torchrl (the `integrations` extra)")

from murk_env.integrations.torchrl import GroupsWrapper  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # TorchRL's and torch's own
WORLDS = 3
CASES = [
    (HexPursuit, small_keywords(HexPursuit)),
    (Wildfire, {**small_keywords(Wildfire), "max_episode_steps": 9}),
    (Trams, {}),
]


def groups(env_class, number=WORLDS, **options):
    return MurkGroupsEnv(env_class, number, autoreset_mode="Disabled", **options)


class OfThosePresent(MurkParallelEnv):
    """Leaves out actions of agents that have left, which TorchRL's wrapper goes on to give."""

    def step(self, actions):
        return super().step({agent: action for agent, action in actions.items() if agent in self.agents})


@pytest.mark.parametrize(("env_class", "options"), CASES)
def test_worlds_are_those_of_the_parallel_env(env_class, options):
    ours = GroupsWrapper(groups(env_class, **options), return_state=True)
    how = {"use_mask": True, "done_on_any": False, "return_state": True}
    theirs = [envs.PettingZooWrapper(OfThosePresent(env_class, **options), **how) for _ in range(WORLDS)]
    ours.set_seed(5, static_seed=True)
    now, apart = ours.reset(), [env.reset(seed=5 + world) for world, env in enumerate(theirs)]
    ended = 0
    for _ in range(30):
        acting = cast(Any, ours.rand_action(now))
        for world, (env, one) in enumerate(zip(theirs, apart, strict=True)):
            assert_alike(now[world], one, ours.group_map, rewarded=False)
            for group in ours.group_map:
                one[group, "action"] = acting[world][group, "action"].clone()
            apart[world] = env.step(one)
        now = ours.step(acting)
        for world, one in enumerate(apart):
            assert_alike(now[world]["next"], one["next"], ours.group_map, rewarded=True)
        ended += int(now["next", "done"].sum())
        now = envs.utils.step_mdp(now)
        apart = [envs.utils.step_mdp(one) for one in apart]
        over = now["done"].squeeze(-1)
        if over.any():
            now["_reset"] = now["done"].clone()
            now = ours.reset(now)
            apart = [
                env.reset() if over[at] else one
                for at, (env, one) in enumerate(zip(theirs, apart, strict=True))
            ]
    assert ended > WORLDS


def assert_alike(ours, theirs, group_map, *, rewarded):
    """Hold one world to its own env: what all agents see that are there, and who is."""
    assert torch.equal(ours["done"], theirs["done"])
    assert torch.equal(ours["state"], theirs["state"])
    for group in group_map:
        mask, own = ours[group, "mask"], ours[group]
        assert torch.equal(mask, theirs[group, "mask"])
        assert torch.equal(own["done"], theirs[group, "done"])
        present = mask | (own["done"].squeeze(-1) & (own["observation"].flatten(1) != 0).any(-1))
        assert torch.equal(own["observation"][present], theirs[group, "observation"][present])
        if "action_mask" in own.keys():  # noqa: SIM118  # it is no dict
            assert torch.equal(own["action_mask"][mask], theirs[group, "action_mask"][mask])
        if rewarded:
            assert torch.equal(own["reward"], theirs[group, "reward"])


@pytest.mark.parametrize(("env_class", "options"), CASES)
def test_specs_hold_and_worlds_begin_anew(env_class, options):
    env = GroupsWrapper(groups(env_class, **options), return_state=True)
    envs.check_env_specs(env, seed=0)
    rollout = env.rollout(40, break_when_any_done=False)
    assert rollout.batch_size == (WORLDS, 40)
    assert (rollout["next", "done"].sum(dim=1) > 1).all()
    for group in env.group_map:  # who has left earns nothing, and is not asked
        gone = ~rollout[group, "mask"]
        assert (rollout["next", group, "reward"][gone] == 0).all()


def test_an_agent_that_has_left_says_how_until_its_world_begins_anew():
    env = GroupsWrapper(groups(HexPursuit, 16, size=4, gap=2, max_episode_steps=30))
    env.set_seed(0)
    rollout = env.rollout(60, break_when_any_done=False)
    caught, there = rollout["next", "prey", "terminated"].squeeze(-1), rollout["prey", "mask"]
    assert (caught & ~there).any()  # some were caught before the last
    assert caught[~there].all()


def test_a_step_of_all_groups_is_one_compiled_call(monkeypatch):
    native = groups(HexPursuit, 4, **small_keywords(HexPursuit))
    env, calls = GroupsWrapper(native), []
    now = env.rand_action(env.reset())
    step = Batch.step
    monkeypatch.setattr(Batch, "step", lambda *given: calls.append(1) or step(*given))
    env.step(now)
    assert len(calls) == 1


def test_a_collector_trains_every_group_from_one_env():
    env = GroupsWrapper(groups(HexPursuit, 4, **small_keywords(HexPursuit)))
    collector = collectors.Collector(env, None, frames_per_batch=80, total_frames=160)
    batches = list(collector)
    collector.shutdown()
    assert [batch.numel() for batch in batches] == [80, 80]
    assert batches[0]["prey", "observation"].shape[:2] == (4, 20)


def test_random_actions_keep_to_the_masks():
    rollout = GroupsWrapper(groups(Trams, 4)).rollout(20, break_when_any_done=False)
    taken = torch.nn.functional.one_hot(rollout["tram", "action"], 3).bool()
    assert (~rollout["tram", "action_mask"]).any()
    assert (taken & ~rollout["tram", "action_mask"])[rollout["tram", "mask"]].sum() == 0


def test_the_seed_decides_what_is_seen():
    def first(seed):
        env = GroupsWrapper(groups(HexPursuit, 2, **small_keywords(HexPursuit)))
        env.set_seed(seed)
        return env.reset()["prey", "observation"]

    assert torch.equal(first(3), first(3))
    assert not np.array_equal(first(3), first(4))


class Elsewhere(Trams):
    """Counts a group's actions from 1."""

    @classmethod
    def build(cls, params):
        seen = super().build(params).groups[0].observation
        return Blueprint(
            lattice=super().build(params).lattice, groups=[Group("tram", 4, seen, Discrete(3, start=1))]
        )


class Choices(Trams):
    """Has a mask over two choices."""

    @classmethod
    def build(cls, params):
        plain = super().build(params)
        seen, two = plain.groups[0].observation, MultiDiscrete([1, 2])
        return Blueprint(lattice=plain.lattice, groups=[Group("tram", 4, seen, two, action_mask=cls.allowed)])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MurkVectorEnv(HeatSeeker, 2), "GroupsWrapper takes a MurkGroupsEnv, not .*GymWrapper"),
        (lambda: MurkGroupsEnv(HexPursuit, 2), "autoreset_mode='Disabled', not 'NextStep'"),
        (lambda: MurkGroupsEnv(HexPursuit, 2, autoreset_mode="SameStep"), "'Disabled', not 'SameStep'"),
        (lambda: groups(Elsewhere, 2), r"counts actions from 0, but those of 'tram', Discrete\(3, start=1\)"),
        (lambda: groups(Choices, 2), r"masks of Discrete actions, but those of 'tram' are MultiDiscrete"),
    ],
)
def test_what_torchrl_cannot_use_is_refused(make, message):
    with pytest.raises(ParameterError, match=message):
        GroupsWrapper(make())
