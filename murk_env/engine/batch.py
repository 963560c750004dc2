"""A batch of worlds of one environment, which every face drives; a single env is a batch of one."""

import os
import weakref
from collections.abc import Callable, Sequence
from threading import get_ident
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode

from murk_arena import TickGuard
from murk_env.author.hooks import Hooks
from murk_env.engine.action_masks import ActionMasks
from murk_env.engine.final_obs import FinalObs
from murk_env.engine.held_worlds import HeldWorlds
from murk_env.engine.hooks import HookStages
from murk_env.engine.infos import Info
from murk_env.engine.outcome import Outcome
from murk_env.engine.reset import Reset
from murk_env.engine.step import Ended, StepParts, StepReport, stages_of_a_step
from murk_env.fields.bookkeeping import ENDED
from murk_env.kernels.parts import ThreadFailedError
from murk_env.kernels.program import Program
from murk_env.observation.buffers import ObservationBuffers
from murk_env.observation.output import Output
from murk_env.world import World
from murk_env.world.binding import Binding
from murk_env.world.claim import Claim

__all__ = ["Batch", "Flags", "Reader", "Worlds"]

_batches: "weakref.WeakSet[Batch]" = weakref.WeakSet()

Said = TypeVar("Said")
Worlds = npt.NDArray[np.intp]
Reader = Callable[[Any, Worlds | None], object]
Flags = tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]


class Batch(HeldWorlds):
    """A batch of worlds of one environment, with its hooks and its observation buffers.

    A step or a reset makes all its outputs before it publishes, which is its last action: if it raises,
    nothing has changed. A face needs exclusive use of the worlds: `step` claims them itself, every other
    method is called while holding `claim`.

    Args:
        hooks: the author's hooks.
        world: the worlds.
        actions: the array of all worlds' actions, which the face fills before every step.
        observed: the observation buffers: of the world, or of the agents of each group.
        num_agents: number of agents with rewards of their own; None for one reward per world.
        autoreset_mode: None for a single env: a world may be stepped past its end.
        limit: steps after which an episode is truncated, 0 for no limit.
        copy: whether rewards and flags are new arrays, instead of two alternating sets.
        masks: the action masks, None where every action is allowed.
        ends_diverged: whether the episodes of diverged worlds end.

    Attributes:
        world: the worlds.
        claim: the claim of the thread that uses the worlds.
        actions: the array of their actions.
        observed: the observation buffers.
        rewards: of the last step, (num_worlds,) or (num_worlds, num_agents) float64.
        terminated: of the last step, of the same shape, bool.
        truncated: of the last step, of the same shape, bool.
        returns: where the last step has ended an episode, the sum of its rewards, like `rewards`.
        lengths: where the last step has ended an episode, its number of steps, (num_worlds,) int64.
        info: the info for the outputs of the step or reset in progress.
        ended: in same-step mode, the worlds that ended in the step in progress; None if none did.
        pending: the worlds whose episode has ended and that have not been reset; None if there are none.
        started: whether every world has been reset once.
        ready: whether the worlds can be stepped now.
        closed: whether the batch is closed.
    """

    __slots__ = (  # Python keeps more than 30 attributes in a dict: a step of one world takes a fifth longer
        "__weakref__",
        "_any_ended",
        "_arena",
        "_binding",
        "_bindings",
        "_carries",
        "_checks",
        "_final_obs",
        "_flags",
        "_hooks",
        "_mode",
        "_num_worlds",
        "_owner",
        "_parts",
        "_programs",
        "_report",
        "_reset",
        "_resets_in_python",
        "_side",
        "_waits",
        "actions",
        "claim",
        "closed",
        "ended",
        "info",
        "lengths",
        "observed",
        "pending",
        "ready",
        "returns",
        "rewards",
        "runner",
        "started",
        "terminated",
        "truncated",
        "world",
    )

    def __init__(
        self,
        hooks: Hooks,
        world: World,
        actions: npt.NDArray[Any],
        observed: Sequence[ObservationBuffers],
        *,
        num_agents: int | None,
        autoreset_mode: AutoresetMode | None,
        limit: int,
        copy: bool,
        masks: ActionMasks | None,
        ends_diverged: bool,
    ) -> None:
        self._owner, self._mode = hooks.owner, autoreset_mode
        self._waits = autoreset_mode is AutoresetMode.DISABLED  # worlds that have ended wait for a reset
        self.claim = Claim(world.arena, hooks.owner)
        self.world, self.actions, self.observed = world, actions, observed
        self._arena, self._bindings, self._num_worlds = world.arena, world.bindings, world.num_worlds
        self._carries, self._checks = world.bindings.fuses, world.checks
        outcome = Outcome(world.num_worlds, num_agents)
        self.rewards, self.terminated, self.truncated = outcome.flags
        self.returns, self.lengths = outcome.returns, outcome.lengths
        self._any_ended = memoryview(cast(Any, outcome.any_ended))
        self._parts = made = self._step_parts(hooks, outcome, masks, limit, ends_diverged=ends_diverged)
        self._hooks, self._reset, self._report = made.hooks, made.reset, made.report
        self._final_obs = made.final_obs
        self._resets_in_python = autoreset_mode is AutoresetMode.NEXT_STEP and not made.reset.fuses
        self._programs: list[Program | None] = [None, None]
        self.runner = world.runner
        self._flags: list[Flags] | None = None if copy else [self._new_flags(), self._new_flags()]
        self._side = 0  # which of two alternating sets of outputs is next
        self._binding: Binding
        self.info: Info = {}
        self.ended: Ended | None = None
        self.pending: Worlds | None = None
        self.started = self.closed = self.ready = False
        _batches.add(self)

    def _step_parts(
        self, given: Hooks, outcome: Outcome, masks: ActionMasks | None, limit: int, *, ends_diverged: bool
    ) -> StepParts:
        """Return the parts of a step."""
        world, mode = self.world, self._mode
        flags = outcome.rewards, outcome.terminated
        hooks = HookStages(given, world, self.actions, *flags, masks, ends_diverged=ends_diverged)
        world.derived.use(hooks.derive_hook)
        reset = Reset(world, hooks)
        fuses = reset.fuses and (world.derived.fuses or not world.derived.used)
        kept = mode is AutoresetMode.SAME_STEP and fuses
        return StepParts(
            world=world,
            hooks=hooks,
            reset=reset,
            outcome=outcome,
            observed=self.observed,
            final_obs=FinalObs(self.observed, world.num_worlds, outcome.any_ended) if kept else None,
            report=StepReport(),
            mode=mode,
            limit=limit,
        )

    # --- step ---------------------------------------------------------------------------------

    def step(self, read: Reader, actions: Any, outputs: Callable[["Batch"], Said]) -> Said:
        """Step every world once, as one tick.

        Args:
            read: checks the face's actions and writes them into `actions`; called with them and `pending`.
            actions: the actions as given to the face.
            outputs: makes the step's outputs, given this batch with the values that it will publish.

        Raises:
            ReentrantStepError, ConcurrentUseError: the worlds are in use already.
        """
        claim, this = self.claim, get_ident()
        if claim.holder is not None:
            claim.refuse()
        claim.holder, claim.doing = this, "a step"
        try:
            if not self.ready:
                self.check_ready()
            read(actions, self.pending)
            return self.advance(outputs)
        finally:
            claim.holder = None

    def advance(self, outputs: Callable[["Batch"], Said]) -> Said:
        """Step every world with the actions in `actions`; return the outputs that `outputs` makes."""
        self.ready = False  # until the step is done, or the next call has checked the worlds
        try:
            guard = self._arena.begin_tick(self.claim.holder, full=True, carry=not self._carries)
            self._binding = binding = self._bindings.open(guard)
            any_ended, side = self._any_ended, self._side
            any_ended[0] = 0
            program = self._programs[binding.index] or self._program(guard, binding)
            for buffers in self.observed:
                buffers.take(program, side)
            if self._resets_in_python:
                self._report.pending = self._checks.skipped = self.pending
            program.run(self._num_worlds)
            self.info, self.ended, self.pending = self._report.info, None, None
            if any_ended[0]:
                self.ended, self.pending = self._just_ended(binding)
            ready, side = self.pending is None or not self._waits, 1 - side
            said = outputs(self)
            guard.publish()  # only plain stores follow, which cannot fail
        except ThreadFailedError:
            self._recover()
        except BaseException as error:
            self._recover()
            self._name(error)
            raise
        else:
            self.ready, self._side = ready, side
            return said
        self.runner.alone = True  # a worker thread failed; run on this thread alone to get its error
        try:
            return self.advance(outputs)
        finally:
            self.runner.alone = False

    def _program(self, guard: TickGuard, binding: Binding) -> Program:
        """Assemble the stages of a step, once for each of the two buffers."""
        stages = stages_of_a_step(self._parts, guard, binding)
        made = self._bindings.program(binding, guard, stages, self.runner)
        self._programs[binding.index] = made
        return made

    def _just_ended(self, binding: Binding) -> tuple[Ended | None, Worlds | None]:
        """Return the final outputs that same-step mode keeps; in other modes, the worlds that ended."""
        if self._mode is not AutoresetMode.SAME_STEP:
            one = self._num_worlds == 1  # then a search would take a third of the step
            return None, self.world.layout.order if one else (binding.phases == ENDED).nonzero()[0]
        if self._final_obs is not None:
            return Ended(*self._final_obs.copies(), self._report.info_before_reset), None
        return self._report.ended, None

    def _recover(self) -> None:
        """After a failure or an interrupt at any point, close the tick; the next call reads the phases."""
        self._report.pending = self._checks.skipped = None
        self._arena.abandon_tick()

    def recover_in_child(self) -> None:
        """In a forked child, recover as from an interrupt if another thread was in the middle of a step."""
        self.runner.alone = self.runner.num_threads == 1
        if not self.ready:
            self._recover()

    # --- state --------------------------------------------------------------------------------

    def observation(self, index: int = 0) -> Output:
        """Return the latest observations of the worlds, or of the agents of one group."""
        return self.observed[index].latest.handed_out()

    def flags(self) -> Flags:
        """Return rewards, terminations and truncations of the last step.

        Like the observations, they are new arrays or, without `copy`, one of two alternating sets.
        """
        if self._flags is None:
            return self._new_flags()
        latest = (self.rewards, self.terminated, self.truncated)
        for kept, values in zip(self._flags[self._side], latest, strict=True):
            np.copyto(kept, values)
        return self._flags[self._side]

    def _new_flags(self) -> Flags:
        return self.rewards.copy(), self.terminated.copy(), self.truncated.copy()

    def close(self) -> None:
        """Refuse every later use and stop the threads; memory is freed with the last reference."""
        self.closed, self.ready = True, False
        self.runner.close()


def _recover_in_child() -> None:
    for batch in list(_batches):
        batch.recover_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_recover_in_child)
