"""Fields: the named arrays of a world, and the views that hooks have of them."""

from murk_env.fields.bookkeeping import ACTIVE, LEVEL
from murk_env.fields.field import Field, fields_of
from murk_env.fields.parameter import Parameter
from murk_env.fields.row_ticks import RowTick
from murk_env.fields.ticks import Tick
from murk_env.fields.values import Values

__all__ = ["ACTIVE", "LEVEL", "Field", "Parameter", "RowTick", "Tick", "Values", "fields_of"]
