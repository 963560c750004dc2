"""The fields that every world has beside its author's: where its clock and its chance stand."""

from typing import Final

import numpy as np

from murk_env.fields.field import Field

__all__ = [
    "ACTIVE",
    "BOOKKEEPING",
    "ENDED",
    "EPISODE",
    "INACTIVE",
    "LEAVING",
    "LEVEL",
    "NOT_STARTED",
    "PHASE",
    "RNG_KEY",
    "RUNNING",
    "STAYING",
    "STEP",
]

RNG_KEY: Final = Field(over="world", components=2, dtype=np.int32)  # (num_worlds, 2), bits of two uint32
EPISODE: Final = Field(over="world", dtype=np.int32)  # episodes begun since the world was seeded
STEP: Final = Field(over="world", dtype=np.int32)  # the world's own steps in this episode
PHASE: Final = Field(over="world", dtype=np.int32)  # one of the three below

ACTIVE: Final = Field(over="agents", categories=3, initial=1)  # one of the last three below, for each agent
"""Which agents take part: 0 for those that have left before this step, else another number.

For environments whose agents are rewarded apart; hooks read it, the base writes it.
"""

LEVEL: Final = Field(over="world", indexes="levels")  # (num_worlds,)
"""The level of each world: which of its maps it has.

For environments with `Levels`; hooks read it, the base draws it before `start`.
"""

NOT_STARTED: Final = 0
RUNNING: Final = 1
ENDED: Final = 2

INACTIVE: Final = 0
STAYING: Final = 1
LEAVING: Final = 2  # its end came in the step that was published last; it is observed once more

BOOKKEEPING: Final = {"_rng_key": RNG_KEY, "_episode": EPISODE, "_step": STEP, "_phase": PHASE}
for _name, _field in BOOKKEEPING.items():
    _field.name = _name
ACTIVE.name = "_active"
LEVEL.name = "_level"
