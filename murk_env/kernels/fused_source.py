"""The source of fused kernels: a loop over blocks of worlds, and in it the kernels in order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from murk_env.kernels.stored_arguments import Argument

__all__ = ["BLOCK", "FIRST", "Step", "Turn", "source_of"]

# Words of a table, after that of the kernel that runs, which has a cache line of its own, as it is written:
# the number of worlds in a block; the arguments.
BLOCK, FIRST = 8, 9


class Turn(NamedTuple):
    """When a kernel runs that is one of several which are repeated together, block by block.

    Attributes:
        repeat: number of the repetition, the same for its kernels, which follow each other.
        times: how many times it is gone through: the two kinds of turn follow each other.
        last: whether the kernel runs in turns of the kind that comes last, or in those of the other kind.
    """

    repeat: int
    times: int
    last: bool


class Step(NamedTuple):
    """A kernel in the source: its number, where its arguments lie, the test of its choice, its repetition."""

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
    """Yield the calls of kernels, those of the same choice in one loop over worlds."""
    for test, group in groupby(steps, lambda step: step.test):
        inner, span = indent, "first, last"
        if test:
            yield f"{indent}for world in range(first, last):"
            yield f"{indent}    if {test}:"
            inner, span = indent + " " * 8, "world, world + 1"
        for step in group:
            stored = repr(tuple(step.arguments))
            yield f"{inner}call_with(table, start, {span}, kernel{step.number}, {step.number}, {stored!r})"
