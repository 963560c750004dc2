"""Hooks for one world: scalar code that numba compiles and that runs over all worlds."""

import dataclasses
from collections.abc import Callable
from typing import Any

from murk_env.errors import DefinitionError

__all__ = ["CompiledHook", "per_world"]


@dataclasses.dataclass(frozen=True, eq=False)
class CompiledHook:
    """A hook that is written for one world.

    Attributes:
        function: the author's function, plain scalar code.
    """

    function: Callable[..., Any]


def per_world(hook: Callable[..., Any]) -> Any:
    """Mark a hook as scalar code for one world; numba compiles it and runs it over all worlds.

    In such a hook `self` is one world:

    - `self.heat` is the array of a field: `(num_cells,)` over cells, `(num_agents,)` over agents, with a
      leading components axis for a vector field, `(1,)` for a scalar over the world;
    - `self.params.size` is a parameter, or a property of `Params`, that is a number;
    - `self.moves[cell, direction]` is the cell after a hop, the same cell against an edge and for direction
      -1; `self.neighbours` `(num_cells, num_directions)` holds the ranks of each cell's neighbours, -1 for
      none;
    - `self.elapsed_steps` counts the steps of this episode, the one in progress included;
    - `self.active[agent]`, where agents are rewarded apart, is 0 for agents that have left before this step;
    - `self.helper(...)` calls a function of the class, and a plain function may be given `self`, too.

    Further arguments are found by their names:

    - `action` (in `act`): this world's action, a number or an array;
    - `rng` (in `act` and `start`): for `murk_env.random.uniform`, `integers` and `normal`;
    - `before` (in `reward` and `terminated`): the same world as it was before the step;
    - `agent` (in `reward` and `terminated`, where agents are rewarded apart): the hook returns the number of
      that agent. Without it, it returns one value that holds for every agent.

    `start` and `act` write into the arrays. In `act`, the fields of propagators and sparse fields are
    read-only; static ones are read-only everywhere.

    Indices are not checked, and one outside an array reads or writes whatever lies there; an env made with
    `checked=True` raises IndexError instead. With `NUMBA_DISABLE_JIT=1` the hook runs as plain Python, where
    `breakpoint()` works.

    Returns:
        What takes the hook's place on the class; untyped, so that a subclass may write the hook over arrays.

    Raises:
        DefinitionError: it is no function.
    """
    if not callable(hook) or not hasattr(hook, "__code__"):
        raise DefinitionError(f"per_world marks a function, without arguments of its own, not {hook!r}.")
    return CompiledHook(hook)
