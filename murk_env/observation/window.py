"""Windows: the part of a field around an agent, or around a cell held by a field."""

import dataclasses
import operator
from collections.abc import Sequence
from typing import Any, cast

from murk_env.errors import BlueprintError
from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.observation import _window_kernels
from murk_env.observation._checks import check_cells, check_flag, check_whole, is_number
from murk_env.observation.entry import Fitted, Part, Scene
from murk_env.observation.loop import Loop
from murk_env.observation.reading import Reading, limits_of
from murk_env.observation.region import Region, disk, rectangle

__all__ = ["Window"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Window(Reading):
    """The part of a field around a cell, `(channels, *sides)`.

    The axes are those of the lattice's coordinates, each of 2 * extent + 1 places with the centre in the
    middle. Where the lattice wraps, so does the window, and may show a cell twice; beyond any other border,
    clamped ones included, it shows the padding. With a centre over agents there is a window for every agent.
    Around a centre that is not a cell, such as -1, everything is padding.

    Attributes:
        around: a scalar int32 field over the world or over agents that holds the cell in the centre.
        disk: show the cells within this number of hops; the rest of the box is padding.
        rectangle: or show the whole box with these extents to either side, one per coordinate.
        padding: the value where there is no cell; it is neither pooled nor transformed.
        with_mask: add a part `(1, *sides)`, shared by all channels: 1 where any of them has a value, 0 where
            all are padding. Its key is the window's followed by `_mask`.

    Raises:
        BlueprintError: the field is not over cells, `around` cannot hold cells, not exactly one of disk and
            rectangle is given, an extent is not an integer >= 0, or the padding is not finite in float32.
    """

    around: Field
    disk: int | None = None
    rectangle: tuple[int, ...] | None = None
    padding: float = 0.0
    with_mask: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.field.over != "cells":
            raise BlueprintError(
                f"the field of a Window must be over cells, not {self.field!r}; use Observe."
            )
        check_cells("the centre of a Window", self.around)
        if (self.disk is None) == (self.rectangle is None):
            raise BlueprintError(
                f"a Window of {self.field.name!r} must be either a disk or a rectangle, not "
                f"disk={self.disk!r} and rectangle={self.rectangle!r}."
            )
        for extent in (self.disk,) if self.rectangle is None else self._extents(self.rectangle):
            check_whole("a Window's radius or extent", extent, 0)
        check_flag("with_mask of a Window", self.with_mask)
        if not is_number(self.padding):
            raise BlueprintError(
                f"a Window's padding must be a finite number within float32, up to 3.4e38, not "
                f"{self.padding!r}."
            )

    def _extents(self, rectangle: Any) -> tuple[Any, ...]:
        if not isinstance(rectangle, Sequence) or isinstance(rectangle, str):
            raise BlueprintError(
                f"a Window's rectangle must be a tuple of extents, one for each coordinate, such as (1, 2), "
                f"not {rectangle!r}."
            )
        return tuple(cast(Sequence[Any], rectangle))

    @property
    def fields(self) -> tuple[Field, ...]:
        """The field it shows and the one that holds the centre."""
        return self.field, self.around

    def fit(self, scene: Scene) -> Fitted:
        """Return the window's shape and bounds; see `Entry.fit`."""
        region = self.region(scene.lattice)
        sides = self.pool.sides(region.box) if self.pool else region.box
        groups = self.pool.groups(region.box) if self.pool else region.each
        counts = region.counts(groups, *limits_of(self.around, scene))
        shape = (self.num_channels, *sides)
        shown = self.part(scene, shape, picture=True, counts=counts, padding=float(self.padding))
        mask = (Part(f"{self.key}_mask", (1, *sides), 0.0, 1.0, picture=True),) if self.with_mask else ()
        padding = self.padding_within(shown)

        def write(loop: Loop, parts: tuple[str, ...]) -> None:
            if self.pool is None:
                self._write_copied(loop, parts, region, padding)
                self.write_rest(loop, parts, region, padding, scene.dtype)
            else:
                self._write_pooled(loop, parts, region, groups, padding)

        return Fitted((shown, *mask), per_agent=self.around.over == "agents", write=write)

    def padding_within(self, shown: Part) -> float:
        """Return the padding, or what of the part's bounds is nearest to it."""
        return shown.nearest(float(self.padding))

    def _write_copied(self, loop: Loop, parts: tuple[str, ...], region: Region, nothing: float) -> None:
        cell, kinds, row = loop.number(self.around), loop.table(region.kinds), loop.row(self.field)
        padding = loop.real(nothing)
        if self.one_hot:
            table, by_class = loop.table(region.displacements), loop.whole(1)
            loop.call(_window_kernels.window, row, cell, kinds, table, by_class, padding, parts[0])
            return
        tables = kinds, loop.table(region.nearby), loop.table(region.shown)
        channels = loop.whole(self.num_channels)
        loop.call(_window_kernels.copy_window, row, cell, *tables, channels, padding, parts[0])

    def write_rest(
        self, loop: Loop, parts: tuple[str, ...], region: Region, nothing: float, dtype: Any
    ) -> None:
        """Add the mask and the transforms of what has been copied, and the padding that they change."""
        where = loop.number(self.around), loop.table(region.kinds)
        if self.with_mask:
            loop.call(_window_kernels.show_cells, *where, loop.table(region.shown), parts[1])
        self.write_transforms(loop, parts[0])
        if self.changes(nothing, dtype):
            shown = loop.table(region.shown), loop.whole(self.num_channels)
            loop.call(_window_kernels.pad_window, *where, *shown, loop.real(nothing), parts[0])

    def _write_pooled(
        self, loop: Loop, parts: tuple[str, ...], region: Region, groups: Any, nothing: float
    ) -> None:
        assert self.pool is not None
        cell, kinds, places = loop.number(self.around), loop.table(region.kinds), loop.table(groups)
        where = cell, kinds, loop.table(region.displacements)
        by_class, code = loop.whole(self.one_hot), loop.whole(self.pool.code)
        padding, skips_nan = loop.real(nothing), loop.whole(self.pool.skips_nan)
        loop.call(_window_kernels.pool, loop.row(self.field), *where, places, by_class, code, parts[0])
        if self.with_mask:
            loop.call(_window_kernels.show_mask, *where, places, skips_nan, *parts)
        self.write_transforms(loop, parts[0])
        loop.call(_window_kernels.pad, *where, places, skips_nan, padding, parts[0])

    def region(self, lattice: Lattice) -> Region:
        """Return the cells that it shows."""
        if self.disk is not None:
            return disk(lattice, operator.index(self.disk))
        assert self.rectangle is not None
        if len(self.rectangle) != lattice.ndim:
            raise BlueprintError(
                f"a rectangle on {lattice!r} has {lattice.ndim} extents, one for each coordinate, not "
                f"{self.rectangle!r}."
            )
        return rectangle(lattice, tuple(map(operator.index, self.rectangle)))
