"""Worlds: a lattice, fields and propagators, ticked together without any learning."""

from murk_env.world.record import Record
from murk_env.world.state import State
from murk_env.world.world import World

__all__ = ["Record", "State", "World"]
