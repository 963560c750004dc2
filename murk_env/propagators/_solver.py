"""Runs the time steps of a spectral propagator, in blocks of worlds."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.kernels import KernelCall
from murk_env.propagators._etd import weights_of
from murk_env.propagators._modes import Modes
from murk_env.propagators._stages import add_pushed, finish, spread, stage

__all__ = ["Solver"]

Reals = npt.NDArray[np.float64]
Complexes = npt.NDArray[np.complex128]
Push = tuple[Callable[[Reals], Reals], Complexes]  # a function, and the factor of each of its modes

_BLOCK_BYTES = 1 << 19  # memory of one block of worlds: between the sizes of a core's caches


class Solver:
    """Time steps of ETDRK4 in the modes of a lattice.

    Args:
        modes: the modes.
        rates: linear rates of every mode, for each distinct set of coefficients, (sets, num_modes).
        sets: the set of every world, (num_worlds,), or (1,) if all have the same.
        pushes: the nonlinear parts.
        dt: the time step.
        steps: the number of time steps per run.
    """

    def __init__(
        self,
        modes: Modes,
        rates: npt.NDArray[Any],
        sets: npt.NDArray[np.intp],
        pushes: Sequence[Push],
        dt: float,
        steps: int,
    ) -> None:
        self._modes, self._pushes, self._steps = modes, pushes, steps
        with np.errstate(all="ignore"):  # rates that overflow become infinite, as elsewhere
            found = weights_of(rates, dt)
        self._halves = not np.iscomplexobj(rates)  # real weights act on real and imaginary parts separately
        whole, half, inner, first, middle, last = (
            np.repeat(table[sets], 2 if self._halves else 1, axis=1)
            for table in (found.whole, found.half, found.stage, found.first, found.middle, found.last)
        )
        self._half, self._inner, self._outer = half, inner, (whole, first, middle, last)
        num_modes, points = modes.places.size, int(np.prod(modes.fine))
        self._block = max(1, _BLOCK_BYTES // (16 * (8 * num_modes + modes.num_fine) + 8 * points))
        self._values = np.empty((self._block, int(np.prod(modes.box))))
        self._points = np.empty((self._block, points))
        self._fine = np.zeros((2, self._block, modes.num_fine), np.complex128)
        self._state = np.empty((8, self._block, num_modes), np.complex128)

    def run(
        self,
        start: int,
        stop: int,
        before: npt.NDArray[Any],
        force: npt.NDArray[Any] | None,
        after: npt.NDArray[Any],
    ) -> None:
        """Run the worlds [start, stop).

        Args:
            start: the first world.
            stop: the world after the last.
            before: the field's previous values, (num_worlds, num_cells).
            force: the force, (num_worlds or 1, num_cells), or None.
            after: receives the field's new values, (num_worlds, num_cells).
        """
        with np.errstate(all="ignore"):  # a world that overflows must not stop the others
            for first in range(start, stop, self._block):
                self._run_block(first, min(first + self._block, stop), before, force, after)

    def _run_block(self, first: int, last: int, before: Any, force: Any, after: Any) -> None:
        rows = last - first
        values, state = self._values[:rows], self._state[:, :rows]
        modes, constant = state[0], state[1]
        constant[...] = 0.0
        if force is not None:
            values[...] = force[first:last] if len(force) > 1 else force
            self._modes.analyse(values, constant)
        values[...] = before[first:last]
        self._modes.analyse(values, modes)
        for _ in range(self._steps):
            self._advance(rows, first, state)
        self._modes.synthesise(modes, values)
        after[first:last] = values

    def _advance(self, rows: int, first: int, state: Complexes) -> None:
        """Advance a block of worlds by one time step."""
        modes, constant, p0, p1, p2, p3, half_way, inner = state
        numbers: Any = state.view(np.float64) if self._halves else state
        whole, _, *found, middle, last = numbers

        def go(origin: Any, push: Any, extrapolate: bool, out: Any) -> None:
            arrays = origin, push, found[0], extrapolate, out
            KernelCall(stage, (first, self._half, self._inner, *arrays))(0, rows)

        self._push(rows, modes, constant, p0)
        go(whole, found[0], False, middle)
        self._push(rows, half_way, constant, p1)
        go(whole, found[1], False, last)
        self._push(rows, inner, constant, p2)
        go(middle, found[2], True, last)
        self._push(rows, inner, constant, p3)
        KernelCall(finish, (first, self._outer, tuple(found), whole))(0, rows)

    def _push(self, rows: int, modes: Complexes, constant: Complexes, out: Complexes) -> None:
        """Compute the contribution of the force and the nonlinear parts to the modes' rates of change."""
        if not self._pushes:
            out[...] = constant
            return
        fine, pushed = self._fine[:, :rows]
        points, places = self._points[:rows], self._modes.places
        KernelCall(spread, (modes, places, self._modes.scale, fine))(0, rows)
        self._modes.synthesise_fine(fine, points)
        seen = points.view()
        seen.flags.writeable = False  # the next function gets the same array
        for number, (function, factors) in enumerate(self._pushes):
            self._modes.analyse_fine(function(seen), pushed)
            KernelCall(add_pushed, (pushed, places, factors, out if number else constant, out))(0, rows)
