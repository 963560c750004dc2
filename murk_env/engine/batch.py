"""The core of every environment: one step of a batch of worlds, as one tick.

All faces drive this: the Gymnasium env, the vector envs and the parallel env; nothing of it is written
for one world only.
"""

import dataclasses
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.vector import AutoresetMode

from murk_arena import OwnedSnapshot, RowAccessError, StaticArena, TickGuard
from murk_env.author.blueprint import Blueprint
from murk_env.engine.hooks import NO_INFO, Stages
from murk_env.engine.infos import Info, form_of
from murk_env.engine.reset import Restart
from murk_env.engine.step import Judged, StepPrograms
from murk_env.errors import (
    ClosedError,
    EpisodeEndedError,
    HookError,
    ReentrantStepError,
    ResetNeededError,
    TickFailedError,
    described,
)
from murk_env.faces.actions import ActionReader, team_space
from murk_env.fields.bookkeeping import ACTIVE, ENDED, NOT_STARTED, PHASE
from murk_env.kernels.program import ThreadFailedError
from murk_env.kernels.threads import ThreadedRunner
from murk_env.observation.buffers import Sight, plans_of
from murk_env.observation.output import Output
from murk_env.world import World
from murk_env.world.binding import Binding

if TYPE_CHECKING:
    from murk_env.faces.env import MurkEnv

__all__ = ["Core", "Ended"]

Worlds = npt.NDArray[np.intp]
Verdict = tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]


@dataclasses.dataclass(slots=True)
class Ended:
    """What same-step mode keeps of the worlds whose episode ended, from before they began anew.

    Attributes:
        worlds: the worlds, in any order.
        observations: of each of them, by sight.
        info: of every world.
    """

    worlds: Worlds
    observations: list[Output]
    info: Info


class Core:
    """A batch of worlds of one environment, with its hooks, actions and observations.

    Args:
        env: the env whose hooks run.
        blueprint: what its `build` returned.
        num_worlds: number of worlds.
        autoreset_mode: None for a single env: a world may be stepped past its end.
        max_episode_steps: steps after which an episode is truncated, None for no limit.
        static: the static arena to use, if one is given.
        checked: whether to prove every tick complete and finite.
        copy: whether every observation is an array of its own, instead of two used in turn.
        num_threads: most threads to use, None for as many as there are processors.
        agents: whether the face shows the groups' agents, instead of the world.

    Attributes:
        sights: what is seen: of the world, or of the agents of each group.
        rewards: of the last step, (num_worlds,) or (num_worlds, num_agents) float64.
        terminated: of the last step, of the same shape, bool.
        truncated: of the last step, of the same shape, bool.
        info: what the info hook said of the published state.
        ended: same-step mode: the worlds that ended at the last step, None when there are none.
        pending: the worlds whose episode has ended and that have not begun anew, None when there are none.
        started: whether every world has begun an episode.
        ready: whether the worlds can be stepped now.
    """

    def __init__(
        self,
        env: "MurkEnv",
        blueprint: Blueprint,
        num_worlds: int,
        *,
        autoreset_mode: AutoresetMode | None,
        max_episode_steps: int | None,
        static: StaticArena | None,
        checked: bool,
        copy: bool,
        num_threads: int | None,
        agents: bool,
    ) -> None:
        self._owner = type(env).__name__
        self._mode = autoreset_mode
        self.groups = blueprint.groups
        self.world = _world_of(env, blueprint, num_worlds, static, checked=checked)
        self.actions = ActionReader(_action_space(blueprint), num_worlds)
        plans = plans_of(blueprint, self.world, agents=agents)
        self.sights = [Sight(plan, num_worlds, copy=copy) for plan in plans]
        judged = Judged(num_worlds, blueprint.num_agents if blueprint.rewards_agents else None)
        self.rewards, self.terminated, self.truncated = judged.rewards, judged.terminated, judged.truncated
        self._any_ended = memoryview(cast(Any, judged.any_ended))
        self._stages = Stages(env, self.world, self.actions.actions, self.rewards, self.terminated)
        self._restart = Restart(self.world, self._stages)
        self._programs = StepPrograms(
            self.world,
            self._stages,
            self._restart,
            self.sights,
            judged,
            autoreset_mode,
            max_episode_steps or 0,
        )
        self.info: Info = {}
        self.ended: Ended | None = None
        self._arena, self._num_worlds = self.world.arena, num_worlds
        self._has_info = env.has_info
        self.started = False
        self.closed = False
        self._verdicts = None if copy else [self._copies() for _ in range(2)]
        self.ready = False
        self.pending: Worlds | None = None
        self.world.runner = self.runner = ThreadedRunner(num_threads)  # which checked mode leaves idle

    # --- step ---------------------------------------------------------------------------------

    def check_ready(self) -> None:
        """Raise unless the worlds can be stepped now; where `ready` is true they can."""
        self.check_open()
        if not self.started:
            raise ResetNeededError(f"{self._owner}: call reset() before step().")
        if self.pending is not None and self._mode is AutoresetMode.DISABLED:
            raise EpisodeEndedError(
                f"{self._owner}: the episodes of world(s) {self.pending.tolist()} have ended and autoreset "
                f"is disabled; reset them first, with options={{'reset_mask': mask}}."
            )

    def check_open(self) -> None:
        """Raise unless the worlds can be used at all."""
        if self.closed:
            raise ClosedError(f"{self._owner} is closed; make a new one.")
        if self.world.arena.in_tick:
            raise ReentrantStepError(
                f"{self._owner} is in the middle of a step: a hook or a propagator called back into the env "
                f"that is calling it. Hooks work through the tick they are given."
            )

    def step(self) -> None:
        """Step every world once with the actions in `self.actions.actions`, as one tick."""
        self.ready = False
        try:
            guard = self._arena.begin_tick()
            binding = self.world.open(guard)
            ended = self._any_ended
            ended[0] = 0
            if self._programs.splits and self.pending is not None:
                self._step_in_parts(guard, binding, self.pending)
            else:
                program = self._programs.whole[binding.index] or self._programs.make(guard, binding)
                for sight in self.sights:
                    sight.take(program)
                program.run(self._num_worlds)
            if ended[0]:
                outcome = self._conclude(guard, binding)
            else:
                info = self._stages.info(binding.views) if self._has_info else NO_INFO
                outcome = info, None, None
            guard.publish()
            self.info, self.ended, self.pending = outcome
        except ThreadFailedError:
            self._recover()
        except BaseException as error:
            self._recover()
            self._name(error)
            raise
        else:
            self.ready = self.pending is None or self._mode is not AutoresetMode.DISABLED
            return
        with self.runner.kept_alone():  # something failed on a thread; on this one alone it says what
            self.step()

    def _step_in_parts(self, guard: TickGuard, binding: Binding, ended: Worlds) -> None:
        """Step in next-step mode where worlds cannot begin anew within a program."""
        self.world.unchecked = ended
        advance, judge = self._programs.halves(guard, binding)
        advance.run(self._num_worlds)
        self._restart.begin(guard, guard.rows(ended), binding, {}, all_written=True)
        for sight in self.sights:
            sight.take(judge)
        judge.run(self._num_worlds)
        self.world.unchecked = None

    def _name(self, error: BaseException) -> None:
        """Raise the failure of a hook, or of the env's own work, that has not been named yet."""
        if not isinstance(error, Exception) or isinstance(error, TickFailedError | ThreadFailedError):
            return
        name, self._stages.current = self._stages.current, ""
        if isinstance(error, RowAccessError):
            name = "start"
        hook = f".{name}" if name else ", outside its hooks,"
        raise HookError(
            f"{self._owner}{hook} raised {described(error)}; the tick was undone for all worlds."
        ) from error

    def _recover(self) -> None:
        """After a failure or an interrupt, wherever it came: close the tick, read the flags again."""
        self._arena.abandon_tick()
        self.world.unchecked = None
        self.read_phases()

    def _conclude(self, guard: TickGuard, binding: Binding) -> tuple[Info, Ended | None, Worlds | None]:
        """Find the worlds whose episode has ended and, in same-step mode, begin theirs anew."""
        if self._programs.finals is not None:
            return NO_INFO, Ended(*self._programs.finals.copies(), NO_INFO), None
        (pending,) = (binding.phases == ENDED).nonzero()
        info = self._stages.info(binding.views)
        if self._mode is not AutoresetMode.SAME_STEP:
            return info, None, pending
        guard.seal()
        kept = {key: values.copy() for key, values in info.items()}  # start may rewrite what they show
        ended = Ended(pending, [sight.rows(pending) for sight in self.sights], kept)
        self._restart.begin(guard, guard.reopen_rows(pending), binding, {}, all_written=True)
        for sight in self.sights:
            sight.fill_rows(binding.views.after, pending)
        return self._stages.info(binding.views), ended, None

    # --- episodes -----------------------------------------------------------------------------

    def reset(self, worlds: Worlds, keys: dict[int, npt.NDArray[np.int32]]) -> None:
        """Begin an episode in some worlds, in a tick of its own.

        Args:
            worlds: the worlds to reset.
            keys: by world, a new random key; worlds without one go on with theirs.
        """
        try:
            with self.world.arena.begin_tick() as guard:
                binding = self.world.binding(guard)
                self._restart.begin(guard, guard.rows(worlds), binding, keys, all_written=False)
                guard.seal()
                info = self._stages.info(binding.views)
            self.info, self.ended = info, None
            if self._stages.info_form is None:
                self._stages.info_form = form_of(info)
            self.read_phases()
        except BaseException as error:
            self._recover()
            self._name(error)
            raise

    def read_phases(self) -> None:
        """Read from the arena which worlds have started and which have ended."""
        phases = self.world[PHASE]
        self.started = bool((phases != NOT_STARTED).all())
        ended = np.flatnonzero(phases == ENDED)
        self.pending = ended if ended.size else None
        stuck = self.pending is not None and self._mode is AutoresetMode.DISABLED
        self.ready = self.started and not self.closed and not stuck

    # --- state --------------------------------------------------------------------------------

    def look(self) -> None:
        """Fill the observations of all worlds from the published snapshot, as a step does by itself."""
        values = self.world.published()
        for sight in self.sights:
            sight.fill(values)

    def observation(self, index: int = 0) -> Output:
        """Return the latest observations, of the world or of the agents of one group."""
        return self.sights[index].handed_out()

    def verdict(self) -> Verdict:
        """Return rewards, terminations and truncations of the last step, as the observations are returned.

        That is, in arrays of their own or, without `copy`, in one of two sets used in turn.
        """
        if self._verdicts is None:
            return self._copies()
        self._verdicts.reverse()
        for kept, latest in zip(
            self._verdicts[0], (self.rewards, self.terminated, self.truncated), strict=True
        ):
            np.copyto(kept, latest)
        return self._verdicts[0]

    def _copies(self) -> Verdict:
        return self.rewards.copy(), self.terminated.copy(), self.truncated.copy()

    def save(self) -> OwnedSnapshot:
        """Return a copy of the whole state."""
        return self.world.save()

    def restore(self, saved: OwnedSnapshot) -> None:
        """Go back to a saved state."""
        self.world.restore(saved)
        self.read_phases()

    def close(self) -> None:
        """Refuse every later use and stop the threads; the memory goes with the last reference."""
        self.closed, self.ready = True, False
        self.runner.close()


def _world_of(
    env: "MurkEnv", blueprint: Blueprint, num_worlds: int, static: StaticArena | None, *, checked: bool
) -> World:
    """Return the worlds that a blueprint describes."""
    fields = type(env).fields
    return World(
        blueprint.lattice,
        {**fields, ACTIVE.name: ACTIVE} if blueprint.rewards_agents else fields,
        blueprint.propagators,
        num_worlds=num_worlds,
        num_agents=blueprint.num_agents,
        dt=blueprint.dt,
        seed=0,
        static=blueprint.static if static is None else static,
        checked=checked,
    )


def _action_space(blueprint: Blueprint) -> "spaces.Space[Any]":
    """Return the space of one world's actions: with groups, those of all agents."""
    if blueprint.groups:
        return team_space([group.action_space for group in blueprint.groups for _ in range(group.size)])
    return cast("spaces.Space[Any]", blueprint.action_space)
