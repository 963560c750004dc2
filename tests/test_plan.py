"""The planner of the examples, at a small size."""

import numpy as np
import pytest

from benchmarks.returns.play import class_of, module_of
from examples.plan import Planner, Search, compare, draw, report, standard_error

SMALL = Search(branches=8, repeats=4, horizon=3, explored=2)


def planner(search=SMALL):
    return Planner(class_of("Ecosystem"), module_of("Ecosystem").POLICIES["scripted"], search)


@pytest.fixture(scope="module")
def state():
    env = class_of("Ecosystem")()
    env.reset(seed=3)
    return env.save()


@pytest.mark.slow
def test_a_planner_with_one_candidate_plays_the_script(state):
    only = planner(Search(branches=4, repeats=4, horizon=2))
    env = class_of("Ecosystem")()
    seen, _ = env.reset(seed=3)
    script = module_of("Ecosystem").POLICIES["scripted"]
    wanted = script(seen[np.newaxis], env.action_space, np.random.default_rng(0))[0]
    assert only.decide(state).tolist() == wanted.tolist()


@pytest.mark.slow
def test_a_decision_repeats_and_leaves_the_state_as_it_was(state):
    kept = state.fingerprint
    assert planner().decide(state).tolist() == planner().decide(state).tolist()
    assert state.fingerprint == kept


def test_branches_of_a_candidate_do_the_same_and_those_of_the_first_follow_the_script():
    made = planner()
    varied = made.varied(np.full((8, 2), 6), np.arange(8) // 4)
    assert (varied[:4] == 6).all()
    assert (varied[4:] == varied[4]).all()


@pytest.mark.slow
def test_an_episode_is_played_to_its_end_and_told(tmp_path):
    found = compare("Ecosystem", range(2), [4], with_trained=False, horizon=1)
    assert set(found) == {"script", "4 branches"}
    assert "| 4 branches | " in report("Ecosystem", found)
    draw("Ecosystem", found, tmp_path / "plan.png")
    assert (tmp_path / "plan.png").stat().st_size > 5_000


def test_a_standard_error_is_that_of_the_mean():
    assert standard_error(np.array([1.0, 3.0])) == 1.0
