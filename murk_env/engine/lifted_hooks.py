"""The lifted hooks of an environment, each with its arguments: arrays at their current place, and numbers."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_arena import FieldId, RowWriter
from murk_env.author.hooks import HookName
from murk_env.engine.lifting import Argument, FieldArray, Given, LiftedHook, Number, Table
from murk_env.fields import Field, Parameter
from murk_env.fields.bookkeeping import ACTIVE, EPISODE, LEVEL, RNG_KEY, STEP
from murk_env.kernels import KernelCall
from murk_env.kernels.fused import fits
from murk_env.random import origins, site_word
from murk_env.world import World
from murk_env.world.staged import Staged

__all__ = ["LiftedHooks"]

Array = npt.NDArray[Any]


class LiftedHooks:
    """Calls hooks for one world as kernels over all.

    Args:
        lifted: the hooks.
        world: the worlds they work on.
        actions: the array of actions that `act` is given.
        outputs: the arrays that `reward` and `terminated` fill.

    Attributes:
        rows: the writer of the worlds that are being reset.
    """

    def __init__(
        self,
        lifted: Mapping[HookName, LiftedHook],
        world: World,
        actions: Array,
        outputs: Mapping[HookName, Array],
    ) -> None:
        self._lifted, self._actions, self._outputs = lifted, actions, outputs
        self._layout, self._arena = world.layout, world.arena
        self._bindings = world.bindings
        self._sites = {
            HookName.ACT: site_word(origins.ACT),
            HookName.START: site_word(origins.START),
            HookName.BETWEEN: site_word(origins.BETWEEN),
        }
        self.rows: RowWriter

    def __contains__(self, name: HookName) -> bool:
        return name in self._lifted

    def __getitem__(self, name: HookName) -> LiftedHook:
        return self._lifted[name]

    def call(self, name: HookName, staged: Staged, *first: Any) -> KernelCall:
        """Return a hook with its arguments, preceded by those in `first`."""
        lifted = self._lifted[name]
        arguments: list[Any] = [*first]
        for one in lifted.arguments:
            value = self._handed(one, staged, name)
            arguments += value if one is Given.CLOCKS else [value]
        return KernelCall(lifted.run, tuple(arguments))

    def moves(self, name: HookName) -> bool:
        """Whether a hook has an argument whose array can move in memory."""
        return name in self._lifted and any(
            field.mutability == "sparse" for field in self._lifted[name].all_fields
        )

    def fuses(self, name: HookName) -> bool:
        """Whether a hook is a kernel that can be fused with others."""
        return name in self._lifted and all(map(self._fuses, self._lifted[name].arguments))

    def _fuses(self, argument: Argument) -> bool:
        """Whether fused kernels can take an argument; arrays of fields always fit."""
        match argument:
            case Number(value):
                return fits(value)
            case Table(table):
                return fits(getattr(self._layout.lattice, table))
            case _:
                return True

    def _handed(self, argument: Argument, staged: Staged, name: HookName) -> Any:
        """Return the value of a hook's argument."""
        match argument:
            case FieldArray(field, before):
                array = staged.before.stored(field) if before else self._array(name, field, staged)
                return _at_least_one(array)
            case Number(value):
                return value
            case Table(table):
                return getattr(self._layout.lattice, table)
            case Given.LEVELS | Given.STEPS:
                return staged.after[LEVEL if argument is Given.LEVELS else STEP]
            case Given.STEPS_BEFORE:
                return staged.before[STEP]
            case Given.CLOCKS:
                steps = self._bindings.substeps.ticks if name is HookName.BETWEEN else staged.after[STEP]
                return (staged.after[RNG_KEY], staged.after[EPISODE], steps, self._sites[name])
            case Given.SUBSTEPS:
                return self._bindings.substeps.numbers
            case Given.ACTIONS:
                return self._actions
            case Given.OUTPUT:
                return self._outputs[name]

    def _array(self, name: HookName, field: Field, staged: Staged) -> Array:
        """Return the array of a field that a hook may use: of this tick, or from before the step."""
        pipeline = self._layout.pipeline
        if field.fixed or field in (ACTIVE, LEVEL) or name in self._outputs:
            return staged.after.stored(field)
        if field.derived and name is not HookName.DERIVE:
            early = name in (HookName.ACT, HookName.BETWEEN)
            return staged.before[field] if early else staged.after[field]
        if name is HookName.DERIVE and field not in pipeline.derived_by_hook:
            return staged.after[field]
        if name is not HookName.START and field in pipeline.writers:
            return (staged.after if name is HookName.BETWEEN else staged.before)[field]
        if field.mutability == "sparse":
            return self.rows.unguarded(self._id(field)) if name is HookName.START else staged.after[field]
        return self._arena.staging_view(self._id(field))

    def _id(self, field: Field) -> FieldId:
        return self._layout.ids[field]

    def as_before(self, name: HookName, staged: Staged) -> Callable[[], list[Any]]:
        """Return a function that copies a hook's arguments as they were before it ran, to run it again."""
        return lambda: [self._as_before(argument, staged, name) for argument in self._lifted[name].arguments]

    def _as_before(self, argument: Argument, staged: Staged, name: HookName) -> Any:
        value = self._handed(argument, staged, name)
        if argument is Given.OUTPUT:
            return value.copy()
        if not isinstance(argument, FieldArray) or not value.flags.writeable:
            return value
        field = argument.field
        if name is HookName.ACT:
            return staged.before[field].copy()
        if isinstance(field, Parameter):
            return value.copy()
        initial = staged.after[field.initial] if isinstance(field.initial, Field) else field.initial
        return np.full_like(value, initial)


def _at_least_one(array: Array) -> Array:
    """Return a static number as an array of one element, as hooks for one world see it."""
    return array.reshape(1) if array.ndim == 0 else array
