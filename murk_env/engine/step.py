"""The programs that run a step: what happens in it, in order."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from gymnasium.vector import AutoresetMode

from murk_arena import TickGuard
from murk_env.engine.final_obs import Finals
from murk_env.engine.hooks import Stages
from murk_env.engine.outcome import advance, advance_agents, judge, judge_agents
from murk_env.engine.reset import Restart
from murk_env.fields.bookkeeping import ACTIVE, ENDED
from murk_env.kernels.call import KernelCall
from murk_env.kernels.program import Program, Stage, unchanged
from murk_env.observation.buffers import Sight
from murk_env.world import World
from murk_env.world.binding import Binding

__all__ = ["Judged", "StepPrograms"]


class Judged:
    """What a step says of its worlds or, where agents are rewarded apart, of each agent of them.

    Attributes:
        rewards: (num_worlds,) or (num_worlds, num_agents) float64.
        terminated: of the same shape, bool.
        truncated: of the same shape, bool.
        any_ended: (1,) int64, not 0 if an episode has ended; whoever begins a step sets it to 0.
    """

    def __init__(self, num_worlds: int, num_agents: int | None) -> None:
        shape = (num_worlds,) if num_agents is None else (num_worlds, num_agents)
        self.rewards = np.zeros(shape, np.float64)
        self.terminated = np.zeros(shape, np.bool_)
        self.truncated = np.zeros(shape, np.bool_)
        self.any_ended = np.zeros(1, np.int64)


class StepPrograms:
    """Makes the programs of a step when they are first needed, for each of the two buffers.

    Args:
        world: the worlds.
        stages: the hooks.
        restart: what begins episodes.
        sights: what is seen.
        judged: what the step says.
        mode: when worlds begin anew by themselves.
        limit: steps after which an episode is truncated, 0 for no limit.

    Attributes:
        whole: the programs of whole steps made so far, by buffer.
        splits: whether a step in which worlds begin anew is run in halves, with Python in between.
        finals: what keeps last observations, where worlds begin anew within the step that ends their episode.
    """

    def __init__(
        self,
        world: World,
        stages: Stages,
        restart: Restart,
        sights: Sequence[Sight],
        judged: Judged,
        mode: AutoresetMode | None,
        limit: int,
    ) -> None:
        self._world = world
        self._stages = stages
        self._restart = restart
        self._sights = sights
        self._judged = judged
        self._limit = limit
        self.whole: list[Program | None] = [None, None]
        self._halves: list[tuple[Program, Program] | None] = [None, None]
        next_step, same_step = mode is AutoresetMode.NEXT_STEP, mode is AutoresetMode.SAME_STEP
        self.splits = next_step and not restart.merges
        self._begins_within = next_step and restart.merges
        self.finals: Finals | None = None
        if same_step and restart.merges and not stages.has_info:
            self.finals = Finals(sights, world.num_worlds, judged.any_ended)

    def make(self, guard: TickGuard, binding: Binding) -> Program:
        """Make the program of a whole step."""
        stages = [*self._before(guard, binding), *self._after(guard, binding)]
        made = self.whole[binding.index] = self._world.program(binding, guard, stages)
        return made

    def halves(self, guard: TickGuard, binding: Binding) -> tuple[Program, Program]:
        """Return what comes before worlds begin anew, and what comes after, for those that Python begins."""
        found = self._halves[binding.index]
        if found is None:
            parts = self._before(guard, binding), self._after(guard, binding)
            first, second = (self._world.program(binding, guard, stages) for stages in parts)
            found = self._halves[binding.index] = first, second
        return found

    def _before(self, guard: TickGuard, binding: Binding) -> list[Stage]:
        stages = [self._clock(binding), self._stages.act(binding, guard), *binding.laws]
        if self._begins_within:
            stages += self._restart.stages_for(guard, binding, (binding.phases, ENDED))
        return stages

    def _after(self, guard: TickGuard, binding: Binding) -> list[Stage]:
        observing = [self._observing(sight, binding) for sight in self._sights]
        stages = [
            *binding.bounds,
            *self._world.sparse_bounds(guard),
            *self._stages.judges(binding, guard),
            self._verdict(binding),
            *observing,
        ]
        if self.finals is not None:
            ended = binding.phases, ENDED
            stages += [*self.finals.stages(ended), *self._restart.stages_for(guard, binding, ended)]
            stages += [dataclasses.replace(stage, choice=ended) for stage in observing]
        return stages

    def _clock(self, binding: Binding) -> Stage:
        if ACTIVE not in self._world.ids:
            return Stage("the clock", lambda: KernelCall(advance, (binding.steps,)), unchanged)
        active = self._world.arena.staging_view(self._world.ids[ACTIVE])
        return Stage("the clock", lambda: KernelCall(advance_agents, (binding.steps, active)), unchanged)

    def _verdict(self, binding: Binding) -> Stage:
        judged = self._judged
        flags = (judged.rewards, judged.terminated, judged.truncated)
        ended = judged.any_ended if self.finals is None else np.zeros(1, np.int64)  # finals count them
        rest = (binding.steps, binding.phases, self._limit, ended)
        if ACTIVE not in self._world.ids:
            return Stage("the verdict", lambda: KernelCall(judge, (*flags, *rest)), unchanged)
        active = self._world.arena.staging_view(self._world.ids[ACTIVE])
        return Stage("the verdict", lambda: KernelCall(judge_agents, (*flags, active, *rest)), unchanged)

    def _observing(self, sight: Sight, binding: Binding) -> Stage:
        """Return the stage that fills an observation.

        Kernels find its arrays in their table, where every step puts other addresses. In checked mode stages
        run one by one, on the arrays themselves.
        """
        if not self._world.arena.checked:
            fields_move = bool(self._world.sparse)
            template = sight.template.output
            return Stage(
                "the observation",
                lambda: sight.plan.bound(binding.views.after, template),
                unchanged,
                moves=fields_move,
            )

        def fill(_start: int, _stop: int) -> None:
            sight.plan.fill(binding.views.after, sight.latest.output)

        return Stage("the observation", lambda: fill, unchanged)
