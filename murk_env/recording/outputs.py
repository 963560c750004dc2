"""The outputs of a face, by name and by row, to be hashed, kept and compared."""

import dataclasses
from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import numpy.typing as npt

__all__ = ["UNTOLD", "Last", "Outputs", "infos_of", "last_of", "named"]

Array = npt.NDArray[Any]

UNTOLD = frozenset(
    {
        "final_obs",
        "_final_obs",
        "final_info",
        "_final_info",  # kept separately, as Last
        "episode",
        "_episode",  # they contain wall time, which differs in a replay
    }
)


@dataclasses.dataclass(slots=True)
class Last:
    """The final outputs that same-step mode returned for the rows whose episode ended.

    Attributes:
        rows: the rows.
        observations: the final observation of each row, an array or a dict of arrays.
        said: by name, their final infos, (rows, ...).
    """

    rows: list[int]
    observations: list[Any]
    said: dict[str, Array]


@dataclasses.dataclass(slots=True)
class Outputs:
    """The outputs of a step or a reset.

    Attributes:
        observation: by name, the index of the first of some consecutive rows, and their observations,
            (rows, ...).
        said: by name, the other outputs of every row: reward, flags and infos, (num_rows, ...).
        last: the rows whose episode ended in same-step mode; None for none.
    """

    observation: dict[str, tuple[int, Array]]
    said: dict[str, Array]
    last: Last | None = None

    def observed(self, row: int) -> list[Array]:
        """Return the arrays of one row's observation."""
        return [
            array[row - first] for first, array in self.observation.values() if 0 <= row - first < len(array)
        ]

    def flat(self) -> dict[str, Array]:
        """Return everything by name: `observation`, `reward`, ..., `final/3/observation`; copies."""
        found = {name: array.copy() for name, (_, array) in self.observation.items()}
        found |= {name: array.copy() for name, array in self.said.items()}
        if self.last is not None:
            for place, row in enumerate(self.last.rows):
                for name, array in named(self.last.observations[place]).items():
                    found[f"final/{row}/{name}"] = array[1].copy()
                for name, array in self.last.said.items():
                    found[f"final/{row}/{name}"] = np.array(array[place])
        return found

    def row_at(self, name: str, place: int) -> int:
        """Return the row of an index along the first axis of an array of `flat`."""
        if name.startswith("final/"):
            return int(name.split("/")[1])
        return self.observation[name][0] + place if name in self.observation else place


def named(observation: Any, *, alone: bool = False) -> dict[str, tuple[int, Array]]:
    """Return an observation's arrays, in the order of its space; `alone` adds a rows axis."""
    if not isinstance(observation, dict):
        return {"observation": (0, observation[np.newaxis] if alone else observation)}
    return {
        f"observation/{key}": (0, array[np.newaxis] if alone else array)
        for key, array in cast("dict[str, Array]", observation).items()
    }


def infos_of(infos: Mapping[str, Any], *, alone: bool = False) -> dict[str, Array]:
    """Return the infos of every row, under `info/` plus the key; `alone` adds a rows axis."""
    found: dict[str, Array] = {}
    for key, value in infos.items():
        if key not in UNTOLD:
            found[f"info/{key}"] = np.asarray(value)[np.newaxis] if alone else value
    return found


def last_of(infos: Mapping[str, Any]) -> Last | None:
    """Return the final outputs of the rows that ended in same-step mode."""
    if "final_obs" not in infos:
        return None
    rows = infos["_final_obs"].nonzero()[0]
    final = infos["final_info"]
    said = {name: array[rows] for name, array in infos_of(final).items()} if final else {}
    return Last(rows.tolist(), infos["final_obs"][rows].tolist(), said)
