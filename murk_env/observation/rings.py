"""Rings: the whole world as seen from a cell, pooled by distance and direction."""

import dataclasses
import itertools
import operator
from collections.abc import Sequence
from typing import Any, cast

from murk_env.errors import BlueprintError
from murk_env.fields import Field
from murk_env.observation import _window_kernels
from murk_env.observation._checks import check_cells, check_whole
from murk_env.observation.entry import Fitted, Part, Scene
from murk_env.observation.loop import Loop
from murk_env.observation.pooling import Operation, Pool
from murk_env.observation.reading import Reading, limits_of
from murk_env.observation.sectors import Sectors, sectors_of

__all__ = ["Rings"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rings(Reading):
    """A field pooled by ring and sector around a cell, `(channels, num_rings, sectors)`.

    It shows a world of any size in few numbers: near cells in detail, far ones coarsely. A cell's ring is
    given by its distance in hops; its sector by the direction of the shortest Cartesian displacement to it
    (`lattice.positions`), in the plane of the first two axes. Sector 0 is centred on the first axis, x
    (east), and the others follow towards the second, y (south); a cell on the border of two sectors is in the
    later one. The centre itself and cells straight above or below it have no direction; they count in every
    sector. With a centre over agents there are rings for every agent.

    Where a ring and sector has no cell, or for `max` and `min` only NaN, the value is 0 clipped to the bounds
    of the space. If the centre is not a cell, such as -1, this holds for all values.

    Attributes:
        around: a scalar int32 field over the world or over agents that holds the cell in the centre.
        begin: the hops at which each ring begins, increasing; it ends where the next begins, and the last
            includes everything farther away. With (0, 1, 3) the rings are the centre, hops 1 and 2, and the
            rest.
        sectors: number of directions, 1 for undivided rings.
        operation: `sum`, `mean`, `max` or `min` over the cells of a ring and sector.

    Raises:
        BlueprintError: the field is not over cells, `around` cannot hold cells, the rings are not increasing
            integers >= 0, there is not at least one sector, the operation is unknown, or the entry is already
            pooled.
    """

    around: Field
    begin: tuple[int, ...]
    sectors: int = 1
    operation: Operation = "sum"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.field.over != "cells":
            raise BlueprintError(f"the field of Rings must be over cells, not {self.field!r}; use Observe.")
        check_cells("the centre of Rings", self.around)
        self._check_begin(self.begin)
        check_whole(f"the number of sectors of Rings of {self.field.name!r}", self.sectors, 1)
        if self.pool is not None:
            raise BlueprintError(
                f"Rings of {self.field.name!r} are pooled by their operation={self.operation!r}; leave out "
                f"pooled()."
            )
        Pool(self.operation)

    def _check_begin(self, begin: Any) -> None:
        if not isinstance(begin, Sequence) or isinstance(begin, str) or not begin:
            raise BlueprintError(
                f"the rings of {self.field.name!r} are given by the hops at which each begins, such as "
                f"begin=(0, 1, 3), not {begin!r}."
            )
        hops = tuple(cast(Sequence[Any], begin))
        for one in hops:
            check_whole(f"the hops at which a ring of {self.field.name!r} begins", one, 0)
        if any(later <= hop for hop, later in itertools.pairwise(hops)):
            raise BlueprintError(
                f"each ring of {self.field.name!r} begins farther away than the one before, not {begin!r}."
            )

    @property
    def pooling(self) -> Pool:
        """The pooling over the cells of a ring and sector."""
        return Pool(self.operation)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The field it shows and the one that holds the centre."""
        return self.field, self.around

    def fit(self, scene: Scene) -> Fitted:
        """Return the shape and bounds of the rings; see `Entry.fit`."""
        shape = (self.num_channels, len(self.begin), operator.index(self.sectors))
        counts = self._table(scene).counts(*limits_of(self.around, scene))
        part = self.part(scene, shape, picture=True, counts=counts)

        def write(loop: Loop, parts: tuple[str, ...]) -> None:
            where = self.where(loop, scene)
            numbers = loop.whole(self.one_hot), loop.whole(self.pooling.code)
            loop.call(_window_kernels.rings, loop.row(self.field), *where, *numbers, *parts)
            self.write_rest(loop, where, part, parts[0])

        return Fitted((part,), per_agent=self.around.over == "agents", write=write)

    def where(self, loop: Loop, scene: Scene) -> tuple[str, str, str]:
        """Return expressions for the centre, the cells of its groups, and the groups' ends."""
        table = self._table(scene)
        return loop.number(self.around), loop.table(table.members), loop.table(table.ends)

    def write_rest(self, loop: Loop, where: tuple[str, str, str], part: Part, name: str) -> None:
        """Add the calls that follow the pooling to a loop: transforms and padding."""
        self.write_transforms(loop, name)
        cell, _, ends = where
        skips_nan = loop.whole(self.pooling.skips_nan)
        loop.call(_window_kernels.pad_rings, cell, ends, skips_nan, loop.real(part.nearest(0.0)), name)

    def _table(self, scene: Scene) -> Sectors:
        return sectors_of(scene.lattice, tuple(map(operator.index, self.begin)), operator.index(self.sectors))
