"""What rows of agents refuse: policies, keywords, actions, masks and seeds, before anything changes."""

import numpy as np
import pytest
from gymnasium.utils import seeding
from gymnasium.utils.env_checker import data_equivalence

from murk_env import MurkAgentVectorEnv
from murk_env.errors import (
    ActionError,
    ActionTypeError,
    BlueprintError,
    ClosedError,
    HookError,
    ParameterError,
    ResetMaskError,
    ResetNeededError,
    SeedError,
)
from tests.env.agent_worlds import Gliders, Mayflies
from tests.env.faces.test_agent_rows import hares, stay
from tests.env.worlds import Walker


def test_a_policy_sees_its_group_and_decides_for_it():
    seen = []

    def run(observations):
        seen.append(observations.copy())
        return np.ones(observations.shape[:2], np.int64)

    envs = hares(others={"tortoise": run}, length=30)
    _, infos = envs.reset(seed=2)
    for _ in range(4):
        before, infos = infos["cells"], envs.step([0] * 6)[4]
        assert (seen[-1][:, :, 0] == before[[0, 3], 3:]).all()
    assert (infos["cells"][:, 3:] >= 2).all()  # four steps, of which one in five slips


@pytest.mark.parametrize(
    ("returned", "error", "message"),
    [
        ([0, 0], ActionError, r"the policy of 'tortoise' decides for 2 agent\(s\) in each of 2 world\(s\)"),
        (
            [[0, 0], [0]],
            ActionError,
            r"the policy of 'tortoise' returned no array of shape \(2, 2\): .*[^.]\.$",
        ),
        ([[0, 0], [0, 2]], ActionError, "'tortoise': the action of tortoise_1 in world 1 is 2, outside"),
        (None, ActionTypeError, r"the policy of 'tortoise' returned nothing; .* of shape \(2, 2\)"),
        ([[0.5, 0], [0, 0]], ActionTypeError, "'tortoise': the actions of Discrete.* are integers"),
    ],
    ids=str,
)
def test_what_a_policy_may_not_return_is_refused_and_changes_nothing(returned, error, message):
    answers = [returned, np.zeros((2, 2), int)]
    envs, twin = hares(others={"tortoise": lambda _seen: answers.pop(0)}), hares()
    envs.reset(seed=1)
    twin.reset(seed=1)
    with pytest.raises(error, match=message):
        envs.step([1] * 6)
    assert data_equivalence(envs.step([1] * 6), twin.step([1] * 6), exact=True)


# Bad input


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"group": None}, ParameterError, r"Race has several groups .* one of \['hare', 'tortoise'\]"),
        ({"group": "hares"}, ParameterError, "Race has no group 'hares' of agents; did you mean 'hare'"),
        (
            {"group": ["hare", "tortoise"]},
            ParameterError,
            r"group= must be the name of one group, one of \['hare', 'tortoise'\], not \['hare', "
            r"'tortoise'\]",
        ),
        ({"others": None}, ParameterError, r"'tortoise' needs a policy: pass others=\{'tortoise': policy\}"),
        ({"others": {"tortoise": stay, "cat": stay}}, ParameterError, "no other group 'cat'"),
        (
            {"others": stay},
            ParameterError,
            r"Race's others must be a dict .* groups \['tortoise'\], not <function",
        ),
        ({"others": [1]}, ParameterError, r"Race's others must be a dict .*, not \[1\]"),
        ({"others": {"tortoise": 0}}, ParameterError, "policy of 'tortoise' must be a function .* not 0"),
        ({"num_worlds": 0}, ParameterError, "num_worlds must be a number of worlds, at least 1, not 0"),
        (
            {"num_envs": 6},
            ParameterError,
            "unexpected keyword argument 'num_envs': it takes no num_envs=6; pass num_worlds",
        ),
        ({"max_cycles": 5}, ParameterError, "takes no max_cycles=5; the time limit is max_episode_steps"),
        ({"hares": 0}, BlueprintError, "group 'hare' must have a number of agents, at least 1, not 0"),
        ({"sise": 0}, ParameterError, "Race .* has no parameter 'sise'"),
    ],
)
def test_keywords_that_cannot_be_are_refused(keywords, error, message):
    with pytest.raises(error, match=message):
        hares(**keywords)


def test_what_has_no_agents_has_no_rows_of_agents():
    with pytest.raises(BlueprintError, match="Walker has one actor and no groups of agents"):
        MurkAgentVectorEnv(Walker)
    with pytest.raises(ParameterError, match="MurkAgentVectorEnv takes a subclass of MurkEnv, not 'Race'"):
        MurkAgentVectorEnv("Race")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("actions", "error", "message"),
    [
        ([0, 0, 0, 0, 3, 0], ActionError, r"the action of row 4 \(hare_1 of world 1\) is 3, outside"),
        ([0] * 5, ActionError, r"expected 6 action\(s\), .* got shape \(5,\)"),
        ([0.5] * 6, ActionTypeError, "are integers, not of dtype float64"),
    ],
    ids=str,
)
def test_actions_that_cannot_be_are_refused_and_change_nothing(actions, error, message):
    envs, twin = hares(), hares()
    envs.reset(seed=1)
    twin.reset(seed=1)
    with pytest.raises(error, match=message):
        envs.step(actions)
    assert data_equivalence(envs.step([1] * 6), twin.step([1] * 6), exact=True)


def test_actions_of_rows_that_are_not_active_are_not_looked_at():
    envs = MurkAgentVectorEnv(Mayflies)
    envs.reset(seed=0)
    envs.step([0, 0])
    assert envs.step([99, 1])[1].tolist() == [0.0, 4.0]
    assert envs.step([99, 99])[0].tolist() == [[1.0], [1.0]]  # the world is reset
    with pytest.raises(ActionError, match=r"row 1 \(fly_1 of world 0\) is 99"):
        envs.step([0, 99])


def test_a_mask_holds_whole_worlds():
    envs = MurkAgentVectorEnv(Mayflies, 3)
    envs.reset(seed=0)
    with pytest.raises(ResetMaskError, match=r"some rows of world\(s\) \[0, 2\] but not all; .* 2 rows"):
        envs.reset(options={"reset_mask": np.array([True, False, True, True, False, True])})


def test_a_mask_has_one_bool_for_each_row():
    envs = MurkAgentVectorEnv(Mayflies, 3)
    envs.reset(seed=0)
    with pytest.raises(ResetMaskError, match=r"got \(3,\); pass one bool for each of the 6 rows\."):
        envs.reset(options={"reset_mask": np.ones(3, bool)})


def test_there_is_one_seed_for_each_world():
    envs = MurkAgentVectorEnv(Mayflies, 3)
    with pytest.raises(SeedError, match="a list of seeds must match num_worlds: expected 3 seeds"):
        envs.reset(seed=[1, 2])
    envs.reset(seed=[4, 5, 6])
    assert envs.np_random_seed == (4, 5, 6)


def test_a_first_reset_without_seeds_takes_them_from_the_worlds_generators():
    envs, twin = MurkAgentVectorEnv(Gliders, 2), MurkAgentVectorEnv(Gliders, 2)
    generators = [seeding.np_random(seed)[0] for seed in envs.np_random_seed]
    drawn = [int(generator.integers(2**63)) for generator in generators]
    assert data_equivalence(envs.reset(), twin.reset(seed=drawn), exact=True)
    assert [one.random() for one in envs.np_random] == [one.random() for one in generators]


def test_calls_at_a_wrong_moment_are_refused():
    envs = MurkAgentVectorEnv(Mayflies)
    with pytest.raises(ResetNeededError, match=r"Mayflies: call reset\(\) before step\(\)"):
        envs.step([0, 0])
    with pytest.raises(ResetNeededError, match="reset every world once"):
        MurkAgentVectorEnv(Mayflies, 2).reset(options={"reset_mask": np.array([True, True, False, False])})
    envs.close()
    with pytest.raises(ClosedError, match="Mayflies is closed"):
        envs.reset()


def test_active_is_no_key_of_an_environments_own_info():
    class Boaster(Mayflies):
        def info(self, after):
            return {"active": after.age.max(axis=1)}

    with pytest.raises(HookError, match="uses the key 'active', which MurkAgentVectorEnv reserves"):
        MurkAgentVectorEnv(Boaster).reset(seed=0)
