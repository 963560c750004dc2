"""Entries that show a whole field, or a one-hot of the cell that a field holds."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import BlueprintError
from murk_env.fields import Field
from murk_env.observation import _kernels, _sums, _window_kernels
from murk_env.observation._checks import check_field, check_name
from murk_env.observation.chosen import check_index, chosen
from murk_env.observation.entry import Entry, Fitted, Part, Scene
from murk_env.observation.loop import Loop
from murk_env.observation.pooling import Operation, Squares
from murk_env.observation.reading import Reading
from murk_env.observation.region import whole
from murk_env.observation.rings import Rings
from murk_env.observation.window import Window

__all__ = ["Mask", "Observe"]


@dataclasses.dataclass(frozen=True)
class Observe(Reading):
    """A whole field, in the dtype of the observation.

    A field over cells gives `(channels, *lattice.shape)`, with a channel per component or class; a field over
    the world `(channels,)`; a field over agents `([channels,] num_agents)` or, where every agent has an
    observation, the agent's own `(channels,)`.

    The field's bounds become those of the space.

    Attributes:
        cells: show a field over cells at these cells only, by rank, `(channels, num_cells_shown)`: sensors.
            The other attributes are those of `Reading`.
        at: a scalar int32 field over the world or over agents that selects the part to show. Declared with
            `indexes="cells"` or `"agents"`, it selects the field's value at that cell or agent,
            `(channels,)`, zeros for -1. Otherwise it selects one of the field's components,
            `(1, *lattice.shape)` for a field over cells; declare it with one category per component.
    """

    cells: Sequence[int] | npt.NDArray[np.integer[Any]] | None = dataclasses.field(default=None, kw_only=True)
    at: Field | None = dataclasses.field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.cells is not None:
            object.__setattr__(self, "cells", _checked_cells(self))
        if self.at is not None:
            check_index(self, self.at)
            if self.cells is not None:
                raise BlueprintError(f"an entry shows cells=, or what at= chooses, not both: {self.field!r}.")

    @property
    def fields(self) -> tuple[Field, ...]:
        """The field, and the index field if there is one."""
        return (self.field,) if self.at is None else (self.field, self.at)

    def window(
        self,
        *,
        around: Field,
        disk: int | None = None,
        rectangle: tuple[int, ...] | None = None,
        padding: float = 0.0,
        with_mask: bool = False,
    ) -> Window:
        """Return a `Window` of this entry around a cell, with the same name, one_hot, pooling and transforms.

        Example:
            >>> from murk_env import Field
            >>> fuel, cells = Field(), Field(over="agents", dtype="int32")
            >>> fuel.name, cells.name = "fuel", "cells"
            >>> Observe(fuel).window(around=cells, disk=3).field is fuel
            True

        Args:
            around: a scalar int32 field over the world or over agents that holds the cell in the centre.
            disk: show the cells within this number of hops.
            rectangle: or show a box with these extents to either side, one per coordinate.
            padding: the value where there is no cell.
            with_mask: add a part that is 1 where there is a value.

        Raises:
            BlueprintError: as `Window`.
        """
        return Window(
            **self._shared("window()"),
            around=around,
            disk=disk,
            rectangle=rectangle,
            padding=padding,
            with_mask=with_mask,
        )

    def rings(
        self, *, around: Field, begin: tuple[int, ...], sectors: int = 1, operation: Operation = "sum"
    ) -> Rings:
        """Return `Rings` of this entry around a cell, with the same name, one_hot and transforms.

        Example:
            >>> from murk_env import Field
            >>> fuel, cells = Field(), Field(over="agents", dtype="int32")
            >>> fuel.name, cells.name = "fuel", "cells"
            >>> Observe(fuel).rings(around=cells, begin=(1, 2, 4), sectors=6).sectors
            6

        Args:
            around: a scalar int32 field over the world or over agents that holds the cell in the centre.
            begin: the hops at which each ring begins, increasing.
            sectors: number of directions.
            operation: `sum`, `mean`, `max` or `min`.

        Raises:
            BlueprintError: as `Rings`.
        """
        return Rings(
            **self._shared("rings()"), around=around, begin=begin, sectors=sectors, operation=operation
        )

    def _shared(self, what: str) -> dict[str, Any]:
        """Return the arguments that a `Window` or `Rings` of this entry shares with it."""
        if self.cells is not None or self.at is not None:
            raise BlueprintError(
                f"an entry that shows a part of a field has no {what}: leave out cells and at."
            )
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(Reading)}

    def fit(self, scene: Scene) -> Fitted:
        """Return the field's own shape and bounds; see `Entry.fit`."""
        if self.at is not None:
            return chosen(self, self.at, scene)
        if self.cells is not None:
            return self._fit_cells(scene, np.array(self.cells, np.int64))
        if self.pool is not None:
            return self._fit_pooled(scene, self.pool)
        own = self.field.over == "agents" and scene.row_per_agent

        def write(loop: Loop, parts: tuple[str, ...]) -> None:
            if own:
                kernel = _kernels.copy_own_class if self.one_hot else _kernels.copy_own
                loop.call(kernel, loop.row(self.field), "agent", *parts)
            else:
                kernel = _kernels.copy_classes if self.one_hot else _kernels.copy
                loop.call(kernel, loop.row(self.field), *parts)
            self.write_transforms(loop, parts[0])

        return Fitted((self._whole(scene, own),), per_agent=own, write=write)

    def _fit_cells(self, scene: Scene, cells: npt.NDArray[np.int64]) -> Fitted:
        num_cells = scene.lattice.num_cells
        if cells.max() >= num_cells:
            raise BlueprintError(
                f"Observe({self.field!r}) shows cell {cells.max()}, but {scene.lattice!r} has the cells 0 to "
                f"{num_cells - 1}; take the ranks from lattice.rank(coordinates)."
            )

        def write(loop: Loop, parts: tuple[str, ...]) -> None:
            row, where = loop.row(self.field), loop.table(cells)
            if self.one_hot:
                loop.call(_kernels.mark_classes, row, where, *parts)
            else:
                loop.call(_kernels.copy_cells, row, where, loop.whole(num_cells), *parts)
            self.write_transforms(loop, parts[0])

        return Fitted((self.part(scene, (self.num_channels, cells.size)),), per_agent=False, write=write)

    def _whole(self, scene: Scene, own: bool) -> Part:
        if self.field.over == "cells":
            return self.part(scene, (self.num_channels, *scene.lattice.shape), picture=True)
        channels = (self.num_channels,) if self.one_hot or self.field.components else ()
        agents = (scene.num_agents,) if self.field.over == "agents" and not own else ()
        return self.part(scene, (*channels, *agents) or (1,))

    def _fit_pooled(self, scene: Scene, pool: Squares) -> Fitted:
        shape = scene.lattice.shape
        if self.field.over != "cells" or len(shape) != scene.lattice.ndim:
            raise BlueprintError(
                f"pooled() needs cells in a box, unlike those of {self.field!r} on {scene.lattice!r}; pool a "
                f"field over cells of a lattice whose shape is that of its coordinates, or a Window."
            )
        region, groups = whole(shape), pool.groups(shape)
        counts = region.counts(groups, 0, 0)
        part = self.part(scene, (self.num_channels, *pool.sides(shape)), picture=True, counts=counts)

        def write(loop: Loop, parts: tuple[str, ...]) -> None:
            where = ("0", *map(loop.table, (region.kinds, region.displacements, groups)))
            if self.one_hot or pool.skips_nan:
                numbers = loop.whole(self.one_hot), loop.whole(pool.code)
                loop.call(_window_kernels.pool, loop.row(self.field), *where, *numbers, *parts)
            else:
                numbers = loop.whole(scene.lattice.num_cells), where[-1], loop.whole(pool.operation == "mean")
                loop.call(_sums.add_up, loop.row(self.field), *numbers, *parts)
            self.write_transforms(loop, parts[0])
            if pool.skips_nan:
                loop.call(_window_kernels.pad, *where, "1", loop.real(part.nearest(0.0)), *parts)

        return Fitted((part,), per_agent=False, write=write)


def _checked_cells(entry: Observe) -> tuple[int, ...]:
    """Return the cells that an entry shows, as ints."""
    given: Any = entry.cells
    array = np.asarray(given)
    if entry.field.over != "cells" or entry.pool is not None:
        raise BlueprintError(f"cells are chosen of a field over cells that is not pooled, not of {entry!r}.")
    if array.dtype.kind not in "iu" or array.ndim != 1 or not array.size or array.min() < 0:
        raise BlueprintError(
            f"the cells that Observe({entry.field!r}) shows must be a list of ranks >= 0, at least one, not "
            f"{given!r}."
        )
    return tuple(map(int, array))


@dataclasses.dataclass(frozen=True)
class Mask(Entry):
    """A one-hot of the cell that a field holds, `(1, *lattice.shape)`.

    Attributes:
        field: a scalar int32 field over the world; for a value that is not a cell, all are 0.
        name: key in the dict layout; the field's name by default.
    """

    field: Field
    name: str | None = None

    def __post_init__(self) -> None:
        check_field("Mask", self.field)
        check_name(f"Mask({self.field!r})", self.name)
        field = self.field
        kind = (field.over, field.components, field.dtype, field.mutability == "static")
        if kind != ("world", None, np.dtype(np.int32), False):
            raise BlueprintError(
                f"the field of a Mask must be scalar, int32, over the world and not static, not {field!r}."
            )

    @property
    def fields(self) -> tuple[Field, ...]:
        """The field that holds the cell."""
        return (self.field,)

    def fit(self, scene: Scene) -> Fitted:
        """Return one channel of cells; see `Entry.fit`."""
        part = Part(self.name or self.field.name, (1, *scene.lattice.shape), 0.0, 1.0, picture=True)

        def write(loop: Loop, parts: tuple[str, ...]) -> None:
            loop.call(_kernels.mark, loop.number(self.field), *parts)

        return Fitted((part,), per_agent=False, write=write)
