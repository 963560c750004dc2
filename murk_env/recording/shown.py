"""The `Rows` class of each face."""

from collections.abc import Mapping
from typing import Any

from murk_env.faces.recipe import FaceName
from murk_env.recording._face_rows import AgentRows, OneRow, ParallelRows, VectorRows
from murk_env.recording._group_rows import GroupRows
from murk_env.recording.rows import Rows

__all__ = ["rows_of_face"]

_ROWS: Mapping[FaceName, type[Rows]] = {
    "single": OneRow,
    "vector": VectorRows,
    "agent_rows": AgentRows,
    "groups": GroupRows,
    "parallel": ParallelRows,
}


def rows_of_face(name: FaceName, face: Any) -> Rows:
    """Return the `Rows` of a face."""
    return _ROWS[name](face)
