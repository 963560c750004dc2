"""The base of every environment: authors subclass MurkEnv and fill in hooks."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode

from murk_arena import OwnedSnapshot, StaticArena
from murk_env.author.blueprint import Blueprint
from murk_env.author.params import check_params_class, make_params
from murk_env.author.per_world import CompiledHook
from murk_env.engine.batch import Core
from murk_env.engine.infos import info_of_one
from murk_env.errors import BlueprintError, DefinitionError, FrozenAttributeError, ParameterError
from murk_env.faces.options import check_face, check_render_mode, thread_count, time_limit
from murk_env.faces.screen import MODES, Screen
from murk_env.faces.seeding import draw_seed, peek_seed, read_options
from murk_env.faces.static_sharing import shared_static
from murk_env.fields import Field, fields_of
from murk_env.fields.views import RowTick, Tick, Values
from murk_env.random import checked_seed, key_from_seed

__all__ = ["MurkEnv"]

# Attributes that Gymnasium, PettingZoo, their wrappers and checkers set on an env.
_FACE_ATTRIBUTES = frozenset(
    {
        "spec",
        "metadata",
        "render_mode",
        "np_random",
        "_np_random",
        "_np_random_seed",
        "action_space",
        "observation_space",
        "closed",
        "max_cycles",
        "agents",
    }
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class NoParams:
    """The parameters of a class that declares none."""


class MurkEnv(gymnasium.Env[Any, Any]):
    """A Gymnasium env over one world, and the class that authors subclass.

    A subclass declares `Params` (a frozen keyword-only dataclass), its fields as class attributes
    and the hooks `build`, `start`, `act`, `reward`, `terminated` and, if it wants, `info`. All hooks
    work on arrays with a leading worlds axis, however many worlds there are, or are written for one
    world and marked with `per_world`. No hook needs `super()`.

    Args:
        render_mode: one of `metadata["render_modes"]`, or None.
        max_episode_steps: steps after which an episode is truncated; None or a number below 1 for no
            limit. `gymnasium.make` leaves it out and wraps the env with TimeLimit instead.
        copy: whether every observation is an array of its own; with False, two are used in turn, each
            valid until the step after next.
        checked: prove at every tick that full writes are complete and all numbers finite.
        static_arena: the static fields of another env of this class and parameters; by default they
            are found by themselves.
        parameters: the fields of `Params`.

    Raises:
        ParameterError: for an unknown parameter, or a value that `Params` refuses.
        DefinitionError: for a class whose declarations contradict each other.
    """

    fields: ClassVar[Mapping[str, Field]] = {}
    small: ClassVar[Mapping[str, Any]] = {}
    max_episode_steps: ClassVar[int | None] = None
    metadata: dict[str, Any] = {"render_modes": list(MODES), "render_fps": 10}  # noqa: RUF012  # declared so by gymnasium.Env

    Params: ClassVar[type[Any]] = NoParams
    params: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        check_params_class(cls)
        cls.fields = fields_of(cls)
        if "metadata" not in cls.__dict__ and all(field.over != "cells" for field in cls.fields.values()):
            cls.metadata = {"render_modes": []}  # there are no cells to be drawn
        for name in cls.fields:
            taken = ("params", "lattice", "action_space", "observation_space", "num_envs")
            if name.startswith("_") or name in taken or hasattr(MurkEnv, name):
                raise DefinitionError(
                    f"{cls.__name__}.{name} cannot be a field: names that begin with _ "
                    f"and those of an env are taken."
                )

    def __init__(
        self,
        *,
        render_mode: str | None = None,
        max_episode_steps: int | None = None,
        copy: bool = True,
        checked: bool = False,
        static_arena: StaticArena | None = None,
        **parameters: Any,
    ) -> None:
        self._assemble(
            1,
            None,
            {
                "render_mode": render_mode,
                "max_episode_steps": max_episode_steps,
                "copy": copy,
                "checked": checked,
            },
            static_arena,
            parameters,
        )

    def _assemble(
        self,
        num_worlds: int,
        autoreset_mode: AutoresetMode | None,
        options: Mapping[str, Any],
        static_arena: StaticArena | None,
        parameters: Mapping[str, Any],
        *,
        agents: bool = False,
    ) -> None:
        cls = type(self)
        check_render_mode(cls, options["render_mode"])
        self.params = make_params(cls, parameters)
        self.render_mode = options["render_mode"]
        self._options = dict(options)
        blueprint = self._blueprint()
        check_face(cls.__name__, blueprint, agents=agents)
        if static_arena is None:
            static_arena = shared_static(cls, self.params, blueprint)
        self._core = Core(
            self,
            blueprint,
            num_worlds,
            autoreset_mode=autoreset_mode,
            max_episode_steps=time_limit(options["max_episode_steps"]),
            static=static_arena,
            checked=options["checked"],
            copy=options["copy"],
            num_threads=thread_count(options.get("num_threads", 1)),
            agents=agents,
        )
        self._screen = Screen(self, blueprint, self._core)
        self.lattice = blueprint.lattice
        if not agents:
            self.observation_space = self._core.sights[0].plan.space
            self.action_space = self._core.actions.space
        self._built = True

    def _blueprint(self) -> Blueprint:
        """Return what `build` returns, or say what is wrong with it."""
        name = type(self).__name__
        if isinstance(self.build, CompiledHook):
            raise DefinitionError(f"{name}.build returns a Blueprint and cannot be per_world.")
        blueprint = self.build(self.params)
        if not isinstance(blueprint, Blueprint):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise BlueprintError(f"{name}.build must return a Blueprint, not {type(blueprint).__name__}.")
        return blueprint

    # --- hooks --------------------------------------------------------------------------------

    def build(self, params: Any) -> Blueprint:
        """Return the lattice, propagators, observation, action space and static values.

        What it puts on `self` stays readable in every hook; after `build` nothing can be added.
        """
        raise DefinitionError(
            f"{type(self).__name__} does not say how it is built: define build(self, params)."
        )

    def start(self, tick: RowTick, worlds: npt.NDArray[np.intp]) -> None:
        """Begin an episode in these worlds, whose fields hold their initial values already.

        Args:
            tick: `tick[field]` reads and sets one row for each of `worlds`.
            worlds: indices of the worlds, (k,).
        """
        raise DefinitionError(
            f"{type(self).__name__} does not say how an episode begins: define start(self, tick, worlds)."
        )

    def act(self, tick: Tick, actions: npt.NDArray[Any]) -> None:
        """Apply the actions, before the propagators run.

        Args:
            tick: `tick[field]` reads and sets all worlds.
            actions: valid actions, (num_worlds, ...).
        """
        raise DefinitionError(
            f"{type(self).__name__} does not say what an action does: define act(self, tick, actions)."
        )

    def reward(self, before: Values, after: Values) -> npt.ArrayLike:
        """Return the reward of every world, (num_worlds,).

        Args:
            before: the values the step started from.
            after: the values it is about to publish.
        """
        raise DefinitionError(f"{type(self).__name__} has no reward: define reward(self, before, after).")

    def terminated(self, after: Values) -> npt.ArrayLike:
        """Return which worlds' episodes have come to their end, (num_worlds,) bool."""
        raise DefinitionError(
            f"{type(self).__name__} does not say when an episode ends: define terminated(self, after)."
        )

    def info(self, after: Values) -> Mapping[str, npt.NDArray[Any]]:
        """Return further numbers about every world, each (num_worlds, ...); the same keys every time."""
        return {}

    @property
    def has_info(self) -> bool:
        """Whether the class says anything in `info`."""
        return type(self).info is not MurkEnv.info

    # --- Gymnasium ----------------------------------------------------------------------------

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin a new episode.

        Args:
            seed: any non-negative integer starts the world's random numbers anew; None goes on with
                them, or takes them from `np_random` at the first reset.
            options: none are known.

        Returns:
            The observation and the info.

        Raises:
            SeedError, SeedTypeError, OptionError: before anything changes.
        """
        core = self._core
        core.check_open()
        read_options(options, ())
        seed = None if seed is None else checked_seed(seed)
        first = seed is None and not core.started
        chosen = peek_seed(self.np_random) if first else seed
        core.reset(np.zeros(1, np.intp), {} if chosen is None else {0: key_from_seed(chosen)})
        if first:
            draw_seed(self.np_random)
        super().reset(seed=seed)
        core.look()
        return core.sights[0].row(0), info_of_one(core.info)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Step the world once.

        An episode that has ended may be stepped on, as in most of Gymnasium's envs.

        Returns:
            Observation, reward, terminated, truncated, info.

        Raises:
            ActionError, ResetNeededError, ClosedError: before anything changes.
            HookError, PropagatorError: the world is as before the step.
        """
        core = self._core
        if not core.ready:
            core.check_ready()
        core.actions.read_one(action)
        core.step()
        seen, reward = core.sights[0].row(0), core.rewards.item(0)
        info = info_of_one(core.info) if core.info else {}
        if core.pending is None:  # nothing has ended
            return seen, reward, False, False, info
        return seen, reward, core.terminated.item(0), core.truncated.item(0), info

    def render(self) -> Any:
        """Return how the world looks: a frame (height, width, 3) uint8, or text in `ansi` mode.

        Returns:
            None, with a warning, where the env was made without a render mode.

        Raises:
            ResetNeededError, ClosedError: there is nothing to be seen.
            MissingLibraryError: matplotlib or Pillow is not installed.
            PictureError: the environment has no field over cells, or its picture an unknown colour.
        """
        shown = self._screen.show(self.render_mode)
        return None if shown is None else shown[0]

    def close(self) -> None:
        """Refuse every later use but another close with ClosedError; memory goes with the last reference."""
        self._core.close()

    # --- state --------------------------------------------------------------------------------

    def __setattr__(self, name: str, value: object) -> None:
        if self.__dict__.get("_built", False) and name not in _FACE_ATTRIBUTES:
            raise FrozenAttributeError(
                f"{type(self).__name__}.{name} cannot be set: the state of an environment lives in its "
                f"fields, so that snapshots hold all of it. Declare a Field, over='world' for one value each."
            )
        super().__setattr__(name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        saved = self._core.save()
        face = {name: self.__dict__[name] for name in _FACE_ATTRIBUTES if name in self.__dict__}
        for derived in ("action_space", "observation_space"):
            face.pop(derived, None)
        parameters = {
            field.name: getattr(self.params, field.name) for field in dataclasses.fields(self.params)
        }
        return _rebuild, (
            type(self),
            parameters,
            self._options,
            saved,
            face,
            self._core.closed,
            self.action_space,
        )


def _rebuild(
    cls: type[MurkEnv],
    parameters: dict[str, Any],
    options: dict[str, Any],
    saved: OwnedSnapshot,
    face: dict[str, Any],
    closed: bool,
    action_space: gymnasium.Space[Any],
) -> MurkEnv:
    env = cls(**options, static_arena=saved.static_arena, **parameters)
    env._core.restore(saved)  # pyright: ignore[reportPrivateUsage]
    for name, value in face.items():
        setattr(env, name, value)
    env.action_space = action_space  # it carries the state of its own sampling
    if closed:
        env.close()
    return env


def screen_of(env: MurkEnv) -> Screen:
    """Return what shows the worlds of an env, for a vector face."""
    return env._screen  # pyright: ignore[reportPrivateUsage]


def make_batch(
    cls: type[MurkEnv],
    num_worlds: int,
    autoreset_mode: AutoresetMode | None,
    options: Mapping[str, Any],
    static_arena: StaticArena | None,
    parameters: Mapping[str, Any],
    *,
    agents: bool = False,
) -> tuple[MurkEnv, Core]:
    """Return the hooks and the core of a batch of worlds, for a face that shows worlds or their agents."""
    env = cls.__new__(cls)
    assemble = env._assemble  # pyright: ignore[reportPrivateUsage]
    assemble(num_worlds, autoreset_mode, options, static_arena, parameters, agents=agents)
    return env, env._core  # pyright: ignore[reportPrivateUsage]


def check_env_class(face: str, env_class: Any) -> None:
    """Raise ParameterError for what a face cannot be made of."""
    if not (isinstance(env_class, type) and issubclass(env_class, MurkEnv)):
        raise ParameterError(f"{face} takes a subclass of MurkEnv, not {env_class!r}.")
