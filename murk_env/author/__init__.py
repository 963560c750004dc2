"""The declarations of an environment's author: parameters, a blueprint, hooks for one world."""

from murk_env.author.blueprint import Blueprint, Group
from murk_env.author.params import Params, Range
from murk_env.author.per_world import per_world

__all__ = ["Blueprint", "Group", "Params", "Range", "per_world"]
