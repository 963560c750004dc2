"""Names under which hooks find fields, and the messages about those that they may not set."""

from collections.abc import Mapping

from murk_env.errors import DefinitionError, UnknownFieldError, did_you_mean
from murk_env.fields.bookkeeping import ACTIVE, LEVEL, STEP
from murk_env.fields.field import Field

__all__ = ["KEPT", "NO_ACTIVE", "field_called", "known_as", "no_field", "of_derive"]

KEPT = {  # fields that hooks read and the engine writes
    ACTIVE: "'active' is kept by the env: an agent leaves when terminated says so, and returns at a reset.",
    STEP: "'elapsed_steps' is kept by the env: it counts the steps of an episode.",
    LEVEL: "'level' is kept by the env: it is drawn when an episode begins, or given by "
    "reset(options={'level': number}).",
}

NO_ACTIVE = (
    "these worlds have no ACTIVE, as none of their agents can leave before the others: it is there "
    "where agents are rewarded apart, by a Blueprint with groups and no observation of its own."
)


def of_derive(field: Field) -> str:
    """Return why only `derive` writes a derived field."""
    return (
        f"{field.name!r} is derived: only derive, or a propagator in derived=[...], writes it; set the "
        f"fields that it follows from, or declare it without derived=True."
    )


def known_as(field: Field) -> str:
    """Return the name under which a hook finds a field."""
    return {ACTIVE: "active", LEVEL: "level", STEP: "elapsed_steps"}.get(field, field.name)


def field_called(name: str, known: Mapping[str, Field]) -> Field:
    """Return the field of this name, or raise UnknownFieldError."""
    try:
        return known[name]
    except KeyError:
        if name.startswith("__"):
            raise AttributeError(name) from None  # Python itself looks up such names
        if name == "time":
            raise DefinitionError("'time' is kept by the env: it is elapsed_steps times dt.") from None
        names = [one for one in known if not one.startswith("_")]
        raise UnknownFieldError(
            NO_ACTIVE if name == "active" else f"no field is called {name!r}; {did_you_mean(name, names)}"
        ) from None


def no_field(field: object, known: Mapping[Field, object]) -> DefinitionError:
    """Return the error for a key that is not a field of these worlds."""
    if field is ACTIVE:
        return UnknownFieldError(NO_ACTIVE)
    names = [other.name for other in known if not other.name.startswith("_")]
    if isinstance(field, Field):
        return UnknownFieldError(
            f"{field!r} is not a field of these worlds; {did_you_mean(field.name, names)}"
        )
    return UnknownFieldError(f"fields are named by their Field objects, not by {field!r}: write tick.heat.")
