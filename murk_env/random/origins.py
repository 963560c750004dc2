"""The origins of random draws (hooks and propagators): the upper byte of a draw's site."""

__all__ = ["ACT", "BETWEEN", "BRANCH", "EDIT", "FIRST_PROPAGATOR", "LEVEL", "OBSERVE", "START"]

ACT = 0
START = 1
EDIT = 2
BRANCH = 3
BETWEEN = 4
OBSERVE = 5
LEVEL = 6
FIRST_PROPAGATOR = 16  # and so on, in the order of the pipeline
