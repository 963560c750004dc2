"""The quickstart: its parts against formulas, and all of it at a small size."""

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parent.parent / "examples" / "quickstart.py"
SIDE, SOURCE = 16, 238
COLD = np.zeros((201, SIDE * SIDE))  # (num_steps + 1, num_cells) K


def load_quickstart():
    spec = importlib.util.spec_from_file_location("quickstart", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


quickstart = load_quickstart()


@pytest.fixture(scope="module")
def field():
    return quickstart.watch_field()


@pytest.fixture(scope="module")
def steps_to_source():
    """The number of steps from every start cell to the source, on the shortest way, (255,)."""
    rows, columns = np.divmod(np.delete(np.arange(SIDE * SIDE), SOURCE), SIDE)
    return np.abs(rows - 14) + np.abs(columns - 14)


def test_improving_moves_a_value_half_way_to_the_mean_of_its_targets():
    values = np.zeros((3, 2))
    quickstart.improve(values, np.array([1, 1, 2]), np.array([0, 0, 1]), np.array([2.0, 6.0, -8.0]))
    assert values.tolist() == [[0, 0], [2, 0], [0, -4]]


def test_without_exploration_the_best_action_is_taken():
    values = np.array([[0.0, 3.0, 1.0], [5.0, 3.0, 1.0]])
    actions = quickstart.explore(values, 0.0, np.random.default_rng(0))
    assert actions.tolist() == [1, 0]


def test_full_exploration_takes_all_actions_equally_often():
    values = np.tile([0.0, 9.0, 0.0, 0.0], (4000, 1))
    counts = np.bincount(quickstart.explore(values, 1.0, np.random.default_rng(0)), minlength=4)
    assert np.abs(counts - 1000).max() < 5 * np.sqrt(4000 * 0.25 * 0.75)  # five standard deviations


def test_the_optimum_without_heat_is_the_prize_less_the_shortest_way(steps_to_source):
    np.testing.assert_allclose(quickstart.optimal_returns(COLD), 100.0 - steps_to_source)


def test_the_optimum_stays_in_the_heat_when_that_pays_more_than_the_prize():
    hot = np.full_like(COLD, 30.0)  # every step earns 3 - 1, so the prize is fetched in the last one
    np.testing.assert_allclose(quickstart.optimal_returns(hot), 2.0 * 200 + 100.0)


def test_the_optimum_of_the_observed_field_is_the_published_one(field):
    assert quickstart.optimal_returns(field).mean() == pytest.approx(89.265, abs=5e-4)


def test_a_played_policy_earns_what_the_rules_say(field, steps_to_source):
    envs = quickstart.make_worlds(256)
    policy = np.where(np.arange(SIDE * SIDE) // SIDE < 14, 2, 1)  # south to row 14, or north from row 15
    policy[14 * SIDE : 14 * SIDE + 14], policy[14 * SIDE + 15] = 4, 3
    returns = quickstart.play(envs, policy, seed=0)
    assert returns[0] == pytest.approx(return_on_the_way_from_the_corner(field))
    assert ((returns > 100 - steps_to_source) & (returns < 200 - steps_to_source)).all()


def return_on_the_way_from_the_corner(field):
    """14 steps down column 0, then 14 along row 14, each paying a tenth of the heat there less one."""
    cells = [row * SIDE for row in range(1, 15)] + [14 * SIDE + column for column in range(1, 15)]
    return 100 + sum(0.1 * field[step, cell] - 1 for step, cell in enumerate(cells, start=1))


@pytest.mark.slow
def test_a_policy_that_stays_is_played_to_the_time_limit(field):
    returns = quickstart.play(quickstart.make_worlds(512), np.zeros(SIDE * SIDE, dtype=int), seed=0)
    expected = (0.1 * field[1:] - 1).sum(axis=0)
    np.testing.assert_allclose(returns, np.delete(expected, SOURCE))


def test_a_step_that_resets_a_world_is_not_learned_from():
    values = quickstart.learn(OneStepWorld(first_cell=237, last_cell=SOURCE), num_steps=40, seed=0)
    assert (values[SOURCE] == 0).all()  # every episode ends there: only a reset leads away from it
    assert values[237].max() > 99


def test_nothing_is_to_come_after_a_step_that_ends_an_episode():
    values = quickstart.learn(OneStepWorld(first_cell=237, last_cell=237), num_steps=40, seed=0)
    assert 99 < values[237].max() <= 100


class OneStepWorld:
    """One world whose episodes have one step: it leads from the first cell to the last and pays 100."""

    num_envs = 1

    def __init__(self, first_cell, last_cell):
        self.first_cell, self.last_cell = first_cell, last_cell

    def reset(self, seed):
        self.ended = False
        return self.observation(self.first_cell), {}

    def step(self, actions):
        self.ended = not self.ended
        flags = np.array([self.ended])
        observation = self.observation(self.last_cell if self.ended else self.first_cell)
        return observation, np.array([100.0 if self.ended else 0.0]), flags, np.array([False]), {}

    def observation(self, cell):
        observation = np.zeros((1, 2 * SIDE * SIDE), dtype=np.float32)
        observation[0, SIDE * SIDE + cell] = 1
        return observation


@pytest.mark.slow
def test_the_quickstart_learns_and_writes_what_it_claims(tmp_path, capsys):
    quickstart.main(["--out", str(tmp_path), "--num-worlds", "256", "--num-steps", "600"])
    printed = re.search(r"255 start cells: (\S+), exact optimum: 89\.265", capsys.readouterr().out)
    policy = np.load(tmp_path / "policy.npy")
    played = quickstart.play(quickstart.make_worlds(256), policy, seed=1).mean()
    assert policy.shape == (256,)
    assert printed is not None
    assert float(printed[1]) == pytest.approx(played, abs=5e-4)
    assert 85 <= played <= 89.2655
    assert (tmp_path / "policy.png").read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_the_quickstart_says_so(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    quickstart.draw(tmp_path / "policy.png", COLD[0], np.zeros(SIDE * SIDE, dtype=int))
    assert "no picture: matplotlib is not installed" in capsys.readouterr().out
    assert not (tmp_path / "policy.png").exists()
