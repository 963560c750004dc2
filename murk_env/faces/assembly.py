"""Builds a batch of worlds from a class, its parameters and a face's options."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar, cast

from gymnasium import spaces

from murk_env.author.blueprint import Blueprint
from murk_env.author.environment import Environment
from murk_env.author.params import make_params, parameters_of
from murk_env.engine.action_masks import ActionMasks
from murk_env.engine.batch import Batch
from murk_env.errors import BlueprintError, naming
from murk_env.faces.action_limits import team_space
from murk_env.faces.actions import ActionReader
from murk_env.faces.masked_actions import MaskedActions
from murk_env.faces.options import FaceOptions, check_face
from murk_env.faces.screen import Screen
from murk_env.faces.static_sharing import shared_static
from murk_env.fields import Field
from murk_env.fields.bookkeeping import ACTIVE, LEVEL
from murk_env.observation import Observation, ObservationPlan
from murk_env.observation.buffers import ObservationBuffers
from murk_env.observation.output import bytes_of_one
from murk_env.world import World
from murk_env.world.identity import Identity
from murk_env.world.memory import bytes_of_fields, check_memory

__all__ = ["Assembly", "assemble"]

SomeEnvironment = TypeVar("SomeEnvironment", bound=Environment)


@dataclasses.dataclass(frozen=True)
class Assembly(Generic[SomeEnvironment]):
    """The parts of a face.

    Attributes:
        author: `self` of array hooks: an object of the class with nothing but parameters and a lattice. It
            holds no world, so worlds are freed with the last reference to their face.
        blueprint: the blueprint that `build` returned.
        options: the face's options.
        actions: reads the actions of all worlds.
        batch: the worlds.
        screen: draws the worlds.
        masked: checks actions against their masks; None where every action is allowed.
    """

    author: SomeEnvironment
    blueprint: Blueprint
    options: FaceOptions
    actions: ActionReader
    batch: Batch
    screen: Screen
    masked: MaskedActions | None


def assemble(
    cls: type[SomeEnvironment],
    options: FaceOptions,
    parameters: Mapping[str, Any],
    *,
    num_worlds: int = 1,
    agents: bool = False,
) -> Assembly[SomeEnvironment]:
    """Build the worlds of a face and the parts around them.

    Args:
        cls: the environment.
        options: the face's options.
        parameters: the environment's parameters by name.
        num_worlds: number of worlds.
        agents: whether the face shows the groups' agents, instead of the world.

    Raises:
        DefinitionError: the environment cannot be made, or its worlds do not fit into memory. The message
            names the environment, and nothing was allocated.
    """
    with naming(cls.__name__):
        return _assembly(cls, options, parameters, num_worlds, agents=agents)


def _assembly(
    cls: type[SomeEnvironment],
    options: FaceOptions,
    parameters: Mapping[str, Any],
    num_worlds: int,
    *,
    agents: bool,
) -> Assembly[SomeEnvironment]:
    """Build the assembly; errors may not name the environment yet."""
    params = make_params(cls.__name__, cls.Params, parameters)
    blueprint = cls.blueprint_for(params)
    check_face(cls.__name__, blueprint, agents=agents)
    author = _author(cls, params, blueprint, options)
    fields = {**cls.fields, ACTIVE.name: ACTIVE} if blueprint.rewards_agents else cls.fields
    seen = fields if blueprint.levels is None else {**fields, LEVEL.name: LEVEL}
    plans = _fitting_plans(cls.__name__, blueprint, seen, num_worlds, agents=agents)
    world = _world(cls, params, blueprint, fields, num_worlds, options)
    actions = ActionReader(_action_space(blueprint), num_worlds, clips=options.clips)
    masks = ActionMasks(blueprint)
    _check_fields(cls.__name__, blueprint, fields)
    batch = _batch(author, blueprint, world, actions, plans, masks, options)
    masked = MaskedActions(masks, blueprint, actions.space, replaces=options.replaces) if masks.used else None
    screen = Screen(cls.__name__, cls.fields, cls.picture_for(params), blueprint.lattice, batch)
    if not agents:
        author.__dict__.update(observation_space=plans[0].space, action_space=actions.space)
    author.__dict__["_built"] = True  # from here on its attributes are fixed
    return Assembly(author, blueprint, options, actions, batch, screen, masked)


def _author(
    cls: type[SomeEnvironment], params: Any, blueprint: Blueprint, options: FaceOptions
) -> SomeEnvironment:
    """Return `self` of the array hooks."""
    author = cls.__new__(cls)
    author.__dict__.update(params=params, lattice=blueprint.lattice, render_mode=options.render_mode)
    return author


def _world(
    cls: type[Environment],
    params: Any,
    blueprint: Blueprint,
    fields: Mapping[str, Field],
    num_worlds: int,
    options: FaceOptions,
) -> World:
    """Return the worlds, with the static arena of the face's options, or the shared one."""
    static = options.static_arena
    if static is None:
        static = shared_static(cls, params, blueprint)
    world = World(
        blueprint.lattice,
        fields,
        blueprint.propagators,
        num_worlds=num_worlds,
        num_agents=blueprint.num_agents,
        dt=blueprint.dt,
        substeps=blueprint.substeps,
        levels=blueprint.levels,
        seed=0,
        static=blueprint.static if static is None else static,
        derived=blueprint.derived,
        checked=options.checked,
        num_threads=options.num_threads,
    )
    name = vars(cls).get("registered_id") or f"{cls.__module__}:{cls.__qualname__}"
    world.identity = Identity.of(name, parameters_of(params), world.lattice, world.layout.specs)
    return world


def _batch(
    author: Environment,
    blueprint: Blueprint,
    world: World,
    actions: ActionReader,
    plans: Sequence[ObservationPlan],
    masks: ActionMasks,
    options: FaceOptions,
) -> Batch:
    """Return the batch that steps the worlds."""
    return Batch(
        author.hooks(),
        world,
        actions.actions,
        [ObservationBuffers(plan, world.num_worlds, copy=options.copy) for plan in plans],
        num_agents=blueprint.num_agents if blueprint.rewards_agents else None,
        autoreset_mode=options.autoreset_mode,
        limit=max(options.max_episode_steps or 0, 0),
        copy=options.copy,
        masks=masks if masks.used else None,
        ends_diverged=blueprint.ends_diverged,
    )


def _action_space(blueprint: Blueprint) -> "spaces.Space[Any]":
    """Return the action space of one world: with groups, the joint space of all agents."""
    if blueprint.groups:
        return team_space([group.action_space for group in blueprint.groups for _ in range(group.size)])
    return cast("spaces.Space[Any]", blueprint.action_space)


def _check_fields(owner: str, blueprint: Blueprint, fields: Mapping[str, Field]) -> None:
    """Raise BlueprintError if an action mask is not a field of the environment."""
    for mask in (blueprint.action_mask, *(group.action_mask for group in blueprint.groups)):
        if mask is not None and mask not in fields.values():
            raise BlueprintError(
                f"{owner}: the action_mask {mask.name or mask!r} is no field of the class; declare it there."
            )


def _fitting_plans(
    owner: str, blueprint: Blueprint, fields: Mapping[str, Field], num_worlds: int, *, agents: bool
) -> list[ObservationPlan]:
    """Return the observation plans, after checking that worlds and observations fit into memory."""
    num_cells, what = blueprint.lattice.num_cells, f"{owner}: {num_worlds} world(s)"
    levels = 0 if blueprint.levels is None else blueprint.levels.num_levels
    taken = bytes_of_fields(fields.values(), num_cells, blueprint.num_agents, num_worlds, levels)
    needed = {"fields": taken}
    check_memory(what, needed)
    plans = _plans(blueprint, fields, agents=agents)
    each = sum(bytes_of_one(plan.allocate(0)) for plan in plans)
    check_memory(what, needed | {"observations": 2 * num_worlds * each})  # one is held while another is made
    return plans


def _plans(blueprint: Blueprint, fields: Mapping[str, Field], *, agents: bool) -> list[ObservationPlan]:
    """Return the plan of the world's observation, or one plan for each group of agents."""
    worlds = blueprint.lattice, frozenset(fields.values()), blueprint.num_agents
    num_levels = blueprint.num_levels
    if not agents:
        return [ObservationPlan(cast(Observation, blueprint.observation), *worlds, num_levels=num_levels)]
    active = ACTIVE if blueprint.rewards_agents else None
    plans: list[ObservationPlan] = []
    first = 0
    for group in blueprint.groups:
        members = range(first, first + group.size)
        plans.append(
            ObservationPlan(group.observation, *worlds, agents=members, active=active, num_levels=num_levels)
        )
        first = members.stop
    return plans
