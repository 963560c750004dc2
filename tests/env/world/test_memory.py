"""Worlds that do not fit into memory are refused before anything is allocated, with the bytes."""

import tracemalloc

import numpy as np
import pytest

from murk_env import Field, MurkVectorEnv, Square4, World
from murk_env.errors import MemorySizeError
from murk_env.world import memory
from murk_env.world.memory import available_bytes, bytes_of_fields
from tests.env.worlds import Walker

GB = 10**9


@pytest.fixture
def three_gigabytes(monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda: 3 * GB)


def test_fields_lie_in_both_buffers_and_static_ones_once():
    fields = [Field(), Field(mutability="sparse"), Field(over="agents"), Field(mutability="static")]
    bookkeeping, other = (5 * 4 + 8) * 2, 64
    expected = 10 * (2 * 4 * (100 + 100 + 3) + bookkeeping + other) + 4 * 100
    assert bytes_of_fields(fields, num_cells=100, num_agents=3, num_worlds=10) == expected


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: World(Square4(8, 8), {"heat": Field()}, num_worlds=10**7),
            r"10000000 world\(s\) of 64 cells would take 6.32 GB of memory \(fields 6.32 GB\), but 3.00",
        ),
        (
            lambda: World(Square4(2**15, 2**15), {"wall": Field(mutability="static")}, static={}),
            r"1 world\(s\) of 1073741824 cells would take 4.29 GB",
        ),
        (
            lambda: MurkVectorEnv(Walker, 10**9),
            r"Walker: 1000000000 world\(s\) would take .* GB of memory \(fields .* GB\), but 3.00",
        ),
        (
            lambda: MurkVectorEnv(Walker, 9 * 10**6),
            r"Walker: 9000000 world\(s\) would take .*, observations 2.45 GB\), but 3.00 GB are",
        ),
    ],
    ids=["World", "static", "fields", "observations"],
)
def test_what_does_not_fit_is_refused_before_anything_is_allocated(make, message, three_gigabytes):
    tracemalloc.start()
    try:
        with pytest.raises(MemorySizeError, match=message) as caught:
            make()
        assert tracemalloc.get_traced_memory()[1] < 10**7
    finally:
        tracemalloc.stop()
    assert isinstance(caught.value, MemoryError)


@pytest.mark.slow
def test_what_fits_is_made_and_little_is_made_without_looking(monkeypatch):
    asked = []
    monkeypatch.setattr(memory, "available_bytes", lambda: asked.append(1))
    World(Square4(8, 8), {"heat": Field()}, num_worlds=1000)
    assert asked == []
    World(Square4(8, 8), {"heat": Field()}, num_worlds=120_000)  # 74 MB, and it is not known what there is
    assert asked == [1]


def files(root, **contents):
    for path, text in contents.items():
        place = root / path.replace("__", "/").replace("_dot_", ".")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return root


MEMORY = "MemTotal: 99 kB\nOdd:\nMemAvailable:    4000 kB\nSwapFree: 1000 kB\n"


def test_memory_that_is_available_is_that_of_the_system_with_swap(tmp_path):
    assert available_bytes(files(tmp_path, proc__meminfo=MEMORY)) == 5000 * 1024


def test_a_control_group_allows_less_and_so_does_the_one_around_it(tmp_path):
    files(
        tmp_path,
        proc__meminfo=MEMORY,
        proc__self__cgroup="0::/outer/inner\n",
        sys__fs__cgroup__outer__inner__memory_dot_max="max\n",
        sys__fs__cgroup__outer__inner__memory_dot_current="100\n",
        sys__fs__cgroup__outer__memory_dot_max="3000000\n",
        sys__fs__cgroup__outer__memory_dot_current="1000000\n",
        sys__fs__cgroup__outer__memory_dot_stat="anon 5\ninactive_file 400000\n",
    )
    assert available_bytes(tmp_path) == 2_400_000


def test_the_first_version_of_control_groups(tmp_path):
    files(
        tmp_path,
        proc__meminfo=MEMORY,
        proc__self__cgroup="5:cpu:/other\n4:memory:/job\n",
        sys__fs__cgroup__memory__job__memory_dot_limit_in_bytes="2000000\n",
        sys__fs__cgroup__memory__job__memory_dot_usage_in_bytes="2500000\n",
    )
    assert available_bytes(tmp_path) == 0


def test_where_the_system_does_not_say_nothing_is_known(tmp_path):
    assert available_bytes(tmp_path) is None


def test_this_machine_has_some_memory_left():
    available = available_bytes()
    assert available is None or available > np.int64(10**7)
