"""Noise: random numbers disturb a field."""

import math
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, get_args

import numpy.typing as npt

from murk_env.errors import PropagatorConfigError, did_you_mean
from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.propagators.writing import (
    FLOATS,
    Coefficient,
    Declaration,
    Frame,
    KernelCall,
    Propagator,
    fill_normal,
    fill_uniform,
    fill_uniform_float32,
    in_range,
    kernel,
    parameters,
)

__all__ = ["Noise"]

Kind = Literal["gaussian", "uniform", "salt_and_pepper"]


@dataclass(frozen=True, eq=False)
class Noise(Propagator):
    """Random numbers disturb every cell, every tick.

    Equation, with z standard normal and u uniform in [0, 1), independent for every cell and tick:

        gaussian: x' = x + scale * z
        uniform: x' = x + scale * (2 * u - 1)
        salt_and_pepper: x' = 1 with probability scale / 2, 0 with probability scale / 2, x otherwise

    Scheme: in the field's dtype, on the previous tick's values; one disturbance per tick for any dt. Uniform
    numbers have 24 random bits in a float32 and 53 in a float64, so the two draw different numbers. A draw
    depends only on the world's seed, its episode, its step, this propagator's index in the pipeline and the
    cell, not on other worlds, nor on other propagators' draws. Inserting a propagator before this one changes
    its index, and so its numbers.

    Stability: any dt.

    Shapes: reads and writes (num_worlds, num_cells), float32 or float64. On every lattice: cells are
    independent of each other.

    Source: Philox4x32-10 (`murk_env.random`); gaussian numbers after G. E. P. Box and M. E. Muller, "A note
    on the generation of random normal deviates", Ann. Math. Statist. 29 (1958). The three kinds are those of
    murk 0.2.0, NoiseInjection; the numbers differ, as they ignored the world's seed there.

    Attributes:
        field: the field that is disturbed.
        kind: "gaussian", "uniform" or "salt_and_pepper".
        scale: standard deviation, largest amount, or probability, >= 0; a probability is at most 1.

    Raises:
        PropagatorConfigError: an argument is invalid.
    """

    field: Field
    _: KW_ONLY
    kind: Kind = "gaussian"
    scale: Coefficient = 0.1

    def declare(self) -> Declaration:
        """Return the field and the scale, which has the field's unit unless it is a probability."""
        if self.kind not in get_args(Kind):
            raise PropagatorConfigError(
                f"Noise has no kind {self.kind!r}; {did_you_mean(self.kind, get_args(Kind))}"
            )
        chance = self.kind == "salt_and_pepper"
        scale = in_range("Noise", "scale", self.scale, 0.0, 1.0 if chance else math.inf)
        return Declaration(
            reads_previous=(self.field,),
            writes=(self.field,),
            coefficients=(scale,),
            same_units=() if chance else ((self.field, *parameters(scale)),),
        )

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for a field that is not a scalar over cells."""
        self.require(self.field, dtype=FLOATS)

    def guarantees(self, field: Field) -> tuple[float, float]:
        """Return the field's bounds widened to [0, 1] for salt and pepper, else no bounds."""
        if self.kind != "salt_and_pepper":
            return -math.inf, math.inf
        low, high = self.field.bounds
        return min(low, 0.0), max(high, 1.0)

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled kernel of a tick with this frame's arrays."""
        previous, out = frame.previous(self.field), frame.write(self.field)
        return KernelCall(_DISTURB[self.kind], (previous, out, frame.coefficients, *frame.rng.counters))


@kernel
def _gaussian(start: int, stop: int, previous: Any, out: Any, coefficients: Any, *counters: Any) -> None:
    """Draw into out (num_worlds, num_cells), and turn the draws into the disturbed field."""
    keys, episodes, steps, site = counters
    fill_normal(start, stop, keys, episodes, steps, site, out)
    for world in range(start, stop):
        scale = out.dtype.type(coefficients[world, 0])
        for cell in range(out.shape[1]):
            out[world, cell] = previous[world, cell] + scale * out[world, cell]


@kernel
def _uniform(start: int, stop: int, previous: Any, out: Any, coefficients: Any, *counters: Any) -> None:
    """Draw into out (num_worlds, num_cells), and turn the draws into the disturbed field."""
    keys, episodes, steps, site = counters
    _draw_uniform(start, stop, keys, episodes, steps, site, out)
    one, two = out.dtype.type(1.0), out.dtype.type(2.0)
    for world in range(start, stop):
        scale = out.dtype.type(coefficients[world, 0])
        for cell in range(out.shape[1]):
            out[world, cell] = previous[world, cell] + scale * (two * out[world, cell] - one)


@kernel
def _salt_and_pepper(
    start: int, stop: int, previous: Any, out: Any, coefficients: Any, *counters: Any
) -> None:
    """Draw into out (num_worlds, num_cells), and turn the draws into the disturbed field.

    One draw decides both: below half the probability it gives salt, up to the probability pepper.
    """
    keys, episodes, steps, site = counters
    _draw_uniform(start, stop, keys, episodes, steps, site, out)
    for world in range(start, stop):
        scale = out.dtype.type(coefficients[world, 0])
        half = scale * out.dtype.type(0.5)
        for cell in range(out.shape[1]):
            draw = out[world, cell]
            if draw >= scale:
                out[world, cell] = previous[world, cell]
            else:
                out[world, cell] = out.dtype.type(1.0 if draw < half else 0.0)


@kernel
def _draw_uniform(
    start: int, stop: int, keys: Any, episodes: Any, steps: Any, site: int, out: npt.NDArray[Any]
) -> None:
    """Draw numbers in [0, 1) with 24 random bits into a float32, with 53 into a float64."""
    if out.itemsize == 4:
        fill_uniform_float32(start, stop, keys, episodes, steps, site, out)
    else:
        fill_uniform(start, stop, keys, episodes, steps, site, out)


_DISTURB: dict[str, Callable[..., None]] = {
    "gaussian": _gaussian,
    "uniform": _uniform,
    "salt_and_pepper": _salt_and_pepper,
}
