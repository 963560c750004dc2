"""Prints mean returns in each environment, or its speed: `python -m benchmarks.returns`."""

import argparse
from collections.abc import Sequence

from benchmarks.machine import describe
from benchmarks.returns.play import NAMES
from benchmarks.returns.rates import rates
from benchmarks.returns.table import line, table


def main(arguments: Sequence[str] | None = None) -> None:
    """Play and print, a few minutes for all."""
    options = _parser().parse_args(arguments)
    if options.rates:
        print("\n".join(f"{name}: {value}" for name, value in describe().items()), end="\n\n")
        print(rates(options.names))
    else:
        print(table([line(name, options.num_episodes, options.seed) for name in options.names]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.returns", description=__doc__)
    add = parser.add_argument
    add("names", nargs="*", default=list(NAMES), metavar="NAME", help=f"of {', '.join(NAMES)} (all)")
    add("--num-episodes", type=int, default=1000, help="of each policy (%(default)s)")
    add("--seed", type=int, default=1, help="of the episodes (%(default)s)")
    add("--rates", action="store_true", help="measure steps in a second instead")
    return parser


if __name__ == "__main__":
    main()
