"""The benchmarks: their arithmetic with counted nanoseconds, and every row at a tiny size without peers."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import guard, kernels, memory_probe, scaling, subjects, tables
from benchmarks.__main__ import main
from benchmarks.guard_work import WORKS
from benchmarks.peer import Peer, PeerError
from benchmarks.peers.__main__ import Server, answer
from benchmarks.report import Figure, Point, Report, Skipped, at_least, at_most
from benchmarks.rows import ROWS, TITLES
from benchmarks.rows.memory import bytes_of
from benchmarks.run import Run
from benchmarks.timing import Job, Sample, measure, stepping
from murk_env import Field, Square4
from murk_envs import HeatSeeker
from tests.tiers import representatives


@pytest.fixture(scope="module")
def alone():
    """A run without any peer, whatever is installed here."""
    with Peer() as peer:
        peer.versions.update(murk=None, jax=None)
        yield Run(peer, repeats=1, seconds=0.0, most_worlds=3)


def figure(ours, other, target, row=1):
    return Figure(row, "a thing", "ns", Sample(ours), "another", Sample(other), target)


# Timing


def test_a_cost_is_time_over_operations():
    job = Job("a job", operations=10, nanoseconds=lambda steps: 500 * steps)
    (cost,) = measure([job], repeats=7, seconds=1e-6)
    assert cost == Sample((50.0,) * 7)


def test_a_repeat_lasts_as_long_as_wanted():
    counts = []
    job = Job("a job", 1, lambda steps: counts.append(steps) or 500 * steps)
    measure([job], repeats=2, seconds=1e-3)
    assert counts[-2:] == [2_000, 2_000]


def test_jobs_are_timed_in_turn():
    order = []
    jobs = [Job(name, 1, lambda steps, name=name: order.append(name) or 10**9) for name in "ab"]
    measure(jobs, repeats=3, seconds=1.0)
    assert "".join(order) == "aabb" + "ababab"  # a first step and a sizing one of each, then the rounds


def test_steps_take_the_actions_in_turn():
    taken = []
    nanoseconds = stepping(taken.append, [1, 2, 3])
    assert nanoseconds(2) > 0
    nanoseconds(2)
    assert taken == [1, 2, 3, 1]


def test_median_and_quartiles_of_known_figures():
    sample = Sample((5.0, 1.0, 2.0, 4.0, 3.0))
    assert (sample.median, sample.quartiles) == (3.0, (2.0, 4.0))


# Ratios


def test_ratios_are_taken_repeat_by_repeat():
    assert figure((10.0, 30.0), (20.0, 20.0), at_most(1.0)).ratio == Sample((0.5, 1.5))


def test_at_least_speaks_of_speed():
    found = figure((10.0,), (600.0,), at_least(60.0))
    assert found.ratio == Sample((60.0,))
    assert found.target.met(60.0)
    assert not found.target.met(59.0)


def test_a_target_without_a_bound_is_neither_met_nor_missed():
    assert at_most(None).met(100.0) is None
    assert at_most(5.0).met(5.0)
    assert not at_most(5.0).met(5.1)


def test_the_table_says_what_was_reached_and_how_to_repeat_it():
    report = Report({}, [figure((12_400.0,), (10.0,), at_most(0.6), row=6)], [Skipped(2, "JAX", "get it")])
    _, _, title, skipped, _, other_title, line = tables.ratios(report, TITLES).splitlines()
    assert title.endswith("[python -m benchmarks --row 2]")
    assert skipped == "  JAX: skipped. get it"
    assert other_title.endswith("[python -m benchmarks --row 6]")
    assert line.split("  ")[1] == "a thing"
    assert "12.4 us" in line
    assert line.endswith("at most 0.6: no")


def test_the_report_is_read_back_as_it_was_written(tmp_path):
    path = tmp_path / "report.json"
    report = Report(
        {"processor": "one"},
        [figure((1.0, 2.0), (3.0, 4.0), at_least(None))],
        [Skipped(2, "JAX", "get it")],
        [Point("size", 8, Sample((5.0,)))],
    )
    report.write(path)
    assert Report.read(path) == report
    assert json.loads(path.read_text())["figures"][0]["derived"]["command"] == "python -m benchmarks --row 1"


# The rows


FEW = (1,)  # the others are more of the same, or start many processes


@pytest.mark.parametrize("row", representatives(ROWS, FEW))
def test_a_row_finds_finite_figures_without_peers(row, alone):
    found = ROWS[row](alone)
    figures = [entry for entry in found if isinstance(entry, Figure)]
    assert {entry.row for entry in found} == {row}
    for entry in figures:
        assert all(map(math.isfinite, (entry.ours.median, entry.other.median, entry.ratio.median)))
    assert bool(figures) != (row == 1)  # which is nothing but the peer


@pytest.mark.parametrize(("row", "packages"), [(1, ["murk==0.2.0"]), (2, ["murk==0.2.0", "jax"])])
def test_skipping_says_how_to_get_the_peer(row, packages, alone):
    skipped = [entry for entry in ROWS[row](alone) if isinstance(entry, Skipped)]
    for package in packages:
        assert any(f"pip install numpy {package}`" in entry.why for entry in skipped)
    assert all("--peer-python" in entry.why for entry in skipped)


@pytest.mark.slow
def test_the_second_table_has_a_point_for_everything_varied(alone, tmp_path, monkeypatch):
    monkeypatch.setattr(scaling, "NUM_FIELDS", (1, 2))  # each number compiles a pipeline of its own
    points = scaling.points(alone)
    assert {point.varied for point in points} == {scaling.WORLDS, scaling.SIZE, scaling.FIELDS}
    assert all(math.isfinite(point.cost.median) for point in points)
    assert f"{scaling.SIZES[-1]:>10}  " in tables.costs(points)
    scaling.plot(points, tmp_path / "costs.png")
    assert (tmp_path / "costs.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_the_command_prints_and_writes_what_was_asked_for(capsys, tmp_path):
    path = tmp_path / "report.json"
    main(["--row", "6", "--repeats", "2", "--seconds", "0", "--json", str(path)])
    assert "6. the framework's own share" in capsys.readouterr().out
    report = Report.read(path)
    assert {entry.row for entry in report.figures} == {6}
    assert len(report.figures[0].ours.values) == 2
    assert report.points == []
    assert "numba" in report.machine


# What is timed


@pytest.mark.slow
def test_of_lifespans_the_wanted_share_ends_at_each_step():
    envs = subjects.vector_env(2_000, subjects.Lifespans, mean=20)
    actions = np.zeros(2_000, int)
    for _ in range(100):  # the first lives have mixed by then
        envs.step(actions)
    ended = [envs.step(actions)[2].mean() for _ in range(100)]
    assert np.mean(ended) == pytest.approx(1 / (20 + 1), rel=0.05)  # and one step to reset


def test_neighbour_reads_are_counted_at_the_border_too():
    assert kernels.neighbour_reads(Square4(3, 4)) == 2 * (2 * 4 + 3 * 3)  # every edge from both sides


def test_the_bytes_of_fields_are_counted_as_the_arena_keeps_them():
    fields = [
        Field(),
        Field(over="world", dtype=np.int32, components=3, mutability="sparse"),
        Field(mutability="static"),
    ]
    assert bytes_of(fields, num_cells=100) == 2 * 400 + 12
    assert bytes_of(HeatSeeker.fields.values(), 256) == 2 * (1024 + 4)


@pytest.mark.slow
@pytest.mark.skipif(not memory_probe.STATUS.exists(), reason="the probe asks Linux's /proc")
def test_the_probe_sees_memory_that_stays():
    code = (  # in a process of its own: in this one, what other tests left is freed in between
        "import numpy as np; from benchmarks.memory_probe import kept\n"
        "kept('VmRSS'); before = kept('VmRSS'); held = np.ones(1 << 22); print(kept('VmRSS') - before)"
    )
    told = subprocess.check_output([sys.executable, "-c", code], cwd=Path(__file__).parents[1], text=True)
    assert int(told) == pytest.approx(1 << 25, rel=0.1)  # 32 MiB


# The peers' side of the pipe


def test_a_request_is_answered_or_told_what_went_wrong():
    methods = {"double": lambda number: 2 * number}
    assert json.loads(answer(methods, '{"do": "double", "arguments": {"number": 4}}')) == {"answer": 8}
    assert json.loads(answer(methods, '{"do": "halve", "arguments": {}}')) == {"error": "KeyError: 'halve'"}


def test_a_peer_tells_its_versions():
    with Peer() as peer:
        assert peer.versions == Server().describe()
        assert peer.versions["numpy"] == np.__version__


def test_a_peer_in_another_version_counts_as_missing(alone):
    alone.peer.versions["murk"] = "0.1.0"
    assert "murk==0.2.0 is not installed" in alone.peer.missing("murk")
    alone.peer.versions["murk"] = None


def test_a_peer_that_fails_says_at_what():
    failing = pytest.raises(PeerError, match=r"could not make .*'program': 'no_such'")
    with Peer() as peer, failing, peer.job("jax", "no_such", 1):
        pass


# The guard


def test_what_has_become_dearer_is_named(capsys):
    stored = {"NullEnv": 100.0, "HeatSeeker": 100.0, "wave": 100.0}
    found = {"NullEnv": 102.0, "HeatSeeker": 104.0, "wave": 90.0, "noise": 1.0}
    assert guard.report(guard.INSTRUCTIONS, found, stored) == ["HeatSeeker"]
    same, dearer, cheaper, new = capsys.readouterr().out.splitlines()
    assert same.endswith("+2.0%")
    assert dearer.endswith("+4.0% DEARER")
    assert cheaper.endswith("-10.0% cheaper; keep it with --update")
    assert new.endswith("new")


def test_without_stored_numbers_the_guard_says_so(capsys):
    assert guard.report(guard.TIMES, {"wave": 2.0}, {}) == []
    assert f"are stored for {guard.setting()}; store these with --update" in capsys.readouterr().out


def test_instructions_are_read_from_what_callgrind_writes():
    assert guard.total("version: 1\nevents: Ir\n\nfn=(1) f\n1 1200\n\ntotals: 1200\n") == 1200


@pytest.mark.slow
def test_where_nothing_counts_instructions_times_are_taken_beside_numpy():
    works = {name: WORKS[name] for name in ("NullEnv", "diffusion on Square4")}
    costs = guard.relate(works, repeats=1, seconds=0.0)
    assert costs.keys() == works.keys()
    assert all(0.0 < cost < math.inf for cost in costs.values())


def test_every_work_has_stored_numbers():
    for stored in json.loads(guard.STORED.read_text()).values():
        assert all(costs.keys() == WORKS.keys() for costs in stored.values())
