"""The base class of entries that read a field's values: channels, pooling, transforms, bounds."""

import dataclasses
from typing import Any, Self

import numpy as np

from murk_env.errors import BlueprintError
from murk_env.fields import Field
from murk_env.fields.bookkeeping import EPISODE, RNG_KEY, STEP
from murk_env.observation import _kernels
from murk_env.observation._checks import check_field, check_flag, check_name
from murk_env.observation.entry import Entry, Part, Scene
from murk_env.observation.loop import Loop
from murk_env.observation.pooling import Operation, Pool, Squares
from murk_env.observation.region import Counts
from murk_env.observation.transforms import Clip, Log, Noisy, Normalise, Transform, bounds_after

__all__ = ["Reading", "limits_of"]

_ONE = Counts(1, 1, gaps=False)


@dataclasses.dataclass(frozen=True)
class Reading(Entry):
    """Values of a field: read, then pooled, then transformed.

    The values are float32 unless the observation is float64, so integers beyond 2**24 are rounded.

    Attributes:
        field: the field.
        name: key in the dict layout; the field's name by default.
        one_hot: show a categorical field as one channel per class, 1 where the value is that class.
        pool: the pooling; set by `pooled`.
        transforms: transforms of every value, in order; set by `normalised`, `clipped`, `logged` and `noisy`.

    Raises:
        BlueprintError: one_hot for a field that is not scalar and categorical, or an argument of a wrong
            type.
    """

    field: Field
    name: str | None = None
    one_hot: bool = False
    pool: Squares | None = dataclasses.field(default=None, kw_only=True)
    transforms: tuple[Transform, ...] = dataclasses.field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        what = type(self).__name__
        check_field(what, self.field)
        check_name(f"{what}({self.field!r})", self.name)
        check_flag(f"one_hot of {what}({self.field!r})", self.one_hot)
        if self.one_hot and (self.field.categories is None or self.field.components is not None):
            raise BlueprintError(
                f"the field of one_hot must be a scalar with categories=, not {self.field!r}."
            )

    def normalised(self, low: float, high: float) -> Self:
        """Return this entry with low mapped to 0 and high to 1, clipped to that range.

        Raises:
            BlueprintError: a limit is not finite, or low is above high. If they are equal, all values are 0.
        """
        return self._then(Normalise(low, high))

    def clipped(self, low: float, high: float) -> Self:
        """Return this entry with every value clipped to [low, high].

        Raises:
            BlueprintError: a limit is not finite, or low is above high.
        """
        return self._then(Clip(low, high))

    def logged(self) -> Self:
        """Return this entry with every value x replaced by sign(x) * ln(1 + |x|)."""
        return self._then(Log())

    def pooled(self, operation: Operation, size: int, stride: int | None = None) -> Self:
        """Return this entry pooled over squares, or cubes, of its box.

        A side of n becomes one of (n - size) // stride + 1. Only places that show a cell count, and `max` and
        `min` skip NaN. If no value is left, the result is the window's padding (0 in `Observe`), clipped to
        the bounds of the space.

        Args:
            operation: `mean`, `max`, `min` or `sum`.
            size: places along each side of a pooled square.
            stride: places from one square to the next; `size` by default.

        Raises:
            BlueprintError: an unknown operation, a size or stride below 1, or an entry that is already pooled
                or transformed.
        """
        if self.pooling is not None or self.transforms:
            raise BlueprintError(
                f"numbers are pooled once, and before they are transformed; write pooled() first and once "
                f"for {self.field!r}."
            )
        return dataclasses.replace(self, pool=Squares(operation, size, size if stride is None else stride))

    @property
    def pooling(self) -> Pool | None:
        """The pooling, None if values are shown one by one."""
        return self.pool

    @property
    def fields(self) -> tuple[Field, ...]:
        """The field."""
        return (self.field,)

    @property
    def key(self) -> str:
        """Key in the dict layout."""
        return self.name or self.field.name

    @property
    def num_channels(self) -> int:
        """Number of channels: of classes if one-hot, else of components, or 1."""
        classes = self.field.categories if self.one_hot else None
        return classes or self.field.components or 1

    def part(
        self,
        scene: Scene,
        shape: tuple[int, ...],
        *,
        picture: bool = False,
        counts: Counts = _ONE,
        padding: float = 0.0,
    ) -> Part:
        """Return the part, with bounds that follow from the field's bounds.

        Args:
            scene: the observed worlds.
            shape: the part's shape.
            picture: whether it is a picture.
            counts: how many values each number pools.
            padding: the number where there is no value.
        """
        if not counts.most:
            return Part(self.key, shape, padding, padding, picture)
        low, high = (0.0, 1.0) if self.one_hot else limits_of(self.field, scene)
        if self.pooling is not None:
            low, high = self.pooling.bounds(low, high, counts.fewest, counts.most)
        low, high = bounds_after(self.transforms, low, high, scene.dtype)
        if counts.gaps:
            low, high = min(low, padding), max(high, padding)
        return Part(self.key, shape, low, high, picture)

    def write_transforms(self, loop: Loop, part: str) -> None:
        """Add the transforms to a loop."""
        for transform in self.transforms:
            numbers = tuple(map(loop.real, transform.numbers))
            if isinstance(transform, Noisy):
                self._write_noise(loop, numbers, part)
            else:
                loop.call(transform.kernel, *numbers, part)

    def changes(self, value: float, dtype: "np.dtype[Any]") -> bool:
        """Whether the transforms make another number of a value, or other bytes of the same."""
        if any(isinstance(transform, Noisy) for transform in self.transforms):
            return True
        after, _ = bounds_after(self.transforms, value, value, dtype)
        return np.array(after, dtype).tobytes() != np.array(value, dtype).tobytes()

    def _write_noise(self, loop: Loop, numbers: tuple[str, ...], part: str) -> None:
        """Add noise, for which every agent draws from different blocks of random numbers."""
        clock = loop.row(RNG_KEY), loop.row(EPISODE), loop.row(STEP)
        site = loop.whole(loop.noise_site())
        loop.call(_kernels.disturb, *clock, site, loop.agent, *numbers, part)

    def noisy(self, sd: float) -> Self:
        """Return this entry with normal noise of standard deviation `sd` added to every value, like a sensor.

        It is drawn from the world's own random numbers: it depends only on the world's seed, episode and
        step, the place of the value in the observation, and the observing agent. Observing the same step
        again gives the same noise.

        Raises:
            BlueprintError: the standard deviation is negative or not finite.
        """
        return self._then(Noisy(sd))

    def _then(self, transform: Transform) -> Self:
        return dataclasses.replace(self, transforms=(*self.transforms, transform))


def limits_of(field: Field, scene: Scene) -> tuple[float, float]:
    """Return the lowest and highest value that a field can hold, rounded to its dtype."""
    low, high = scene.sides.ends(field)
    if field.dtype == np.int32:
        return low, high - 1 if field.at_bounds == "wrap" else high
    with np.errstate(over="ignore"):
        return float(field.dtype.type(low)), float(field.dtype.type(high))
