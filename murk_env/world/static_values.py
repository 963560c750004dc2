"""Static fields: their declarations for the arena, their values, and the arena that holds them."""

import hashlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from murk_arena import FieldId, FieldSpec, Mutability, StaticArena, WriteMode
from murk_env.errors import FieldError
from murk_env.fields import Field
from murk_env.fields.bookkeeping import bookkeeping_of
from murk_env.fields.fitting import Sides, beyond, flattened, is_masked
from murk_env.maps import Levels

__all__ = [
    "build_static",
    "check_static_values",
    "field_ids",
    "field_specs",
    "fitting_static",
    "static_content",
    "with_maps",
]


def field_ids(fields: Mapping[str, Field]) -> Mapping[Field, FieldId]:
    """Number the author's fields in order of declaration, then the bookkeeping fields."""
    everything = (*fields.values(), *bookkeeping_of(fields.values()).values())
    return {field: FieldId(index) for index, field in enumerate(everything)}


def field_specs(
    ids: Mapping[Field, FieldId],
    num_cells: int,
    num_agents: int,
    num_levels: int,
    write_mode: Callable[[Field], WriteMode] = lambda field: WriteMode.CARRIED,
) -> Sequence[FieldSpec]:
    """Return each field's declaration for the arena; all maps of a level's field are one static array."""
    return [
        FieldSpec(
            id=field_id,
            name=field.name,
            shape=(
                *((num_levels,) if field.mutability == "level" else ()),
                *field.shape(num_cells, num_agents),
            ),
            dtype=np.dtype(field.dtype),
            mutability=Mutability.STATIC if field.fixed else Mutability(field.mutability),
            write=write_mode(field),
        )
        for field, field_id in ids.items()
    ]


def with_maps(
    values: Mapping[Field, Any], levels: Levels | None, fields: Mapping[str, Field]
) -> Mapping[Field, Any]:
    """Return the values of static fields, including the maps of levels.

    Raises:
        FieldError: the levels name a field without `mutability="level"`, or one with it has no maps.
    """
    maps: Mapping[str, Any] = {} if levels is None else levels.maps
    for name in maps:
        field = fields.get(name)
        if field is None or field.mutability != "level":
            what = "which is no field" if field is None else f"a field that is {field.mutability}"
            raise FieldError(
                f'Levels has maps of {name!r}, {what} of these worlds; declare it Field(mutability="level").'
            )
    for name, field in fields.items():
        if field.mutability == "level" and (name not in maps or field in values):
            raise FieldError(
                f"field {name!r} is of a level, so Levels({name}=maps) holds its maps, one for every level; "
                f'one map for all worlds is a field with mutability="static".'
            )
    return {**values, **{fields[name]: array for name, array in maps.items()}}


def build_static(
    values: Mapping[Field, Any], ids: Mapping[Field, FieldId], specs: Sequence[FieldSpec], sides: Sides
) -> StaticArena:
    """Return a new static arena that holds the declared values.

    Args:
        values: an array for each static field, or a function that returns one. For a field over cells it may
            have the lattice's shape, such as (rows, columns), and is flattened in the lattice's order.
        ids: every field's number.
        specs: each field's declaration for the arena.
        sides: the sides of a world.

    Raises:
        FieldError: a static field has no value, or one that does not fit it.
    """
    fields = {field_id: field for field, field_id in ids.items()}
    arrays: dict[FieldSpec, np.ndarray[Any, Any]] = {}
    given = {ids.get(field): value for field, value in values.items()}
    for spec in _static(specs):
        if spec.id not in given:
            raise FieldError(f"static field {spec.name!r} has no value; give one in static={{...}}.")
        arrays[spec] = _array(fields[spec.id], spec, given.pop(spec.id), sides)
    if given:
        names = [field.name for field in values if ids.get(field) in given]
        raise FieldError(f"static values were given for {names}, which are not static fields of this world.")
    return StaticArena(arrays)


def static_content(
    values: Mapping[Field, Any], ids: Mapping[Field, FieldId], specs: Sequence[FieldSpec], sides: Sides
) -> Hashable:
    """Return a key that is equal for equal arrays: for each field a digest of its bytes, None for functions.

    Raises:
        FieldError: an array does not fit its field.
    """
    fields = {field_id: field for field, field_id in ids.items()}
    given = {ids.get(field): value for field, value in values.items()}
    content: list[tuple[FieldSpec, bytes | None]] = []
    for spec in _static(specs):
        value = given.get(spec.id)
        digest = None
        if value is not None and not callable(value):
            digest = hashlib.blake2b(_array(fields[spec.id], spec, value, sides).tobytes()).digest()
        content.append((spec, digest))
    return tuple(content)


def fitting_static(arena: StaticArena, specs: Sequence[FieldSpec]) -> StaticArena:
    """Return a given static arena, after checking that it fits.

    Raises:
        FieldError: the arena holds other fields.
    """
    wanted = _static(specs)
    if list(arena.specs) != wanted:
        raise FieldError(
            f"the static arena does not fit: this world has {_listing(wanted)}, the arena holds "
            f"{_listing(arena.specs)}; build it from an env of the same class and parameters."
        )
    return arena


def check_static_values(ids: Mapping[Field, FieldId], static: StaticArena, sides: Sides) -> None:
    """Refuse static values that are invalid for their field, or for a field whose initial values they are.

    These are NaN, values out of bounds, and values that are no category, cell or agent.

    Raises:
        FieldError: a value is invalid; the message names the field, the value and what the field takes.
    """
    for field, field_id in ids.items():
        if field.fixed:
            values = static.read(field_id)
            if np.isnan(values).any():
                raise FieldError(
                    f"static field {field.name!r} must not have NaN among its values; mark missing "
                    f"values in another field."
                )
            if values.size and (reason := beyond(field, values, sides)):
                raise FieldError(f"static field {field.name!r} {reason}; change its values or its bounds.")
    for field in ids:
        if isinstance(field.initial, Field):
            values = static.read(ids[field.initial])
            if values.size and (reason := beyond(field, values, sides)):
                raise FieldError(
                    f"field {field.name!r} begins with the values of {field.initial.name!r}, but it "
                    f"{reason}; change them or the bounds."
                )


def _static(specs: Sequence[FieldSpec]) -> list[FieldSpec]:
    return [spec for spec in specs if spec.mutability is Mutability.STATIC]


def _array(field: Field, spec: FieldSpec, value: Any, sides: Sides) -> np.ndarray[Any, Any]:
    values = value() if callable(value) else value
    if values is None:
        does = "is given by a function that returns nothing" if callable(value) else "is None"
        raise FieldError(f"static field {spec.name!r} {does}; it needs values of shape {spec.shape}.")
    if is_masked(values):
        raise FieldError(f"static field {spec.name!r} has masked values; give it values.filled(number).")
    array = np.asarray(values)
    came, array = array.shape, array if array.shape == spec.shape else flattened(field, array, sides)
    if array.shape != spec.shape:
        raise FieldError(f"static field {spec.name!r} needs values of shape {spec.shape}, not of {came}.")
    if not np.can_cast(array.dtype, spec.dtype, "same_kind"):
        raise FieldError(
            f"static field {spec.name!r} needs values that {spec.dtype} can hold, not {array.dtype}."
        )
    with np.errstate(over="ignore"):  # infinite values are refused
        held = array.astype(spec.dtype)
    lost = held != array if spec.dtype.kind in "iu" else np.isinf(held) & np.isfinite(array)
    if lost.any():
        raise FieldError(f"static field {spec.name!r} is {spec.dtype}, which cannot hold {array[lost][0]}.")
    return held


def _listing(specs: Sequence[FieldSpec]) -> str:
    return ", ".join(f"{spec.name}: {spec.dtype} {spec.shape}" for spec in specs) or "no static fields"
