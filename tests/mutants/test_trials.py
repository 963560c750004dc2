import os
import shutil
import subprocess

import pytest

from tests.mutants.faults import faults_in
from tests.mutants.suites import room_tests, suite
from tests.mutants.trials import Trials

pytestmark = pytest.mark.skipif(os.name != "posix" or not shutil.which("git"), reason="needs sh and git")

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


@pytest.mark.slow
def test_a_suite_catches_what_its_tests_see_and_nothing_else(checkout):
    trials = Trials(checkout, checkout.with_name("scratch"))
    everything = suite("all=", checkout)
    trials.baseline(everything, [ROOM])
    assert trials.trial(fault_to("None"), everything).by == "tests/arena/test_order.py::test_less"
    assert not trials.trial(fault_to("(a <= b)"), everything).caught


@pytest.mark.slow
def test_a_hang_is_caught(checkout, monkeypatch):
    monkeypatch.setattr("tests.mutants.trials.time_limit", lambda seconds: 3 * seconds)
    trials = Trials(checkout, checkout.with_name("scratch"))
    everything = suite("all=", checkout)
    trials.baseline(everything, [ROOM])
    assert trials.trial(fault_to("pass"), everything).by == "a hang"


def test_a_suite_must_pass_without_a_fault(checkout):
    (checkout / "tests/arena/test_order.py").write_text("def test_less():\n    assert False\n")
    with pytest.raises(RuntimeError, match=r"suite 'all' fails without a fault: .*::test_less"):
        Trials(checkout, checkout.with_name("scratch")).baseline(suite("all=", checkout), [ROOM])


def test_the_tests_of_a_room_come_first_and_only_once(checkout):
    own = ["tests/arena/test_order.py"]
    assert suite("all=-k less", checkout).first(own) == ["-k", "less", *own]
    assert suite("all=-k less", checkout).rest(own) == ["-k", "less", f"--ignore={own[0]}"]
    assert suite("all=-m ''", checkout).first(own) == ["-m", "", *own]
    assert suite("tests", checkout).first(own) == own
    assert suite("tests/arena/test_order.py", checkout).rest(own) is None
    assert suite(ROOM, checkout).first(own) is None
    assert suite("--ignore tests/arena", checkout).first(own) is None


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
