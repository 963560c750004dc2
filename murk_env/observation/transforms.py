"""Transforms of an observation's numbers, applied after reading and pooling."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from murk_env.errors import BlueprintError
from murk_env.observation import _kernels
from murk_env.observation._checks import is_number

__all__ = ["Clip", "Log", "Noisy", "Normalise", "Transform", "bounds_after"]


class Transform(Protocol):
    """A non-decreasing function of one number."""

    @property
    def kernel(self) -> Callable[..., Any]:
        """Kernel `(*numbers, out)` that changes all of `out` in place."""
        ...

    @property
    def numbers(self) -> tuple[float, ...]:
        """The kernel's arguments before `out`."""
        ...


@dataclasses.dataclass(frozen=True)
class Normalise:
    """(x - low) / (high - low), clipped to [0, 1]; 0 if low equals high."""

    low: float
    high: float
    kernel = staticmethod(_kernels.normalise)

    def __post_init__(self) -> None:
        _check_limits("normalised", self.low, self.high)

    @property
    def numbers(self) -> tuple[float, ...]:
        """The two limits."""
        return float(self.low), float(self.high)


@dataclasses.dataclass(frozen=True)
class Clip:
    """x, clipped to [low, high]."""

    low: float
    high: float
    kernel = staticmethod(_kernels.clip)

    def __post_init__(self) -> None:
        _check_limits("clipped", self.low, self.high)

    @property
    def numbers(self) -> tuple[float, ...]:
        """The two limits."""
        return float(self.low), float(self.high)


@dataclasses.dataclass(frozen=True)
class Log:
    """sign(x) * ln(1 + |x|): near x for small x, a logarithm for large ones of either sign."""

    kernel = staticmethod(_kernels.log)
    numbers: tuple[float, ...] = ()


@dataclasses.dataclass(frozen=True)
class Noisy:
    """x plus a normal number of standard deviation `sd`, drawn from the world's own random numbers."""

    sd: float
    kernel = staticmethod(_kernels.spread_ends)

    def __post_init__(self) -> None:
        if not (is_number(self.sd) and self.sd >= 0.0):
            raise BlueprintError(
                f"noisy(sd) takes a finite standard deviation >= 0, within float32, not {self.sd!r}."
            )

    @property
    def numbers(self) -> tuple[float, ...]:
        """The standard deviation."""
        return (float(self.sd),)


def bounds_after(
    transforms: Sequence[Transform], low: float, high: float, dtype: "np.dtype[Any]"
) -> tuple[float, float]:
    """Return the transformed lowest and highest value, computed by the kernels themselves."""
    with np.errstate(over="ignore"):  # a sum beyond float32 becomes infinite, as in the kernels
        ends = np.array([low, high]).astype(dtype)
    for transform in transforms:
        transform.kernel(*transform.numbers, ends)
    return float(ends[0]), float(ends[1])


def _check_limits(how: str, low: float, high: float) -> None:
    if not (is_number(low) and is_number(high) and low <= high):
        raise BlueprintError(
            f"{how}(low, high) takes finite numbers, low <= high, not {low!r} and {high!r}; those of float32 "
            f"end at 3.4e38."
        )
