"""Where actuators and sensors are on the ring of Burgers and KuramotoSivashinsky."""

import math

import numpy as np
import numpy.typing as npt

__all__ = ["IDLE", "actuator_centres", "actuator_reaches", "actuators_by_cell", "are_apart", "sensor_cells"]

IDLE = -1  # number of a cell on which no actuator acts


def actuator_centres(size: int, actuators: int) -> list[int]:
    """Return the cell in the centre of each of `actuators` actuators on a ring of `size` cells."""
    return [int((number + 0.5) * (size / actuators)) for number in range(actuators)]


def actuator_reaches(size: int, actuators: int, width: float) -> list[tuple[int, int]]:
    """Return the first cell of each actuator and the one after its last.

    Args:
        size: cells of the ring.
        actuators: number of actuators.
        width: share of the ring on which an actuator acts.
    """
    half = width * size / 2.0
    return [
        (math.trunc(centre - half), math.trunc(centre + half)) for centre in actuator_centres(size, actuators)
    ]


def are_apart(reaches: list[tuple[int, int]], size: int) -> bool:
    """Return whether every actuator has a cell on the ring and no two share one."""
    ends = [0, *(end for reach in reaches for end in reach), size]
    return ends == sorted(ends) and all(first < last for first, last in reaches)


def actuators_by_cell(size: int, reaches: list[tuple[int, int]]) -> npt.NDArray[np.int32]:
    """Return the actuator that acts on each cell, or IDLE, (size,)."""
    found = np.full(size, IDLE, np.int32)
    for number, (first, last) in enumerate(reaches):
        found[first:last] = number
    return found


def sensor_cells(size: int, sensors: int) -> list[int]:
    """Return the cells of `sensors` sensors on a ring of `size` cells."""
    return [number * (size // sensors) for number in range(sensors)]
