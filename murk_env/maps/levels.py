"""Levels: several maps of the same fields, of which each world has one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, cast, get_args

import numpy as np
import numpy.typing as npt

from murk_env.errors import MapError, did_you_mean
from murk_env.fields.fitting import is_masked

__all__ = ["Levels"]

Array = npt.NDArray[Any]
Split = Literal["train", "test", "all"]


class Levels:
    """K levels: K maps of each of some fields, held once for all worlds and processes.

    A world draws its level when an episode begins, before `start`, from its own random numbers. Its
    propagators, hooks, observations and pictures then see that level's maps, without a copy. The fields are
    declared `Field(mutability="level")`.

    Example:
        >>> levels = Levels(elevation=np.zeros((5, 8, 8)), test=[3, 4], split="train")
        >>> levels.num_levels, levels.ids.tolist()
        (5, [0, 1, 2])

    Args:
        split: the levels that episodes draw from: `train`, `test` or `all`.
        train: the levels to train on, by number; None for those that are not in `test`.
        test: the levels to test on, by number.
        weights: relative frequency of each of the K levels, (K,); None for equal ones.
        maps: by the name of a field, its maps, levels first, (K, *shape): an array, or a list of K arrays or
            Rasters of one shape. Over cells the lattice's own shape is accepted.

    Attributes:
        maps: by the name of a field, (K, *shape), read-only.
        num_levels: K.
        train: the levels to train on.
        test: the levels to test on.
        ids: the levels that are drawn from, (k,) int32.
        weights: the probability of each of these, (k,) float64, of sum 1.

    Raises:
        MapError: there are no maps, or fields have different numbers of them or maps of different shapes, a
            level does not exist or is in both splits, the split is empty, or weights are invalid.
    """

    def __init__(
        self,
        *,
        split: Split = "train",
        train: Iterable[int] | None = None,
        test: Iterable[int] = (),
        weights: npt.ArrayLike | None = None,
        **maps: npt.ArrayLike | Sequence[Any],
    ) -> None:
        if not isinstance(split, str) or split not in get_args(Split):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise MapError(f"the split of Levels cannot be {split!r}; {did_you_mean(split, get_args(Split))}")
        self.maps: Mapping[str, Array] = {name: _stacked(name, given) for name, given in maps.items()}
        self.num_levels = _one_number(self.maps)
        every = range(self.num_levels)
        self.test = _numbers("test", test, self.num_levels)
        rest = [level for level in every if level not in self.test]
        self.train = tuple(rest) if train is None else _numbers("train", train, self.num_levels)
        both = sorted({*self.train} & {*self.test})
        if both:
            raise MapError(
                f"train and test must share no level, but level {both[0]} is in both; leave it out of one."
            )
        chosen = {"train": self.train, "test": self.test, "all": tuple(every)}[split]
        if not chosen:
            raise MapError(
                f"the split {split!r} of Levels is empty; name its levels, {split}=[...], of the "
                f"{self.num_levels} there are."
            )
        self.ids = np.array(chosen, np.int32)
        self.weights = _shares(weights, self.num_levels, self.ids)
        for array in (self.ids, self.weights, *self.maps.values()):
            array.flags.writeable = False

    @property
    def ends(self) -> npt.NDArray[np.float64]:
        """The end of each level's share of the numbers from 0 to 1, (k,); the last is 1."""
        ends = np.cumsum(self.weights)
        ends[self.weights > 0.0] /= ends[-1]
        ends[np.flatnonzero(self.weights)[-1] :] = 1.0
        return ends

    def __repr__(self) -> str:
        return f"Levels({self.num_levels} of {', '.join(self.maps)}, {len(self.ids)} drawn from)"


def _stacked(name: str, given: Any) -> Array:
    """Return a field's maps as one array of its own."""
    if is_masked(given):
        raise MapError(f"the maps of {name!r} have masked values; give them values.filled(number).")
    if isinstance(given, list | tuple):
        maps = [_as_array(name, one) for one in cast("Sequence[Any]", given)]
        wrong = [number for number, one in enumerate(maps) if one.shape != maps[0].shape]
        if wrong:
            raise MapError(
                f"the maps of {name!r} must have one shape: that of level {wrong[0]} is "
                f"{maps[wrong[0]].shape}, that of level 0 is {maps[0].shape}."
            )
        given = maps
    array = np.array(given)
    if array.ndim == 0 or array.dtype.kind not in "fiub":
        raise MapError(
            f"the maps of {name!r} must be an array of numbers, the levels first, not {array.dtype} of shape "
            f"{array.shape}."
        )
    if array.dtype.kind == "f" and np.isnan(array).any():
        level = int(np.argwhere(np.isnan(array))[0][0])
        raise MapError(
            f"the map of {name!r} of level {level} has NaN; say what such cells get, Raster(values, "
            f"fill=number), or mend the map."
        )
    return array


def _as_array(name: str, given: Any) -> Array:
    """Return one map as an array."""
    try:
        return np.asarray(given)
    except ValueError as error:  # rows of different lengths
        raise MapError(f"the maps of {name!r} must be arrays of numbers: {error}") from None


def _one_number(maps: Mapping[str, Array]) -> int:
    """Return the number of levels, which must be the same for every field."""
    counts = {name: len(array) for name, array in maps.items()}
    if not counts or 0 in counts.values():
        raise MapError(f"Levels must have at least one field with at least one map, not {counts or 'none'}.")
    if len(set(counts.values())) > 1:
        raise MapError(
            f"every field of Levels must have a map for every level, but their numbers are {counts}."
        )
    return next(iter(counts.values()))


def _numbers(split: str, levels: Any, num_levels: int) -> tuple[int, ...]:
    """Return the levels of a split."""
    array = np.asarray(list(cast("Iterable[Any]", levels)) if isinstance(levels, Iterable) else levels)
    given = array.tolist()
    if array.ndim != 1 or (given and array.dtype.kind not in "iu"):
        raise MapError(f"the levels of {split} must be a list of numbers, not {levels!r}.")
    for level in given:
        if not 0 <= level < num_levels:
            raise MapError(f"{split} names level {level}, but there are the levels 0 to {num_levels - 1}.")
    if len(set(given)) < len(given):
        raise MapError(
            f"the levels of {split} must differ, not {levels!r}; weights= sets how often each is drawn."
        )
    return tuple(map(int, given))


def _shares(weights: Any, num_levels: int, ids: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """Return the probability of each level of a split, of sum 1."""
    if weights is None:
        return np.full(len(ids), 1.0 / len(ids))
    try:
        array = np.asarray(weights)
    except ValueError:  # lists of different lengths
        array = np.empty(0)
    fits = array.shape == (num_levels,) and array.dtype.kind in "fiu"
    if not fits or not (np.isfinite(array) & (array >= 0)).all() or not array[ids].any():
        raise MapError(
            f"weights of Levels must be {num_levels} finite numbers >= 0, one for each level, not all 0 in "
            f"the split, not {weights!r}."
        )
    own = array[ids].astype(np.float64)
    own /= own.max()  # the sum of the largest numbers is infinite
    return own / own.sum()
