"""The options of the faces: declared, read and checked in one place."""

import dataclasses
import difflib
import operator
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal, Self, cast, get_args

import numpy as np
from gymnasium.vector import AutoresetMode

from murk_arena import StaticArena
from murk_env.author.blueprint import Blueprint
from murk_env.author.environment import Environment
from murk_env.author.params import knobs_of
from murk_env.errors import BlueprintError, ParameterError, did_you_mean
from murk_env.kernels.threads import thread_count

__all__ = ["FaceOptions", "MaskedOut", "OutOfBounds", "VectorOptions", "check_face", "integer", "time_limit"]

OutOfBounds = Literal["raise", "clip"]
MaskedOut = Literal["raise", "replace"]

_NOWHERE: Mapping[str, str] = {}


@dataclasses.dataclass(frozen=True, kw_only=True)
class FaceOptions:
    """The options of a face of one world, beside the environment's parameters.

    The constructors repeat the names and defaults, where users and type checkers look for them; each passes
    all its arguments to `read`.

    Attributes:
        render_mode: one of the class's render modes, or None.
        max_episode_steps: steps after which an episode is truncated; `read` replaces None, which stands for
            the class's own limit, and -1 means no limit.
        action_out_of_bounds: what happens to a number beyond the bounds of a Box of actions: `raise` refuses
            it, `clip` sets it to the bound.
        action_masked_out: what happens to an action that the mask does not allow: `raise` refuses it,
            `replace` takes the first allowed one.
        copy: whether outputs are new arrays; with False, two sets alternate.
        checked: check at every tick that full writes are complete, all numbers finite, and indices of
            compiled hooks within their arrays.
        static_arena: the static fields of another face of this class and parameters.
        autoreset_mode: when worlds are reset automatically; None for never.
        num_threads: number of threads; None means one per processor where it pays.
    """

    render_mode: str | None = None
    max_episode_steps: int | None = None
    action_out_of_bounds: OutOfBounds = "raise"
    action_masked_out: MaskedOut = "raise"
    copy: bool = True
    checked: bool = False
    static_arena: StaticArena | None = None
    autoreset_mode: AutoresetMode | None = dataclasses.field(default=None, init=False)
    num_threads: int | None = dataclasses.field(default=1, init=False)

    @classmethod
    def read(
        cls, face: str, env_class: Any, arguments: Mapping[str, Any], elsewhere: Mapping[str, str] = _NOWHERE
    ) -> Self:
        """Return the options among the arguments of a face's constructor, checked.

        Args:
            face: the face's name, for messages.
            env_class: the environment.
            arguments: all arguments by name; keyword arguments for `Params` under `parameters`.
            elsewhere: by keyword that only other faces take, advice on what to do instead.

        Raises:
            ParameterError: `env_class` is no environment, a keyword belongs to another face, or an option has
                a value that it cannot have, or not for this class.
        """
        if not (isinstance(env_class, type) and issubclass(env_class, Environment)):
            raise ParameterError(f"{face} takes a subclass of MurkEnv, not {env_class!r}.")
        _check_keywords(face, arguments["parameters"], elsewhere)
        chosen = {field.name: arguments[field.name] for field in dataclasses.fields(cls) if field.init}
        named = [name for name in arguments if name not in ("self", "parameters")]
        _check_spelling(face, arguments["parameters"], named, knobs_of(env_class.Params))
        return cls(**chosen | cls._checked(env_class, chosen))

    @classmethod
    def _checked(cls, env_class: type[Environment], chosen: Mapping[str, Any]) -> dict[str, Any]:
        """Check all options; return those that are stored in another form than given."""
        mode, modes = chosen["render_mode"], cast(Any, env_class).metadata["render_modes"]
        if mode is not None and mode not in modes:
            raise ParameterError(f"{env_class.__name__} has no render_mode {mode!r}; it has {modes}.")
        for name, known in (("action_out_of_bounds", OutOfBounds), ("action_masked_out", MaskedOut)):
            _one_of(name, chosen[name], get_args(known))
        for name in ("copy", "checked"):
            _check_flag(name, chosen[name])
        return {"max_episode_steps": _limit_of(env_class, chosen["max_episode_steps"])}

    @property
    def clips(self) -> bool:
        """Whether actions beyond the bounds of a Box are clipped to them."""
        return self.action_out_of_bounds == "clip"

    @property
    def replaces(self) -> bool:
        """Whether actions that are masked out are replaced."""
        return self.action_masked_out == "replace"

    @property
    def keywords(self) -> dict[str, Any]:
        """The options by name as plain values, to make a face again with, except the static arena."""
        names = [field.name for field in dataclasses.fields(self) if field.init]
        names.remove("static_arena")
        return {name: getattr(self, name) for name in names}


@dataclasses.dataclass(frozen=True, kw_only=True)
class VectorOptions(FaceOptions):
    """The options of a face of many worlds.

    Attributes:
        autoreset_mode: when worlds are reset automatically.
        record_statistics: whether infos hold the returns, lengths and seconds of episodes that end.
        num_threads: number of threads; None means one per processor where it pays.
    """

    autoreset_mode: AutoresetMode = AutoresetMode.NEXT_STEP
    record_statistics: bool = False
    num_threads: int | None = None

    @classmethod
    def _checked(cls, env_class: type[Environment], chosen: Mapping[str, Any]) -> dict[str, Any]:
        mode = chosen["autoreset_mode"]
        if not isinstance(mode, AutoresetMode):
            mode = AutoresetMode(_one_of("autoreset_mode", mode, [one.value for one in AutoresetMode]))
        _check_flag("record_statistics", chosen["record_statistics"])
        return super()._checked(env_class, chosen) | {
            "autoreset_mode": mode,
            "num_threads": thread_count(chosen["num_threads"]),
        }

    @property
    def keywords(self) -> dict[str, Any]:
        """The options by name as plain values, to make a face again with, except the static arena."""
        return super().keywords | {"autoreset_mode": self.autoreset_mode.value}


def _check_keywords(face: str, keywords: Mapping[str, Any], elsewhere: Mapping[str, str]) -> None:
    """Raise ParameterError for a keyword that only other faces take."""
    for name, advice in elsewhere.items():
        if name in keywords:
            raise ParameterError(
                f"{face} got an unexpected keyword argument {name!r}: it takes no {name}={keywords[name]!r}; "
                f"{advice}."
            )


def _check_spelling(
    face: str, keywords: Iterable[str], options: Collection[str], parameters: Collection[str]
) -> None:
    """Raise ParameterError for a keyword whose spelling is nearer to an option than to a parameter."""
    for name in keywords:
        near = difflib.get_close_matches(name, [*options, *parameters], n=1)
        if name not in parameters and near and near[0] in options:
            raise ParameterError(
                f"{face} got an unexpected keyword argument {name!r}; did you mean the option {near[0]!r}?"
            )


def _one_of(name: str, given: Any, known: Collection[str]) -> str:
    if not isinstance(given, str) or given not in known:
        raise ParameterError(f"{name} cannot be {given!r}; {did_you_mean(given, known)}")
    return given


def _check_flag(name: str, given: Any) -> None:
    if not isinstance(given, bool | np.bool_):
        raise ParameterError(f"{name} must be True or False, not {given!r}.")


def check_face(owner: str, blueprint: Blueprint, *, agents: bool) -> None:
    """Raise BlueprintError unless a face that shows worlds, or agents, suits this environment."""
    if agents and not blueprint.groups:
        raise BlueprintError(
            f"{owner} has one actor and no groups of agents; make it by gymnasium.make, or give its "
            f"Blueprint groups=[Group(...)]."
        )
    if not agents and blueprint.rewards_agents:
        raise BlueprintError(
            f"{owner} rewards its agents separately, which Gymnasium's envs cannot do; use "
            f"MurkParallelEnv({owner}), or MurkAgentVectorEnv for one row per agent."
        )
    seen = blueprint.observation
    if seen is not None and seen.over == "agents":
        raise BlueprintError(
            f"{owner}'s Blueprint must have an observation of the whole world, not one with a row per agent; "
            f"leave out over='agents', or give the observation to a Group(...) of agents."
        )


def _limit_of(cls: type[Environment], steps: Any) -> int:
    """Return a face's time limit, -1 for none; by default the class's own."""
    limit = time_limit(cls.max_episode_steps if steps is None else steps)
    return -1 if limit is None else limit


def time_limit(steps: Any) -> int | None:
    """Return a time limit in steps, None for none, which Gymnasium writes as -1.

    Raises:
        ParameterError: `steps` is neither a positive integer, nor -1 or None.
    """
    if steps is None:
        return None
    limit = integer(steps)
    if limit < 1 and limit != -1:
        raise ParameterError(
            f"the time limit (max_episode_steps, or max_cycles in PettingZoo) must be a number of steps, at "
            f"least 1, or -1 for none, not {steps!r}."
        )
    return None if limit == -1 else limit


def integer(number: Any) -> int:
    """Return an integer as an int; 0 for anything else, including True."""
    try:
        return 0 if isinstance(number, bool) else operator.index(number)
    except TypeError:
        return 0
