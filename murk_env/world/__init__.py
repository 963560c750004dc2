"""Worlds: a lattice, fields and propagators, ticked together without any learning."""

from murk_env.world.world import World

__all__ = ["World"]
