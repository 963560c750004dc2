"""Hooks for one world: scalar code that numba compiles and that runs over all worlds."""

import dataclasses
from collections.abc import Callable
from typing import Any

from murk_env.errors import DefinitionError
from murk_env.kernels.places import first_line
from murk_env.kernels.records.plain_records import PlainRecord
from murk_env.kernels.uncompiled import wide

__all__ = ["CompiledHook", "per_world"]


@dataclasses.dataclass(frozen=True, eq=False)
class CompiledHook:
    """A hook written for one world.

    Attributes:
        function: the author's function, plain scalar code.
    """

    function: Callable[..., Any]

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        """The author's function, which other compiled code calls and `inspect` sees."""
        return self.function

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Run the hook for one world, where hooks run uncompiled.

        Raises:
            DefinitionError: the first argument is not one world.
        """
        if arguments and isinstance(arguments[0], PlainRecord):
            return wide(self.function)(*arguments, **keywords)
        name = self.function.__qualname__
        raise DefinitionError(
            f"{name} is compiled (@per_world) and works on one world: other compiled hooks can call it, as "
            f"{name}(self, ...), an array hook cannot; write both over arrays, or both with @per_world."
        )


def per_world(hook: Callable[..., Any]) -> Any:
    """Mark a hook as scalar code for one world; numba compiles it, and it runs for every world.

    Indices are not checked: one outside an array reads or overwrites other memory, or crashes the process. An
    env made with `checked=True` raises IndexError instead. With `NUMBA_DISABLE_JIT=1` the hook runs as plain
    Python, where `breakpoint()` and `print` work.

    In the hook, `self` is one world:

    - `self.heat` is the array of a field: `(num_cells,)` over cells, `(num_agents,)` over agents, with a
      leading components axis for a vector field, `(1,)` for a scalar over the world;
    - `self.params.size` is a parameter, or a property of `Params`, that is a number;
    - `self.moves[cell, direction]` is the cell after a hop: the same cell at an edge and for direction -1;
      `self.neighbours` `(num_cells, num_directions)` holds the ranks of each cell's neighbours, -1 for none;
    - `self.elapsed_steps` counts the steps of this episode, the one in progress included, and `self.time` is
      that number times the blueprint's dt;
    - `self.active[agent]`, where agents have rewards of their own, is 0 for an agent that has left;
    - `self.helper(...)` calls a method of the class, and `self` may be passed to a function: a subclass calls
      the hook that it overrides as `HeatSeeker.reward(self)`. There is no `super()`.

    Other arguments are passed by name:

    - `action` (in `act` and `between`): this world's action, a number or an array;
    - `rng` (in `act`, `start` and `between`): for `murk_env.random.uniform`, `integers` and `normal`;
    - `substep` (in `between`): the number of the sub-step within the step, from 0;
    - `before` (in `reward` and `terminated`): the same world as it was before the step;
    - `agent` (in `reward` and `terminated`, where agents have rewards of their own): the hook is called for
      each agent and returns its value. Without it, the hook returns one value for all agents.

    `start`, `act` and `between` write into the arrays. In `act` and `between`, sparse fields and those that
    propagators write are read-only; static fields are read-only everywhere. Only `derive`, whose one argument
    is `self`, writes the fields declared `derived=True`, which hold their initial values when it is called.

    Returns:
        An object that takes the hook's place on the class; untyped, so that a subclass may override it with
        an array hook.

    Raises:
        DefinitionError: the decorated object is not a function.
    """
    if not callable(hook) or not hasattr(hook, "__code__"):
        inner: Any = getattr(hook, "fget", None) or getattr(hook, "__func__", None)
        name, place = f"{hook!r}", ""
        if hasattr(inner, "__code__"):
            name, place = f"the {type(hook).__name__} {inner.__qualname__}", f" ({first_line(inner)})"
        raise DefinitionError(f"per_world marks a function, without arguments of its own, not {name}{place}.")
    return CompiledHook(hook)
