"""Plants faults in copies of the checkout and says which of them suites catch: `python -m tests.mutants`."""

import argparse
import itertools
import json
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from functools import cache
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from tqdm import tqdm

from tests.mutants.faults import Fault, draw, rooms
from tests.mutants.suites import Suite, suite
from tests.mutants.trials import Outcome, Trials, tracked_files

ROOT = Path(__file__).resolve().parents[2]

Outcomes = Mapping[tuple[Fault, Suite], Outcome]
_WORDS = {True: "caught", False: "SURVIVED"}


def main(arguments: Sequence[str] | None = None) -> None:
    """Draws, tries and reports; an interrupt ends the trials and reports those that are done."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # nothing that was started stays behind
    modules = rooms(tracked_files(ROOT))
    options = _parser(list(modules)).parse_args(arguments)
    suites = [suite(text, ROOT) for text in options.suite or ["all="]]
    chosen = {room: modules[room] for room in options.rooms or modules}
    faults = draw(ROOT, chosen, options.count, options.seed)
    for fault in faults:
        diff(fault)  # while its module is as it was drawn from; it may be edited during the trials
    outcomes: dict[tuple[Fault, Suite], Outcome] = {}
    planted = sorted({fault.path for fault in faults})
    with TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True) as scratch:
        try:
            outcomes.update(
                tried(Trials(ROOT, Path(scratch), planted, options.jobs), faults, suites, options.jobs)
            )
        except RuntimeError as error:
            sys.exit(str(error))
    if options.json is not None:
        options.json.write_text(json.dumps(record(faults, outcomes), indent=1) + "\n", encoding="utf-8")
    print("\n".join(table(faults, suites, outcomes)))


def tried(
    trials: Trials, faults: Sequence[Fault], suites: Sequence[Suite], jobs: int
) -> Iterator[tuple[tuple[Fault, Suite], Outcome]]:
    """Yield the outcome of each fault in each suite when it is known."""
    pool = ThreadPoolExecutor(jobs)
    try:
        for suite in suites:
            tqdm.write(f"suite {suite.label!r} passes without a fault, in {trials.baseline(suite):.0f} s")
        waiting = {pool.submit(trials.trial, *pair): pair for pair in itertools.product(faults, suites)}
        for done in tqdm(as_completed(waiting), total=len(waiting), unit="trial"):
            fault, suite = waiting[done]
            outcome = done.result()
            if not outcome.caught:
                tqdm.write(f"survived {suite.label!r}: {diff(fault)}")
            yield (fault, suite), outcome
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    finally:
        trials.stop()
        pool.shutdown(cancel_futures=True)


def table(faults: Sequence[Fault], suites: Sequence[Suite], outcomes: Outcomes) -> Iterator[str]:
    """Yield the lines of the table: each fault by what suites say of it, then how many they catch by room."""
    width = max(9, *(len(suite.label) + 2 for suite in suites))
    yield "".join(suite.label.ljust(width) for suite in suites) + "fault"
    for fault in faults:
        found = [outcomes.get((fault, suite)) for suite in suites]
        cells = ["not run" if outcome is None else _WORDS[outcome.caught] for outcome in found]
        yield "".join(cell.ljust(width) for cell in cells) + diff(fault)
    yield ""
    for room in [*sorted(set(map(room_of, faults))), "all rooms"]:
        here = [fault for fault in faults if room in (room_of(fault), "all rooms")]
        yield "".join(_share(here, suite, outcomes).ljust(width) for suite in suites) + room


def record(faults: Sequence[Fault], outcomes: Outcomes) -> list[dict[str, Any]]:
    """Return all that was found, for JSON."""
    found = {
        fault: {suite.label: asdict(outcomes[fault, suite]) for other, suite in outcomes if other == fault}
        for fault in faults
    }
    return [asdict(fault) | {"outcomes": found[fault]} for fault in faults]


def room_of(fault: Fault) -> str:
    """Return the folder of a fault's module."""
    return str(PurePosixPath(fault.path).parent)


@cache
def diff(fault: Fault) -> str:
    """Return a fault in one line."""
    return fault.diff((ROOT / fault.path).read_text(encoding="utf-8"))


def _share(faults: Sequence[Fault], suite: Suite, outcomes: Outcomes) -> str:
    found = [outcomes[fault, suite].caught for fault in faults if (fault, suite) in outcomes]
    return f"{sum(found)}/{len(found)}"


def _parser(rooms: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    add = parser.add_argument
    add("--count", type=int, default=100, help="of faults (%(default)s)")
    add("--seed", type=int, default=0, help="for other faults (%(default)s)")
    add("--rooms", nargs="+", choices=rooms, metavar="ROOM", help=f"of {', '.join(rooms)} (all)")
    add(
        "--suite",
        action="append",
        metavar="[LABEL=]ARGUMENTS",
        help="pytest's arguments; may be repeated (all tests)",
    )
    add("--jobs", type=int, default=2, help="trials at a time (%(default)s)")
    add("--json", type=Path, metavar="PATH", help="write all that was found there")
    return parser


if __name__ == "__main__":
    main()
