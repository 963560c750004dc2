"""Read-only arrays of every field while one of the arena's two buffers is staged."""

import dataclasses

from murk_arena import PingPongArena, TickGuard
from murk_env.fields import Values
from murk_env.world.layout import Layout

__all__ = ["Staged"]


@dataclasses.dataclass(slots=True)
class Staged:
    """The readable arrays of the worlds in a tick; they are updated in place when fields move.

    Attributes:
        version: the arena's layout version that the arrays belong to.
        before: the published values.
        after: the staged values.
    """

    version: int
    before: Values
    after: Values

    @classmethod
    def of(cls, layout: Layout, arena: PingPongArena, guard: TickGuard) -> "Staged":
        """Fetch the arrays of the tick in progress."""
        before = Values(
            {field: guard.previous(field_id) for field, field_id in layout.ids.items()}, layout.dt
        )
        after = Values({field: guard.read(field_id) for field, field_id in layout.ids.items()}, layout.dt)
        return cls(arena.layout_version, before, after)

    def follow(self, layout: Layout, arena: PingPongArena, guard: TickGuard) -> None:
        """Fetch the arrays that have moved."""
        if self.version != arena.layout_version:
            ids = {field: layout.ids[field] for field in layout.sparse}
            self.before = self.before.moved({field: guard.previous(ids[field]) for field in ids})
            self.after = self.after.moved({field: guard.read(ids[field]) for field in ids})
            self.version = arena.layout_version
