"""All groups at once: they equal the parallel env of each world, and say when an agent has left."""

import copy
import pickle
from typing import Any, cast

import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector.utils import batch_space

from murk_env import MurkAgentVectorEnv, MurkGroupsEnv, MurkParallelEnv
from murk_env.errors import (
    ActionError,
    ActionTypeError,
    BlueprintError,
    EpisodeEndedError,
    ParameterError,
    ResetNeededError,
)
from tests.env.agent_oracle import OneWorld
from tests.env.agent_worlds import AGENT_ENVIRONMENTS, Crew, Mayflies, Race
from tests.env.masked_worlds import Trams
from tests.env.worlds import Walker
from tests.tiers import representatives

MODES = ("NextStep", "SameStep", "Disabled")
CASES = [(*subject, mode) for subject in (*AGENT_ENVIRONMENTS, (Trams, 6)) for mode in MODES]
NUM_WORLDS = 3


class Oracle:
    """A parallel env for each world, under one of Gymnasium's autoreset modes."""

    def __init__(self, env_class: Any, mode, **keywords: Any):
        self.worlds = [OneWorld(MurkParallelEnv(env_class, **keywords), mode) for _ in range(NUM_WORLDS)]

    def reset(self, seeds, worlds):
        for world in worlds:
            self.worlds[world].begin(seeds[world])

    def step(self, actions, names):
        for number, world in enumerate(self.worlds):
            world.step({name: actions[g][number, seat] for g in names for seat, name in enumerate(names[g])})

    def rows(self, names):
        return [[world.rows[name] for name in names] for world in self.worlds]


def check_equal(envs, oracle, observations, flags, infos):
    """Hold what a step, or a reset, returned to each agent of each world."""
    for group, names in envs.agents.items():
        for world, rows in enumerate(oracle.rows(names)):
            for seat, row in enumerate(rows):
                seen: Any = observations[group]
                own = (
                    {key: array[world, seat] for key, array in seen.items()}
                    if isinstance(seen, dict)
                    else seen[world, seat]
                )
                assert data_equivalence(own, row.observation, exact=True)
                assert infos["active"][group][world, seat] == row.info["active"]
                if flags:
                    got = tuple(part[group][world, seat].item() for part in flags)
                    assert got == (row.reward, row.terminated, row.truncated)
                if "final_obs" in row.info:
                    assert infos["_final_obs"][group][world, seat]
                    last: Any = infos["final_obs"][group]
                    own = (
                        {key: array[world, seat] for key, array in last.items()}
                        if isinstance(last, dict)
                        else last[world, seat]
                    )
                    assert data_equivalence(own, row.info["final_obs"], exact=True)
                elif "_final_obs" in infos:
                    assert not infos["_final_obs"][group][world, seat]


@pytest.mark.parametrize(
    ("env_class", "limit", "mode"),
    representatives(CASES, CASES[:: 2 * len(MODES) + 1]),  # every mode has its turn
)
def test_groups_equal_the_parallel_env_of_each_world_to_the_byte(env_class, limit, mode):
    options = {"max_episode_steps": limit, "action_masked_out": "replace"}
    envs = MurkGroupsEnv(env_class, NUM_WORLDS, autoreset_mode=mode, **options)
    oracle = Oracle(env_class, mode, **options)
    envs.action_space.seed(3)
    observations, infos = envs.reset(seed=7)
    oracle.reset([7, 8, 9], range(NUM_WORLDS))
    check_equal(envs, oracle, observations, None, infos)
    ended = 0
    for step in range(30):
        if mode == "Disabled" and any(not world.env.agents for world in oracle.worlds):
            due = [number for number, world in enumerate(oracle.worlds) if not world.env.agents]
            mask = np.isin(np.arange(NUM_WORLDS), due)
            envs.reset(options={"reset_mask": mask})
            oracle.reset([None] * NUM_WORLDS, due)
        elif step == 11:
            envs.reset(seed=[None, 111, None], options={"reset_mask": np.array([False, True, False])})
            oracle.reset([None, 111, None], [1])
        actions = envs.action_space.sample()
        observations, *flags, infos = envs.step(actions)
        oracle.step(actions, envs.agents)
        check_equal(envs, oracle, observations, flags, infos)
        ended += sum((flags[1][name] | flags[2][name]).sum() for name in envs.agents)
    assert ended > NUM_WORLDS


@pytest.mark.few(1)
@pytest.mark.parametrize("env_class", [Race, Crew, Trams])
def test_the_state_is_that_of_the_parallel_env_of_each_world(env_class):
    envs = MurkGroupsEnv(env_class, 2, action_masked_out="replace")
    singles = [MurkParallelEnv(env_class, action_masked_out="replace") for _ in range(2)]
    envs.reset(seed=4)
    for world, env in enumerate(singles):
        env.reset(seed=4 + world)
    still: Any = {name: np.zeros((2, len(names)), int) for name, names in envs.agents.items()}
    envs.step(still)
    for env in singles:
        env.step(dict.fromkeys(env.agents, 0))
    assert envs.state().dtype == np.float32
    assert envs.state().tobytes() == np.stack([env.state() for env in singles]).tobytes()
    assert envs.state_space == singles[0].state_space


def test_spaces_are_dicts_of_groups():
    envs = MurkGroupsEnv(Race, 4)
    parallel = MurkParallelEnv(Race)
    assert envs.agents == {"hare": ("hare_0", "hare_1", "hare_2"), "tortoise": ("tortoise_0", "tortoise_1")}
    assert envs.observation_spaces["hare"] == parallel.observation_space("hare_0")
    assert envs.action_spaces["tortoise"] == parallel.action_space("tortoise_1")
    single: Any = envs.single_observation_space
    assert single["hare"] == batch_space(envs.observation_spaces["hare"], 3)
    assert envs.observation_space == batch_space(envs.single_observation_space, 4)
    assert envs.action_space == batch_space(envs.single_action_space, 4)
    observations, _ = envs.reset(seed=0)
    assert observations in envs.observation_space


def still_of(envs):
    return {name: np.zeros((envs.num_envs, len(names)), int) for name, names in envs.agents.items()}


@pytest.mark.parametrize("mode", MODES)
def test_masks_are_those_of_rows_of_agents(mode):
    others = {name: lambda seen: np.zeros(seen.shape[:2], int) for name in ("bus", "cart")}
    envs = MurkGroupsEnv(Trams, 2, autoreset_mode=mode)
    rows = MurkAgentVectorEnv(Trams, 2, group="tram", others=others, autoreset_mode=mode)
    _, infos = envs.reset(seed=1)
    _, theirs = rows.reset(seed=1)
    assert sorted(infos["action_mask"]) == ["bus", "tram"]
    for _ in range(6):
        assert infos["action_mask"]["tram"].reshape(4, 3).tolist() == theirs["action_mask"].tolist()
        moves = np.where(theirs["action_mask"][:, 2] == 1, 2, 0)
        _, _, _, _, infos = envs.step(still_of(envs) | {"tram": moves.reshape(2, 2)})
        theirs = rows.step(moves)[4]


def test_ages_by_hand_one_agent_leaves_before_the_other():
    envs = MurkGroupsEnv(Mayflies, 1, autoreset_mode="SameStep", record_statistics=True)
    envs.reset(seed=0)
    group = next(iter(envs.agents))
    _, _, ends, _, infos = envs.step({group: np.zeros((1, 2), int)})
    assert (ends[group].tolist(), infos["active"][group].tolist()) == ([[True, False]], [[False, True]])
    assert infos["episode"][group]["l"].tolist() == [[1, 0]]
    observations, _, ends, _, infos = envs.step({group: np.zeros((1, 2), int)})
    assert (ends[group].tolist(), infos["active"][group].tolist()) == ([[False, True]], [[True, True]])
    assert infos["episode"][group]["l"].tolist() == [[0, 2]]
    assert infos["_episode"][group].tolist() == [[False, True]]
    assert infos["final_obs"][group][0, 1] != observations[group][0, 1]


def test_save_restore_and_pickle_go_on_alike():
    envs = MurkGroupsEnv(Race, 3, record_statistics=True)
    envs.action_space.seed(0)
    envs.reset(seed=0)
    for _ in range(4):
        envs.step(envs.action_space.sample())
    state, twins = envs.save(), [copy.deepcopy(envs), pickle.loads(pickle.dumps(envs))]
    actions = [envs.action_space.sample() for _ in range(12)]
    expected = [envs.step(one) for one in actions]
    for twin in twins:
        for one, ours in zip(actions, expected, strict=True):
            theirs = twin.step(one)
            assert data_equivalence(theirs[:4], ours[:4], exact=True)
            if "episode" in ours[4]:
                for name in envs.agents:
                    for key in "rl":
                        assert (theirs[4]["episode"][name][key] == ours[4]["episode"][name][key]).all()
    envs.restore(state)
    assert data_equivalence(envs.step(actions[0])[:4], expected[0][:4], exact=True)


@pytest.mark.parametrize(
    ("actions", "error", "message"),
    [
        (
            np.zeros(2),
            ActionTypeError,
            r"^Race: step takes a dict .* groups \['hare', 'tortoise'\], not array",
        ),
        (
            {"hare": np.zeros((2, 3), int)},
            ActionError,
            r"^Race: no actions are given for \['tortoise'\]; give",
        ),
        (
            {"hare": np.zeros((2, 3), int), "tortoises": 0},
            ActionError,
            "for 'tortoises', but there is no such group; did you mean 'tortoise'",
        ),
        (
            {"hare": np.zeros(6, int), "tortoise": np.zeros((2, 2), int)},
            ActionError,
            r"group 'hare' must be an array of shape \(2, 3\), one for each .* not of shape \(6,\)",
        ),
        ({"hare": None, "tortoise": np.zeros((2, 2), int)}, ActionError, r"shape \(2, 3\), .* not None"),
        (
            {"hare": np.full((2, 3), 3), "tortoise": np.zeros((2, 2), int)},
            ActionError,
            "^the actions of group 'hare': .*hare_0 in world 0",
        ),
        (
            {"hare": np.zeros((2, 3)), "tortoise": np.zeros((2, 2), int)},
            ActionTypeError,
            "^the actions of group 'hare': .* not of dtype float64",
        ),
    ],
)
def test_actions_that_are_none_are_refused_before_anything_changes(actions, error, message):
    envs = MurkGroupsEnv(Race, 2)
    envs.reset(seed=0)
    before = envs.save()
    with pytest.raises(error, match=message):
        envs.step(actions)
    assert envs.save() == before


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: MurkGroupsEnv(Walker, 2), BlueprintError, "Walker has one actor and no groups of agents"),
        (
            lambda: MurkGroupsEnv(cast(Any, Race.cell), 2),
            ParameterError,
            "MurkGroupsEnv takes a subclass of MurkEnv",
        ),
        (lambda: MurkGroupsEnv(Race, num_envs=2), ParameterError, "no num_envs=2; pass num_worlds"),
        (lambda: MurkGroupsEnv(Race, group="hare"), ParameterError, "no group='hare'; it has every group"),
        (lambda: MurkGroupsEnv(Race, others={}), ParameterError, "it takes the actions of every group"),
        (lambda: MurkGroupsEnv(Race, 2).state(), ResetNeededError, r"Race: call reset\(\) before state"),
    ],
)
def test_what_it_cannot_be_made_of_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_in_disabled_mode_worlds_that_ended_are_reset_by_hand():
    envs = MurkGroupsEnv(Race, 2, autoreset_mode="Disabled", max_episode_steps=1)
    envs.reset(seed=0)
    envs.step(still_of(envs))
    with pytest.raises(EpisodeEndedError, match="have ended and autoreset is disabled"):
        envs.step(still_of(envs))
