"""Prints how fast HeatSeeker steps: `python -m benchmarks`."""

import argparse
from collections.abc import Sequence

from benchmarks import heat_seeker
from benchmarks.machine import describe
from benchmarks.timing import Rates, measure


def table(rows: Sequence[Rates]) -> str:
    """One line for each job: the median rate, its inverse, and the spread over the repeats."""
    lines = [f"{'what is measured':<58} {'median a second':>24} {'us each':>9} {'spread':>7}"]
    for rates in rows:
        rate = f"{rates.median:,.0f} {rates.job.unit}"
        lines.append(f"{rates.job.name:<58} {rate:>24} {1e6 / rates.median:>9.3g} {rates.spread:>7.0%}")
    return "\n".join(lines)


def compare(num_envs: int, repeats: int, seconds: float) -> str:
    """The native vector env, its peer and its floor, timed in turn, and the ratio of the first two."""
    jobs = [heat_seeker.native_job(num_envs), heat_seeker.sync_job(num_envs), heat_seeker.copy_job(num_envs)]
    native, sync, floor = measure(jobs, repeats, seconds)
    ratio = f"native / SyncVectorEnv, num_envs={num_envs}: {native.median / sync.median:.1f}"
    return f"{table([native, sync, floor])}\n{ratio}\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints everything; about half a minute."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="How fast HeatSeeker steps.")
    parser.add_argument("--num-worlds", type=int, nargs="+", default=[1, 64, 1024], help="%(default)s")
    parser.add_argument("--repeats", type=int, default=7, help="of every figure (%(default)s)")
    parser.add_argument("--seconds", type=float, default=0.25, help="that a repeat lasts (%(default)s)")
    options = parser.parse_args(arguments)
    print(describe())
    print(f"HeatSeeker, random actions, one thread, median of {options.repeats} repeats\n")
    for num_worlds in options.num_worlds:
        print(compare(num_worlds, options.repeats, options.seconds))
    print(table(measure(heat_seeker.single_jobs(), options.repeats, options.seconds)))


if __name__ == "__main__":
    main()
