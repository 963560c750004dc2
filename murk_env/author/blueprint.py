"""Blueprints: an author's `build` returns one."""

import dataclasses
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from murk_env.author.masks import check_mask
from murk_env.errors import BlueprintError, PipelineError
from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.maps import Levels
from murk_env.observation import Observation
from murk_env.propagators.base import Propagator
from murk_env.world.pipeline import whole_substeps

__all__ = ["Blueprint", "Group"]


@dataclasses.dataclass(frozen=True)
class Group:
    """Agents with the same observation and action space.

    Attributes:
        name: prefix of the agents' names, `name_0`, `name_1`, ...
        size: number of agents, at least 1.
        observation: observation of one agent, made with `over="agents"`.
        action_space: the actions of one agent: Discrete, MultiDiscrete, MultiBinary or Box.
        action_mask: a field over agents with a component for each option of a Discrete, or for the options of
            all choices of a MultiDiscrete in order; a nonzero component allows its option. None allows
            everything. Groups may share a field; components beyond a group's options are ignored.

    Raises:
        BlueprintError: an attribute is of a wrong type.
    """

    name: str
    size: int
    observation: Observation
    action_space: spaces.Space[Any]
    action_mask: Field | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.isidentifier():  # pyright: ignore[reportUnnecessaryIsInstance]
            raise BlueprintError(f"a group's name must be a word such as 'predator', not {self.name!r}.")
        object.__setattr__(self, "size", _whole_size(self.name, self.size))
        seen = self.observation
        if not isinstance(seen, Observation) or seen.over != "agents":  # pyright: ignore[reportUnnecessaryIsInstance]
            raise BlueprintError(
                f"group {self.name!r} needs an Observation with over='agents', one for each agent, "
                f"not {seen!r}."
            )
        if not isinstance(self.action_space, spaces.Space):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise BlueprintError(f"group {self.name!r} needs an action space, not {self.action_space!r}.")
        check_mask(f"group {self.name!r}", self.action_mask, self.action_space, "agents")


def _whole_size(name: str, size: Any) -> int:
    """Return a group's size as a Python int, or raise BlueprintError."""
    try:
        whole = 0 if isinstance(size, bool | np.bool_) else operator.index(size)
    except TypeError:
        whole = 0
    if whole < 1:
        raise BlueprintError(f"group {name!r} must have a number of agents, at least 1, not {size!r}.")
    return whole


@dataclasses.dataclass(frozen=True, kw_only=True)
class Blueprint:
    """Everything about an environment except its hooks.

    An environment is of one of three kinds:

    - without `groups`, one actor, with an `observation` and an `action_space`;
    - with `groups` alone, agents with rewards of their own: `reward` and `terminated` return
      `(num_worlds, num_agents)`, and an episode is over when every agent has ended;
    - with `groups` and an `observation`, a team with one shared reward. In Gymnasium it is one centralised
      actor that gets the `observation` and acts for every agent.

    With groups, `act` gets the actions of all agents, `(num_worlds, num_agents, ...)`, group by group.

    Attributes:
        lattice: topology of every world.
        observation: observation of a world; None for agents with rewards of their own.
        action_space: one world's actions: Discrete, MultiDiscrete, MultiBinary or Box; None with groups,
            which have their own.
        action_mask: a field over the world with a component for each option of a Discrete, or for the options
            of all choices of a MultiDiscrete in order; a nonzero component allows its option. None allows
            everything; with groups leave it out, as they have masks of their own.
        groups: the agents, in order. Their action spaces are of one type and shape; bounds may differ.
        propagators: the propagators, in the order they run at every tick.
        derived: propagators that set fields declared `derived=True`, in the order they run: after the others
            at every tick, at every reset and after every edit, always before the hook `derive`. They read
            this tick's values of all fields declared in `reads` and `reads_previous`, and may have neither
            `updates` nor random numbers: LineOfSight, Gradient, Flow and Morphology, for example.
        static: values of the static fields: arrays, or functions that return them, of the field's shape or,
            over cells, of the lattice's shape; within the field's bounds, without NaN. A function is
            called once for all envs of the same class and parameters in a process.
        levels: maps of the fields declared `mutability="level"`: each world has the maps of one level, drawn
            before `start` or given by `reset(options={"level": number})`; infos and hooks have its number as
            `level`.
        num_agents: number of agents of every world, for fields over agents; leave it out with groups.
        dt: time that one step advances; a step is one tick.
        substeps: how many times the propagators run in a step, for dt / substeps each. The actions stay the
            same throughout; after each sub-step bounds are applied and the hook `between` is called.
        ends_diverged: whether the episode of a world ends when a number in it is no longer finite after the
            propagators: its per-tick fields are restored to their values before the step, it is terminated,
            and `info["diverged"]` is True. In checked mode it raises an error all the same.

    Raises:
        BlueprintError: an attribute is of a wrong type, or attributes contradict each other.
    """

    lattice: Lattice
    observation: Observation | None = None
    action_space: spaces.Space[Any] | None = None
    action_mask: Field | None = None
    groups: Sequence[Group] = ()
    propagators: Sequence[Propagator] = ()
    derived: Sequence[Propagator] = ()
    static: Mapping[Field, npt.ArrayLike | Callable[[], npt.ArrayLike]] = dataclasses.field(
        default_factory=dict[Field, "npt.ArrayLike | Callable[[], npt.ArrayLike]"]
    )
    levels: Levels | None = None
    num_agents: int = 0
    dt: float = 1.0
    substeps: int = 1
    ends_diverged: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.lattice, Lattice):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise BlueprintError(f"a Blueprint's lattice must be a Lattice, not {self.lattice!r}.")
        object.__setattr__(self, "groups", self._listed("groups", Group))
        object.__setattr__(self, "propagators", self._listed("propagators", Propagator))
        object.__setattr__(self, "derived", self._listed("derived", Propagator))
        try:
            object.__setattr__(self, "substeps", whole_substeps(self.substeps))
        except PipelineError as error:
            raise BlueprintError(f"a Blueprint's {error}") from None
        if not isinstance(self.levels, Levels | None):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise BlueprintError(f"a Blueprint's levels must be Levels(...), not {self.levels!r}.")
        if not isinstance(self.ends_diverged, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise BlueprintError(f"a Blueprint's ends_diverged must be a bool, not {self.ends_diverged!r}.")
        if self.groups:
            self._gather_agents()
        else:
            self._check_actor()

    def _listed(self, name: str, kind: type) -> tuple[Any, ...]:
        """Return the members of a list, or raise BlueprintError if one is not of the kind."""
        try:
            members = tuple(getattr(self, name))
        except TypeError:
            raise BlueprintError(
                f"a Blueprint's {name} must be a list of {kind.__name__}s, not {getattr(self, name)!r}."
            ) from None
        for member in members:
            if not isinstance(member, kind):
                raise BlueprintError(f"a Blueprint's {name} must be {kind.__name__}s, not {member!r}.")
        return members

    def _check_actor(self) -> None:
        for name, kind, what in (
            ("observation", Observation, "an Observation, such as Observation(Observe(field))"),
            ("action_space", spaces.Space, "a Gymnasium Space, such as Discrete(5)"),
        ):
            value = getattr(self, name)
            if not isinstance(value, kind):
                raise BlueprintError(f"a Blueprint without groups has as its {name} {what}, not {value!r}.")
        check_mask("a Blueprint", self.action_mask, self.action_space, "world")

    def _gather_agents(self) -> None:
        names = [group.name for group in self.groups]
        if len(set(names)) < len(names):
            raise BlueprintError(f"the groups of agents need names of their own, not {names}.")
        if self.action_space is not None:
            raise BlueprintError(
                "leave the Blueprint's action_space out: with groups, each group has its own."
            )
        if self.action_mask is not None:
            raise BlueprintError(
                "leave the Blueprint's action_mask out: with groups, each group has its own, over='agents'."
            )
        if not isinstance(self.observation, Observation | None):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise BlueprintError(
                f"a Blueprint's observation must be an Observation, not {self.observation!r}."
            )
        total = sum(group.size for group in self.groups)
        if self.num_agents not in (0, total):
            raise BlueprintError(
                f"the groups have {total} agents together, but num_agents is {self.num_agents}; leave it out."
            )
        object.__setattr__(self, "num_agents", total)

    @property
    def num_levels(self) -> int:
        """Number of levels, 0 for worlds without levels."""
        return 0 if self.levels is None else self.levels.num_levels

    @property
    def rewards_agents(self) -> bool:
        """Whether every agent has its own reward and its own end."""
        return bool(self.groups) and self.observation is None
