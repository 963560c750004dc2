"""The rows of the table, by number: each measures one claim, against a peer or a floor."""

from collections.abc import Callable

from benchmarks.rows import (
    autoreset,
    batched,
    cold_start,
    environments,
    framework,
    lattices,
    memory,
    recording,
    single,
    state,
    threads,
)
from benchmarks.run import Found, Run

TITLES = {
    1: "one world: a step of HeatSeeker, unwrapped, with its reward",
    2: "1,024 and 64 worlds of HeatSeeker, one thread, a world step, resets included",
    3: "larger worlds, one thread",
    4: "diffusion on other lattices",
    5: "two threads beside one, HeatSeeker, a world step",
    6: "the framework's own share of a step: NullEnv, one world",
    7: "memory in the steady state",
    8: "cold start, in fresh processes",
    9: "resetting 1 % of the worlds at each step, a world step",
    10: "branching, saving and restoring beside a step of all worlds",
    11: "recording HeatSeeker, one thread, a world step, resets included",
    12: "every environment, one thread, resets included; of many worlds one of the two is asked",
}

ROWS: dict[int, Callable[[Run], Found]] = {
    1: single.measure,
    2: batched.measure_small,
    3: batched.measure_large,
    4: lattices.measure,
    5: threads.measure,
    6: framework.measure,
    7: memory.measure,
    8: cold_start.measure,
    9: autoreset.measure,
    10: state.measure,
    11: recording.measure,
    12: environments.measure_all,
}
