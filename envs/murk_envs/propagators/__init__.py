"""Propagators that belong to one environment each."""

from murk_envs.propagators.containment import Containment
from murk_envs.propagators.heating import Heating
from murk_envs.propagators.picking import Picking
from murk_envs.propagators.reacting import Reacting
from murk_envs.propagators.tending import Tending

__all__ = ["Containment", "Heating", "Picking", "Reacting", "Tending"]
