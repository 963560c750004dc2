"""The first of the files that `make fuzz` reads, with the memory that each takes."""

import itertools
import tracemalloc
from contextlib import closing

import pytest

from tests.fuzz.__main__ import case, made
from tests.fuzz.recordings import Recordings
from tests.fuzz.state_files import StateFiles


@pytest.mark.parametrize("first", [0, pytest.param(2_000, marks=pytest.mark.slow)])
def test_hostile_state_files_are_read_or_refused(first):
    files = StateFiles()
    for number in range(first, 10 * first or 2_000):
        case(files, 0, number)
    assert files.accepted > 100, "not all changes are wrong, or nothing is read at all"


def test_hostile_state_files_take_memory_of_their_own_size():
    files = StateFiles()
    case(files, 0, 0)  # whatever is loaded once
    tracemalloc.start()
    try:
        for number in itertools.islice(itertools.count(1), 100):
            data = made(files, 0, number)
            tracemalloc.reset_peak()
            before, _ = tracemalloc.get_traced_memory()
            files.read(data)
            _, peak = tracemalloc.get_traced_memory()
            assert peak - before < 40 * len(data) + (1 << 18), f"case {number}"
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_hostile_recordings_are_played_or_refused():
    with closing(Recordings()) as files:
        for number in range(300):
            case(files, 0, number)
    assert files.accepted > 10
