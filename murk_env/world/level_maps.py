"""Maps of levels as one propagator is given them: promised in `bind`, fetched by its kernel, or copied."""

from typing import Any, NoReturn, cast

import numpy as np
import numpy.typing as npt

from murk_env.errors import PipelineError
from murk_env.kernels import KernelCall
from murk_env.kernels.banks import by_bank

__all__ = ["LevelMaps"]

Array = npt.NDArray[Any]


class LevelMaps:
    """Hands the maps of levels to a propagator.

    While it binds it is given an array that stands for every world's own map; in its kernel's arguments the
    maps themselves take that place. What runs in Python gets a copy of each world's map.

    Args:
        propagator: its name.
        num_worlds: number of worlds.

    Attributes:
        binds: whether the propagator binds now.
    """

    def __init__(self, propagator: str, num_worlds: int) -> None:
        self._propagator, self._num_worlds = propagator, num_worlds
        self._promised: list[tuple[str, _Promised, Array]] = []
        self._levels: npt.NDArray[np.int32]
        self.binds = False

    def begin(self, levels: npt.NDArray[np.int32]) -> None:
        """Have the propagator bind, in worlds of these levels, (num_worlds,)."""
        self._levels, self._promised, self.binds = levels, [], True

    def of(self, field: str, maps: Array) -> Array:
        """Return what the propagator is given of a field's maps, a row for every world, (num_worlds, ...)."""
        if not self.binds:
            copy = maps[self._levels]
            copy.flags.writeable = False
            return copy
        for _, promised, known in self._promised:
            if known is maps:
                return promised
        first = np.broadcast_to(maps[:1], (self._num_worlds, *maps.shape[1:]))
        promised = first.view(_Promised)
        promised.told = f"{self._propagator} computes with {field!r}"
        self._promised.append((field, promised, maps))
        return promised

    def bound(self, run: KernelCall) -> KernelCall:
        """Return a kernel that reads every world's map where it was given a promise.

        Raises:
            PipelineError: a map was asked for and is no argument of the kernel as it is.
        """
        banks: dict[int, Array] = {}
        for field, promised, maps in self._promised:
            places = [place for place, value in enumerate(run.arguments) if value is promised]
            if not places:
                raise PipelineError(_REFUSED.format(f"{self._propagator} asks for {field!r}"))
            banks |= dict.fromkeys(places, maps)
        if any(
            isinstance(value, _Promised) for place, value in enumerate(run.arguments) if place not in banks
        ):
            raise PipelineError(_REFUSED.format(f"{self._propagator} gives its kernel a part of a map"))
        return by_bank(run, banks, self._levels) if banks else run


_REFUSED = (
    "{}, which has a map for each level, so what bind(frame) makes of it would hold for one level alone. "
    "Give the kernel the array itself, have frame.table_of(field, make) make something of every map, or read "
    "it in step(frame)."
)


class _Promised(np.ndarray[Any, np.dtype[Any]]):
    """An array that stands for others, and cannot be computed with."""

    told = "a propagator computes with a map"

    def _refuse(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise PipelineError(_REFUSED.format(self.told))

    def __array_finalize__(self, source: Any) -> None:
        self.told = getattr(source, "told", self.told)

    __array_ufunc__ = _refuse
    __array_function__ = _refuse
    astype = copy = cast(Any, _refuse)
