"""The tick as `act` sees it: which values of each field it reads, and which fields it may write."""

from collections.abc import Mapping

from murk_arena import FieldId, TickGuard
from murk_env.fields import Field, Tick
from murk_env.fields.bookkeeping import STEP
from murk_env.fields.editors import Editor
from murk_env.fields.names import KEPT, of_derive
from murk_env.fields.ticks import CheckedTick
from murk_env.fields.values import Values
from murk_env.propagators.base import Propagator
from murk_env.random import WorldRng
from murk_env.world.layout import Layout
from murk_env.world.staged import Staged

__all__ = ["refusal", "tick_of_act"]


def tick_of_act(layout: Layout, guard: TickGuard, staged: Staged, rng: WorldRng, *, checked: bool) -> Tick:
    """Return the tick of `act`: derived fields and those that propagators write as before, others staged."""
    writers = layout.pipeline.writers
    seen = {
        field: (staged.before if field in writers or field.derived else staged.after).stored(field)
        for field in layout.fields.values()
    }
    values = Values({**seen, STEP: staged.after[STEP]}, layout.dt)
    kind = CheckedTick if checked else Tick
    return kind(values, _editors(layout.fields, layout.ids, writers), rng, guard, layout.sides)


def _editors(
    fields: Mapping[str, Field], ids: Mapping[Field, FieldId], writers: Mapping[Field, Propagator]
) -> Mapping[Field, Editor]:
    """Return an editor of each field, which gives a writable array or refuses with a reason."""
    return {
        field: Editor(ids[field], refusal(field, writers), moves=field.mutability == "sparse")
        for field in (*fields.values(), STEP)
    }


def refusal(field: Field, writers: Mapping[Field, Propagator]) -> str:
    """Return why a hook may not write a field; empty if it may."""
    if field in KEPT:
        return KEPT[field]
    if field.mutability == "static":
        return f"{field.name!r} is static: it is set once by the blueprint and never written again."
    if field.mutability == "level":
        return f"{field.name!r} is the map of a level: it is set once by Levels and never written again."
    if field.derived:
        return of_derive(field)
    if field in writers:
        return (
            f"{field.name!r} is written by {writers[field].name} every tick; no other hook than "
            f"start may write it. Let the propagator read a field that the hook writes instead."
        )
    return ""
