"""The VecEnv of Stable-Baselines3 over the native batch: DummyVecEnv, value by value; and it trains."""

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box

import murk_envs
from murk_env import MurkVectorEnv
from murk_env.errors import ParameterError
from murk_envs import Harvest, HeatControl, HeatSeeker
from tests.env.masked_worlds import CompiledRail, Gears, Rail

sb3 = pytest.importorskip("stable_baselines3", reason="needs stable-baselines3 (the `integrations` extra)")
vec_env = pytest.importorskip("stable_baselines3.common.vec_env")
evaluation = pytest.importorskip("stable_baselines3.common.evaluation")

from murk_env.integrations.sb3 import MurkVecEnv, make_vec  # noqa: E402

IDS = [env_id for env_id, _, _, agents in murk_envs.ENVIRONMENTS.values() if agents != "apart"]
ROWS, STEPS = 4, 2_000


def same(one, other):
    """Whether two nested values are equal, in types, dtypes and bytes."""
    if isinstance(one, dict):
        return set(one) == set(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    return type(one) is type(other) and one == other


@pytest.mark.parametrize("env_id", IDS)
def test_it_equals_dummy_vec_env_value_by_value(env_id):
    limit = 40  # so that episodes end by it, too
    ours = make_vec(env_id, ROWS, monitor=False, max_episode_steps=limit)
    theirs = vec_env.DummyVecEnv([lambda: gymnasium.make(env_id, max_episode_steps=limit)] * ROWS)
    for envs in (ours, theirs):
        envs.seed(3)
    assert same(ours.reset(), theirs.reset())
    assert same(ours.reset_infos[1], theirs.reset_infos[1])
    space, ended = gymnasium.vector.utils.batch_space(ours.action_space, ROWS), 0
    space.seed(0)
    for _ in range(STEPS if env_id == IDS[0] else STEPS // 10):
        actions = space.sample()
        mine, its = ours.step(actions), theirs.step(actions)
        assert same(mine[0], its[0])
        assert same(mine[1], its[1])
        assert mine[2].tolist() == its[2].tolist()
        assert all(same(one, other) for one, other in zip(mine[3], its[3], strict=True))
        assert all(same(one, other) for one, other in zip(ours.reset_infos, theirs.reset_infos, strict=True))
        ended += int(mine[2].sum())
    assert ended > ROWS


def test_an_id_sets_its_size_unless_told_otherwise():
    assert make_vec("murk/Wildfire-8x8-v1", 2).get_attr("params")[0].size == 8
    assert make_vec("murk/Wildfire-8x8-v1", 2, size=6).get_attr("params")[0].size == 6
    assert make_vec("murk_envs:murk/Harvest-v0", 2, group="agent").num_envs % 2 == 0


def test_statistics_of_episodes_are_in_the_info():
    envs = make_vec(HeatSeeker, 3, seed=1, max_episode_steps=5)
    envs.reset()
    total, dones, infos = np.zeros(3), np.zeros(3, bool), []
    for _ in range(5):
        _, rewards, dones, infos = envs.step(np.zeros(3, np.int64))
        total += rewards
    assert dones.all()
    assert [info["episode"]["l"] for info in infos] == [5, 5, 5]
    assert np.allclose([info["episode"]["r"] for info in infos], total, atol=1e-4)


@pytest.mark.parametrize(
    ("algorithm", "options"),
    [
        ("PPO", {"n_steps": 16, "batch_size": 32}),
        ("A2C", {"n_steps": 5}),
        ("DQN", {"learning_starts": 20}),
        ("SAC", {"learning_starts": 20}),
    ],
)
def test_algorithms_train(algorithm, options):
    envs = make_vec(HeatControl if algorithm == "SAC" else HeatSeeker, 4, seed=0)
    model = getattr(sb3, algorithm)("MlpPolicy", envs, seed=0, **options)
    model.learn(128)
    assert model.num_timesteps >= 128


def test_the_example_of_sac_learns_and_is_played():
    sac = pytest.importorskip("examples.sac")
    said = []
    model = sac.learn("Transport", 80, 0, said.append, num_worlds=4, wait=16, num_episodes=2, window=1000)
    assert model.num_timesteps == 80
    assert len(said) == sac.NUM_CHECKPOINTS
    assert model.get_vec_normalize_env().ret_rms.count > 70
    best = max(float(line.rpartition(" ")[2]) for line in said)
    assert sac.played("Transport", model, 2, sac.CHOICE).mean() == pytest.approx(best, abs=1e-3)
    earned = sac.played("Transport", model, 2)
    assert earned.shape == (2,)
    assert np.isfinite(earned).all()
    assert model.get_vec_normalize_env().get_attr("params")[0].window == 1000  # in training alone


def test_ppo_learns_heat_seeker():
    model = sb3.PPO("MlpPolicy", make_vec(HeatSeeker, 64, seed=0, size=4), n_steps=64, batch_size=512, seed=0)
    model.learn(100_000)
    mean, _ = evaluation.evaluate_policy(
        model, make_vec(HeatSeeker, 8, seed=9, size=4), 64, deterministic=True
    )
    assert mean > 95.0


def test_agents_with_rewards_of_their_own_are_asked_to_be_rows():
    with pytest.raises(
        ParameterError, match=r"Harvest rewards its agents separately.*make_vec\(\.\.\., group='agent'\)"
    ):
        make_vec(Harvest, 2)


def test_a_group_of_agents_shares_one_policy():
    envs = make_vec(Harvest, 2, group="agent", seed=0)
    assert envs.num_envs % 2 == 0
    sb3.PPO("MlpPolicy", envs, n_steps=8, batch_size=16).learn(64)


@pytest.mark.parametrize("env_class", [Rail, Gears])
def test_maskable_ppo_trains_and_never_takes_what_is_masked_out(env_class):
    contrib = pytest.importorskip("sb3_contrib", reason="needs sb3-contrib (the `integrations` extra)")
    envs = make_vec(env_class, 4, seed=0)
    model = contrib.MaskablePPO("MlpPolicy", envs, n_steps=64, batch_size=64, seed=0)
    model.learn(512)  # an action that is masked out would be refused
    assert model.num_timesteps == 512
    seen, masked_out = envs.reset(), 0
    for _ in range(20):
        masks = np.stack(envs.env_method("action_masks"))
        masked_out += (~masks).sum()
        actions, _state = model.predict(seen, action_masks=masks)
        seen, _, _, _ = envs.step(actions)
    assert masked_out


def test_without_a_mask_maskable_ppo_is_told_so():
    contrib = pytest.importorskip("sb3_contrib", reason="needs sb3-contrib (the `integrations` extra)")
    envs = make_vec(HeatSeeker, 2)
    assert not envs.has_attr("action_masks")
    with pytest.raises(ValueError, match="does not support action masking"):
        contrib.MaskablePPO("MlpPolicy", envs, n_steps=8, batch_size=8).learn(16)


def test_frames_are_those_of_the_rows():
    envs = make_vec(HeatSeeker, 2, render_mode="rgb_array", seed=0)
    envs.reset()
    assert len(envs.get_images()) == 2
    assert envs.render("rgb_array").ndim == 3
    assert envs.render_mode == "rgb_array"


def test_attributes_and_methods_are_asked_for_by_row():
    envs = make_vec(HeatSeeker, 3, seed=0, render_mode="rgb_array")
    assert [params.size for params in envs.get_attr("params", [0, 2])] == [16, 16]
    assert envs.env_is_wrapped(gymnasium.Wrapper) == [False] * 3
    envs.reset()
    assert len(envs.env_method("render", indices=[1])) == 1
    with pytest.raises(ParameterError, match="sets all rows"):
        envs.set_attr("spec", None, [0])


class Tuples:
    """A vector env with spaces that no policy takes."""

    metadata = {"autoreset_mode": gymnasium.vector.AutoresetMode.SAME_STEP}  # noqa: RUF012
    single_observation_space = Box(0, 1)
    single_action_space = gymnasium.spaces.Tuple([gymnasium.spaces.Discrete(2)])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: make_vec("CartPole-v1"), "takes an id of a MurkEnv; 'CartPole-v1' makes"),
        (
            lambda: make_vec(dict),  # type: ignore[arg-type]
            r"takes an id, or a subclass of MurkEnv, not <class 'dict'>",
        ),
        (lambda: make_vec(HeatSeeker, autoreset_mode="NextStep"), "takes no autoreset_mode='NextStep'"),
        (lambda: MurkVecEnv(MurkVectorEnv(HeatSeeker, 2)), "autoreset_mode='SameStep', not 'NextStep'"),
        (
            lambda: MurkVecEnv(MurkVectorEnv(HeatSeeker, 2, autoreset_mode="Disabled")),
            "autoreset_mode='SameStep', not 'Disabled'",
        ),
        (lambda: make_vec(CompiledRail), r"counts actions from 0, but Discrete\(3, start=-1\) begins"),
        (lambda: MurkVecEnv(Tuples()), "has no policy for actions in Tuple"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_used_is_refused(make, message):
    with pytest.raises(ParameterError, match=message):
        make()
