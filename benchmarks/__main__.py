"""Prints the environments' speed as ratios to other engines: `python -m benchmarks`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks import scaling, tables
from benchmarks.machine import describe
from benchmarks.peer import Peer
from benchmarks.report import Figure, Report, Skipped
from benchmarks.rows import ROWS, TITLES
from benchmarks.run import Run


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints everything; about five minutes."""
    options = _parser().parse_args(arguments)
    with Peer(options.peer_python) as peer:
        run = Run(peer, options.repeats, options.seconds, options.most_worlds, options.soak)
        report = measured(run, options.row, points=options.row is None or options.plot is not None)
    print("\n".join(f"{name}: {value}" for name, value in report.machine.items()))
    print(f"median of {run.repeats} repeats (quartiles apart); ours and the other in turn\n")
    print(tables.ratios(report, TITLES))
    print(tables.costs(report.points))
    if options.json is not None:
        report.write(options.json)
    if options.plot is not None:
        scaling.plot(list(report.points), options.plot)


def measured(run: Run, rows: Sequence[int] | None, *, points: bool) -> Report:
    """Return the results of some rows, all for None, and with `points` the second table too."""
    machine = describe()
    peers = {f"peer's {name}": version or "none" for name, version in run.peer.versions.items()}
    found = [entry for row in sorted(rows or ROWS) for entry in ROWS[row](run)]
    return Report(
        machine | peers,
        [entry for entry in found if isinstance(entry, Figure)],
        [entry for entry in found if isinstance(entry, Skipped)],
        scaling.points(run) if points else [],
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("--row", type=int, nargs="+", choices=list(ROWS), help="only these rows, without the second table")
    add("--peer-python", metavar="PATH", help="interpreter with murk==0.2.0 and jax (this one)")
    add("--json", type=Path, metavar="PATH", help="write all figures there")
    add("--plot", type=Path, metavar="PATH", help="draw the second table there, as PNG (needs matplotlib)")
    add("--repeats", type=int, default=7, help="of every figure (%(default)s)")
    add("--seconds", type=float, default=0.1, help="that a repeat lasts (%(default)s)")
    add("--most-worlds", type=int, default=16_384, help="no batch is larger (%(default)s)")
    add("--soak", action="store_true", help="a million steps of a single env in row 7")
    return parser


if __name__ == "__main__":
    main()
