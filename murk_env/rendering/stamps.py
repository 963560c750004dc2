"""Stamps: the shapes of markers, drawn once and copied to every place."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from murk_env.rendering.colours import INK, colour
from murk_env.rendering.marker import Kind

__all__ = ["Stamp"]

_FINER = 8  # samples along each side of a pixel, so that edges are smooth
_SMALLEST, _LARGEST = 9.0, 34.0  # pixels across

Floats = npt.NDArray[np.float64]


def _disc(x: Floats, y: Floats) -> Floats:
    return np.hypot(x, y) - 1.0


def _ring(x: Floats, y: Floats) -> Floats:
    return np.abs(np.hypot(x, y) - 0.98) - 0.34


def _square(x: Floats, y: Floats) -> Floats:
    return np.maximum(np.abs(x), np.abs(y)) - 0.86


def _cross(x: Floats, y: Floats) -> Floats:
    along, across = np.abs(x + y) / np.sqrt(2), np.abs(x - y) / np.sqrt(2)
    bars = np.maximum(along - 1.0, across - 0.36), np.maximum(across - 1.0, along - 0.36)
    return np.minimum(*bars)


# Signed distance of a point from the shape's edge, negative inside; a disc has radius 1 and fits into a ring.
_SHAPES: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "disc": _disc,
    "ring": _ring,
    "square": _square,
    "cross": _cross,
}


class Stamp:
    """One marker's shape, with a dark outline that stands out on any colour.

    Args:
        look: shape and colour.
        spacing: pixels between cells; the shape takes about two thirds of them.
        shift: x and y of its centre relative to a pixel's upper left corner, 0 to 1.
    """

    def __init__(self, look: Kind, spacing: float, shift: tuple[float, float] = (0.5, 0.5)) -> None:
        radius = min(max(_SMALLEST, 0.66 * spacing), _LARGEST) / 2
        self._half = int(np.ceil(1.32 * radius)) + 1
        size = 2 * self._half + 1
        fine = (np.arange(size * _FINER) + 0.5) / _FINER - self._half
        distance = _SHAPES[look.shape](*np.meshgrid((fine - shift[0]) / radius, (fine - shift[1]) / radius))
        line = max(1.0, 0.16 * radius) / radius
        covered, coloured = (
            (distance < -inset).reshape(size, _FINER, size, _FINER).mean(axis=(1, 3))[..., np.newaxis]
            for inset in (0.0, line)
        )
        self._under = 1.0 - covered
        self._paint = (covered - coloured) * np.array(INK) + coloured * np.array(colour(look.colour))

    def put(self, canvas: npt.NDArray[np.uint8], x: float, y: float) -> None:
        """Draw it around a point of a canvas (height, width, 3); parts outside are cut off."""
        left, top = int(np.floor(x)) - self._half, int(np.floor(y)) - self._half
        size, (height, width) = len(self._under), canvas.shape[:2]
        rows = slice(max(0, -top), max(0, min(size, height - top)))
        columns = slice(max(0, -left), max(0, min(size, width - left)))
        under = canvas[top + rows.start : top + rows.stop, left + columns.start : left + columns.stop]
        under[...] = np.rint(under * self._under[rows, columns] + self._paint[rows, columns])
