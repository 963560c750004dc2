"""Static fields, one copy for all envs of the same class, parameters and arrays in a process."""

import dataclasses
from typing import Any

from murk_arena import StaticArena, StaticCache
from murk_env.author.blueprint import Blueprint
from murk_env.author.environment import Environment
from murk_env.fields.fitting import Sides
from murk_env.world.static_values import build_static, field_ids, field_specs, static_content, with_maps

__all__ = ["shared_static"]

_cache = StaticCache()


def shared_static(cls: type[Environment], params: Any, blueprint: Blueprint) -> StaticArena | None:
    """Return the static arena that envs of this class, parameters and arrays share; None if there is none.

    It is built with the first of these envs and freed with the last. Functions in `static` count as equal for
    equal parameters and are called for the first env only. Envs whose parameters cannot be hashed (arrays,
    for example) share nothing.

    Raises:
        FieldError: an array does not fit its field.
    """
    if not (blueprint.static or blueprint.levels):
        return None
    try:
        key = (cls, tuple(getattr(params, field.name) for field in dataclasses.fields(params)))
        hash(key)
    except TypeError:
        return None
    lattice, levels, ids = blueprint.lattice, blueprint.levels, field_ids(cls.fields)
    static = with_maps(blueprint.static, levels, cls.fields)
    specs = field_specs(ids, lattice.num_cells, blueprint.num_agents, levels.num_levels if levels else 0)
    sides = Sides(lattice.shape, lattice.num_cells, blueprint.num_agents)
    content = static_content(static, ids, specs, sides)
    return _cache.get_or_build((key, content), lambda: build_static(static, ids, specs, sides))
