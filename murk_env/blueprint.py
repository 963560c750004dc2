"""Blueprints: what an author's `build` returns."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy.typing as npt
from gymnasium import spaces

from murk_env.errors import BlueprintError
from murk_env.field import Field
from murk_env.lattice import Lattice
from murk_env.observation import Observation
from murk_env.propagators.base import Propagator

__all__ = ["Blueprint"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Blueprint:
    """Everything about an environment that its hooks do not say.

    Attributes:
        lattice: topology of every world.
        observation: what is seen of a world.
        action_space: one world's actions: Discrete, MultiDiscrete, MultiBinary or Box.
        propagators: the laws, in the order they run at every tick.
        static: values of the static fields: arrays, or functions that compute them. A function is
            called once for all envs of the same class and parameters in a process.
        num_agents: number of agents of every world, for fields over agents.
        dt: time that one tick, so one step, advances.

    Raises:
        BlueprintError: something of these is of another kind.
    """

    lattice: Lattice
    observation: Observation
    action_space: spaces.Space[Any]
    propagators: Sequence[Propagator] = ()
    static: Mapping[Field, npt.ArrayLike | Callable[[], npt.ArrayLike]] = dataclasses.field(
        default_factory=dict[Field, "npt.ArrayLike | Callable[[], npt.ArrayLike]"]
    )
    num_agents: int = 0
    dt: float = 1.0

    def __post_init__(self) -> None:
        kinds = {"lattice": Lattice, "observation": Observation, "action_space": spaces.Space}
        for name, kind in kinds.items():
            value = getattr(self, name)
            if not isinstance(value, kind):
                raise BlueprintError(f"a Blueprint's {name} is a {kind.__name__}, not {value!r}.")
        try:
            object.__setattr__(self, "propagators", tuple(self.propagators))
        except TypeError:
            raise BlueprintError(
                f"a Blueprint's propagators are a list of Propagators, not {self.propagators!r}."
            ) from None
        for propagator in self.propagators:
            if not isinstance(propagator, Propagator):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise BlueprintError(f"a Blueprint's propagators are Propagators, not {propagator!r}.")
