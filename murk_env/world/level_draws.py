"""The level of each world: given by number, or drawn when its episode begins."""

from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import OptionError
from murk_env.kernels import kernel
from murk_env.maps import Levels
from murk_env.random import origins, site_word
from murk_env.random.philox import two_words, uniform_of
from murk_env.world.layout import Layout

__all__ = ["DRAWN", "LEVEL_SITE", "draw_levels", "draw_of_worlds", "level_numbers"]

DRAWN = -1  # in place of a level: draw one
LEVEL_SITE = site_word(origins.LEVEL)

Integers = npt.NDArray[np.int32]


def level_numbers(layout: Layout, given: Any) -> Integers:
    """Return the levels of worlds from an option: one level for all, one for each, or None to draw them.

    Returns:
        (num_worlds,) int32, or (1,) for one level for all worlds; DRAWN for a level to be drawn.

    Raises:
        OptionError: these worlds have no levels, there is no such level, or there are not as many as worlds.
    """
    if given is None:
        return np.full(1, DRAWN, np.int32)
    number = layout.num_levels
    if not number:
        raise OptionError(
            f"these worlds have no levels, so level must be None, not {given!r}; declare levels= "
            f"in the Blueprint."
        )
    try:
        array = np.atleast_1d(np.asarray(given))
    except ValueError:  # lists of different lengths
        array = np.empty(0)
    if array.dtype.kind not in "iu" or array.shape not in ((1,), (layout.num_worlds,)):
        raise OptionError(
            f"level must be the number of a level, or {layout.num_worlds} of them, one for each world, not "
            f"{given!r}."
        )
    wrong = array[(array < 0) | (array >= number)]
    if wrong.size:
        raise OptionError(f"there is no level {wrong[0]}; these worlds have the levels 0 to {number - 1}.")
    return array.astype(np.int32)


def draw_levels(levels: Levels, chosen: Integers, keys: npt.NDArray[np.int32]) -> None:
    """Draw the levels of worlds at the beginning of their first episode, where none is given.

    Args:
        levels: the levels to draw from.
        chosen: the level of each world, (num_worlds,); levels are drawn into the entries that are DRAWN.
        keys: the worlds' random keys, (num_worlds, 2).
    """
    episodes = np.full(len(chosen), -1, np.int32)
    order, given = np.arange(len(chosen)), chosen.copy()
    draw_of_worlds(0, len(chosen), order, chosen, given, levels.ids, levels.ends, keys, episodes, LEVEL_SITE)


@kernel
def draw_of_worlds(
    start: int,
    stop: int,
    worlds: npt.NDArray[np.int64],
    chosen: Integers,  # (num_worlds,)
    given: Integers,  # (num_worlds,)
    ids: Integers,  # (k,)
    ends: npt.NDArray[np.float64],  # (k,)
    keys: Integers,  # (num_worlds, 2)
    episodes: Integers,  # (num_worlds,), before the one that begins
    site: int,
) -> None:
    """Set the level of the worlds at the places [start, stop) of a list of worlds."""
    for place in range(start, stop):
        world = worlds[place]
        if given[world] >= 0:
            chosen[world] = given[world]
            continue
        word, _ = two_words(keys[world, 0], keys[world, 1], episodes[world] + 1, 0, site, 0)
        share, index = uniform_of(word), 0
        while share >= ends[index]:
            index += 1
        chosen[world] = ids[index]
