"""What an author of an environment declares."""

from murk_env.author.blueprint import Blueprint, Group
from murk_env.author.per_world import per_world

__all__ = ["Blueprint", "Group", "per_world"]
