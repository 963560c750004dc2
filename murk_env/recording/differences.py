"""The first difference between a replayed run and its recording."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.recording.outputs import Outputs

__all__ = ["Difference", "differing_hashes", "differing_outputs", "merged"]

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class Difference:
    """The first difference between a replayed run and its recording.

    Attributes:
        row: the name of the row, such as `row 3`, or an agent's name.
        index: the row's number.
        first_step: the first step of the interval with the difference, counted from 0.
        last_step: the interval's last step.
        num_rows: number of rows that differ in the interval.
        step: the step whose outputs differ, if outputs were kept; None for a reset.
        output: the output that differs, such as `observation`, `reward` or `info/fuel`.
        recorded: the recorded value.
        replayed: the replayed value; None if it is missing.
    """

    row: str
    index: int
    first_step: int
    last_step: int
    num_rows: int
    step: int | None = None
    output: str | None = None
    recorded: npt.NDArray[Any] | None = None
    replayed: npt.NDArray[Any] | None = None

    def __str__(self) -> str:
        more = f", as do {self.num_rows - 1} more" if self.num_rows > 1 else ""
        said = f"{self.row} differs within steps {self.first_step} to {self.last_step}{more}"
        if self.output is None:
            return said
        where = "a reset" if self.step is None else f"step {self.step}"
        return f"{said}: first {self.output} of {where}, recorded {self.recorded}, replayed {self.replayed}"


def differing_hashes(
    recorded: bytes, now: bytes, steps: tuple[int, int], names: Sequence[str]
) -> Difference | None:
    """Compare the hashes of all rows at the end of an interval.

    Args:
        recorded: the recorded hashes.
        now: the hashes of the replayed run.
        steps: the first and the last step of the interval.
        names: the names of the rows.
    """
    rows = np.flatnonzero(np.frombuffer(recorded, "<u8") != np.frombuffer(now, "<u8"))
    if not rows.size:
        return None
    row = int(rows[0])
    return Difference(names[row], row, *steps, rows.size)


def differing_outputs(
    recorded: Mapping[str, Array], outputs: Outputs, step: int | None, names: Sequence[str]
) -> Difference | None:
    """Compare the outputs of a step or reset, in the order in which they are returned.

    Args:
        recorded: the recorded outputs.
        outputs: the outputs of the replayed run.
        step: the step, None for a reset.
        names: the names of the rows.
    """
    now = outputs.flat()
    for name in {**now, **recorded}:
        then, here = recorded.get(name), now.get(name)
        place, count = _first_place(then, here)
        if not count:
            continue
        row = outputs.row_at(name, place)
        if then is not None and here is not None and not name.startswith("final/"):
            then, here = (array[place] if len(array) > place else array for array in (then, here))
        at = step or 0
        return Difference(names[row], row, at, at, count, step, name, then, here)
    return None


def _first_place(then: Array | None, here: Array | None) -> tuple[int, int]:
    """Return the first index along the first axis where bytes differ, and the number of such indices."""
    if then is None or here is None or (then.shape, then.dtype) != (here.shape, here.dtype):
        return 0, 1
    if not then.size:
        return 0, 0
    sides = (np.ascontiguousarray(array).reshape(len(np.atleast_1d(array)), -1) for array in (then, here))
    first, second = (side.view(np.uint8) for side in sides)
    places = np.flatnonzero((first != second).any(axis=1))
    return (int(places[0]), places.size) if places.size else (0, 0)


def merged(found: Difference | None, kept: Difference | None, steps: tuple[int, int]) -> Difference | None:
    """Return the difference as known from hashes and kept outputs together.

    Args:
        found: the rows whose hashes differ at the end of the interval.
        kept: the first output that differs.
        steps: the first and the last step of the interval.
    """
    if kept is None or found is None:
        return found if kept is None else dataclasses.replace(kept, first_step=steps[0], last_step=steps[1])
    return dataclasses.replace(
        kept,
        first_step=found.first_step,
        last_step=found.last_step,
        num_rows=max(found.num_rows, kept.num_rows),
    )
