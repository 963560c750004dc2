"""All fields of a world as one vector, for a central critic."""

from functools import cached_property
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.errors import ResetNeededError
from murk_env.faces.assembly import Assembly
from murk_env.observation import Observation, ObservationPlan, Observe

__all__ = ["WorldState"]


class WorldState:
    """The values of all fields except static ones, concatenated.

    Where agents have rewards of their own, the last numbers say for each agent whether it has left (0), is
    active (1), or ended in the latest step (2).

    Args:
        assembly: the parts of the face.
    """

    def __init__(self, assembly: Assembly[Any]) -> None:
        self._assembly = assembly

    @cached_property
    def _plan(self) -> ObservationPlan:
        fields = self._assembly.batch.world.fields.values()
        changing = (Observe(field) for field in fields if not field.fixed)
        blueprint = self._assembly.blueprint
        return ObservationPlan(
            Observation(*changing),
            blueprint.lattice,
            frozenset(fields),
            blueprint.num_agents,
            num_levels=blueprint.num_levels,
        )

    @property
    def space(self) -> Any:
        """The space of one world's state."""
        return self._plan.space

    def of_worlds(self) -> npt.NDArray[np.float32]:
        """Return the state of every world, (num_worlds, numbers) float32; the caller owns the array.

        Raises:
            ResetNeededError, ClosedError: the env has not been reset, or is closed.
        """
        batch = self._assembly.batch
        batch.check_open()
        if not batch.started:
            owner = type(self._assembly.author).__name__
            raise ResetNeededError(f"{owner}: call reset() before state().")
        seen = cast("npt.NDArray[np.float32]", self._plan.allocate(batch.world.num_worlds))
        self._plan.fill(batch.world.published(), seen)
        return seen
