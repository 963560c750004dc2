"""The limits of an action space, as arrays, and the joint action space of several agents."""

import dataclasses
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from murk_env.errors import BlueprintError

__all__ = ["Limits", "limits_of", "team_space"]

_SLACK = 4  # rounding errors of rescaling and tanh, in units of the last place of the larger bound

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class Limits:
    """The lowest and the highest action of a space, element by element.

    Attributes:
        low: lowest action, int64 or the Box's own float dtype.
        high: highest action, likewise.
        kinds: the dtypes that the space accepts, as numpy's kind letters.
        binary: whether values are 0 or 1, of any dtype.
        clips: whether values beyond the limits are set to them.
    """

    low: Array
    high: Array
    kinds: str
    binary: bool
    clips: bool

    @property
    def integral(self) -> bool:
        """Whether actions are int64."""
        return self.low.dtype.kind == "i"

    def taken(self, dtype: np.dtype[Any]) -> tuple[Array, Array]:
        """Return the lowest and the highest accepted value of a dtype, in the dtype of `low`."""
        low, high = self.low, self.high
        if self.clips:
            least, most = (
                (np.iinfo(np.int64).min, np.iinfo(np.int64).max) if self.integral else (-np.inf, np.inf)
            )
            return np.full_like(low, least), np.full_like(high, most)
        if self.integral:
            return low, high
        coarser = dtype if dtype.kind == "f" and dtype.itemsize < low.itemsize else low.dtype
        larger = np.maximum(*(np.abs(np.where(np.isfinite(end), end, 0)) for end in (low, high)))
        half = (np.minimum(larger, np.finfo(coarser).max) / 2).astype(coarser)  # the largest has no spacing
        slack = np.spacing(half).astype(low.dtype) * (2 * _SLACK)
        last = np.finfo(low.dtype).max
        with np.errstate(over="ignore"):  # overflow to infinity is clipped below
            least, most = np.maximum(low - slack, -last), np.minimum(high + slack, last)
        return np.where(np.isfinite(low), least, low), np.where(np.isfinite(high), most, high)


def limits_of(space: spaces.Space[Any], *, clips: bool = False) -> Limits:
    """Return the limits of a space; with `clips`, a Box accepts every number.

    Raises:
        BlueprintError: the space is not Discrete, MultiDiscrete, MultiBinary or Box, or has values beyond
            int64.
    """
    low, high = _ends(space)
    binary = isinstance(space, spaces.MultiBinary)
    kinds = "biufc" if binary else "biu" if low.dtype.kind == "i" else "biuf"
    return Limits(low, high, kinds, binary, clips and isinstance(space, spaces.Box))


def team_space(members: Sequence[spaces.Space[Any]]) -> spaces.Space[Any]:
    """Return the joint action space of several agents, (num_agents, ...).

    Raises:
        BlueprintError: the spaces differ in more than their limits, or `limits_of` refuses one.
    """
    ends = [_ends(space) for space in members]
    if len({(low.dtype, low.shape) for low, _ in ends}) > 1:
        raise BlueprintError(
            f"the actions of all agents share one array, so their spaces are of one kind and shape, not "
            f"{', '.join(dict.fromkeys(map(str, members)))}."
        )
    low, high = (np.stack(sides) for sides in zip(*ends, strict=True))
    if low.dtype.kind == "i":
        return spaces.MultiDiscrete(high - low + 1, start=low)
    return spaces.Box(low, high, dtype=low.dtype.type)


def _ends(space: spaces.Space[Any]) -> tuple[Array, Array]:
    """Return the lowest and the highest action, int64 or the Box's own float dtype."""
    given = cast(Any, space)  # Gymnasium does not type the arrays of its spaces
    match space:
        case spaces.Discrete():
            start = np.asarray(int(given.start), object)
            return _whole(space, start, start + int(given.n) - 1)
        case spaces.MultiDiscrete():
            first: Array = given.start.astype(object)
            return _whole(space, first, first + given.nvec.astype(object) - 1)
        case spaces.MultiBinary():
            ones: Array = np.ones(space.shape, np.int64)
            return ones - 1, ones
        case spaces.Box():
            low: Array = given.low
            high: Array = given.high
            return (low, high) if low.dtype.kind == "f" else _whole(space, low, high)
        case _:
            raise BlueprintError(
                f"an action space must be a Discrete, MultiDiscrete, MultiBinary or Box, not {space}."
            )


def _whole(space: spaces.Space[Any], low: Any, high: Any) -> tuple[Array, Array]:
    """Return integer limits as int64."""
    if np.asarray(high, object).size and np.max(high) > np.iinfo(np.int64).max:
        raise BlueprintError(f"actions that are integers are at most 2**63 - 1; {space} has larger ones.")
    return np.asarray(low).astype(np.int64), np.asarray(high).astype(np.int64)
