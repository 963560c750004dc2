"""The step: one list of stages, in order."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode

from murk_arena import TickGuard
from murk_env.engine.carry import carry
from murk_env.engine.final_obs import FinalObs
from murk_env.engine.hooks import HookStages
from murk_env.engine.infos import NO_INFO, Info
from murk_env.engine.outcome import Outcome, clock
from murk_env.engine.reset import Reset
from murk_env.fields.bookkeeping import ENDED
from murk_env.kernels.stage import Repeat, Stage
from murk_env.observation.buffers import ObservationBuffers
from murk_env.observation.output import Output
from murk_env.world import World
from murk_env.world.binding import Binding

__all__ = ["Ended", "StepParts", "StepReport", "stages_of_a_step"]

Worlds = npt.NDArray[np.intp]


@dataclasses.dataclass(slots=True)
class Ended:
    """The final outputs that same-step mode keeps of worlds whose episode ended, from before their reset.

    Attributes:
        worlds: the worlds, in any order.
        observations: their final observations, for each observation buffer.
        info: the info of every world.
    """

    worlds: Worlds
    observations: list[Output]
    info: Info


@dataclasses.dataclass(slots=True)
class StepReport:
    """Input and output of the stages of the step in progress, beside arrays.

    Attributes:
        pending: the worlds that ended in the previous step and have not been reset; None if there are none.
        info: the info of the values that will be published.
        info_before_reset: in same-step mode, the info from before worlds were reset.
        ended: in same-step mode, the worlds that ended, if they were reset in Python.
    """

    pending: Worlds | None = None
    info: Info = dataclasses.field(default_factory=lambda: NO_INFO)
    info_before_reset: Info = dataclasses.field(default_factory=lambda: NO_INFO)
    ended: Ended | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class StepParts:
    """The parts of a step.

    Attributes:
        world: the worlds.
        hooks: the author's hooks.
        reset: resets worlds.
        outcome: rewards and flags.
        observed: the observation buffers.
        final_obs: keeps final observations, if kernels reset worlds in the step that ends their episodes.
        report: input and output of the stages beside arrays.
        mode: when worlds are reset automatically; None for never.
        limit: steps after which an episode is truncated, 0 for no limit.
    """

    world: World
    hooks: HookStages
    reset: Reset
    outcome: Outcome
    observed: Sequence[ObservationBuffers]
    final_obs: FinalObs | None
    report: StepReport
    mode: AutoresetMode | None
    limit: int


def stages_of_a_step(parts: StepParts, guard: TickGuard, binding: Binding) -> list[Stage | Repeat]:
    """Return everything that happens between opening a tick and publishing it, in order."""
    layout, arena = parts.world.layout, parts.world.arena
    counts = parts.final_obs is None  # otherwise final_obs counts the worlds that ended
    diverged = parts.hooks.divergence
    return [
        *([carry(layout, arena, binding)] if parts.world.bindings.fuses else []),
        clock(layout, arena, binding),
        parts.hooks.act(binding, guard),
        *parts.world.bindings.propagation(binding, guard, parts.hooks.between(binding, guard)),
        *(_reset_of_last_ended(parts, guard, binding) if parts.mode is AutoresetMode.NEXT_STEP else []),
        *binding.limits,
        *(diverged.undo(binding, arena) if diverged else []),
        *parts.world.derived.stages(guard, binding),
        *parts.hooks.outcome(binding, guard),
        *(diverged.end() if diverged else []),
        parts.outcome.stage(layout, arena, binding, parts.limit, counts=counts),
        *_observations(parts, binding),
        *_info(parts, binding),
        *(_reset_of_just_ended(parts, guard, binding) if parts.mode is AutoresetMode.SAME_STEP else []),
    ]


def _reset_of_last_ended(parts: StepParts, guard: TickGuard, binding: Binding) -> list[Stage]:
    """Next-step mode: reset the worlds that ended in the previous step."""
    if parts.reset.fuses:
        return parts.reset.stages(guard, binding, (binding.phases, ENDED))
    reset, report, checks, derived = parts.reset, parts.report, parts.world.checks, parts.world.derived

    def run(_start: int, _stop: int) -> None:
        if report.pending is not None:
            reset.run(guard, guard.rows(report.pending), binding, in_step=True)
            report.pending = checks.skipped = None
            derived.follow(binding)

    return [_in_python("reset", run)]


def _reset_of_just_ended(parts: StepParts, guard: TickGuard, binding: Binding) -> list[Stage]:
    """Same-step mode: keep the final observations of worlds that ended, reset them and observe them again."""
    if parts.final_obs is not None:
        ended = (binding.phases, ENDED)
        return [
            *parts.final_obs.stages(ended),
            *parts.reset.stages(guard, binding, ended),
            *parts.world.derived.stages(guard, binding, ended),
            *(dataclasses.replace(stage, choice=ended) for stage in _observations(parts, binding)),
            *_info(parts, binding, anew=True),
        ]
    hooks, reset, observed, report = parts.hooks, parts.reset, parts.observed, parts.report
    any_ended, derived = parts.outcome.any_ended, parts.world.derived

    def run(_start: int, _stop: int) -> None:
        report.ended = None
        if not any_ended[0]:
            return
        worlds = _ended(binding)
        final = [buffers.rows(worlds) for buffers in observed]
        report.ended = Ended(worlds, final, report.info_before_reset)
        guard.seal()
        reset.run(guard, guard.reopen_rows(worlds), binding, in_step=True)
        derived.derive(guard, worlds)
        for buffers in observed:
            buffers.fill_rows(binding.staged.after, worlds)
        hooks.forget_diverged()
        report.info = hooks.info(binding.staged.after)

    return [_in_python("reset", run)]


def _observations(parts: StepParts, binding: Binding) -> list[Stage]:
    """Return the stages that fill observations.

    Kernels read the addresses of the arrays from a table that every step updates. Where stages run one by
    one, as in checked mode, they fill the arrays directly.
    """
    if not parts.world.bindings.fuses:
        return [_in_python("the observation", _filling(buffers, binding)) for buffers in parts.observed]
    moves = bool(parts.world.layout.sparse)
    return [
        Stage(
            "the observation",
            lambda buffers=buffers: buffers.plan.bound(binding.staged.after, buffers.template.output),
            moves=moves,
        )
        for buffers in parts.observed
    ]


def _filling(buffers: ObservationBuffers, binding: Binding) -> Callable[[int, int], None]:
    def fill(_start: int, _stop: int) -> None:
        buffers.plan.fill(binding.staged.after, buffers.latest.output)

    return fill


def _info(parts: StepParts, binding: Binding, *, anew: bool = False) -> list[Stage]:
    """Return the stage that calls the info hook; it also keeps the infos from before a same-step reset."""
    if not parts.hooks.has_info:
        return []
    hooks, report, keeps = parts.hooks, parts.report, parts.mode is AutoresetMode.SAME_STEP

    def run(_start: int, _stop: int) -> None:
        if anew:
            hooks.forget_diverged()
        report.info = hooks.info(binding.staged.after)
        if keeps and _ended(binding).size:
            report.info_before_reset = {key: values.copy() for key, values in report.info.items()}

    return [_in_python("info", run)]


def _ended(binding: Binding) -> Worlds:
    return (binding.phases == ENDED).nonzero()[0]


def _in_python(name: str, run: Callable[[int, int], None]) -> Stage:
    return Stage(name, lambda: run)
