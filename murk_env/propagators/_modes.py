"""Fourier modes of the fields on a periodic lattice: wave numbers, and transforms padded for products."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Modes", "derivative"]

Reals = npt.NDArray[np.float64]
Complexes = npt.NDArray[np.complex128]

_INTO_ARRAYS = np.lib.NumpyVersion(np.__version__) >= "2.0.0"  # older transforms have no `out`


class Modes:
    """The modes of real values at evenly spaced cells, and the finer grid on which products are computed.

    Args:
        box: the number of cells along each axis.
        spacing: the distance between cells along each axis.
        padding: least ratio of points of the finer grid to cells, along each axis.

    Attributes:
        box: the number of cells along each axis.
        fine: the number of points of the finer grid along each axis.
        shape: the shape of the modes as an array; the last axis has only those of wave numbers >= 0.
        fine_shape: the same for the finer grid.
        waves: the wave numbers of every mode, one row per axis, (num_axes, num_modes).
        places: index of each mode among those of the finer grid, (num_modes,); -1 for the Nyquist modes of
            all axes but the last, which have no direction.
        scale: points of the finer grid per cell.
    """

    def __init__(self, box: tuple[int, ...], spacing: tuple[float, ...], padding: float) -> None:
        self.box = box
        self.fine = tuple(2 * math.ceil(padding * count / 2.0) for count in box)
        self.shape = (*box[:-1], box[-1] // 2 + 1)
        self.fine_shape = (*self.fine[:-1], self.fine[-1] // 2 + 1)
        numbers: list[Any] = list(np.meshgrid(*map(np.arange, self.shape), indexing="ij"))
        unknown = np.zeros(self.shape, np.bool_)
        for axis, count in enumerate(box[:-1]):
            numbers[axis] = np.where(numbers[axis] < count // 2, numbers[axis], numbers[axis] - count)
            unknown |= numbers[axis] == -(count // 2)
        lengths = np.array(box) * spacing
        signed: Any = np.array(numbers).reshape(len(box), -1)  # (num_axes, num_modes)
        self.waves: Reals = 2.0 * np.pi * signed / lengths[:, np.newaxis]
        finer: Any = signed + np.where(signed < 0, np.array(self.fine)[:, np.newaxis], 0)
        self.places = np.where(unknown.ravel(), -1, np.ravel_multi_index(tuple(finer), self.fine_shape))
        self.scale = math.prod(self.fine) / math.prod(box)

    @property
    def num_fine(self) -> int:
        """Number of modes of the finer grid."""
        return math.prod(self.fine_shape)

    def analyse(self, values: Reals, out: Complexes) -> None:
        """Transform values at the cells, (rows, num_cells), into their modes, (rows, num_modes)."""
        _forward(values, self.box, out, self.shape)

    def synthesise(self, modes: Complexes, out: Reals) -> None:
        """Transform modes into values at the cells."""
        _backward(modes, self.shape, out, self.box)

    def analyse_fine(self, values: Reals, out: Complexes) -> None:
        """Transform values at the points of the finer grid into their modes."""
        _forward(values, self.fine, out, self.fine_shape)

    def synthesise_fine(self, modes: Complexes, out: Reals) -> None:
        """Transform modes of the finer grid into values at its points."""
        _backward(modes, self.fine_shape, out, self.fine)


def derivative(waves: Reals, order: int) -> npt.NDArray[Any]:
    """Return the factor by which a derivative multiplies every mode, (num_modes,).

    Args:
        waves: the wave numbers, (num_axes, num_modes).
        order: order of the derivative; an even one is a power of the Laplacian.
    """
    if order % 2 == 0:
        return (-(waves**2).sum(axis=0)) ** (order // 2)
    turns: Any = (1j, -1j)[order // 2 % 2]
    return turns * waves[0] ** order


def _forward(values: Reals, box: tuple[int, ...], out: Complexes, shape: tuple[int, ...]) -> None:
    if len(box) == 1:
        _into(np.fft.rfft, values, out)
    else:
        axes = tuple(range(1, len(box) + 1))
        _into(np.fft.rfftn, values.reshape(-1, *box), out.reshape(-1, *shape), axes=axes)


def _backward(modes: Complexes, shape: tuple[int, ...], out: Reals, box: tuple[int, ...]) -> None:
    if len(box) == 1:
        _into(np.fft.irfft, modes, out, n=box[0])
    else:
        axes = tuple(range(1, len(box) + 1))
        _into(np.fft.irfftn, modes.reshape(-1, *shape), out.reshape(-1, *box), s=box, axes=axes)


def _into(transform: Callable[..., Any], source: Any, out: Any, **options: Any) -> None:
    """Transform each row into an existing array."""
    if _INTO_ARRAYS:
        transform(source, out=out, **options)
    else:
        out[...] = transform(source, **options)
