"""Maps of levels for one propagator: placeholders in `bind` that its kernel replaces, or copies."""

from typing import Any, NoReturn, cast

import numpy as np
import numpy.typing as npt

from murk_env.errors import PipelineError
from murk_env.kernels import KernelCall
from murk_env.kernels.banks import by_bank

__all__ = ["LevelMaps"]

Array = npt.NDArray[Any]


class LevelMaps:
    """Passes the maps of levels to a propagator.

    In `bind` the propagator gets a placeholder for each world's own map; in its kernel's arguments the maps
    themselves replace it. A propagator that runs in Python gets a copy of each world's map.

    Args:
        propagator: the propagator's name.
        num_worlds: number of worlds.

    Attributes:
        binds: whether the propagator is binding now.
    """

    def __init__(self, propagator: str, num_worlds: int) -> None:
        self._propagator, self._num_worlds = propagator, num_worlds
        self._promised: list[tuple[str, _Promised, Array]] = []
        self._levels: npt.NDArray[np.int32]
        self.binds = False

    def begin(self, levels: npt.NDArray[np.int32]) -> None:
        """Begin binding, in worlds of these levels, (num_worlds,)."""
        self._levels, self._promised, self.binds = levels, [], True

    def of(self, field: str, maps: Array) -> Array:
        """Return a field's maps as the propagator gets them, one row for each world, (num_worlds, ...)."""
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
        """Return a kernel that reads each world's map in place of its placeholder.

        Raises:
            PipelineError: the propagator read a map but did not pass it to its kernel unchanged.
        """
        banks: dict[int, Array] = {}
        for field, promised, maps in self._promised:
            places = [place for place, value in enumerate(run.arguments) if value is promised]
            if not places:
                raise PipelineError(_REFUSED.format(f"{self._propagator} reads {field!r}"))
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
    """A placeholder for maps, which cannot be computed with."""

    told = "a propagator computes with a map"

    def _refuse(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise PipelineError(_REFUSED.format(self.told))

    def __array_finalize__(self, source: Any) -> None:
        self.told = getattr(source, "told", self.told)

    __array_ufunc__ = _refuse
    __array_function__ = _refuse
    astype = copy = cast(Any, _refuse)
