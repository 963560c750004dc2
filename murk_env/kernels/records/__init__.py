"""Compiled functions of records: `self.heat` is passed, never `self`.

An author writes a function of one or several records, objects whose members are read by name. The compiled
function takes only the members that it uses, flat: one argument per member, then the other arguments.
"""

from murk_env.kernels.records.flattening import Flat, flatten
from murk_env.kernels.records.members import (
    RECORD,
    VALUE,
    Constant,
    Member,
    Method,
    Path,
    RecordError,
    Resolve,
)

__all__ = [
    "RECORD",
    "VALUE",
    "Constant",
    "Flat",
    "Member",
    "Method",
    "Path",
    "RecordError",
    "Resolve",
    "flatten",
]
