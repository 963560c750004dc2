"""Checks of values that an arena is given: its static fields, and a snapshot to restore."""

from collections.abc import Sequence

from murk_arena.descriptor import FieldSpec, Mutability, bits
from murk_arena.errors import InvalidConfigError, SnapshotMismatchError, UnknownFieldError
from murk_arena.read import OwnedSnapshot
from murk_arena.static_arena import StaticArena

__all__ = ["check_restorable", "check_static_fields"]


def check_static_fields(specs: Sequence[FieldSpec], static: StaticArena) -> None:
    """Check that a static arena holds every static field as declared.

    Raises:
        UnknownFieldError: it does not hold one.
        InvalidConfigError: it holds one of another shape or dtype.
    """
    held = {spec.id: spec for spec in static.specs}
    for spec in _static_fields(specs):
        if spec.id not in held:
            raise UnknownFieldError(
                f"static field {spec.name!r} (id {spec.id}) has no values; "
                "pass static=StaticArena(...) that holds it"
            )
        found = held[spec.id]
        if (found.shape, found.dtype) != (spec.shape, spec.dtype):
            raise InvalidConfigError(
                f"static field {spec.name!r} is declared as {spec.dtype} {spec.shape}, "
                f"the static arena holds {found.dtype} {found.shape}"
            )


def check_restorable(
    owned: OwnedSnapshot, specs: tuple[FieldSpec, ...], num_worlds: int, static: StaticArena
) -> None:
    """Check that a snapshot can become the state of an arena with these fields, worlds and static values.

    Raises:
        SnapshotMismatchError: it holds other fields, static values or number of worlds.
    """
    if owned.num_worlds != num_worlds:
        raise SnapshotMismatchError(f"the snapshot holds {owned.num_worlds} worlds, the arena {num_worlds}")
    if owned.specs != specs:
        differing = set(owned.specs).symmetric_difference(specs) or specs
        names = ", ".join(sorted({repr(spec.name) for spec in differing}))
        raise SnapshotMismatchError(f"the snapshot and the arena declare different fields: {names}")
    if owned.static_arena.shares_memory_with(static):
        return
    for spec in _static_fields(specs):
        here, there = (bits(values.read(spec.id)) for values in (static, owned))
        if (here != there).any():
            raise SnapshotMismatchError(
                f"static field {spec.name!r} has other values in the snapshot than in the arena; "
                "restore it into an arena with the same static values"
            )


def _static_fields(specs: Sequence[FieldSpec]) -> list[FieldSpec]:
    return [spec for spec in specs if spec.mutability is Mutability.STATIC]
