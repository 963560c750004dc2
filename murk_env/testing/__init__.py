"""Tools to test environments, for authors of any Gymnasium vector environment.

`check_vector_env` checks a vector environment against Gymnasium's contract; Gymnasium has no such check.
"""

from murk_env.testing.case import VectorCase
from murk_env.testing.check import VECTOR_RULES, check_vector_env
from murk_env.testing.comparison import Difference, first_difference
from murk_env.testing.errors import VectorEnvError

__all__ = [
    "VECTOR_RULES",
    "Difference",
    "VectorCase",
    "VectorEnvError",
    "check_vector_env",
    "first_difference",
]
