"""Draw a wave, a Gray-Scott pattern and a fire front on squares, hexagons and close-packed spheres.

    python examples/pictures.py --out pictures.png

Nine worlds, one for each propagator and lattice, without an environment: a world is a lattice, its fields and
its propagators. Cells are drawn at their positions; of the face-centred cubic lattice, four layers are shown.
"""

import argparse
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from murk_env import Fcc12, Field, Fire, GrayScott, Hex2D, Lattice, Square4, Wave, World

Floats = NDArray[np.float64]
UNBURNT, BURNING, BURNT = "#4f8a4c", "#ffb02e", "#2f2826"


@dataclass(frozen=True)
class Plan:
    """How the cells of one lattice are drawn.

    Attributes:
        title: the title above its pictures.
        lattice: the lattice.
        cells: the cells to draw, (num_drawn,) ranks.
        outlines: corners of every drawn cell in the picture, (num_drawn, num_corners, 2).
        labels: texts and their positions.
    """

    title: str
    lattice: Lattice
    cells: NDArray[np.intp]
    outlines: Floats
    labels: tuple[tuple[float, float, str], ...] = ()


def polygon(num_corners: int, radius: float, first_angle: float) -> Floats:
    """Corners of a regular polygon around the origin, (num_corners, 2)."""
    angles = first_angle + 2 * math.pi * np.arange(num_corners) / num_corners
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def squares(size: int) -> Plan:
    """A square of squares."""
    lattice = Square4(size, size)
    tile = polygon(4, math.sqrt(0.5), math.pi / 4)
    cells = np.arange(lattice.num_cells)
    return Plan("squares: Square4", lattice, cells, lattice.positions[:, np.newaxis] + tile)


def hexagons(size: int) -> Plan:
    """A parallelogram of hexagons, whose rows are closer than those of squares."""
    lattice = Hex2D(size, round(size * 2 / math.sqrt(3)))
    tile = polygon(6, 1 / math.sqrt(3), math.pi / 6)
    cells = np.arange(lattice.num_cells)
    return Plan("hexagons: Hex2D", lattice, cells, lattice.positions[:, np.newaxis] + tile)


def spheres(size: int) -> Plan:
    """Four layers of close-packed spheres; in a layer each sphere has four of its twelve neighbours."""
    side, depth = round(size * 0.75), max(8, size // 4)
    lattice = Fcc12(side, side, depth)
    tile, gap = polygon(4, math.sqrt(0.5), 0.0), 1.16 * side / math.sqrt(2)
    cells, outlines, labels = [], [], []
    for index in range(4):
        layer = depth // 2 + index * (depth // 2) // 4
        row, column = divmod(index, 2)
        found = np.flatnonzero(lattice.coordinates[:, 2] == layer)
        corner = gap * np.array([column, row])
        cells.append(found)
        outlines.append((lattice.positions[found, :2] + corner)[:, np.newaxis] + tile)
        labels.append((corner[0] - 0.5, corner[1] - 1.5, f"layer {layer} of {depth}"))
    return Plan("spheres: Fcc12", lattice, np.concatenate(cells), np.concatenate(outlines), tuple(labels))


def cell_at(lattice: Lattice, x: float, y: float) -> int:
    """The cell nearest to a place, from 0 to 1 along x and y, in the middle of a third axis."""
    first, last = lattice.positions.min(axis=0), lattice.positions.max(axis=0)
    place = np.full(len(first), 0.5)
    place[:2] = x, y
    target = first + place * (last - first)
    return int(np.argmin(np.linalg.norm(lattice.positions - target, axis=1)))


def wave(lattice: Lattice, size: int) -> Floats:
    """A bump is released and travels until it is about to be reflected; (num_cells,) displacements."""
    displacement, velocity = Field(), Field()
    waving = Wave(displacement, velocity)
    fields = {"displacement": displacement, "velocity": velocity}
    dimensions = lattice.positions.shape[1]
    distance = np.linalg.norm(lattice.positions - lattice.positions[cell_at(lattice, 0.5, 0.5)], axis=1)
    width = size / 24
    dt = 0.9 * waving.max_dt(lattice)
    world = World(lattice, fields, [waving], dt=dt)
    with world.edit() as tick:
        tick[displacement] = np.exp(-((distance / width) ** 2))[np.newaxis]
    radius = 0.35 * float(np.ptp(lattice.positions, axis=0)[:2].min())
    world.run(round(radius * math.sqrt(2 * dimensions) / dt))
    return world[displacement][0].astype(np.float64)


def pattern(lattice: Lattice, size: int, num_ticks: int = 4000) -> Floats:
    """The Gray-Scott activator grows from a few drops into a labyrinth; its (num_cells,) values."""
    substrate, activator = Field(initial=1.0), Field()
    dimensions = lattice.positions.shape[1]
    diffusion = 0.14 * 2 * dimensions / lattice.max_degree  # the same diffusivity on every lattice
    reaction = GrayScott(
        substrate, activator, feed=0.037, kill=0.06, diffusion_u=diffusion, diffusion_v=diffusion / 2
    )
    world = World(lattice, {"substrate": substrate, "activator": activator}, [reaction])
    drops = np.zeros((1, lattice.num_cells), dtype=bool)
    for place in (0.35, 0.5, 0.7):
        drops[0, lattice.ball(cell_at(lattice, place, place), 3)] = True
    with world.edit() as tick:
        tick[substrate], tick[activator] = np.where(drops, 0.5, 1.0), np.where(drops, 0.3, 0.0)
    world.run(num_ticks)
    return world[activator][0].astype(np.float64)


def fire(lattice: Lattice, size: int) -> Floats:
    """A fire in a west wind, until a quarter of the forest has caught fire; (num_cells,) states."""
    state, fuel = Field(categories=3), Field(initial=3.0)
    burning = Fire(state, fuel, ignition=0.6, consumption=1.0, wind_speed=6.0, wind_direction=0.0)
    world = World(lattice, {"state": state, "fuel": fuel}, [burning], seed=1)
    with world.edit() as tick:
        tick.edit(state)[:, lattice.ball(cell_at(lattice, 0.42, 0.5), 1)] = Fire.BURNING
    while (world[state] == Fire.BURNING).any() and (world[state] == Fire.UNBURNT).mean() > 0.75:
        world.tick()
    return world[state][0].astype(np.float64)


SCENES: dict[str, tuple[Callable[[Lattice, int], Floats], dict[str, Any]]] = {
    "a wave": (wave, {"cmap": "RdBu_r"}),
    "a Gray-Scott pattern": (pattern, {"cmap": "magma", "vmin": 0.0, "vmax": 0.4}),
    "a fire in a west wind": (fire, {"cmap": (UNBURNT, BURNING, BURNT), "vmin": 0.0, "vmax": 2.0}),
}


def draw(path: Path, size: int) -> bool:
    """Draw all nine into one picture; False without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print('no picture: matplotlib is not installed (pip install "murk-env[plot]" brings it)')
        return False
    plans = squares(size), hexagons(size), spheres(size)
    figure = Figure(figsize=(12, 11), layout="constrained")
    panels = figure.subplots(len(SCENES), len(plans), gridspec_kw={"width_ratios": [1.0, 1.5, 1.0]})
    for row, (name, (simulate, look)) in zip(panels, SCENES.items(), strict=True):
        for axes, plan in zip(row, plans, strict=True):
            draw_cells(axes, plan, simulate(plan.lattice, size), look)
            axes.set_title(f"{name} on {plan.title}", fontsize=10)
    figure.savefig(path, dpi=110)
    return True


def draw_cells(axes: Any, plan: Plan, values: Floats, look: dict[str, Any]) -> None:
    """Draw the cells of one world in the colours of their values."""
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import ListedColormap

    shown = values[plan.cells]
    largest = max(float(np.abs(shown).max()), 1e-6)
    scale = {"vmin": -largest, "vmax": largest, **look}
    colours = scale["cmap"]
    cells = PolyCollection(
        list(plan.outlines),
        array=shown,
        cmap=ListedColormap(colours) if isinstance(colours, tuple) else colours,
    )
    cells.set(clim=(scale["vmin"], scale["vmax"]), edgecolor="face", linewidth=0.4)
    axes.add_collection(cells)
    for x, y, text in plan.labels:
        axes.text(x, y, text, fontsize=7)
    axes.set(aspect="equal", anchor="N")
    axes.autoscale_view()
    axes.invert_yaxis()  # y grows to the south
    axes.axis("off")


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="Draw three propagators on three lattices.")
    parser.add_argument("--out", type=Path, metavar="FILE", default="pictures.png", help="(%(default)s)")
    parser.add_argument("--size", type=int, default=64, help="cells along a side of the square (%(default)s)")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Simulate and draw."""
    options = parse_arguments(arguments)
    began = time.perf_counter()
    if draw(options.out, options.size):
        print(f"wrote {options.out} in {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
