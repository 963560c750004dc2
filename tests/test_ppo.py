"""The PPO example: its parts against formulas and by hand, and all of it at a small size."""

import importlib.util
import re
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete, MultiDiscrete
from gymnasium.vector import AutoresetMode, VectorEnv

torch = pytest.importorskip("torch", reason="torch is of the extra integrations")
SCRIPT = Path(__file__).parent.parent / "examples" / "ppo.py"
torch.set_num_threads(1)  # as the script does: the layers are small
SEEN = Box(0.0, 1.0, (3,))


def load_ppo():
    spec = importlib.util.spec_from_file_location("ppo", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["ppo"] = module
    spec.loader.exec_module(module)
    return module


ppo = load_ppo()


class Levers(VectorEnv):
    """Two levers, of which the second pays 1. Every episode has one step, and the next one resets it."""

    metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}  # noqa: RUF012  # as VectorEnv declares it

    def __init__(self, num_envs):
        self.num_envs = num_envs
        self.single_observation_space, self.single_action_space = SEEN, Discrete(2)

    def reset(self, *, seed=None, options=None):
        self.ended = False
        return np.zeros((self.num_envs, 3), np.float32), {}

    def step(self, actions):
        self.ended = not self.ended
        rewards = np.where(self.ended, actions, 0).astype(np.float64)
        ended, no = np.full(self.num_envs, self.ended), np.zeros(self.num_envs, bool)
        return np.full((self.num_envs, 3), self.ended, np.float32), rewards, ended, no, {}


def gained(values, terminated, ended):
    """The advantages of three steps of one row that pay 1, 2 and 4."""
    settings = ppo.Settings(discount=0.5, trace=0.5)
    rewards, values, terminated, ended = (
        torch.tensor(part, dtype=torch.float32)[:, None]
        for part in ([1.0, 2.0, 4.0], values, terminated, ended)
    )
    return ppo.advantages(rewards, values[:-1], values[1:], terminated, ended, settings)[:, 0].tolist()


def test_advantages_add_up_the_surprises_to_come():
    # Surprises: 1 + 4 - 10 = -5, 2 + 3 - 8 = -3, 4 + 1 - 6 = -1; each counts a quarter a step earlier.
    assert gained([10, 8, 6, 2], [0, 0, 0], [0, 0, 0]) == [-5.0 - 0.25 * 3.25, -3.25, -1.0]


def test_nothing_comes_after_an_episode_that_terminated():
    assert gained([10, 8, 6, 2], [0, 1, 0], [0, 1, 0]) == [-5.0 + 0.25 * -6.0, 2.0 - 8.0, -1.0]


def test_the_critic_speaks_for_what_comes_after_an_episode_that_was_cut_off():
    assert gained([10, 8, 6, 2], [0, 0, 0], [0, 1, 0]) == [-5.0 + 0.25 * -3.0, 2.0 + 3.0 - 8.0, -1.0]


def test_steps_that_only_reset_are_left_out():
    settings = ppo.Settings(rollout=8)
    rollouts = ppo.Rollouts(Levers(5), ppo.Policy(SEEN, Discrete(2), 4), settings)
    batch = rollouts.collect()
    assert {len(part) for part in batch.values()} == {4 * 5}
    assert (batch["seen"] == 0.0).all()


def test_steps_of_agents_that_are_gone_are_left_out():
    envs = ppo.make("HexPursuit", 8, "prey")
    policy = ppo.Policy(envs.single_observation_space, envs.single_action_space, 4)
    seen = ppo.Rollouts(envs, policy, ppo.Settings(rollout=100)).collect()["seen"]
    assert 0 < len(seen) < 100 * envs.num_envs
    assert (seen != 0.0).any(dim=1).all()  # who is gone sees zeros


def test_both_autoreset_modes_learn_the_same_of_an_episode_that_was_cut_off():
    def batch(mode):
        envs = gymnasium.make_vec("murk/HeatControl-v1", 4, autoreset_mode=mode, max_episode_steps=5)
        torch.manual_seed(0)
        policy = ppo.Policy(envs.single_observation_space, envs.single_action_space, 4)
        return ppo.Rollouts(envs, policy, ppo.Settings(rollout=5)).collect()

    same, following = batch("SameStep"), batch("NextStep")
    assert len(same["seen"]) == 4 * 5
    for name in same:
        torch.testing.assert_close(same[name], following[name], atol=0, rtol=0)


def test_in_same_step_mode_every_step_counts():
    envs = gymnasium.make_vec("murk/HeatSeeker-v0", 4, autoreset_mode="SameStep", max_episode_steps=5)
    policy = ppo.Policy(envs.single_observation_space, envs.single_action_space, 4)
    assert len(ppo.Rollouts(envs, policy, ppo.Settings(rollout=12)).collect()["seen"]) == 4 * 12


def test_training_goes_on_from_a_checkpoint(tmp_path):
    def train(num_updates, **keywords):
        settings = ppo.Settings(num_steps=num_updates * 8 * 4, rollout=8, num_hidden=4)
        keeper = ppo.Keeper(str(tmp_path / "kept.pt"), **keywords)
        return ppo.train(Levers(4), settings, report=str, keeper=keeper)

    first = train(3, every=2)
    kept = torch.load(tmp_path / "kept.pt", weights_only=True)
    assert kept["updates"] == 3
    same = train(3, resume=True)  # nothing is left to do
    assert same.count == first.count == 3
    for ours, theirs in zip(first.parameters(), same.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=0, rtol=0)
    assert train(5, resume=True).count == 5
    assert train(2).count == 2


def test_logs_are_written_for_tensorboard(tmp_path):
    pytest.importorskip("tensorboard", reason="needs tensorboard (the `integrations` extra)")
    ppo.train(Levers(4), ppo.Settings(num_steps=128, rollout=8, num_hidden=4), report=str, log=str(tmp_path))
    assert any(path.stat().st_size > 0 for path in tmp_path.glob("events*"))


def test_only_options_that_exist_are_chosen():
    policy = ppo.Policy(SEEN, MultiDiscrete([2, 4]), 4)
    actions = policy.act(np.zeros((500, 3), np.float32))
    assert set(actions[:, 0]) == {0, 1}
    assert set(actions[:, 1]) == {0, 1, 2, 3}


def test_a_single_choice_is_one_number_a_row():
    assert ppo.Policy(SEEN, Discrete(2), 4).act(np.zeros((7, 3), np.float32)).shape == (7,)


def test_numbers_stay_within_the_bounds_of_their_box():
    space = Box(np.array([-0.1, -0.2], np.float32), np.array([0.1, 0.3], np.float32))
    actions = ppo.Policy(SEEN, space, 4).act(np.zeros((500, 3), np.float32))
    np.testing.assert_array_equal(actions.min(axis=0), space.low)
    np.testing.assert_array_equal(actions.max(axis=0), space.high)


def test_observations_are_scaled_by_the_mean_and_deviation_of_all_that_were_seen():
    policy = ppo.Policy(SEEN, Discrete(2), 4)
    batches = torch.randn(4, 100, 3) * torch.tensor([1.0, 5.0, 0.1]) + 2.0
    for batch in batches:
        policy.observe(batch)
    scaled = policy.scaled(batches.reshape(400, 3))
    torch.testing.assert_close(scaled.mean(dim=0), torch.zeros(3), atol=1e-3, rtol=0)
    torch.testing.assert_close(scaled.std(dim=0, correction=0), torch.ones(3), atol=1e-3, rtol=0)


def test_the_lever_that_pays_is_learnt():
    settings = ppo.Settings(num_steps=6000, rollout=8, learning_rate=0.01, num_hidden=8)
    policy = ppo.train(Levers(32), settings, report=lambda line: None)
    chosen = policy.distribution(torch.zeros(1, 3))
    assert chosen.log_prob(torch.tensor([[1]])).exp() > 0.95


def test_the_learning_rate_falls_to_zero_and_deviations_by_as_much_as_is_said():
    settings = ppo.Settings(learning_rate=0.4, log_deviation=-1.0, calming=2.0)
    policy = ppo.Policy(SEEN, Box(-1.0, 1.0, (2,)), 4, settings.log_deviation)
    optimiser = torch.optim.Adam(policy.parameters())
    rates, deviations = [], []
    for update in range(4):
        assert ppo.anneal(policy, optimiser, settings, update, 4) == 1.0 - update / 4
        rates.append(optimiser.param_groups[0]["lr"])
        deviations.append(policy.log_deviation.tolist())
    assert rates == pytest.approx([0.4, 0.3, 0.2, 0.1])
    assert deviations == [[-1.5] * 2, [-2.0] * 2, [-2.5] * 2, [-3.0] * 2]


def test_rewards_are_scaled_by_what_came_last_if_memory_is_limited():
    def known(memory):
        settings = ppo.Settings(rollout=4, memory=memory)
        rollouts = ppo.Rollouts(Levers(32), ppo.Policy(SEEN, Discrete(2), 4), settings)
        rollouts.collect()
        return rollouts.envs.return_rms.count

    assert known(memory=40) == 40
    assert known(memory=0) >= 64  # of two steps or more of 32 rows


def test_what_all_rows_gain_in_a_step_on_average_is_taken_off():
    settings = ppo.Settings(rollout=4, common=1.0, trace=0.0)
    policy = ppo.Policy(SEEN, Discrete(2), 4)
    batch = ppo.Rollouts(Levers(8), policy, settings).collect()
    gained = batch["gained"].reshape(2, 8)  # two steps count, the others only reset
    torch.testing.assert_close(gained.mean(dim=1), torch.zeros(2), atol=1e-6, rtol=0)
    pulled = batch["actions"].reshape(2, 8).float()
    assert (gained * (pulled - pulled.mean(dim=1, keepdim=True)) >= 0.0).all()
    assert (batch["returns"].reshape(2, 8)[pulled == 1.0] > 0.0).all()  # what the critic learns is whole


def test_the_first_return_of_every_row_is_counted():
    assert ppo.returns(Levers(3), lambda observations: np.array([0, 1, 1]), seed=0).tolist() == [0, 1, 1]


def test_other_groups_take_any_of_their_actions():
    others = ppo.at_random(ppo.murk_envs.HexPursuit, "predator")
    assert set(others) == {"prey"}
    actions = others["prey"](np.zeros((200, 2, 149)))
    assert actions.shape == (200, 2)
    assert set(actions.ravel()) == set(range(7))


@pytest.mark.parametrize("of", [["HeatControl"], ["Ecosystem"], ["HexPursuit", "--group", "predator"]])
def test_the_script_learns_a_little(of, capsys):
    small = ["--num-worlds", "8", "--num-steps", "512", "--rollout", "16", "--num-hidden", "8"]
    ppo.main([*of, *small])
    printed = re.search(
        r"mean return (\S+) in the first episode of each of (\d+) rows", capsys.readouterr().out
    )
    assert printed is not None
    assert np.isfinite(float(printed[1]))
    assert int(printed[2]) == (24 if "--group" in of else 8)


def test_a_run_is_repeatable_from_its_seed():
    def weights():
        envs = gymnasium.make_vec("murk/HeatControl-v1", num_envs=4)
        policy = ppo.train(envs, ppo.Settings(num_steps=256, rollout=16, num_hidden=4), report=str)
        return torch.cat([part.flatten() for part in policy.parameters()])

    torch.testing.assert_close(weights(), weights(), atol=0, rtol=0)
