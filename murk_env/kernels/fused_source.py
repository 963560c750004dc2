"""The source of fused kernels: a loop over blocks of worlds that calls the kernels in order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from murk_env.kernels.stored_arguments import Argument

__all__ = ["BLOCK", "FIRST", "Step", "Turn", "source_of"]

# Words of a table: first that of the running kernel, on its own cache line since it is written; then the
# number of worlds in a block, and the arguments.
BLOCK, FIRST = 8, 9


class Turn(NamedTuple):
    """When a kernel of a repetition runs; a repetition repeats several kernels together, block by block.

    Attributes:
        repeat: number of the repetition, equal for its consecutive kernels.
        times: number of turns; two kinds of turns alternate.
        last: whether the kernel runs in turns of the same kind as the last one, or of the other kind.
    """

    repeat: int
    times: int
    last: bool


class Step(NamedTuple):
    """A kernel in the source: its number, its arguments in the table, the test of its choice, its turn."""

    number: int
    arguments: Sequence[Argument]
    test: str
    turn: Turn | None


def source_of(lines: Sequence[str], steps: Sequence[Step], spans: Mapping[int, str]) -> str:
    """Return the source of `fused_kernels(table, start, stop)`.

    Args:
        lines: statements that fetch the arrays of choices.
        steps: the kernels in order.
        spans: by repetition, the expression for its turns.
    """
    body = [f"    {line}" for line in lines]
    body += [f"    block = word(table, {BLOCK})", "    first = start", "    while first < stop:"]
    body.append("        last = min(first + block, stop)")
    for repeat, group in groupby(steps, lambda step: step.turn and step.turn.repeat):
        if repeat is None:
            body += _calls(group, " " * 8)
        else:
            body += _turns(list(group), spans[repeat])
    return "\n".join(["def fused_kernels(table, start, stop):", *body, "        first = last", ""])


def _turns(steps: Sequence[Step], span: str) -> Iterator[str]:
    """Yield the loop over the turns of a repetition."""
    yield f"        for turn in {span}:"
    for last in (False, True):
        yield f"            if turn % 2 == {int(last)}:"
        yield from _calls([step for step in steps if step.turn and step.turn.last is last], " " * 16)


def _calls(steps: Iterable[Step], indent: str) -> Iterator[str]:
    """Yield the calls of kernels, with one loop over worlds for consecutive ones of the same choice."""
    for test, group in groupby(steps, lambda step: step.test):
        inner, span = indent, "first, last"
        if test:
            yield f"{indent}for world in range(first, last):"
            yield f"{indent}    if {test}:"
            inner, span = indent + " " * 8, "world, world + 1"
        for step in group:
            stored = repr(tuple(step.arguments))
            yield f"{inner}call_with(table, start, {span}, kernel{step.number}, {step.number}, {stored!r})"
