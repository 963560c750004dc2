"""The agents that the person does not play, and the policies that act for them."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from murk_env.cli.policies import Player, decider_for, player_named, shown_group
from murk_env.cli.refusals import CommandError
from murk_env.errors import did_you_mean
from murk_env.faces.vector import MurkVectorEnv

__all__ = ["Crew", "Seat", "first_seat", "seats_in"]


@dataclasses.dataclass(frozen=True)
class Seat:
    """An agent's group, its index in the group, and its index among all agents."""

    group: str
    index: int
    number: int


class Crew:
    """Acts for all agents of a world.

    A policy gets the observations it was written or trained for: those of its group, or of the whole world,
    which are taken from a second world in the same state.

    Args:
        env_class: the environment.
        parameters: its parameters.
        policy: a policy's name, or its file.
        seed: seed of their draws.
    """

    def __init__(self, env_class: Any, parameters: Mapping[str, Any], policy: str, seed: int) -> None:
        self._groups = env_class.blueprint_for(env_class.Params(**parameters)).groups
        self._player: Player = player_named(env_class, parameters, policy)
        self._rng = np.random.default_rng(seed)
        self._viewer = None
        if self._player.group is None:
            self._viewer = MurkVectorEnv(env_class, 1, **parameters)
            self._viewer.reset(seed=seed)
        self._others = {
            one.name: decider_for(env_class, policy, one.name, one.action_space, self._rng)
            for one in self._groups
            if one.name != self._player.group
        }

    def decide(self, face: Any) -> dict[str, Any]:
        """Return actions of every group, (1, size, ...), for the current world."""
        if self._viewer is not None:
            return self._for_all(self._viewer, face.save())
        observations, _ = face.observe()
        decided: dict[str, Any] = {}
        for group in self._groups:
            seen = observations[group.name]
            if group.name == self._player.group:
                rows = {name: part[0] for name, part in seen.items()} if hasattr(seen, "items") else seen[0]
                actions = self._player.policy(rows, group.action_space, self._rng)[np.newaxis]
            else:
                actions = self._others[group.name](seen)
            decided[group.name] = np.array(actions)
        return decided

    def _for_all(self, viewer: Any, state: Any) -> dict[str, Any]:
        """Return the actions of a policy that observes the whole world."""
        viewer.restore(state)
        seen, _ = viewer.observe()
        actions = np.asarray(self._player.policy(seen, viewer.single_action_space, self._rng))
        decided: dict[str, Any] = {}
        first = 0
        for group in self._groups:
            part = actions[:, first : first + group.size]
            decided[group.name] = part.reshape(1, group.size, *group.action_space.shape).copy()
            first += group.size
        return decided

    def kept(self) -> Any:
        """Return the state for `take_back`."""
        return self._rng.bit_generator.state

    def take_back(self, kept: Any) -> None:
        """Restore the random generator."""
        self._rng.bit_generator.state = kept


def seats_in(env_class: Any, parameters: Mapping[str, Any]) -> dict[str, Seat]:
    """Return the agents of a world by name, in order; empty for a single actor."""
    groups = env_class.blueprint_for(env_class.Params(**parameters)).groups
    places = [(group.name, index) for group in groups for index in range(group.size)]
    return {f"{name}_{index}": Seat(name, index, number) for number, (name, index) in enumerate(places)}


def first_seat(env_class: Any, parameters: Mapping[str, Any], agent: str | None, everyone: str) -> str | None:
    """Return the agent that the person plays: the given one, or the first; None for a single actor.

    Raises:
        CommandError: there is no such agent.
    """
    seats = seats_in(env_class, parameters)
    if agent is None:
        shown = shown_group(env_class, parameters)
        return next((name for name, seat in seats.items() if shown in (None, seat.group)), None)
    known = [*seats, *([everyone] if env_class.registered_agents == "team" else [])]
    if agent not in known:
        hint = did_you_mean(agent, known) if known else "it has one actor; leave out --agent."
        raise CommandError(f"{env_class.__name__} has no agent {agent!r}; {hint}")
    return agent
