"""Line of sight: the cells that viewers see past opaque ones."""

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from murk_env.errors import PipelineError
from murk_env.fields import Field
from murk_env.lattice import Hex2D, Lattice, Square4, Square8
from murk_env.propagators._inputs import checked_radius
from murk_env.propagators._rays import rays_of
from murk_env.propagators.writing import Declaration, Frame, KernelCall, Propagator, batched, kernel

__all__ = ["LineOfSight"]


@dataclass(frozen=True, eq=False)
class LineOfSight(Propagator):
    """The cells that viewers see past opaque ones.

    Rule. A viewer sees its own cell, and every cell within `radius` hops unless opaque cells between block
    the line of sight. On squares, these are the cells that the straight line from centre to centre crosses;
    where it passes through a corner, between two squares, it is blocked if both are opaque. On hexagons, the
    line between two cells n hops apart passes, at each of the n - 1 hops between, the hexagon nearest to it;
    where two are equally near, it is blocked if both are opaque. The cells at both ends do not count: walls
    are seen, though only the near part of a wall nearly along the line of sight. Visibility is symmetric. On
    a torus the radius is measured along the line, and a cell is seen if any line to it that is shorter than
    the torus along both axes is open.

    Scheme: exact, in integers; rays are computed once, and tracing stops at the first block.

    Stability: any dt.

    Shapes: reads this tick's viewers, (num_worlds, num_agents) or (num_worlds,) int32, and opacity
    (num_worlds, num_cells) of either dtype, or static (num_cells,); writes (num_worlds, num_cells) float32:
    1 where any of the viewers sees, 0 elsewhere. On Square4, Square8 and Hex2D, which have straight lines.

    Source: on squares, the line of J. E. Bresenham (IBM Syst. J. 4, 1965), extended to all squares that it
    crosses; on hexagons, interpolation in cube coordinates, A. Patel, "Hexagonal grids" (2013).

    Attributes:
        viewers: cells of the viewers, over agents or the world; a viewer at -1 sees nothing.
        opacity: cells where it is not 0 cannot be seen through.
        output: field that receives 0 and 1.
        radius: range of sight in hops, >= 1.

    Raises:
        PropagatorConfigError: the radius is invalid.
        PropagatorError: in a tick in which a viewer's cell is out of range; the tick is abandoned and changes
            nothing.
    """

    viewers: Field
    opacity: Field
    output: Field
    _: KW_ONLY
    radius: int

    def declare(self) -> Declaration:
        """Return its fields; raise PropagatorConfigError for an invalid radius."""
        checked_radius("LineOfSight", self.radius)
        return Declaration(reads=(self.viewers, self.opacity), writes=(self.output,))

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for another lattice, or unsuitable fields."""
        if not isinstance(lattice, Square4 | Square8 | Hex2D):
            raise PipelineError(
                f"{self.name} needs straight lines between cells, which {lattice!r} lacks; use Square4, "
                f"Square8 or Hex2D."
            )
        over = "agents" if self.viewers.over == "agents" else "world"
        self.require(self.viewers, over=over, dtype=np.int32)
        self.require(self.opacity, dtype=self.opacity.dtype.type, static=True)
        self.require(self.output)

    def guarantees(self, field: Field) -> tuple[float, float]:
        """Return 0 and 1."""
        return 0.0, 1.0

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled kernel of a tick with this frame's arrays."""
        lattice = frame.lattice
        rays = rays_of(lattice, int(self.radius))
        return KernelCall(
            _see,
            (
                frame.read(self.viewers).reshape(frame.num_worlds, -1),
                batched(self.opacity, frame.read(self.opacity)),
                frame.write(self.output),
                rays.targets,
                rays.ends,
                rays.gaps,
                lattice.shape[0],
                lattice.shape[1],
                any(lattice.periods),
            ),
        )


@kernel
def _see(start: int, stop: int, viewers: Any, opacity: Any, out: Any, *rays: Any) -> None:
    """One tick of the worlds [start, stop), or a ValueError: raised in `_look`, it would leak row views."""
    wrong = _look(start, stop, viewers, opacity, out, *rays)
    if wrong >= 0:
        world, viewer = wrong // viewers.shape[1], wrong % viewers.shape[1]
        raise ValueError(
            f"viewer {viewer} of world {world} is on cell {viewers[world, viewer]}; there are the cells 0 to "
            f"{out.shape[1] - 1}, and -1 sees nothing"
        )


@kernel
def _look(
    start: int,
    stop: int,
    viewers: Any,  # (num_worlds, num_viewers)
    opacity: Any,  # (num_worlds or 1, num_cells)
    out: Any,  # (num_worlds, num_cells)
    targets: Any,
    ends: Any,
    gaps: Any,
    rows: int,
    cols: int,
    wraps: bool,
) -> int:
    """One tick of the worlds [start, stop); return world * num_viewers + viewer of an invalid one, or -1."""
    for world in range(start, stop):
        seen = out[world]
        opaque = opacity[min(world, opacity.shape[0] - 1)]
        for cell in range(seen.size):
            seen[cell] = np.float32(0.0)
        for viewer in range(viewers.shape[1]):
            here = viewers[world, viewer]
            if here == -1:
                continue
            if not 0 <= here < seen.size:
                return world * viewers.shape[1] + viewer
            seen[here] = np.float32(1.0)
            row, col = here // cols, here % cols
            first = 0
            for ray in range(ends.size):
                there = _place(row + targets[ray, 0], col + targets[ray, 1], rows, cols, wraps)
                last = ends[ray]
                unseen = there >= 0 and seen[there] == np.float32(0.0)
                if unseen and _open(gaps, first, last, opaque, row, col, rows, cols, wraps):
                    seen[there] = np.float32(1.0)
                first = last
    return -1


@kernel
def _open(
    gaps: Any, first: Any, last: Any, opaque: Any, row: Any, col: Any, rows: Any, cols: Any, wraps: Any
) -> bool:
    """Return whether all of a ray's gaps are open; they lie inside the lattice if the target does."""
    for gap in range(first, last):
        one = _place(row + gaps[gap, 0], col + gaps[gap, 1], rows, cols, wraps)
        other = _place(row + gaps[gap, 2], col + gaps[gap, 3], rows, cols, wraps)
        if opaque[one] != 0 and opaque[other] != 0:
            return False
    return True


@kernel
def _place(row: Any, col: Any, rows: Any, cols: Any, wraps: Any) -> Any:
    """Return the rank of a cell, wrapped at most once along each axis, or -1 outside."""
    if wraps:
        row += rows if row < 0 else (-rows if row >= rows else 0)
        col += cols if col < 0 else (-cols if col >= cols else 0)
    elif not (0 <= row < rows and 0 <= col < cols):
        return -1
    return row * cols + col
