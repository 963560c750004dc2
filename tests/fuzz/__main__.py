"""Reads a great number of hostile files: `python -m tests.fuzz --count 1000000`.

Every one of them is read or refused with the error that is its own; anything else is a fault: another
exception, a crash, a hang, more memory than the bound. Case number k of a seed is always the same file, so a
fault is looked at again with `--first k --count 1`.
"""

import argparse
import faulthandler
import multiprocessing
import random
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.fuzz.recordings import Recordings
from tests.fuzz.state_files import StateFiles

TARGETS: dict[str, Callable[[], Any]] = {"states": StateFiles, "recordings": Recordings}
SECONDS = 20  # that one file may take; most take less than a millisecond
MEBIBYTES = 256  # of address space, beyond what the process has when it begins


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the files in a process of their own; return 1 if there was a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--target", choices=TARGETS, default="states", help="which kind of file")
    parser.add_argument("--count", type=int, default=100_000, help="how many files")
    parser.add_argument("--first", type=int, default=0, help="the first one's number")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    number = multiprocessing.Value("q", -1)
    child = multiprocessing.Process(target=run, args=(options, number))
    child.start()
    child.join()
    if child.exitcode:
        print(f"FAULT at --target {options.target} --seed {options.seed} --first {number.value} --count 1")
    return int(bool(child.exitcode))


def run(options: argparse.Namespace, number: Any) -> None:
    """Make and read the files, under limits of time and memory."""
    faulthandler.enable()
    target = TARGETS[options.target]()
    case(target, options.seed, 0)  # whatever is loaded and compiled once
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    most = held + (MEBIBYTES << 20)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    begun = told = time.monotonic()
    for number.value in range(options.first, options.first + options.count):
        if number.value % 64 == 0:
            faulthandler.dump_traceback_later(SECONDS, exit=True)
        case(target, options.seed, number.value)
        if time.monotonic() > told + 60:
            told = time.monotonic()
            print(f"{number.value + 1 - options.first:,} files in {told - begun:.0f} s", flush=True)
    faulthandler.cancel_dump_traceback_later()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(
        f"{options.count:,} files in {time.monotonic() - begun:.0f} s, {target.accepted:,} of them read, no "
        f"fault; at most {peak} MiB"
    )


def case(target: Any, seed: int, number: int) -> None:
    """Make and read one file."""
    target.read(made(target, seed, number))


def made(target: Any, seed: int, number: int) -> bytes:
    """Return the file with a number: the same in every process."""
    return target.make(random.Random(f"{seed} {number}"))


if __name__ == "__main__":
    sys.exit(main())
