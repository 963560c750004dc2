"""Entries that select from a field by an index field: one component, or the value at one cell or agent."""

from typing import Any

import numpy as np

from murk_env.errors import BlueprintError
from murk_env.fields import Field
from murk_env.observation import _kernels
from murk_env.observation.entry import Fitted, Scene
from murk_env.observation.loop import Loop
from murk_env.observation.reading import Reading
from murk_env.observation.region import Counts

__all__ = ["check_index", "chosen"]

_SURE, _NONE = Counts(1, 1, gaps=False), Counts(1, 1, gaps=True)  # for an index of -1, zeros are shown


def check_index(pool: Reading, index: Any) -> None:
    """Raise BlueprintError unless an index field can select from a pool.

    It must be a scalar int32 field over the world or over agents. If it indexes the span of the pool, cells
    or agents, it selects the value there; else it selects a component, and its bounds must be valid indices.
    """
    what = f"at= of {type(pool).__name__}({pool.field!r})"
    scalar = isinstance(index, Field) and index.over != "cells" and index.components is None
    if not scalar or index.dtype != np.int32:
        raise BlueprintError(
            f"{what} must be a scalar int32 field over the world or over agents, not {index!r}."
        )
    if pool.pooling is not None:
        raise BlueprintError(f"{what} chooses single values, which cannot be pooled; leave pooled() out.")
    if _of_places(pool.field, index):
        return
    components, (low, high) = pool.field.components, index.bounds
    if components is None or index.indexes in ("cells", "agents"):
        raise BlueprintError(
            f"{what} chooses a component, and {pool.field!r} has none, or a value there; declare "
            f'{index.name!r} with indexes="{pool.field.over}", or the pool with components.'
        )
    if low < 0 or high >= components:
        raise BlueprintError(
            f"{what} chooses one of {components} components, but {index.name!r} holds {low:g} to {high:g}; "
            f"declare it with categories={components}."
        )


def chosen(pool: Reading, index: Field, scene: Scene) -> Fitted:
    """Return the fitted entry that shows what the index field selects from a pool."""
    if _of_places(pool.field, index):
        return _at_places(pool, index, scene)
    return _of_components(pool, index, scene)


def _of_places(pool: Field, index: Field) -> bool:
    return index.indexes is not None and index.indexes == pool.over


def _at_places(pool: Reading, index: Field, scene: Scene) -> Fitted:
    sides = {"cells": scene.lattice.num_cells, "agents": scene.num_agents}
    counts = _NONE if index.bounds[0] < 0 else _SURE
    part = pool.part(scene, (pool.num_channels,), counts=counts)

    def write(loop: Loop, parts: tuple[str, ...]) -> None:
        size, by_class = loop.whole(sides[pool.field.over]), loop.whole(pool.one_hot)
        loop.call(_kernels.copy_place, loop.row(pool.field), loop.number(index), size, by_class, *parts)
        pool.write_transforms(loop, parts[0])

    return Fitted((part,), per_agent=index.over == "agents", write=write)


def _of_components(pool: Reading, index: Field, scene: Scene) -> Fitted:
    cells = pool.field.over == "cells"
    shape = {"cells": (1, *scene.lattice.shape), "agents": (scene.num_agents,), "world": (1,)}[
        pool.field.over
    ]
    part = pool.part(scene, shape, picture=cells and index.over == "world")

    def write(loop: Loop, parts: tuple[str, ...]) -> None:
        loop.call(_kernels.copy_component, loop.row(pool.field), loop.number(index), *parts)
        pool.write_transforms(loop, parts[0])

    return Fitted((part,), per_agent=index.over == "agents", write=write)
