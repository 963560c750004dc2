"""One propagator as the contract of all of them tries it, and the lattices it is tried on."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from murk_env.fields import Field, Parameter
from murk_env.lattice import Fcc12, Hex2D, Lattice, Line1D, Product, Ring1D, Square4, Square8
from murk_env.propagators import Propagator

__all__ = ["AXES", "LATTICES", "Subject"]

LATTICES: tuple[Lattice, ...] = (
    Line1D(7),
    Ring1D(6),
    Square4(4, 5, "wrap"),
    Square8(4, 3, "clamp"),
    Hex2D(5, 4),
    Fcc12(4, 3, 3),
    Product(Hex2D(3, 2), Ring1D(3)),
)

AXES = -1  # as many components as positions have
Draw = Callable[[np.random.Generator, tuple[int, ...], Lattice], Any]


@dataclass(frozen=True)
class Subject:
    """One propagator as the contract tries it.

    Attributes:
        name: stands in the test's id.
        fields: how its fields are declared, by name.
        make: makes the propagator of the fields, with numbers or parameters for its rates.
        reads, reads_previous, writes, updates: the names of the fields it must declare.
        rates: coefficients by name, each with the values of two worlds.
        parts: the settings that rates are parts of, where that is not one of the same name.
        signed: the rates that may be negative.
        optional: the rates that may be None or infinite, for no limit.
        same_units: groups of the names of fields that must have one unit.
        measured: the field in whose unit a rate is, if it is a parameter with a unit.
        max_dt: the stability bound of the first values on a lattice.
        draws: initial values by field, where uniform in [0, 1) or 0 and 1 will not do.
        supports: whether it works on a lattice.
        elsewhere: rates that count only with static fields, which tests of the propagator's own give.
        calming: rates that damp, so that stability is asked of their lowest value.
        interpreted: why it is no kernel, "" for one that is.
        num_agents: agents of every world.
    """

    name: str
    fields: Mapping[str, Mapping[str, Any]]
    make: Callable[..., Propagator]
    reads: Sequence[str] = ()
    reads_previous: Sequence[str] = ()
    writes: Sequence[str] = ()
    updates: Sequence[str] = ()
    rates: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    signed: Sequence[str] = ()
    optional: Sequence[str] = ()
    same_units: Sequence[Sequence[str]] = ()
    measured: Mapping[str, str] = field(default_factory=dict)
    max_dt: Callable[[Lattice], float] = lambda lattice: math.inf
    draws: Mapping[str, Draw] = field(default_factory=dict)
    supports: Callable[[Lattice], bool] = lambda lattice: True
    elsewhere: Sequence[str] = ()
    calming: Sequence[str] = ()
    interpreted: str = ""
    num_agents: int = 0

    def __repr__(self) -> str:
        return self.name

    def declare(self, lattice: Lattice = LATTICES[0], **changed: Mapping[str, Any]) -> dict[str, Field]:
        """Return new fields for a lattice, some of them declared differently."""
        made = {}
        for name, options in {**self.fields, **changed}.items():
            axes = {"components": lattice.positions.shape[1]} if options.get("components") == AXES else {}
            made[name] = Field(**{**options, **axes})
        return made

    def of(self, fields: Mapping[str, Field], world: int = 0, **rates: float | Parameter) -> Propagator:
        """Return the propagator with one world's numbers, or others."""
        own = [fields[name] for name in self.fields]
        return self.make(*own, **{**{name: values[world] for name, values in self.rates.items()}, **rates})

    def values(self, name: str, shape: tuple[int, ...], lattice: Lattice, seed: int) -> Any:
        """Return random values for a field."""
        rng = np.random.default_rng([seed, *name.encode()])
        if name in self.draws:
            return self.draws[name](rng, shape, lattice)
        if self.fields[name].get("dtype", np.float32) == np.int32 or "categories" in self.fields[name]:
            return rng.integers(0, 2, shape, np.int32)
        return rng.random(shape, np.float32)
