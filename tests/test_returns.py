"""The table of returns: its arithmetic, its episodes, and a line and the rates at a small size."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import murk_envs
from benchmarks.returns.__main__ import main
from benchmarks.returns.play import NAMES, make, returns, row_group, seeds_of_every_start
from benchmarks.returns.table import Earned, Line, table
from examples.lessons import LESSONS, env_of, pupil_group
from examples.lessons import table as table_of_lessons
from murk_envs.scripted import heat_seeker, hex_pursuit


def three(mean) -> dict[str, Earned]:
    return dict.fromkeys(("random", "scripted", "trained"), Earned(mean, 0.5))


def test_every_environment_has_a_line():
    assert sorted(NAMES) == murk_envs.__all__
    assert {name for name in LESSONS if env_of(name) == name} == set(NAMES)


def test_the_error_is_the_deviation_over_the_root_of_the_number():
    earned = Earned.of(np.array([1.0, 2.0, 3.0, 4.0]))
    assert earned.mean == 2.5
    assert earned.error == pytest.approx(np.sqrt(5.0 / 3.0 / 4.0))  # variance 5/3 of four numbers


@pytest.mark.parametrize(
    ("earned", "shown"),
    [
        (Earned(-152.68, 2.93), "\N{MINUS SIGN}152.7 ± 2.9"),
        (Earned(866.6, 21.3), "867 ± 21"),
        (Earned(98.4268, 0.0312), "98.43 ± 0.03"),
        (Earned(-89.26478, 0.0), "\N{MINUS SIGN}89.265"),
    ],
)
def test_a_return_has_as_many_digits_as_are_certain(earned, shown):
    assert str(earned) == shown


def test_the_error_of_a_mean_over_all_starts_leaves_out_how_starts_differ():
    earned = Earned.over_starts(np.array([[1.0, 3.0], [10.0, 14.0]]))
    assert earned.mean == 7.0
    assert earned.error == pytest.approx(np.sqrt((2.0 / 2.0 + 8.0 / 2.0) / 4.0))  # variances 2, 8
    assert Earned.over_starts(np.array([[0.1, 0.1], [0.7, 0.7]])).error == 0.0


@pytest.mark.slow
def test_seeds_of_every_start_begin_in_every_cell_but_the_source():
    seeds: Any = seeds_of_every_start("HeatSeeker", 2, seed=1)
    envs = make("HeatSeeker", len(seeds), None)
    starts = envs.reset(seed=seeds)[0][:, 256:].argmax(axis=1)
    others = np.delete(np.arange(256), murk_envs.HeatSeeker.Params().source)
    np.testing.assert_array_equal(starts, np.repeat(others, 2))
    with pytest.raises(ValueError, match="fewer than 1000 from some cell"):
        seeds_of_every_start("HeatSeeker", 1000, seed=1)


@pytest.mark.slow
def test_over_all_starts_a_shortest_path_earns_the_optimum():
    seeds = seeds_of_every_start("HeatSeeker", 1, seed=1)
    climb = heat_seeker.POLICIES["scripted"]
    earned = returns("HeatSeeker", climb, len(seeds), group=None, seed=1, seeds=seeds)
    optimum = heat_seeker.optimum(murk_envs.HeatSeeker.Params())
    assert earned.mean() == pytest.approx(optimum, abs=1e-5)  # rewards are of float32 heat


def test_every_world_gives_the_return_of_its_first_episode():
    earned = returns("HeatSeeker", heat_seeker.POLICIES["scripted"], 32, group=None, seed=0)
    best = heat_seeker.best(murk_envs.HeatSeeker.Params()).values  # climbing is best, from every cell
    envs = make("HeatSeeker", 32, None)
    starts = envs.reset(seed=0)[0][:, 256:].argmax(axis=1)
    np.testing.assert_allclose(earned, best[starts], rtol=1e-5)


@pytest.mark.slow
def test_agents_of_a_world_give_one_return_together():
    def rest(observations, action_space, rng):
        return np.zeros(len(observations), dtype=int)

    # Who rests is not caught up with by prey: 100 steps in which each of 2 prey earn 0.1.
    earned = returns("HexPursuit", rest, 4, group="predator", seed=0)
    np.testing.assert_allclose(earned, np.full(4, -20.0), rtol=1e-6)


def test_rows_are_worlds_or_agents():
    groups = {"HexPursuit": "predator", "Harvest": "agent"}
    assert {name: row_group(name) for name in NAMES} == dict.fromkeys(NAMES) | groups
    crews = {"Wildfire": "crew", "WildfireTerrain": "crew"}
    assert {name: pupil_group(name) for name in NAMES} == dict.fromkeys(NAMES) | groups | crews


@pytest.mark.slow
def test_scripted_predators_hunt_while_the_prey_are_played():
    def flee(observations, action_space, rng):
        return hex_pursuit.flee(observations)

    earned = returns("HexPursuit", flee, 64, group="prey", seed=0)
    again = returns("HexPursuit", flee, 64, group="prey", seed=0)
    np.testing.assert_array_equal(earned, again)
    assert -8.0 < earned.mean() < -2.0  # two caught of two, most of the time: the page has -4.9 of 1,000


def test_the_docs_have_the_table_of_lessons():
    assert table_of_lessons() in Path("docs/train/lessons.md").read_text(encoding="utf-8")


def test_a_bound_is_told_from_an_optimum():
    lines = [Line("HeatSeeker", three(1.0), 89.265), Line("HeatControl", three(-20.0), -16.26)]
    *_, exact, bound = table([*lines]).splitlines()
    assert "| 1.00 ± 0.50 | 89.265 | PPO, 600,000 steps |" in exact
    assert "| ≤ \N{MINUS SIGN}16.26 | PPO, " in bound
    assert "| not known |" in table([Line("Epidemic", three(-20.0), None)])


def test_what_has_not_been_learnt_is_left_empty():
    earned = {policy: Earned(1.0, 0.5) for policy in ("random", "scripted")}
    *_, row = table([Line("Epidemic", earned, None)]).splitlines()
    assert row.endswith("| 1.00 ± 0.50 |  | not known |  |")


def test_the_command_plays_chance_the_script_and_what_was_learnt(capsys):
    pytest.importorskip("torch", reason="torch is of the extra integrations")
    main(["HeatSeeker", "--num-episodes", "16"])
    line = capsys.readouterr().out.splitlines()[-1].split(" | ")
    random, scripted, trained = (
        float(line[i].split(" ")[0].replace("\N{MINUS SIGN}", "-")) for i in (1, 2, 3)
    )
    assert random < 80.0 < trained <= scripted < 100.0


def test_the_rates_are_those_of_every_form(capsys, monkeypatch):
    monkeypatch.setattr("benchmarks.returns.rates.NUM_WORLDS", 4)
    monkeypatch.setattr("benchmarks.returns.rates.SECONDS", 1e-3)
    main(["HeatSeeker", "HexPursuit", "--rates"])
    rows = [line.split(" | ") for line in capsys.readouterr().out.splitlines()[-2:]]
    assert [row[0] for row in rows] == ["| HeatSeeker", "| HexPursuit"]
    assert all(float(figure.strip(" |").replace(",", "")) > 0 for row in rows for figure in row[1:])
