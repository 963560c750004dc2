"""TorchRL takes every form: ids, the native batch, rows of agents and parallel envs, with masks."""

from typing import Any

import pytest

from murk_env import MurkAgentVectorEnv, MurkParallelEnv, MurkVectorEnv
from murk_envs import Harvest, HeatControl, HeatSeeker, HexPursuit
from tests.env.masked_worlds import Rail, Trams
from tests.small import small_keywords

envs: Any = pytest.importorskip("torchrl.envs", reason="needs torchrl (the `integrations` extra)")
collectors: Any = pytest.importorskip("torchrl.collectors", reason="needs torchrl (the `integrations` extra)")

pytestmark = pytest.mark.filterwarnings("ignore")  # TorchRL's and torch's own
SMALL = small_keywords(HeatSeeker)


def checked(env, steps=20):
    """Hold an env to its specs, and return a rollout of it, as TorchRL makes one."""
    envs.check_env_specs(env, seed=0)
    return env.rollout(steps, break_when_any_done=False)


def test_an_id_is_a_gym_env():
    rollout = checked(envs.GymEnv("murk_envs:murk/HeatSeeker-v0", size=8))
    assert rollout.batch_size == (20,)
    assert rollout["next", "truncated"].sum() == 0


@pytest.mark.slow  # TorchRL steps single envs in processes, of which each loads torch
def test_an_id_is_as_many_gym_envs_as_are_asked_for():
    env = envs.GymEnv("murk_envs:murk/HeatSeeker-v0", num_envs=2)
    assert checked(env).batch_size == (2, 20)
    env.close()


@pytest.mark.parametrize("mode", ["SameStep", "Disabled"])
@pytest.mark.parametrize("env_class", [HeatSeeker, HeatControl])
def test_the_native_batch_is_wrapped(env_class, mode):
    native = MurkVectorEnv(env_class, 4, autoreset_mode=mode, max_episode_steps=6)
    rollout = checked(envs.GymWrapper(native))
    assert rollout.batch_size == (4, 20)
    assert rollout["next", "truncated"].sum() == 4 * 3


def test_both_modes_give_the_same_transitions_to_the_end_of_an_episode():
    def rollout(mode):
        options = {**SMALL, "max_episode_steps": 5}
        env = envs.GymWrapper(MurkVectorEnv(HeatSeeker, 3, autoreset_mode=mode, **options))
        env.set_seed(0)
        action = env.action_spec.zero()
        action[..., 1] = 1  # the same step in every row, as one-hot
        return env.rollout(
            5, lambda data: data.set("action", action.clone()), break_when_any_done=False, trust_policy=True
        )

    same, disabled = rollout("SameStep"), rollout("Disabled")
    assert same["next", "done"][:, -1].all()
    for key in ("observation", ("next", "observation"), ("next", "reward"), ("next", "done")):
        assert (same[key] == disabled[key]).all()


def test_the_mode_that_it_cannot_use_is_named():
    with pytest.raises(RuntimeError, match="SAME_STEP"):
        envs.GymWrapper(MurkVectorEnv(HeatSeeker, 2))


def test_a_collector_steps_the_native_batch():
    native = MurkVectorEnv(HeatSeeker, 8, autoreset_mode="SameStep", record_statistics=True)
    collector = collectors.Collector(envs.GymWrapper(native), None, frames_per_batch=160, total_frames=320)
    assert [batch.numel() for batch in collector] == [160, 160]
    collector.shutdown()


def test_rows_of_agents_are_wrapped():
    rows = MurkAgentVectorEnv(Harvest, 2, autoreset_mode="SameStep", **small_keywords(Harvest))
    assert checked(envs.GymWrapper(rows)).batch_size == (rows.num_envs, 20)


def test_a_parallel_env_is_wrapped_with_a_group_for_each_kind_of_agent():
    env = envs.PettingZooWrapper(MurkParallelEnv(HexPursuit, **small_keywords(HexPursuit)), use_mask=True)
    assert set(env.group_map) == {"predator", "prey"}
    assert checked(env, 10)["predator", "observation"].shape[:2] == (10, len(env.group_map["predator"]))


def test_masks_are_entries_that_actions_are_drawn_by():
    env = envs.TransformedEnv(with_mask(MurkVectorEnv(Rail, 4, autoreset_mode="Disabled")), envs.ActionMask())
    rollout = env.rollout(20, break_when_any_done=False)  # an action that is masked out would be refused
    assert (~rollout["action_mask"]).any()
    assert (rollout["action"] & ~rollout["action_mask"]).sum() == 0


def with_mask(native):
    from murk_env.integrations.torchrl import with_action_mask

    return with_action_mask(envs.GymWrapper(native))


def test_a_parallel_env_has_its_masks_by_group():
    env = envs.PettingZooWrapper(MurkParallelEnv(Trams), use_mask=True)
    rollout = env.rollout(5)
    assert rollout["tram", "action_mask"].shape[1:] == (2, 3)
