"""How fields are pickled, so that one field arrives however often it is sent.

Fields are compared by identity. A class of a script or a notebook is pickled by value together with its
fields, and may arrive twice, or in a process where envs of it are running.
"""

import importlib
import sys
import uuid
import weakref
from collections.abc import Mapping
from typing import Any

__all__ = ["arrived", "declared", "declares", "identity_of"]

_fields: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()  # by identity
_identities: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()


def identity_of(field: object) -> str:
    """Return a name that no other field has, in any process."""
    identity = _identities.setdefault(field, uuid.uuid4().hex)
    _fields[identity] = field
    return identity


def arrived(kind: type[Any], identity: str) -> Any:
    """Return the field of this identity, a new one without attributes if it is not here yet."""
    field: Any = _fields.get(identity)
    if field is None:
        field = object.__new__(kind)
        _identities[field] = identity
        _fields[identity] = field
    return field


def declared(module: str, owner: str, name: str) -> Any:
    """Return the field that a module's class declares."""
    found: Any = importlib.import_module(module)
    for part in owner.split("."):
        found = getattr(found, part)
    members: Mapping[str, Any] = found.__dict__
    return members[name]


def declares(module: str, owner: str, name: str, field: object) -> bool:
    """Whether a field can be found by the name of its class, here and wherever it is sent."""
    if module not in sys.modules or module in ("__main__", "__mp_main__") or _by_value(module):
        return False
    try:
        return declared(module, owner, name) is field
    except (AttributeError, KeyError):  # of a class within a function
        return False


def _by_value(module: str) -> bool:
    """Whether cloudpickle is set to send a module's classes by value, to where it cannot be imported."""
    cloudpickle: Any = sys.modules.get("cloudpickle")
    names = cloudpickle.list_registry_pickle_by_value() if cloudpickle else ()
    return any(module == name or module.startswith(f"{name}.") for name in names)
