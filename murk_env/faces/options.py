"""The options that every face takes, in one record, checked."""

import dataclasses
import operator
from typing import Any, Literal, get_args

import numpy as np

from murk_env.author.blueprint import Blueprint
from murk_env.author.environment import Environment
from murk_env.errors import BlueprintError, ParameterError, did_you_mean
from murk_env.kernels.threads import num_processors

__all__ = ["FaceOptions", "MaskedOut", "OutOfBounds", "check_face", "thread_count", "time_limit"]

OutOfBounds = Literal["raise", "clip"]
MaskedOut = Literal["raise", "replace"]

_THREADS_PER_PROCESSOR = 16  # more is a slip: beyond one for each they only wait for each other


@dataclasses.dataclass(frozen=True, kw_only=True)
class FaceOptions:
    """What is chosen of a face, beside the environment's parameters.

    Attributes:
        render_mode: one of the class's render modes, or None.
        max_episode_steps: steps after which an episode is truncated, None for the class's own number, -1 for
            no limit.
        action_out_of_bounds: what happens to a number beyond the bounds of a Box of actions: `raise` refuses
            it, `clip` sets it to the bound.
        action_masked_out: what happens to an action that the mask does not allow: `raise` refuses it,
            `replace` takes the first that is allowed.
        copy: whether outputs are arrays of their own; with False, two sets are used in turn.
        checked: prove at every tick that full writes are complete and all numbers finite.
        num_threads: threads that share the worlds, None for as many as there are processors where it pays.
    """

    render_mode: str | None = None
    max_episode_steps: int | None = None
    action_out_of_bounds: OutOfBounds = "raise"
    action_masked_out: MaskedOut = "raise"
    copy: bool = True
    checked: bool = False
    num_threads: int | None = 1

    def for_class(self, cls: type[Environment], metadata: dict[str, Any]) -> "FaceOptions":
        """Return the options as numbers, or raise ParameterError for what this class cannot have.

        Where there is no time limit, it is -1.
        """
        if self.render_mode is not None and self.render_mode not in metadata["render_modes"]:
            raise ParameterError(
                f"{cls.__name__} has no render_mode {self.render_mode!r}; it has {metadata['render_modes']}."
            )
        _check_choice("action_out_of_bounds", self.action_out_of_bounds, get_args(OutOfBounds))
        _check_choice("action_masked_out", self.action_masked_out, get_args(MaskedOut))
        return dataclasses.replace(
            self,
            max_episode_steps=_limit_of(cls, self.max_episode_steps),
            num_threads=thread_count(self.num_threads),
        )

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
        """The options by name, to make a face anew with."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}


def _check_choice(name: str, given: Any, known: tuple[str, ...]) -> None:
    if not isinstance(given, str) or given not in known:
        raise ParameterError(f"{name} cannot be {given!r}; {did_you_mean(given, known)}")


def check_face(owner: str, blueprint: Blueprint, *, agents: bool) -> None:
    """Raise BlueprintError unless a face that shows worlds, or their agents, can show this environment."""
    if agents and not blueprint.groups:
        raise BlueprintError(
            f"{owner} has one actor and no groups of agents; make it by gymnasium.make, or give its "
            f"Blueprint groups=[Group(...)]."
        )
    if not agents and blueprint.rewards_agents:
        raise BlueprintError(
            f"{owner} rewards its agents apart, which no Gymnasium env can show; use "
            f"MurkParallelEnv({owner}), or MurkAgentVectorEnv for one row per agent."
        )
    seen = blueprint.observation
    if seen is not None and seen.over == "agents":
        raise BlueprintError(
            f"{owner}'s Blueprint has an observation with one row per agent; that of a world has one. "
            f"Leave out over='agents', or give it to a Group(...) of agents."
        )


def thread_count(number: Any) -> int | None:
    """Return a number of threads, None for as many as the batch is large enough for."""
    if number is None:
        return None
    try:
        threads = operator.index(number)
    except TypeError:
        threads = 0
    if threads < 1:
        raise ParameterError(f"num_threads is a number of threads, at least 1, or None, not {number!r}.")
    most = _THREADS_PER_PROCESSOR * num_processors()
    if threads > most:
        raise ParameterError(
            f"num_threads={number!r} is more than {most}, {_THREADS_PER_PROCESSOR} for each processor; leave "
            f"it out for as many threads as the batch is large enough for."
        )
    return threads


def _limit_of(cls: type[Environment], steps: Any) -> int:
    """Return a face's time limit, -1 for none: the class's own unless another is given."""
    limit = time_limit(cls.max_episode_steps if steps is None else steps)
    return -1 if limit is None else limit


def time_limit(steps: Any) -> int | None:
    """Return a time limit in steps, None for none, which Gymnasium writes as -1.

    Raises:
        ParameterError: it is neither.
    """
    if steps is None:
        return None
    try:
        limit = 0 if isinstance(steps, bool | np.bool_) else operator.index(steps)
    except TypeError:
        limit = 0
    if limit < 1 and limit != -1:
        raise ParameterError(
            f"the time limit (max_episode_steps, or max_cycles in PettingZoo) is a number of steps, at least "
            f"1, or -1 for none, not {steps!r}."
        )
    return None if limit == -1 else limit
