"""`murk bench` and `murk check`: figures, and faults that are found."""

import json
import sys

import gymnasium
import pytest
from gymnasium.spaces import Discrete

import murk_env
from murk_env import Blueprint, Field, Line1D, MurkEnv, Observation, Observe
from murk_env.cli.checks import checks_of
from murk_envs import HeatSeeker, HexPursuit, Wildfire
from tests.env.cli.calling import murk
from tests.env.masked_worlds import Rail, Trams


class Dull(MurkEnv):
    """Nothing ever happens."""

    class Params(murk_env.Params):
        size: int = 3

    heat = Field()

    @classmethod
    def build(cls, params):
        return Blueprint(
            lattice=Line1D(params.size), observation=Observation(Observe(cls.heat)), action_space=Discrete(2)
        )

    def start(self, tick, worlds):
        pass

    def act(self, tick, actions):
        pass

    def reward(self, before, after):
        return after.heat[:, 0]

    def terminated(self, after):
        return after.heat[:, 0] > 1.0


@pytest.mark.slow
def test_bench_prints_json_with_the_machine():
    result = murk("bench", "HeatSeeker", "--set", "size=3", "--worlds", 4, "--seconds", 0.01, "--json")
    found = json.loads(result.stdout)
    assert found["machine"]["numpy"]
    (rates,) = found["rates"]
    assert (rates["environment"], rates["worlds"], rates["threads"]) == ("murk/HeatSeeker-v0", 4, 1)
    assert min(rates[name] for name in ("one_world", "batch", "copies", "sync_ratio")) > 0


@pytest.mark.slow
def test_bench_prints_a_row_for_one_world_and_one_for_the_batch():
    result = murk("bench", "HeatSeeker", "--set", "size=3", "--worlds", 4, "--seconds", 0.01)
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert [row[:2] for row in rows[1:]] == [["murk/HeatSeeker-v0", "1"], ["murk/HeatSeeker-v0", "4"]]


def test_check_asks_for_the_six_facts_and_what_parameters_mean():
    result, advice = checks_of(Dull, {}, 20, 5)["what it declares"]()
    assert result == "wrong"
    assert (
        advice == "the docstring lacks Observation, Action, Reward, Ends, Start; give each a line of its own."
    )
    Dull.__doc__ = HeatSeeker.__doc__
    assert "no description of size" in checks_of(Dull, {}, 20, 5)["what it declares"]()[1]


def test_check_finds_that_nothing_is_to_be_seen():
    result, advice = checks_of(Dull, {}, 20, 5)["a run in checked mode"]()
    assert (result, advice.partition(";")[0]) == ("wrong", "every observation is constant")


def test_what_a_check_raises_is_what_it_found(monkeypatch):
    def fail(*_, **__):
        raise ValueError("of the author's")

    monkeypatch.setattr("murk_env.cli.checks.rows_of", fail)
    assert checks_of(HeatSeeker, {}, 20, 5)["its picture"]() == ("wrong", "ValueError: of the author's")


@pytest.mark.parametrize(("env_class", "agents"), [(Rail, None), (Trams, "apart")])
def test_nothing_is_wrong_with_a_mask(env_class, agents, monkeypatch):
    monkeypatch.setattr(env_class, "registered_agents", agents)
    checks = checks_of(env_class, {}, 20, 5)
    names = {"a run in checked mode", "the vector env beside SyncVectorEnv", "PettingZoo's parallel_api_test"}
    found = {name: checks[name]() for name in names & checks.keys()}
    assert {result for result, _ in found.values()} <= {"ok", "left out"}, found


@pytest.mark.slow
def test_agents_that_are_rewarded_apart_run_in_checked_mode():
    assert checks_of(HexPursuit, {}, 20, 5)["a run in checked mode"]() == ("ok", "")


def test_without_pettingzoo_its_check_is_left_out(monkeypatch):
    for name in ("pettingzoo", "pettingzoo.test", "pettingzoo.utils"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "murk_env.faces.parallel", raising=False)
    result, advice = checks_of(Wildfire, {"size": 3}, 20, 5)["PettingZoo's parallel_api_test"]()
    assert result == "left out"
    assert 'pip install "murk-env[pettingzoo]"' in advice


def test_check_repeats_what_gymnasium_remarks_without_its_colours(monkeypatch):
    def remark(*_, **__):
        gymnasium.logger.warn("a bound is infinite")

    monkeypatch.setattr("murk_env.cli.checks.check_env", remark)
    result, advice = checks_of(HeatSeeker, {"size": 3}, 2, 2)["Gymnasium's check_env"]()
    assert (result, advice) == ("ok", "it remarks: WARN: a bound is infinite")


def test_check_ends_with_1_where_something_is_wrong(monkeypatch):
    monkeypatch.setattr("murk_env.cli.checks.checks_of", lambda *_: {"one": lambda: ("wrong", "mend it")})
    result = murk("check", "HeatSeeker")
    assert result.exit_code == 1
    assert "one\twrong\tmend it" in result.stdout
    assert "HeatSeeker: 1 of 1 checks found a fault" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", ["HeatSeeker", "Wildfire"])
def test_our_own_environments_pass(name):
    settings = {"HeatSeeker": ["size=3"], "Wildfire": ["size=3", "crew=2", "view=1", "ignition=0.4"]}[name]
    result = murk("check", name, *(word for one in settings for word in ("--set", one)))
    assert result.exit_code == 0, result.output
