import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.mutants.faults import faults_in
from tests.mutants.reach import Reach, asked, portions
from tests.mutants.suites import room_tests, suite
from tests.mutants.trials import Trials, tracked_files

pytestmark = pytest.mark.skipif(os.name != "posix" or not shutil.which("git"), reason="needs sh and git")

ROOT = Path(__file__).resolve().parents[2]
ROOM = "murk_arena"
SOURCE = "def less(a, b):\n    while a > 9:\n        a -= 1\n    return a < b\n"
TEST = (
    "from murk_arena.order import less\n\ndef test_less():\n    assert less(0, 1)\n    assert less(10, 11)\n"
)
FILES = {f"{ROOM}/__init__.py": "", f"{ROOM}/order.py": SOURCE, "tests/arena/test_order.py": TEST}


@pytest.fixture
def checkout(tmp_path):
    for path, text in FILES.items():
        (tmp_path / "root" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "root" / path).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path / "root", check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path / "root", check=True)
    (tmp_path / "scratch").mkdir()
    return tmp_path / "root"


def fault_to(after):
    (fault,) = (fault for fault in faults_in(SOURCE, f"{ROOM}/order.py") if fault.after == after)
    return fault


@pytest.fixture
def trials(checkout):
    trials = Trials(checkout, checkout.with_name("scratch"), [f"{ROOM}/order.py"])
    yield trials
    trials.stop()


@pytest.mark.slow
def test_a_suite_catches_what_its_tests_see_and_nothing_else(checkout, trials):
    everything = suite("all=", checkout)
    trials.baseline(everything)
    assert trials.trial(fault_to("None"), everything).by == "tests/arena/test_order.py::test_less"
    assert not trials.trial(fault_to("(a <= b)"), everything).caught
    assert trials.trial(fault_to("None"), everything).caught  # nothing is left of the fault before


@pytest.mark.slow
def test_a_hang_is_caught(checkout, trials, monkeypatch):
    monkeypatch.setattr("tests.mutants.trials.time_limit", lambda seconds: 5.0)
    everything = suite("all=", checkout)
    trials.baseline(everything)
    assert trials.trial(fault_to("pass"), everything).by == "a hang"


@pytest.mark.slow
def test_a_suite_must_pass_without_a_fault(checkout):
    (checkout / "tests/arena/test_order.py").write_text("def test_less():\n    assert False\n")
    trials = Trials(checkout, checkout.with_name("scratch"), [f"{ROOM}/order.py"])
    with pytest.raises(RuntimeError, match=r"suite 'all' fails without a fault: .*::test_less"):
        trials.baseline(suite("all=", checkout))


def test_a_suite_is_the_arguments_of_pytest(checkout):
    assert suite("all=-k less", checkout).options == ("-k", "less")
    assert suite("all=-m '' tests/arena", checkout).options == ("-m", "")
    assert suite("tests/arena/test_order.py", checkout).arguments == ("tests/arena/test_order.py",)


REACHES = {
    "tests/arena/test_read.py::test_slow": Reach(2.0, {"murk_arena/order.py": {2, 3}}),
    "tests/arena/test_read.py::test_other": Reach(0.1, {}),
    "tests/arena/test_rows.py::test_room": Reach(0.1, {"murk_arena/rows.py": {1}}),
    "tests/env/test_order.py::test_name": Reach(3.0, {"murk_arena/order.py": {3}}),
    "tests/env/test_far.py::test_quick": Reach(0.2, {"murk_arena/order.py": {3, 4}}),
    "tests/env/test_none.py::test_none": Reach(0.1, {}),
}


def test_tests_that_reach_the_line_come_first_and_then_those_around_them():
    assert fault_to("pass").line == 3
    assert asked(fault_to("pass"), REACHES) == [
        "tests/env/test_order.py::test_name",
        "tests/arena/test_read.py::test_slow",
        "tests/env/test_far.py::test_quick",
        "tests/arena/test_read.py::test_other",
        "tests/arena/test_rows.py::test_room",
    ]


def test_of_many_that_reach_the_line_those_come_first_that_reach_a_rare_one_nearby():
    reaches = {
        f"tests/arena/test_read.py::test_{n}": Reach(1.0, {f"{ROOM}/order.py": {3}}) for n in range(40)
    }
    raises = Reach(9.0, {f"{ROOM}/order.py": {3, 5}})
    assert asked(fault_to("pass"), {**reaches, "tests/env/test_far.py::test_raises": raises})[0] == (
        "tests/env/test_far.py::test_raises"
    )


def test_where_no_test_reaches_the_line_those_that_reach_its_module_come_first():
    unreached = {test: Reach(1.0, {path: {9} for path in reach.lines}) for test, reach in REACHES.items()}
    assert set(asked(fault_to("pass"), unreached)[:3]) == {
        test for test, reach in REACHES.items() if f"{ROOM}/order.py" in reach.lines
    }


def test_portions_grow_and_keep_the_tests_of_a_file_together():
    reaches = {f"{file}::{test}": Reach(1.0, {}) for test in range(20) for file in ("a", "b")}
    cut = portions([*reaches], reaches)
    assert [len(portion) for portion in cut] == [3, 15, 22]
    assert cut[0] == ["a::0", "a::1", "b::0"]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="in a copy of the checkout git knows no file")
def test_every_module_that_make_mutants_plants_faults_in_has_tests():
    tracked = tracked_files(ROOT)
    target = (ROOT / "Makefile").read_text().partition("mutants:\n")[2].partition("\n\n")[0]
    planted = re.findall(r"murk_\S+", target.partition("--rooms")[2].partition("--")[0])
    suites = re.findall(r"tests/\S+(?=[ \"])", target)
    assert {"murk_arena", "murk_env/engine", "murk_env/world"} <= set(planted)
    for room in planted:
        asked_files = room_tests(room, tracked)
        assert asked_files
        assert all(any(file.startswith(folder + "/") for folder in suites) for file in asked_files)


@pytest.mark.parametrize(
    ("room", "folder"),
    [
        ("murk_env/lattice", "tests/env/lattice"),
        ("murk_env/lattice/records", "tests/env/lattice"),  # has no tests of its own
        ("murk_env", "tests/env"),
        ("murk_arena", "tests/arena"),
        ("envs/murk_envs", "tests/envs"),
    ],
)
def test_a_rooms_tests_are_those_in_its_folder_or_around_it(room, folder):
    tracked = [f"{folder}/test_a.py", f"{folder}/c.py", f"{folder}/inner/test_b.py", "tests/x/test_d.py"]
    assert room_tests(room, tracked) == tracked[:1]
