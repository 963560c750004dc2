"""The vector env of Tianshou over the native batch: DummyVectorEnv, value by value; and it trains."""
# pyright: reportMissingImports=false

from typing import Any

import gymnasium
import numpy as np
import pytest

import murk_envs
from murk_env import MurkParallelEnv, MurkVectorEnv
from murk_env.errors import ParameterError
from murk_envs import Harvest, HeatSeeker, HexPursuit
from tests.env.masked_worlds import CompiledRail, Rail
from tests.small import small_keywords

tianshou: Any = pytest.importorskip("tianshou", reason="needs tianshou, in an environment of its own")

from tianshou.data import Collector, VectorReplayBuffer  # noqa: E402
from tianshou.env import DummyVectorEnv  # noqa: E402

from murk_env.integrations.tianshou import MurkRows, make_vec  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # Tianshou's own
IDS = [row[0] for name, row in murk_envs.ENVIRONMENTS.items() if row[3] != "apart"]
ROWS = 4


def same(one, other):
    """Whether two nested values are equal, in types, dtypes and bytes."""
    if isinstance(one, dict):
        return set(one) == set(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray):
        if one.dtype == object:
            return len(one) == len(other) and all(map(same, one, other))
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    return type(one) is type(other) and one == other


@pytest.mark.parametrize("env_id", IDS)
def test_it_equals_dummy_vector_env_value_by_value(env_id):
    limit = 30  # so that episodes end by it, too
    ours = make_vec(env_id, ROWS, max_episode_steps=limit)
    theirs = DummyVectorEnv([lambda: gymnasium.make(env_id, max_episode_steps=limit)] * ROWS)
    for envs in (ours, theirs):
        envs.seed(3)
    assert all(map(same, ours.reset(), theirs.reset()))
    space, rng, ended = ours.action_space[0], np.random.default_rng(0), 0
    space.seed(0)
    for step in range(2_000 if env_id == IDS[0] else 100):
        rows = (
            np.arange(ROWS)
            if step % 3
            else np.sort(rng.choice(ROWS, rng.integers(1, ROWS + 1), replace=False))
        )
        actions = np.stack([space.sample() for _ in rows])
        mine, its = ours.step(actions, rows), theirs.step(actions, rows)
        assert all(map(same, mine, its))
        over = rows[mine[2] | mine[3]]
        if over.size:
            assert all(map(same, ours.reset(over), theirs.reset(over)))
        ended += over.size
    assert ended > 0


def test_what_tianshou_asks_of_rows():
    envs = make_vec(HeatSeeker, 3, seed=0, render_mode="rgb_array")
    assert len(envs) == 3
    assert envs.get_env_attr("render_mode", [0, 2]) == ["rgb_array"] * 2
    assert [params.size for params in envs.get_env_attr("params")] == [16] * 3
    assert len(envs.render()) == 3
    with pytest.raises(ParameterError, match="sets all rows"):
        envs.set_env_attr("spec", None, [0])
    envs.close()
    assert envs.is_closed


def test_a_collector_fills_a_buffer_by_steps_and_by_episodes():
    from tianshou.algorithm.random import MARLRandomDiscreteMaskedOffPolicyAlgorithm

    envs = make_vec(HeatSeeker, 4, seed=0, size=4, max_episode_steps=9)
    policy = MARLRandomDiscreteMaskedOffPolicyAlgorithm(action_space=envs.action_space[0]).policy
    collector = Collector(policy, envs, VectorReplayBuffer(2_000, len(envs)))
    collector.reset()
    assert collector.collect(n_step=40, random=True).n_collected_steps == 40
    collector.reset()
    found = collector.collect(n_episode=6, random=True)
    assert found.n_collected_episodes == 6
    assert found.lens.max() <= 9


def test_agents_with_rewards_of_their_own_come_through_pettingzoo():
    from pettingzoo.utils.conversions import parallel_to_aec
    from tianshou.algorithm.multiagent.marl import MultiAgentOffPolicyAlgorithm
    from tianshou.algorithm.random import MARLRandomDiscreteMaskedOffPolicyAlgorithm
    from tianshou.env import PettingZooEnv

    def make():
        return PettingZooEnv(parallel_to_aec(MurkParallelEnv(HexPursuit, **small_keywords(HexPursuit))))

    env = make()
    each = [MARLRandomDiscreteMaskedOffPolicyAlgorithm(action_space=env.action_space) for _ in env.agents]
    algorithm = MultiAgentOffPolicyAlgorithm(algorithms=each, env=env)
    collector = Collector(algorithm, DummyVectorEnv([make] * 2), VectorReplayBuffer(2_000, 2))
    collector.reset()
    found = collector.collect(n_episode=3)
    assert found.n_collected_episodes == 3
    assert collector.buffer[: len(collector.buffer)].rew.shape[1] == len(env.agents)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: make_vec("CartPole-v1"), "takes an id of a MurkEnv; 'CartPole-v1' makes"),
        (
            lambda: make_vec(dict),  # type: ignore[arg-type]
            r"takes an id, or a subclass of MurkEnv, not <class 'dict'>",
        ),
        (lambda: make_vec(Harvest), "Harvest rewards its agents separately"),
        (lambda: make_vec(HeatSeeker, autoreset_mode="SameStep"), "takes no autoreset_mode='SameStep'"),
        (lambda: MurkRows(MurkVectorEnv(HeatSeeker, 2)), "autoreset_mode='Disabled', not 'NextStep'"),
        (lambda: make_vec(Rail), "do not see the action_mask of Rail"),
        (lambda: make_vec(CompiledRail, action_masked_out="replace"), r"counts actions from 0, .*start=-1\)"),
        (lambda: make_vec(HeatSeeker, 3).step(np.zeros(2, int)), "an action for each of 3 rows, but got 2"),
    ],
)
def test_what_cannot_be_used_is_refused(make, message):
    with pytest.raises(ParameterError, match=message):
        make()
