"""Refuses, when an env is made, hooks for one world that write fields that they may not write."""

from collections.abc import Mapping

from murk_env.author.hooks import HookName
from murk_env.engine.lifting import OUTCOMES
from murk_env.engine.members import TABLES
from murk_env.errors import DefinitionError
from murk_env.fields import Field
from murk_env.fields.deriving import not_of_derive
from murk_env.fields.names import KEPT
from murk_env.kernels.places import line_of
from murk_env.kernels.records import Flat
from murk_env.world.act_tick import refusal
from murk_env.world.layout import Layout

__all__ = ["check_derived", "check_writes"]

_OF_BEFORE = "before is the world as it was before the step, and read-only; set fields in act or start."


def check_writes(where: str, kind: HookName, flat: Flat, fields: Mapping[str, Field], layout: Layout) -> None:
    """Raise DefinitionError for a field that a hook assigns to and may not, with the author's line.

    Args:
        where: the hook and its place, for messages.
        kind: the hook's name.
        flat: the hook, flattened.
        fields: the fields by the names that hooks use.
        layout: the layout of the worlds.
    """
    for path in sorted(flat.assigned):
        record, name = path[:2]
        reason = ""
        if name in fields:
            reason = _OF_BEFORE if record == "before" else _reason(kind, fields[name], layout)
        elif name in TABLES:
            reason = "the lattice's tables are read-only."
        if reason:
            place = line_of(*flat.assigned_at(path))
            raise DefinitionError(f"{where} ({place}) writes {name!r}: {reason}")


def _reason(kind: HookName, field: Field, layout: Layout) -> str:
    """Return why a hook may not write a field of the world that is `self`; empty if it may."""
    if field in KEPT:
        return KEPT[field]
    if kind is HookName.DERIVE:
        return not_of_derive(field, layout.pipeline.derived_by_hook)
    if kind in OUTCOMES:
        return f"{kind} only reads; set fields in act or start."
    if kind is HookName.START:
        return refusal(field, {})
    if field.mutability == "sparse" and not (field.derived or field in layout.pipeline.writers):
        return (
            f"{field.name!r} is sparse, which a compiled {kind} may not write (start may); "
            f"{'write act over arrays, or ' if kind is HookName.ACT else ''}declare the field per_tick."
        )
    return refusal(field, layout.pipeline.writers)


def check_derived(owner: str, layout: Layout, *, has_hook: bool) -> None:
    """Raise DefinitionError for derived fields that nothing sets, or a `derive` hook that has none to set."""
    names = [field.name for field in layout.pipeline.derived_by_hook]
    if names and not has_hook:
        raise DefinitionError(
            f"{owner} declares {names} as derived, but nothing sets them: define derive(self, tick), or with "
            f"@per_world derive(self), or list a propagator that writes them in Blueprint(derived=[...])."
        )
    if has_hook and not names:
        raise DefinitionError(
            f"{owner}.derive has no field to set: declare those that it sets Field(derived=True)."
        )
