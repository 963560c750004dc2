"""The fields that every world has beside its author's: its clock, its random state and its return."""

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np

from murk_env.fields.field import Field

__all__ = [
    "ACTIVE",
    "AGENT_RETURNS",
    "BOOKKEEPING",
    "ENDED",
    "EPISODE",
    "INACTIVE",
    "LEAVING",
    "LEVEL",
    "NOT_STARTED",
    "PHASE",
    "RETURN",
    "RNG_KEY",
    "RUNNING",
    "STAYING",
    "STEP",
    "bookkeeping_of",
]

RNG_KEY: Final = Field(over="world", components=2, dtype=np.int32)  # (num_worlds, 2), bits of two uint32
EPISODE: Final = Field(over="world", dtype=np.int32)  # episodes begun since the world was seeded
STEP: Final = Field(over="world", dtype=np.int32)  # the world's own steps in this episode
PHASE: Final = Field(over="world", dtype=np.int32)  # one of the three below
RETURN: Final = Field(over="world", dtype=np.float64)  # sum of the rewards of this episode
AGENT_RETURNS: Final = Field(over="agents", dtype=np.float64)  # replaces it where agents are rewarded apart

ACTIVE: Final = Field(over="agents", categories=3, initial=1)  # one of the last three below, for each agent
"""Which agents take part: 0 for those that left before this step, else another number.

For environments whose agents are rewarded apart; hooks read it, the base writes it.
"""

LEVEL: Final = Field(over="world", indexes="levels")  # (num_worlds,)
"""The level of each world, (num_worlds,): the number of its maps.

For environments with `Levels`; hooks read it, the base draws it before `start`.
"""

NOT_STARTED: Final = 0
RUNNING: Final = 1
ENDED: Final = 2

INACTIVE: Final = 0
STAYING: Final = 1
LEAVING: Final = 2  # it ended in the step published last; it is observed once more

BOOKKEEPING: Final = {
    "_rng_key": RNG_KEY,
    "_episode": EPISODE,
    "_step": STEP,
    "_phase": PHASE,
    "_return": RETURN,
}
for _name, _field in BOOKKEEPING.items():
    _field.name = _name
ACTIVE.name, AGENT_RETURNS.name = "_active", RETURN.name
LEVEL.name = "_level"


def bookkeeping_of(fields: Collection[Field]) -> Mapping[str, Field]:
    """Return by name the bookkeeping fields of worlds with these fields."""
    return BOOKKEEPING | {RETURN.name: AGENT_RETURNS} if ACTIVE in fields else BOOKKEEPING
