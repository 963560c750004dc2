"""Compiled functions of records: `self.heat` is handed over, `self` never is.

An author writes a function of one or several records, objects whose members are read by name. Compiled, it
takes only what it touches of them, flat: one argument for each member, then the function's other ones.
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
