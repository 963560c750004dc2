"""Pooling: one number from many, such as from each square, or cube, of a box."""

import dataclasses
import itertools
import math
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from murk_env.errors import BlueprintError, did_you_mean
from murk_env.observation._checks import MOST, check_whole
from murk_env.observation._window_kernels import MAX, MEAN, MIN, SUM

__all__ = ["Operation", "Pool", "Squares"]

Operation = Literal["mean", "max", "min", "sum"]

_CODES = {"mean": MEAN, "max": MAX, "min": MIN, "sum": SUM}


@dataclasses.dataclass(frozen=True)
class Pool:
    """A reduction of many numbers to one.

    The maximum and the minimum skip NaN, the mean and the sum do not.

    Attributes:
        operation: `mean`, `max`, `min` or `sum`.
    """

    operation: Operation

    def __post_init__(self) -> None:
        known = get_args(Operation)
        if not isinstance(self.operation, str) or self.operation not in known:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise BlueprintError(
                f"pooling has no operation {self.operation!r}; {did_you_mean(self.operation, known)}"
            )

    @property
    def code(self) -> int:
        """The operation's number in the kernels."""
        return _CODES[self.operation]

    @property
    def skips_nan(self) -> bool:
        """Whether NaN values are skipped."""
        return self.operation in ("max", "min")

    def bounds(self, low: float, high: float, fewest: int, most: int) -> tuple[float, float]:
        """Return the lowest and highest result.

        Args:
            low: the lowest pooled value.
            high: the highest.
            fewest: the smallest number of values in a result.
            most: the largest.
        """
        if self.operation != "sum":
            return low, high
        return low * (most if low < 0 else fewest), high * (most if high > 0 else fewest)


@dataclasses.dataclass(frozen=True)
class Squares(Pool):
    """Pooling over squares, or cubes, of a box; only places that show a cell count.

    Attributes:
        size: places along each side of a square.
        stride: places from one square to the next.
    """

    size: int
    stride: int

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("the size of pooled()", self.size, 1)
        check_whole("the stride of pooled()", self.stride, 1)

    def sides(self, box: tuple[int, ...]) -> tuple[int, ...]:
        """Return the sides of the pooled box."""
        return tuple((side - self.size) // self.stride + 1 for side in box)

    def groups(self, box: tuple[int, ...]) -> npt.NDArray[np.int32]:
        """Return the places that each result pools, (num_results, size ** ndim) int32.

        Raises:
            BlueprintError: the box is smaller than `size`, or there are far too many places.
        """
        if min(box) < self.size:
            raise BlueprintError(
                f"pooled() takes {self.size} places a side, but the box has the sides {box}; "
                f"pool over fewer, or show more."
            )
        if math.prod(self.sides(box)) * self.size ** len(box) > MOST:
            raise BlueprintError(
                f"pooled() of {self.size} places a side, {self.stride} apart, takes more than {MOST} numbers "
                f"in all of a box of the sides {box}; give a larger stride, or a smaller size."
            )
        starts = itertools.product(*(range(0, side - self.size + 1, self.stride) for side in box))
        within = np.indices((self.size,) * len(box)).reshape(len(box), -1)
        corners = np.array(list(starts)).reshape(-1, len(box), 1)
        places = np.ravel_multi_index(tuple(np.moveaxis(corners + within, 1, 0)), box)
        return np.ascontiguousarray(places, np.int32)
