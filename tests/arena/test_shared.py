"""Static values in several processes: each script below is a process of its own, and starts workers."""

import gc
import os
import pickle
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import murk_arena
from murk_arena import SharedMemoryError, StaticArena

SHARED = Path("/dev/shm")

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="shared memory is looked at where Linux keeps it")

PREAMBLE = """
import multiprocessing, os, pickle, re, signal, subprocess, sys
import numpy as np
from murk_arena import FieldId, FieldSpec, Mutability, StaticArena

WALL = FieldSpec(FieldId(4), "wall", (3,), mutability=Mutability.STATIC)

def shared_name(arena):
    return re.search(rb"murk_[0-9a-f]{16}", pickle.dumps(arena))[0].decode()

def look(arena, answers):
    assert pickle.loads(pickle.dumps(arena)).shares_memory_with(arena)
    mapped = shared_name(arena) in open("/proc/self/maps").read()
    writable = arena.read(WALL.id).flags.writeable
    answers.put((arena.read(WALL.id).tolist(), shared_name(arena), mapped, writable))

def die(arena, answers):
    look(arena, answers)
    answers.close()
    answers.join_thread()
    os.kill(os.getpid(), signal.SIGKILL)

def start(method, work, arena):
    context = multiprocessing.get_context(method)
    answers = context.Queue()
    worker = context.Process(target=work, args=(arena, answers))
    worker.start()
    answer = answers.get(timeout=60)
    worker.join()
    return answer, worker.exitcode
"""


@pytest.fixture
def run(tmp_path):
    """Run a script's main part in a new process; return the lines it printed, and what it left behind."""

    def run(main, *arguments, status=0):
        script = tmp_path / "script.py"
        body = textwrap.indent(textwrap.dedent(main), "    ")
        script.write_text(f"{PREAMBLE}\nif __name__ == '__main__':\n{body}")
        root = Path(murk_arena.__file__).parents[1]
        # The resource tracker holds the output open: when run() returns it has ended too.
        done = subprocess.run(
            [sys.executable, script, *arguments],
            env={**os.environ, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == status, done.stderr
        lines = done.stdout.splitlines()
        left = [name for name in re.findall(r"murk_[0-9a-f]{16}", done.stdout) if (SHARED / name).exists()]
        return lines, left, done.stderr

    return run


@pytest.mark.few(1)
@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_a_worker_reads_the_owners_values_and_nothing_is_left(run, method):
    lines, left, complaints = run(
        """
        arena = StaticArena({WALL: [1, 2, 3]})
        name = shared_name(arena)
        answer, code = start(sys.argv[1], look, arena)
        print(answer[0], answer[1] == name, answer[3], code, os.path.exists(f"/dev/shm/{name}"), name)
        """,
        method,
    )
    assert lines[0].startswith("[1.0, 2.0, 3.0] True False 0 True")
    assert (left, complaints) == ([], "")


@pytest.mark.slow
def test_a_spawned_worker_maps_the_owners_pages(run):
    lines, _, _ = run(
        """
        answer, _ = start("spawn", look, StaticArena({WALL: [1, 2, 3]}).share())
        print(answer[2])
        """
    )
    assert lines == ["True"]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_the_values_stay_usable_when_a_worker_is_killed(run, method):
    lines, left, complaints = run(
        """
        arena = StaticArena({WALL: [1, 2, 3]})
        shared_name(arena)
        _, killed = start(sys.argv[1], die, arena)
        answer, code = start(sys.argv[1], look, arena)
        print(killed, answer[0], code, answer[1])
        """,
        method,
    )
    assert lines[0].startswith("-9 [1.0, 2.0, 3.0] 0")
    assert (left, complaints) == ([], "")


@pytest.mark.slow
def test_a_process_with_a_resource_tracker_of_its_own_deletes_nothing_when_it_ends(run):
    lines, left, complaints = run(
        """
        arena = StaticArena({WALL: [1, 2, 3]})
        load = "import pickle, sys; print(pickle.load(sys.stdin.buffer).read(4).tolist(), flush=True)"
        subprocess.run([sys.executable, "-c", load], input=pickle.dumps(arena), check=True)
        print(os.path.exists(f"/dev/shm/{shared_name(arena)}"), shared_name(arena))
        """
    )
    assert lines[0] == "[1.0, 2.0, 3.0]"
    assert lines[1].startswith("True")
    assert (left, complaints) == ([], "")


def test_nothing_is_left_when_the_owner_is_killed(run):
    lines, left, _ = run(
        """
        print(shared_name(StaticArena({WALL: [1, 2, 3]}).share()), flush=True)
        arena = StaticArena({WALL: [1, 2, 3]})
        print(shared_name(arena), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        """,
        status=-9,
    )
    assert len(lines) == 2
    assert left == []


def test_shared_memory_made_by_a_forked_worker_goes_with_the_worker(run):
    lines, left, complaints = run(
        """
        arena = StaticArena({WALL: [1, 2, 3]})
        answer, _ = start("fork", look, arena)
        print(answer[1], os.path.exists(f"/dev/shm/{answer[1]}"))
        print(shared_name(arena) != answer[1])
        """
    )
    assert lines[0].endswith("False")
    assert lines[1] == "True"
    assert (left, complaints) == ([], "")


def test_a_pickle_that_is_never_loaded_leaves_nothing(run):
    lines, left, complaints = run("print(shared_name(StaticArena({WALL: [1, 2, 3]})))")
    assert len(lines) == 1
    assert (left, complaints) == ([], "")


def name_in(pickled):
    return re.findall(rb"murk_[0-9a-f]{16}", pickled)[0].decode()


def test_the_values_are_copied_once_however_often_they_are_pickled(static):
    assert name_in(pickle.dumps(static)) == name_in(pickle.dumps(static.share()))


def test_a_pickle_loaded_in_the_same_process_is_a_handle_on_the_same_memory(static, wall):
    loaded = pickle.loads(pickle.dumps(static))
    assert loaded.read(wall.id) is static.read(wall.id)
    assert static.handle_count == 2


def test_the_shared_memory_goes_with_the_last_handle(wall):
    static = StaticArena({wall: [1, 2, 3]})
    other, name = static.share(), name_in(pickle.dumps(static))
    static.close()
    gc.collect()
    assert (SHARED / name).exists()
    other.close()
    gc.collect()
    assert not (SHARED / name).exists()


def test_a_pickle_whose_memory_is_gone_is_refused(wall):
    static = StaticArena({wall: [1, 2, 3]})
    pickled = pickle.dumps(static)
    static.close()
    gc.collect()
    with pytest.raises(
        SharedMemoryError, match=r"the shared static memory 'murk_\w+' is gone: the process that"
    ):
        pickle.loads(pickled)


@pytest.mark.slow
def test_a_static_arena_of_no_fields_can_be_shared(run):
    lines, left, complaints = run(
        """
        arena = StaticArena({})
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            print(pool.apply(StaticArena.share, (arena,)).field_count, shared_name(arena))
        """
    )
    assert lines[0].startswith("0 murk_")
    assert (left, complaints) == ([], "")
