"""Members beside fields: of `self` in a per-world hook, and of `tick`, `before` and `after` in array hooks.

They are declared for type checkers, which find misspelt fields where a hook annotates `tick: ItsClass`. The
env itself has no such values; reading one raises an error that says where it exists.
"""

from typing import TYPE_CHECKING, Any

from murk_env.errors import FieldAccessError
from murk_env.fields.field import FieldOwner

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from murk_env.fields import Field
    from murk_env.random import WorldRng

__all__ = ["VIEW_NAMES", "WorldView"]

VIEW_NAMES = {  # where each of them exists
    "moves": "a hook that is per_world (elsewhere: env.lattice.moves)",
    "neighbours": "a hook that is per_world (elsewhere: env.lattice.neighbours)",
    "elapsed_steps": "any hook",
    "time": "any hook",
    "active": "any hook, where agents are rewarded apart",
    "rng": "array hooks, as tick.rng (a hook that is per_world names it as an argument)",
    "edit": "array hooks, as tick.edit(field)",
    "at": "array hooks, as tick.at(field, cells)",
    "worlds": "the array hook start, as tick.worlds",
}


class _OnlyInHooks:
    """An attribute that an env does not have: reading it raises an error that says where it exists."""

    def __init__(self, place: str) -> None:
        self._place = place

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type) -> Any:
        raise FieldAccessError(
            f"{owner.__name__}.{self._name} is not an attribute of the env; it is available in {self._place}."
        )


class WorldView(FieldOwner):
    """Typed members of the worlds that hooks see."""

    if TYPE_CHECKING:
        moves: npt.NDArray[np.int64]  # (num_cells, num_directions)
        neighbours: npt.NDArray[np.int64]  # (num_cells, num_directions)
        elapsed_steps: int
        time: float
        active: npt.NDArray[np.int32]  # (num_agents,), with a leading worlds axis in array hooks
        level: Any  # with Levels (1,) int32, in array hooks (num_worlds,); else a field may have the name
        rng: WorldRng
        worlds: npt.NDArray[np.int64]

        def edit(self, field: Field) -> npt.NDArray[Any]:
            """Return an array of the field that can be written until the hook returns."""
            ...

        def at(self, field: Field, cells: npt.NDArray[Any]) -> npt.NDArray[Any]:
            """Return each world's value at its own cell."""
            ...

        def __getitem__(self, field: Field) -> npt.NDArray[Any]: ...

        def __setitem__(self, field: Field, values: npt.ArrayLike) -> None: ...
    else:
        for _name, _place in VIEW_NAMES.items():
            vars()[_name] = _OnlyInHooks(_place)
        del _name, _place
