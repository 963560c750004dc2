"""Keys of branches: copies of a world that draw their own random numbers."""

from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.kernels import kernel
from murk_env.random import origins
from murk_env.random.draws import site_word
from murk_env.random.philox import philox

__all__ = ["branch_keys"]

_NO_EPISODE = 0xFFFFFFFF  # no episode has this number, so no draw of a world uses these counters


def branch_keys(keys: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Return the key of every branch, which depends only on its source's key and its own number.

    Args:
        keys: the keys of the sources of branches 0, 1, 2, ..., (k, 2) int32.

    Returns:
        (k, 2) int32, the bits of two uint32 each.
    """
    made = np.empty_like(keys)
    _fill(0, len(keys), keys, site_word(origins.BRANCH), made.view(np.uint32))
    return made


@kernel
def _fill(start: int, stop: int, keys: Any, site: int, made: Any) -> None:
    for branch in range(start, stop):
        word0, word1, _, _ = philox((_NO_EPISODE, 0, site, branch), (keys[branch, 0], keys[branch, 1]))
        made[branch, 0], made[branch, 1] = word0, word1
