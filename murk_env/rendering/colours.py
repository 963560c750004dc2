"""Colours: the colour map of a picture as a table, from matplotlib."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import PictureError, did_you_mean
from murk_env.rendering._libraries import load
from murk_env.rendering.picture import Picture

__all__ = ["BACKGROUND", "FRAME", "INK", "colour", "palette", "seam"]

BACKGROUND = (255, 255, 255)
FRAME = (150, 150, 150)  # the line around the cells
GROUND = (222, 222, 222)  # cells without a colour
INK = (38, 38, 38)
NOT_FINITE = (255, 0, 255)
GREY = 128
_SEAM = 6  # a seam is one sixth grey

Colours = npt.NDArray[np.uint8]


def seam(colours: Colours) -> Colours:
    """Return the colours of the seams around cells of some colours: a little nearer to grey."""
    return colours - colours // _SEAM + np.uint8(GREY // _SEAM)


def palette(picture: Picture) -> Colours:
    """Return a picture's colours, (num_grades + 1, 3); the last is for values that are not finite.

    Raises:
        PictureError: matplotlib knows no such colour map or colour.
        MissingLibraryError: matplotlib is not installed.
    """
    given, categories = picture.palette, picture.num_categories
    if picture.field is None:
        colours = np.array([GROUND], np.uint8)
    elif isinstance(given, str):
        colours = _colour_map(given, categories)
    else:
        listed = list(given.values()) if isinstance(given, Mapping) else list(given)
        colours = np.array([colour(each) for each in listed], np.uint8)
    return np.concatenate([colours, np.array([NOT_FINITE], np.uint8)])


def colour(name: str) -> tuple[int, int, int]:
    """Return a colour's red, green and blue from 0 to 255.

    Raises:
        PictureError: matplotlib knows no such colour.
    """
    try:
        red, green, blue = load("matplotlib.colors").to_rgb(name)
    except ValueError:
        raise PictureError(
            f"{name!r} is not a colour; write '#56b4e9' or one of matplotlib's names."
        ) from None
    return round(255 * red), round(255 * green), round(255 * blue)


def _colour_map(name: str, categories: int | None) -> Colours:
    known: Any = load("matplotlib").colormaps
    if name not in known:
        raise PictureError(f"matplotlib has no colour map {name!r}; {did_you_mean(name, known)}")
    if categories is None:
        return np.asarray(known[name](np.arange(known[name].N), bytes=True))[:, :3]
    return np.asarray(known[name](np.linspace(0.0, 1.0, categories), bytes=True))[:, :3]
