"""Recreates a recorded env and applies the recorded events to it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from murk_env.author.params import make_params
from murk_env.errors import InputError, MurkError, RecordingFileError, ReplayError, described
from murk_env.faces.agent_groups import Seats, seats_of
from murk_env.faces.env import MurkEnv
from murk_env.faces.policies import Policy
from murk_env.faces.recipe import Recipe
from murk_env.recording.database import Entry
from murk_env.recording.header import Header
from murk_env.recording.outputs import Outputs
from murk_env.recording.shown import rows_of_face
from murk_env.recording.values import from_json, read_state

__all__ = ["Player"]

Played = tuple[Outputs, Sequence[int] | None]


class Player:
    """A recreated recorded env.

    Args:
        header: the recording's header.
        env_class: its class, None to import the recorded one.
        others: policies for the other groups of a `MurkAgentVectorEnv`, for steps beyond the recording; None
            for none.
        render_mode: one of the class's render modes, or None.

    Attributes:
        face: the env.
        rows: represents its outputs as rows.
        recipe: how it was made.

    Raises:
        ReplayError: it cannot be recreated.
    """

    def __init__(
        self,
        header: Header,
        env_class: type[MurkEnv] | None,
        *,
        others: Mapping[str, Policy] | None = None,
        render_mode: str | None = None,
    ) -> None:
        self._header = header
        self.recipe = header.recipe(env_class)
        self._actions: npt.NDArray[Any] | None = None  # of the current step
        given = dict(others or {})
        stands_in = {seats.group.name: self._policy(seats, given) for seats in _others(self.recipe, header)}
        self.face = header.make(self.recipe, others=stands_in, render_mode=render_mode)
        self.rows = rows_of_face(self.recipe.face, self.face)

    def _policy(self, seats: Seats, given: Mapping[str, Policy]) -> Policy:
        """Return a group's policy: the recorded actions and, after the end, its given policy."""

        def decide(observations: Any) -> Any:
            if self._actions is not None:
                return self._actions[:, seats.agents]
            if seats.group.name in given:
                return given[seats.group.name](observations)
            raise InputError(
                f"the recording ends here, and nothing decides for the group {seats.group.name!r}; pass "
                f"replay(path, others={{{seats.group.name!r}: policy}})."
            )

        return decide

    def play(self, entry: Entry, stop: int | None = None) -> Iterator[Played]:
        """Apply an entry, and yield the outputs, with the rows of a reset.

        Args:
            entry: the entry.
            stop: number of its steps to take, None for all.

        Raises:
            ReplayError: the env rejects what it accepted when it was recorded.
        """
        if entry.kind in ("state", "keyframe"):
            self._restore(entry)
        elif entry.kind == "reset":
            yield self._reset(entry)
        else:
            steps = np.frombuffer(entry.content, self._header.action_dtype)
            for number, actions in enumerate(steps.reshape(entry.num_steps, *self._header.actions[1])[:stop]):
                yield self._step(actions, entry.first_step + number), None

    def _restore(self, entry: Entry) -> None:
        state = read_state(entry.content)
        with _Told(f"the state before step {entry.first_step}"):
            self.face.restore(state)

    def _reset(self, entry: Entry) -> Played:
        seed, options = _reset_arguments(entry)
        with _Told(f"the reset before step {entry.first_step}"):
            returned = self.face.reset(seed=seed, options=options)
        worlds = None
        if options and "reset_mask" in options and self.recipe.face in ("vector", "agent_rows", "groups"):
            worlds = self.face._masked_worlds(options["reset_mask"]).tolist()
        return self.rows.reset(returned, worlds)

    def _step(self, actions: npt.NDArray[Any], step: int) -> Outputs:
        self._actions = actions
        try:
            with _Told(f"step {step}"):
                return self.rows.step(self.face.step(self.rows.for_step(actions)))
        finally:
            self._actions = None


class _Told:
    """Adds to errors of the env where in the recording they occurred."""

    def __init__(self, where: str) -> None:
        self._where = where

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, MurkError):
            raise ReplayError(
                f"the env refuses {self._where} of the recording, which it took when it was recorded: "
                f"{described(error)}."
            ) from error


def _reset_arguments(entry: Entry) -> tuple[Any, Any]:
    """Return the seed and the options of a reset."""
    try:
        given: Any = json.loads(entry.content)
    except (ValueError, RecursionError) as error:
        raise RecordingFileError(
            f"the reset before step {entry.first_step} cannot be read: {error}."
        ) from error
    if not isinstance(given, dict) or set(cast("dict[str, Any]", given)) != {"seed", "options"}:
        raise RecordingFileError(f"the reset before step {entry.first_step} has no seed and options.")
    return cast(Any, given["seed"]), from_json(given["options"])


def _others(recipe: Recipe, header: Header) -> list[Seats]:
    """Return the seats of the groups that a `MurkAgentVectorEnv` does not expose."""
    if recipe.face != "agent_rows":
        return []
    cls = recipe.env_class
    try:
        groups = cls.blueprint_for(make_params(cls.__name__, cls.Params, recipe.parameters)).groups
    except MurkError as error:
        raise ReplayError(
            f"{cls.__name__} cannot be made as it was recorded: {error} Recorded with {header.versions}."
        ) from error
    return [seats for seats in seats_of(groups) if seats.group.name != recipe.options["group"]]
