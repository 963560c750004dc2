"""The propagator of Epidemic: a disease, and the measures against it."""

import math
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from murk_env import SIR, Field
from murk_env.lattice import Lattice
from murk_env.propagators.writing import Declaration, Frame, KernelCall, Propagator, chain, kernel

__all__ = ["DISTANCE", "NOTHING", "TEST", "VACCINATE", "Containment"]

NOTHING, TEST, DISTANCE, VACCINATE = range(4)  # the measures


@dataclass(frozen=True, eq=False)
class Containment(Propagator):
    """An epidemic without fractions of a person, and measures against it.

    Rule. After a tick of `spread`, distance undoes a share of a cell's new infections, and vaccines make a
    share of its susceptible immune. In a cell where nobody was infected, less than one new infection is
    undone; and where less than one infected person is left, that remainder recovers.

    Scheme: in float32, on the output of `spread`; the sum of a cell's shares is conserved, to rounding.

    Stability: that of `spread`, dt <= 1 / recovery.

    Shapes: all fields are (num_worlds, num_cells), float32 except for the measure, int32. Lattices: all.

    Source: that of SIR; the measures are this environment's own.

    Attributes:
        spread: the propagator of the disease.
        measure: measure taken in this tick: NOTHING, TEST, DISTANCE or VACCINATE.
        caught: receives the share newly infected in this tick.
        dosed: share vaccinated so far; receives the old value plus the vaccinations of this tick.
        distancing: share of new infections that distance undoes, 0 to 1.
        doses: share of the susceptible that vaccines make immune, 0 to 1.
        person: one person, as a share of a cell's people.
    """

    spread: SIR
    measure: Field
    caught: Field
    dosed: Field
    _: KW_ONLY
    distancing: float
    doses: float
    person: float

    def declare(self) -> Declaration:
        """Return the fields of the epidemic, the measures and the new infections."""
        spread = self.spread
        return Declaration(
            reads=(self.measure,),
            reads_previous=(*spread.reads_previous, self.dosed),
            writes=(*spread.writes, self.caught, self.dosed),
            coefficients=spread.coefficients,
            same_units=((*spread.writes, self.caught, self.dosed),),
        )

    def check(self, lattice: Lattice) -> None:
        """Raise PipelineError for fields that `spread` refuses."""
        self.spread.check(lattice)

    def max_dt(self, lattice: Lattice) -> float:
        """Return the bound of `spread`."""
        return self.spread.max_dt(lattice)

    def guarantees(self, field: Field) -> tuple[float, float]:
        """Return [0, inf): no share ever becomes negative."""
        return 0.0, math.inf

    def bind(self, frame: Frame) -> KernelCall:
        """Return the compiled tick over this frame's worlds."""
        susceptible, infected, _ = map(frame.previous, self.spread.writes)
        shares = np.array([self.distancing, self.doses, self.person], np.float32)
        before = (susceptible, infected, frame.previous(self.dosed))
        fields = (*before, *map(frame.write, self.writes), frame.read(self.measure))
        return chain(self.spread.bind(frame), KernelCall(_contain, (*fields, shares)))


@kernel
def _contain(
    start: int,
    stop: int,
    susceptible: Any,  # before the tick
    infected: Any,  # before the tick
    dosed: Any,  # before the tick
    new_susceptible: Any,
    new_infected: Any,
    new_recovered: Any,
    new_caught: Any,
    new_dosed: Any,
    measure: Any,
    shares: Any,
) -> None:
    """Apply the measures in the worlds [start, stop); all fields are (num_worlds, num_cells)."""
    distancing, doses, person = shares
    nothing = np.float32(0.0)
    for world in range(start, stop):
        s, i, r, caught = new_susceptible[world], new_infected[world], new_recovered[world], new_caught[world]
        before, around, given, taken = susceptible[world], infected[world], new_dosed[world], measure[world]
        for cell in range(s.size):  # loops without branches over few arrays, to be vectorised
            ill = before[cell] - s[cell]
            prevented = distancing * ill if taken[cell] == DISTANCE else nothing
            nobody = around[cell] == nothing and ill - prevented < person
            caught[cell] = ill if nobody else prevented  # what is prevented, for now
        for cell in range(s.size):
            given[cell] = doses * (s[cell] + caught[cell]) if taken[cell] == VACCINATE else nothing
        for cell in range(s.size):
            left = max(i[cell] - caught[cell], nothing)
            immune = r[cell] + given[cell]
            r[cell] = immune + left if left < person else immune
            i[cell] = nothing if left < person else left
        for cell in range(s.size):
            ill = before[cell] - s[cell]
            s[cell] = s[cell] + caught[cell] - given[cell]
            caught[cell] = ill - caught[cell]
        for cell in range(s.size):
            given[cell] += dosed[world, cell]
