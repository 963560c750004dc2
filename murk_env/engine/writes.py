"""Which fields a hook for one world may not write: refused when the env is made."""

from collections.abc import Iterable

from murk_env.author.hooks import HookName
from murk_env.errors import DefinitionError
from murk_env.fields import Field
from murk_env.fields.deriving import not_of_derive
from murk_env.fields.views import KEPT, known_as, of_derive
from murk_env.world.layout import Layout

__all__ = ["check_derived", "check_writes"]


def check_writes(where: str, kind: HookName, assigned: Iterable[Field], layout: Layout) -> None:
    """Raise DefinitionError for a field that a hook assigns to and that others write.

    Args:
        where: the hook and its place.
        kind: which one it is.
        assigned: the fields that it assigns to.
        layout: what the worlds are made of.
    """
    for field in assigned:
        reason = ""
        if field in KEPT:
            reason = KEPT[field]
        elif kind is HookName.DERIVE:
            reason = not_of_derive(field, layout.pipeline.derived_by_hook)
        elif field.derived:
            reason = of_derive(field)
        if reason:
            raise DefinitionError(f"{where} writes {known_as(field)!r}: {reason}")


def check_derived(owner: str, layout: Layout, *, has_hook: bool) -> None:
    """Raise DefinitionError for derived fields that nothing sets, and for a hook that has none to set."""
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
