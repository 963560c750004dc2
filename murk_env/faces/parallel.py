"""The PettingZoo face: one world, its agents by name."""

import copy as copying
import re
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from murk_arena import StaticArena
from murk_env.author.params import parameters_of
from murk_env.errors import InputError, MissingLibraryError, ParameterError, did_you_mean
from murk_env.faces.agent_groups import active_agents, seats_of
from murk_env.faces.assembly import assemble
from murk_env.faces.env import MurkEnv
from murk_env.faces.named_actions import NamedActions
from murk_env.faces.named_outputs import Dicts, NamedOutputs
from murk_env.faces.one_world import OneWorld
from murk_env.faces.options import FaceOptions, MaskedOut, OutOfBounds
from murk_env.faces.rebuilding import rebuilt
from murk_env.faces.register import register_with_pettingzoo
from murk_env.faces.reset_options import read_beginning
from murk_env.faces.seeding import draw_seed, read_options
from murk_env.faces.world_state import WorldState
from murk_env.faces.worlds import EnvWorlds
from murk_env.fields import Values
from murk_env.random import checked_seed, key_from_seed
from murk_env.world.claim import claims
from murk_env.world.state import State

try:
    from pettingzoo import ParallelEnv  # pyright: ignore[reportMissingTypeStubs]
except ImportError as error:
    raise MissingLibraryError(
        'MurkParallelEnv needs PettingZoo, which cannot be imported: pip install "murk-env[pettingzoo]".'
    ) from error

__all__ = ["MurkParallelEnv"]

_NO_WINDOW = (
    "MurkParallelEnv opens no window, nor has PettingZoo a wrapper that does: make it with "
    "render_mode='rgb_array' and show the frames that render() returns."
)
_ONE_WORLD = "it steps one world; leave it out, or make a MurkAgentVectorEnv of many"
_ELSEWHERE = {  # keywords of other faces
    "max_cycles": "the time limit is max_episode_steps here; `parallel_env` calls it max_cycles",
    **dict.fromkeys(("num_worlds", "num_envs", "num_threads", "autoreset_mode"), _ONE_WORLD),
    **dict.fromkeys(("group", "others"), "it takes the actions of all agents, by name; leave it out"),
}


class MurkParallelEnv(OneWorld, ParallelEnv[str, Any, Any]):
    """A PettingZoo parallel env over one world of an environment class.

    The agents of a group `predator` are `predator_0`, `predator_1`, ... An agent is removed from `agents` by
    the step that terminates or truncates it. In a team every agent gets the shared reward, and all end
    together.

    Args:
        env_class: the environment, with groups of agents.
        copy: whether observations are new arrays; with False two buffers alternate, each valid until the step
            after next.
        render_mode, max_episode_steps, action_out_of_bounds, action_masked_out, checked, static_arena: as in
            `MurkEnv`, without the render mode `human`.
        parameters: the fields of the class's `Params`.

    Attributes:
        metadata: `name` (such as `hex_pursuit_v0`), `render_modes`, `render_fps` and `is_parallelizable`.
        possible_agents: the names of all agents, group by group.
        agents: the names of the agents that act in the next step; empty before the first reset.

    Raises:
        ParameterError: an unknown parameter, or a value that it cannot have.
        BlueprintError: the environment has no groups of agents.
    """

    def __init__(
        self,
        env_class: type[MurkEnv],
        *,
        render_mode: str | None = None,
        max_episode_steps: int | None = None,
        action_out_of_bounds: OutOfBounds = "raise",
        action_masked_out: MaskedOut = "raise",
        copy: bool = True,
        checked: bool = False,
        static_arena: StaticArena | None = None,
        **parameters: Any,
    ) -> None:
        if render_mode == "human":
            raise ParameterError(_NO_WINDOW)
        options = FaceOptions.read(type(self).__name__, env_class, locals(), _ELSEWHERE)
        made = assemble(env_class, options, parameters, agents=True)
        self._env, self._batch, self._screen = made.author, made.batch, made.screen
        self._assembly, self._claim, self._options = made, made.batch.claim, options
        self._state = WorldState(made)
        self.render_mode = render_mode
        self.metadata = {
            **env_class.metadata,
            "name": _metadata_name(env_class),
            "is_parallelizable": True,
        }
        groups = seats_of(made.blueprint.groups)
        self._named = NamedOutputs(made, groups)
        self.possible_agents = list(self._named.seats)
        self.agents: list[str] = []
        self._action_spaces = {
            name: copying.deepcopy(one.group.action_space) for name, (one, _) in self._named.seats.items()
        }
        self._actions = NamedActions(env_class.__name__, made.actions, groups, clips=options.clips)

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        """Return the space of an agent's observations; one object for all agents of a group.

        Raises:
            InputError: there is no such agent.
        """
        self._check_known(agent)
        return self._batch.observed[self._named.seats[agent][0].index].plan.space

    def action_space(self, agent: str) -> spaces.Space[Any]:
        """Return the space of an agent's actions; a separate object for each agent, with its own sampling.

        Raises:
            InputError: there is no such agent.
        """
        self._check_known(agent)
        return self._action_spaces[agent]

    @claims
    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Begin a new episode with all agents.

        Args:
            seed: any non-negative integer seeds the world; None continues its random numbers, or takes a
                fresh seed at the first reset.
            options: `fields`, `state` and `level`, as in `MurkEnv.reset`; any others are ignored.

        Returns:
            The observation and the info of every agent.

        Raises:
            SeedError, SeedTypeError, OptionError, ClosedError, ConcurrentUseError: before anything changes.
            HookError: a hook failed; nothing has changed.
        """
        batch = self._batch
        batch.check_open()
        given = read_options(options, tuple(options) if isinstance(options, Mapping) else ())
        begins = read_beginning(type(self._env).__name__, batch, given, np.zeros(1, np.intp))
        chosen = None if seed is None else checked_seed(seed)
        if chosen is None and not batch.started:
            chosen = draw_seed(np.random.default_rng())
        kept = self.__dict__
        made, kept["agents"] = batch.reset(  # a plain store: nothing may fail after publishing
            np.zeros(1, np.intp),
            {} if chosen is None else {0: key_from_seed(chosen)},
            self._begun,
            begins,
        )
        return made

    def _begun(self) -> tuple[tuple[dict[str, Any], dict[str, dict[str, Any]]], list[str]]:
        agents = self._named.active()
        return (self._named.seen_by(agents), self._named.told(agents)), agents

    @claims
    def step(self, actions: dict[str, Any]) -> Dicts:
        """Step the world once, as one tick.

        Args:
            actions: one for each of `agents`, by name.

        Returns:
            Observations, rewards, terminations, truncations and infos of the agents that acted, by name.
            When no agent is left, `step({})` does nothing and returns five empty dicts.

        Raises:
            ActionError, ActionTypeError, ResetNeededError, ClosedError, ConcurrentUseError: before anything
                changes.
            HookError, PropagatorError: the step failed; the world is as it was before it.
        """
        batch = self._batch
        if not batch.ready:
            batch.check_ready()
        active = self._named.active()
        self._actions.read(actions, active)
        if not active:
            return {}, {}, {}, {}, {}
        if self._assembly.masked is not None:
            self._assembly.masked.check(batch, ~active_agents(batch, len(self.possible_agents)))
        kept = self.__dict__
        made, kept["agents"] = batch.advance(lambda _: (self._named.stepped(active), self._named.active()))
        return made  # the store was a plain one: nothing may fail after publishing

    @claims
    def observe(self) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Return the active agents' observations and infos as they are now, after `restore` or `world.edit`.

        Raises:
            ResetNeededError, ClosedError: there is nothing to observe.
            ConcurrentUseError: another thread is using the env.
        """
        self._batch.look()
        return self._named.seen_by(self.agents), self._named.told(self.agents)

    @claims
    def restore(self, state: State, worlds: Any = None) -> None:
        """Set the world to a saved state, as in `MurkEnv.restore`; `agents` are then those active in it."""
        kept = self.__dict__  # a plain store: nothing may fail after publishing
        kept["agents"] = self._batch.restore(state, worlds, outputs=self._that_act)

    @claims
    def branch(self, source: Any, into: Any, *, randomness: Literal["same", "fresh"] = "same") -> None:
        """Copy worlds over others, as `MurkEnv.branch` does; here the one world onto itself."""
        kept = self.__dict__
        kept["agents"] = self._batch.branch(source, into, randomness=randomness, outputs=self._that_act)

    def _that_act(self, values: Values) -> list[str]:
        return self._named.active(values) if self._batch.started else []

    @property
    def world(self) -> EnvWorlds:
        """The world of the agents: `env.world[field]` reads it, `env.world.edit()` changes it."""
        return EnvWorlds(type(self._env).__name__, self._batch)

    # --- the state of the world -----------------------------------------------------------------

    @property
    def state_space(self) -> spaces.Space[Any]:
        """The space of `state`."""
        return self._state.space

    @claims
    def state(self) -> npt.NDArray[np.float32]:
        """Return every field of the world except static ones, as one vector (numbers,) float32.

        Where agents have rewards of their own, the last numbers say for each agent whether it has left (0),
        is active (1), or ended in the latest step (2).

        Raises:
            ResetNeededError, ClosedError: the env has not been reset, or is closed.
        """
        return self._state.of_worlds()[0]

    def _check_known(self, agent: str) -> None:
        if not isinstance(agent, str) or agent not in self._named.seats:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InputError(
                f"{type(self._env).__name__} has no agent {agent!r}; "
                f"{did_you_mean(agent, self.possible_agents)}"
            )

    @claims
    def __reduce__(self) -> tuple[Any, ...]:
        kept = ("agents", "metadata", "max_cycles", "_action_spaces")
        face = {name: self.__dict__[name] for name in kept if name in self.__dict__}
        parameters = parameters_of(self._env.params)
        arguments = {"env_class": type(self._env), **self._options.keywords, **parameters}
        snapshot, closed = self._batch.snapshot(), self._batch.closed
        return rebuilt, (type(self), MurkParallelEnv, arguments, snapshot, face, closed)


def _metadata_name(env_class: type[MurkEnv]) -> str:
    """Return the name of a class in PettingZoo's style, such as `hex_pursuit_v0`."""
    version = (env_class.registered_id or "").rpartition("-v")[2] or "0"
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", env_class.__name__).lower() + f"_v{version}"


register_with_pettingzoo()
