"""The description of an environment without creating one: its six facts, parameters, spaces and forms."""

import dataclasses
import inspect
import re
from collections.abc import Mapping
from typing import Any

import gymnasium

from murk_env.author.blueprint import Blueprint
from murk_env.author.params import Knob, knobs_of, make_params
from murk_env.faces.env import MurkEnv
from murk_env.fields.bookkeeping import ACTIVE, LEVEL
from murk_env.observation import ObservationPlan

__all__ = ["Facts", "facts_of", "knob_range", "space_text"]

_FACT = re.compile(r"^([A-Z][a-z]+): +", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Facts:
    """The description of an environment class with some parameters.

    Attributes:
        name: its id, or `module:Class`.
        env_class: the class.
        summary: the first paragraph of its docstring.
        six: Observation, Action, Reward, Ends, Start and Source, from its docstring.
        knobs: its parameters' declarations.
        params: the parameters.
        blueprint: its blueprint.
        observations: the observation space of a world under "", or of an agent of each group.
        actions: the action spaces, likewise.
    """

    name: str
    env_class: type[MurkEnv]
    summary: str
    six: Mapping[str, str]
    knobs: Mapping[str, Knob]
    params: Any
    blueprint: Blueprint
    observations: Mapping[str, gymnasium.Space[Any]]
    actions: Mapping[str, gymnasium.Space[Any]]

    @property
    def agents(self) -> str:
        """Its agents, such as `3 predator, 2 prey`; empty for a single actor."""
        return ", ".join(f"{group.size} {group.name}" for group in self.blueprint.groups)

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms of env that are available for it."""
        own = () if self.blueprint.rewards_agents else ("single", "vector")
        return own + (("parallel", "agent rows") if self.blueprint.groups else ())


def facts_of(env_class: type[MurkEnv], parameters: Mapping[str, Any] | None = None) -> Facts:
    """Return the description of an environment.

    Args:
        env_class: the environment.
        parameters: its parameters by name; defaults for the others.

    Raises:
        ParameterError, DefinitionError: as for creating an env.
    """
    params = make_params(env_class.__name__, env_class.Params, parameters or {})
    blueprint = env_class.blueprint_for(params)
    summary, six = _docstring(env_class)
    observations, actions = _spaces(env_class, blueprint)
    return Facts(
        name=vars(env_class).get("registered_id") or f"{env_class.__module__}:{env_class.__qualname__}",
        env_class=env_class,
        summary=summary,
        six=six,
        knobs=knobs_of(env_class.Params),
        params=params,
        blueprint=blueprint,
        observations=observations,
        actions=actions,
    )


def _docstring(env_class: type[MurkEnv]) -> tuple[str, dict[str, str]]:
    """Return the first paragraph of a docstring, and the text after each heading such as `Reward:`."""
    text = inspect.cleandoc(vars(env_class).get("__doc__") or "")
    first, *rest = _FACT.split(text)
    bodies = (" ".join(body.split()) for body in rest[1::2])
    return " ".join(first.split("\n\n")[0].split()), dict(zip(rest[::2], bodies, strict=True))


def _spaces(
    env_class: type[MurkEnv], blueprint: Blueprint
) -> tuple[dict[str, gymnasium.Space[Any]], dict[str, gymnasium.Space[Any]]]:
    num_levels = blueprint.num_levels
    fields = frozenset(env_class.fields.values())
    fields = fields | {LEVEL} if num_levels else fields
    observations: dict[str, gymnasium.Space[Any]] = {}
    actions: dict[str, gymnasium.Space[Any]] = {}
    if blueprint.observation is not None:
        plan = ObservationPlan(
            blueprint.observation,
            blueprint.lattice,
            fields,
            blueprint.num_agents,
            num_levels=num_levels,
        )
        observations[""] = plan.space
    if blueprint.action_space is not None:
        actions[""] = blueprint.action_space
    first = 0
    for group in blueprint.groups:
        members = range(first, first + group.size)
        active = ACTIVE if blueprint.rewards_agents else None
        known = fields if active is None else fields | {active}
        plan = ObservationPlan(
            group.observation,
            blueprint.lattice,
            known,
            blueprint.num_agents,
            agents=members,
            active=active,
            num_levels=num_levels,
        )
        observations[group.name], actions[group.name] = plan.space, group.action_space
        first = members.stop
    return observations, actions


def space_text(space: Any) -> str:
    """Return a short description of a space: `float32 (512,), 0 to 10`."""
    kind = type(space).__name__
    if kind == "Dict":
        return ", ".join(f"{name}: {space_text(one)}" for name, one in space.items())
    if kind != "Box":
        return " ".join(str(space).split())
    low, high = float(space.low.min()), float(space.high.max())
    return f"{space.dtype} {space.shape}, {low:g} to {high:g}"


def knob_range(knob: Knob) -> str:
    """Return a parameter's choices or range in words; empty if it has neither."""
    if knob.choices:
        return ", ".join(map(repr, knob.choices))
    return "" if knob.range is None else f"{knob.range.low:,g} to {knob.range.high:,g}"
