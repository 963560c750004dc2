"""The game: one person, the policies of the other agents, a ghost, and undo."""

import collections
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from murk_env.cli.facts import facts_of
from murk_env.cli.play.crew import Crew, seats_in
from murk_env.cli.play.ghost import Ghost
from murk_env.cli.play.keys import Controls, controls_for
from murk_env.cli.play.picture import Shown
from murk_env.errors import ActionError
from murk_env.faces.groups import MurkGroupsEnv
from murk_env.faces.vector import MurkVectorEnv

__all__ = ["ALL", "Game"]

ALL = "all"  # in place of an agent's name: all agents of a team at once
_KEPT_BYTES = 1 << 28  # memory for the states that undo needs
_MOST_UNDONE = 1000


class _Moment(NamedTuple):
    """A state for undo."""

    state: Any
    told: tuple[int, float, float, str]
    ghost: Any
    policies: Any


class Game:
    """One world, played step by step.

    Args:
        env_class: the environment.
        parameters: its parameters.
        seed: seed of the first episode; it grows by 1 with every episode.
        agent: the agent that the person plays, `all` for a whole team; None for a single actor.
        partner: the policy of the other agents.
        ghost: the policy that plays the same world in parallel; None for none.
        record: file for a recording; None for none.

    Attributes:
        action_space: the action space of the person.
        steps: number of steps of the episode.
        reward: reward of the last step.
        earned: return of the episode so far.
        ended: `terminated` or `truncated`; empty while the episode goes on.
    """

    def __init__(
        self,
        env_class: Any,
        parameters: Mapping[str, Any],
        seed: int,
        *,
        agent: str | None = None,
        partner: str = "random",
        ghost: str | None = None,
        record: Path | None = None,
    ) -> None:
        self._seed = seed
        self._seat = seats_in(env_class, parameters).get(agent or "")
        face: Any = MurkVectorEnv if self._seat is None else MurkGroupsEnv
        self._face = face(env_class, 1, autoreset_mode="Disabled", **parameters)
        self._crew = None if self._seat is None else Crew(env_class, parameters, partner, seed)
        self._ghost = None if ghost is None else Ghost(env_class, parameters, ghost, seed)
        params = env_class.Params(**parameters)
        self._shown = Shown(env_class, params, self._face, None if self._seat is None else self._seat.number)
        self._env_class, self._parameters = env_class, parameters
        self.action_space = (
            self._face.single_action_space
            if self._seat is None
            else self._face.action_spaces[self._seat.group]
        )
        self._moments: collections.deque[_Moment] = collections.deque(maxlen=_MOST_UNDONE)
        self._env = self._face if record is None else _recorded(self._face, record)
        self._begin()

    def _begin(self) -> None:
        self._env.reset(seed=self._seed)
        if self._ghost is not None:
            self._ghost.begin(self._seed)
        self.steps, self.reward, self.earned, self.ended = 0, 0.0, 0.0, ""
        size = sum(self._face.world[field].nbytes for field in self._face.world.fields)
        self._moments = collections.deque(maxlen=max(1, min(_MOST_UNDONE, _KEPT_BYTES // max(1, size))))

    def controls(self) -> Controls:
        """Return the controls for its action space.

        Raises:
            CommandError: keys cannot express its actions.
        """
        facts = facts_of(self._env_class, self._parameters)
        fact, ways = facts.six.get("Action", ""), facts.blueprint.lattice.directions
        return controls_for(self.action_space, fact, ways)

    def next_episode(self) -> None:
        """Start the next episode, which cannot be undone."""
        self._seed += 1
        self._begin()

    def step(self, action: Any) -> None:
        """Take a step, unless the episode has ended.

        Raises:
            ActionError: the action is not allowed; nothing has changed.
        """
        if self.ended:
            return
        before = self._moment()
        try:
            rewards, terminated, truncated = self._stepped(action)
        except ActionError:
            if self._crew is not None:
                self._crew.take_back(before.policies)  # its draws for a step that was not taken
            raise
        self._moments.append(before)
        if self._ghost is not None:
            self._ghost.step()
        self.steps, self.reward, self.earned = self.steps + 1, rewards, self.earned + rewards
        self.ended = "terminated" if terminated else "truncated" if truncated else ""

    def _stepped(self, action: Any) -> tuple[float, bool, bool]:
        if self._seat is None or self._crew is None:
            _, *outcome, _ = self._env.step(np.asarray(action)[np.newaxis])
            reward, terminated, truncated = (part[0] for part in outcome)
        else:
            decided = self._crew.decide(self._face)
            decided[self._seat.group][0, self._seat.index] = action
            _, *outcome, _ = self._env.step(decided)
            reward, terminated, truncated = (part[self._seat.group][0, self._seat.index] for part in outcome)
        return float(reward), bool(terminated), bool(truncated)

    def undo(self) -> bool:
        """Go back a step, for all agents; return whether there was one."""
        if not self._moments:
            return False
        moment = self._moments.pop()
        self._face.restore(moment.state)
        self.steps, self.reward, self.earned, self.ended = moment.told
        if self._ghost is not None:
            self._ghost.take_back(moment.ghost)
        if self._crew is not None:
            self._crew.take_back(moment.policies)
        return True

    def _moment(self) -> _Moment:
        return _Moment(
            self._face.save(),
            (self.steps, self.reward, self.earned, self.ended),
            None if self._ghost is None else self._ghost.kept(),
            None if self._crew is None else self._crew.kept(),
        )

    @property
    def ghost_earned(self) -> float | None:
        """The ghost's return in this episode; None without one."""
        return None if self._ghost is None else self._ghost.earned

    def frames(self) -> list[Any]:
        """Return a picture of the world, and of the ghost's, (height, width, 3) uint8 each."""
        return [self._shown.frame(), *([] if self._ghost is None else [self._ghost.frame()])]

    def text(self) -> str:
        """Return the world as text, a character for every cell."""
        return self._shown.text()

    def summary(self) -> str:
        """Return the result of the latest episode, in one line."""
        beside = "" if self._ghost is None else f"; the ghost's {self._ghost.earned:.2f}"
        return f"{self.steps} step(s), return {self.earned:.2f}{beside}"

    def close(self) -> None:
        """Close the env, and so the recording."""
        self._env.close()


def _recorded(face: Any, path: Path) -> Any:
    from murk_env.recording.recording import Recording

    return Recording(face, path)
