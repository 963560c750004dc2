"""The base class of all environments, whichever face runs them: fields, parameters, hooks."""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from murk_env.author import params as parameters
from murk_env.author.blueprint import Blueprint
from murk_env.author.hook_checks import check_classmethod, check_kind, check_signature
from murk_env.author.hooks import Hook, Hooks
from murk_env.author.params_type import ParamsOfClass
from murk_env.author.per_world import CompiledHook
from murk_env.author.world_view import VIEW_NAMES, WorldView
from murk_env.errors import BlueprintError, DefinitionError, PictureError
from murk_env.fields import Field, RowTick, Tick, Values, fields_of
from murk_env.kernels.places import first_line
from murk_env.lattice import Lattice
from murk_env.rendering.picture import Picture

__all__ = ["Environment", "NoParams"]

_SIGNATURES = {  # of the hooks that every environment has, over arrays and per world
    "start": ("start(self, tick, worlds)", "start(self, rng)", "how an episode begins"),
    "act": ("act(self, tick, actions)", "act(self, action)", "what an action does"),
    "reward": ("reward(self, before, after)", "reward(self)", "what a step is worth"),
    "terminated": ("terminated(self, after)", "terminated(self)", "when an episode ends"),
}
_BETWEEN = "between(self), or with the arguments action, substep and rng"
_DERIVE = "derive(self, tick), or with @per_world derive(self)"


class NoParams(parameters.Params):
    """The parameters of a class that declares none."""


class Environment(WorldView):
    """Fields as class attributes, `Params`, `build` and hooks; the faces turn it into envs.

    Attributes:
        fields: the class's fields by name.
        registered_id: the id it is registered under; None if it is not registered.
        registered_agents: `team` or `apart`, as registered; None for one actor.
        max_episode_steps: steps after which an episode is truncated, as registered; None for no limit.
        params: the parameters.
        lattice: topology of every world, as `build` returned it.
    """

    fields: ClassVar[Mapping[str, Field]] = {}
    registered_id: ClassVar[str | None] = None
    registered_agents: ClassVar[str | None] = None
    max_episode_steps: ClassVar[int | None] = None
    Params: ClassVar[type[parameters.Params]] = NoParams
    lattice: Lattice

    if TYPE_CHECKING:  # what hooks take depends on their kind: see `per_world`
        params = ParamsOfClass()
        start: Callable[..., Any]
        act: Callable[..., Any]
        reward: Callable[..., Any]
        terminated: Callable[..., Any]
        between: Callable[..., Any]
        derive: Callable[..., Any]
        info: Callable[..., Any]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not (isinstance(cls.Params, type) and issubclass(cls.Params, parameters.Params)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise DefinitionError(
                f"{cls.__name__}.Params must be a subclass of murk_env.Params: class Params(murk_env.Params)."
            )
        cls.fields = fields_of(cls)
        for name in cls.fields:
            if name.startswith("_") or any(name in taken for taken in _taken(cls)):
                raise DefinitionError(
                    f"{cls.__name__}.{name} cannot be a field: names that begin with _ "
                    f"and those of an env or of a tick are taken."
                )
        for name in ("build", "picture"):
            check_classmethod(cls, name)

    @classmethod
    def build(cls, params: Any, /) -> Blueprint:
        """Return the blueprint: lattice, propagators, observation, action space, static values and the rest.

        Args:
            params: the parameters, an instance of the class's `Params`.
        """
        raise DefinitionError(
            f"{cls.__name__} does not say how it is built: define the classmethod build(cls, params)."
        )

    @classmethod
    def picture(cls, params: Any, /) -> Picture | None:
        """Return how a world is drawn; None draws the first float field over cells that changes."""
        return None

    @classmethod
    def blueprint_for(cls, params: Any) -> Blueprint:
        """Return what `build` returns, or raise BlueprintError if it is not a Blueprint."""
        blueprint = cls.build(params)
        if not isinstance(blueprint, Blueprint):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise BlueprintError(
                f"{cls.__name__}.build must return a Blueprint, not {type(blueprint).__name__}."
            )
        kind = None if not blueprint.groups else "apart" if blueprint.rewards_agents else "team"
        if "registered_id" in vars(cls) and kind != cls.registered_agents:
            raise BlueprintError(
                f"{cls.__name__} is registered with agents={cls.registered_agents!r}, but its blueprint says "
                f"{kind!r}; write @register({cls.registered_id!r}, ..., agents={kind!r})."
            )
        return blueprint

    @classmethod
    def picture_for(cls, params: Any) -> Picture | None:
        """Return what `picture` returns, or raise PictureError if it is not a Picture."""
        picture = cls.picture(params)
        if not isinstance(picture, Picture | None):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise PictureError(f"{cls.__name__}.picture must return a Picture or None, not {picture!r}.")
        return picture

    def hooks(self) -> Hooks:
        """Return the hooks; array hooks are bound to this object.

        Raises:
            DefinitionError: a hook is missing, or of a kind that it cannot be.
        """
        cls = type(self)
        if isinstance(inspect.getattr_static(cls, "info", None), CompiledHook):
            place = first_line(inspect.getattr_static(cls, "info").function)
            raise DefinitionError(f"{cls.__name__}.info ({place}) cannot be per_world; write it over arrays.")
        for name in ("between", "derive", "info"):
            check_kind(cls, name)
        start, act, reward, terminated = (self._hook(name) for name in _SIGNATURES)
        between = getattr(self, "between", None)
        if not isinstance(between, CompiledHook | None):
            raise DefinitionError(
                f"{cls.__name__}.between runs in every sub-step and is compiled: write it for one world, "
                f"with @per_world {_BETWEEN}."
            )
        derive = getattr(self, "derive", None)
        if derive is not None and not isinstance(derive, CompiledHook):
            check_signature(f"{cls.__name__}.derive", derive, _DERIVE)
        info = getattr(self, "info", None)
        if info is not None:
            check_signature(f"{cls.__name__}.info", info, "info(self, after)")
        return Hooks(
            owner=cls.__name__,
            params=self.params,
            member=partial(_member, cls),
            members=_members(cls),
            start=start,
            act=act,
            reward=reward,
            terminated=terminated,
            between=between,
            derive=derive,
            info=info,
        )

    def _hook(self, name: str) -> Hook:
        check_kind(type(self), name)
        hook = getattr(self, name, None)
        arrays, per_world, what = _SIGNATURES[name]
        if hook is None:
            raise DefinitionError(
                f"{type(self).__name__} does not say {what}: define {arrays}, or with @per_world {per_world}."
            )
        if not isinstance(hook, CompiledHook):
            where = f"{type(self).__name__}.{name}"
            check_signature(where, hook, f"{arrays}, or with @per_world {per_world}")
        return hook


def _member(cls: type[Environment], name: str) -> object:
    """Return an attribute of the author's own classes, as declared there."""
    for base in cls.__mro__:
        if name in vars(base):
            return None if _is_of_faces(base) else vars(base)[name]
    return None


def _members(cls: type[Environment]) -> frozenset[str]:
    """Return the names of constants and methods of the author's own classes that hooks can use."""
    known = {name for base in cls.__mro__ if not _is_of_faces(base) for name in vars(base)}
    others = {*_SIGNATURES, "between", "derive", "info", *vars(Environment), *cls.fields}
    return frozenset(name for name in known - others if not name.startswith("_"))


def _is_of_faces(base: type) -> bool:
    """Whether a class is murk_env's, Gymnasium's or Python's own, not an author's."""
    return base.__module__.partition(".")[0] in ("murk_env", "gymnasium", "builtins")


def _taken(cls: type[Environment]) -> list[Any]:
    """Return collections of the names that a field cannot have."""
    own = {"params", "lattice", "action_space", "observation_space", "num_envs", "world"}
    own |= {"between", "derive", "info"}  # the hooks that not every environment has
    faces = [
        base for base in cls.__mro__[1:] if base.__module__.partition(".")[0] in ("murk_env", "gymnasium")
    ]
    return [own, _SIGNATURES, VIEW_NAMES, *map(dir, faces), dir(Values), dir(Tick), dir(RowTick)]
