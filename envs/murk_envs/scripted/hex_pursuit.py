"""Returns of HexPursuit: predators that patrol and chase, prey that flee from visible predators.

`POLICIES` are for predators, one row each; `OTHERS` has the policy of each group while another group is
evaluated.
"""

import math
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_envs.scripted import act_at_random

__all__ = ["GROUP", "OTHERS", "POLICIES", "flee", "hunt", "optimum"]

GROUP = "predator"
WAYS = np.array([(0, 0), (1, 0), (1, -1), (0, -1), (-1, 0), (-1, 1), (0, 1)])  # axial: stay, Hex2D's hops
ON_PAPER = np.array([(1.0, 0.0), (0.5, math.sqrt(0.75))])  # x and y of a hop along q and along r
RING, PULL = 0.3, 10.0  # radius of the ring that predators patrol, and how strongly they return to it

Floats = npt.NDArray[np.floating[Any]]
Actions = npt.NDArray[np.int64]


def parts(observations: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the windows of hunters, hunted and cells, (num_rows, side, side), and places, (num_rows, 2)."""
    side = math.isqrt((observations.shape[1] - 2) // 3)
    windows = observations[:, :-2].reshape(-1, 3, side, side)
    return windows[:, 0], windows[:, 1], windows[:, 2], observations[:, -2:]


def hops(side: int) -> npt.NDArray[np.int64]:
    """Return the hops from where each action leads to each cell of a window, (7, side, side)."""
    offsets = np.moveaxis(np.indices((side, side)), 0, -1) - side // 2
    q, r = np.moveaxis(offsets - WAYS[:, None, None, :], -1, 0)
    return np.maximum.reduce([np.abs(q), np.abs(r), np.abs(q + r)])


def chase(observations: Floats, action_space: Any, rng: np.random.Generator) -> Actions:
    """Hop towards the nearest visible prey, with ties broken at random; patrol if there is none."""
    _, hunted, _, places = parts(observations)
    distances = hops(hunted.shape[1])
    far = np.where(hunted[:, None] > 0.0, distances, np.inf).min(axis=(2, 3))  # (num_rows, 7)
    towards = (far + rng.random(far.shape) / 2.0).argmin(axis=1)
    return np.where(hunted.any(axis=(1, 2)), towards, patrol(places, rng))


def patrol(places: Floats, rng: np.random.Generator) -> Actions:
    """Return the hop that leads best along a ring inside the field, counter-clockwise in (q, r)."""
    out = places - 0.5  # (num_rows, 2) from the centre of the field
    far = np.maximum(np.hypot(out[:, 0], out[:, 1]), 1e-9)[:, None]
    along = out[:, ::-1] * [-1.0, 1.0] / far
    course = along + PULL * (RING - far) * out / far
    return 1 + (course @ ON_PAPER @ (WAYS[1:] @ ON_PAPER).T).argmax(axis=1)


def flee(observations: Floats) -> Actions:
    """Hop farthest from the nearest visible predator, to the freest cell if tied; stay if there is none.

    Args:
        observations: (..., 149) of prey.

    Returns:
        (...) actions.
    """
    hunters, _, field, _ = parts(observations.reshape(-1, observations.shape[-1]))
    side = hunters.shape[1]
    distances, centre = hops(side), side // 2
    far = np.where(hunters[:, None] > 0.0, distances, side).min(axis=(2, 3)).astype(np.float64)
    near = np.exp2(-distances) * (hunters[:, None] + 0.3 * (1.0 - field[:, None]))
    inside = field[:, centre + WAYS[:, 0], centre + WAYS[:, 1]] > 0.0
    score = np.where(inside, far - near.sum(axis=(2, 3)), -np.inf)
    action = np.where(hunters.any(axis=(1, 2)), score.argmax(axis=1), 0)
    return action.reshape(observations.shape[:-1])


def hunt(observations: Floats) -> Any:
    """Chase and patrol as in POLICIES, with a generator seeded by the observations: deterministic.

    Args:
        observations: (..., 149) of predators.

    Returns:
        (...) actions.
    """
    rows = observations.reshape(-1, observations.shape[-1])
    rng = np.random.default_rng(zlib.crc32(rows.tobytes()))
    return chase(rows, None, rng).reshape(observations.shape[:-1])


OTHERS = {"prey": flee, "predator": hunt}
POLICIES = {"random": act_at_random, "scripted": chase}


def optimum(params: Any) -> float:
    """Return an upper bound of a predator's mean return: all prey caught as soon as they can be reached.

    Prey start `gap` hops away or more and are caught within `reach`; a step closes at most two hops.
    """
    lost = math.ceil((params.gap - params.reach) / 2) - 1  # steps that the prey survive
    return params.prey * (params.catch - params.survival * lost)
