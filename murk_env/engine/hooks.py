"""The hooks of one environment as stages of a step: array hooks and lifted ones behind one interface."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_arena import RowWriter, TickGuard
from murk_env.author.hooks import EVERY_HOOK, HookName, Hooks
from murk_env.author.per_world import CompiledHook
from murk_env.engine.action_masks import ACTION_MASK, ActionMasks
from murk_env.engine.array_hooks import check_array_hook
from murk_env.engine.divergence import DIVERGED, Divergence
from murk_env.engine.hook_calls import HookCalls
from murk_env.engine.infos import LEVEL_KEY, NO_INFO, Info, InfoForm, check_info
from murk_env.engine.lifted_hooks import LiftedHooks
from murk_env.engine.lifting import LiftedHook, lift
from murk_env.engine.returned import check_finite, take
from murk_env.engine.writes import check_derived, check_writes
from murk_env.errors import HookError
from murk_env.fields import Field, RowTick, Values
from murk_env.fields.bookkeeping import EPISODE, LEVEL, RNG_KEY, STEP
from murk_env.fields.checks import check_values
from murk_env.fields.deriving import DeriveTick
from murk_env.fields.names import known_as
from murk_env.fields.row_ticks import CheckedRowTick
from murk_env.fields.ticks import revoke
from murk_env.kernels.stage import Run, Stage
from murk_env.random import WorldRng, origins
from murk_env.world import World
from murk_env.world.binding import Binding
from murk_env.world.derived import DeriveHook
from murk_env.world.frames import Routes
from murk_env.world.staged import Staged
from murk_env.world.substeps import Between

__all__ = ["HookStages"]

Array = npt.NDArray[Any]


class HookStages:
    """Makes stages of an author's hooks, and checks the shapes that they return.

    Args:
        hooks: the hooks.
        world: the worlds they work on.
        actions: the array of actions that `act` is given.
        rewards: the array that `reward` fills, (num_worlds,) or (num_worlds, num_agents) float64.
        terminated: the array that `terminated` fills, of the same shape, bool.
        masks: the action masks, None where every action is allowed.
        ends_diverged: whether the episodes of diverged worlds end.

    Attributes:
        divergence: restores and ends diverged worlds, None if they do not end.
        current: the hook that runs now outside a program, which is blamed if the tick fails.
        info_form: keys, dtypes and shapes of the first info that was published.
    """

    def __init__(
        self,
        hooks: Hooks,
        world: World,
        actions: Array,
        rewards: npt.NDArray[np.float64],
        terminated: npt.NDArray[np.bool_],
        masks: ActionMasks | None,
        *,
        ends_diverged: bool,
    ) -> None:
        self._hooks, self._masks = hooks, masks
        self.divergence = Divergence(world, terminated) if ends_diverged else None
        self._owner = hooks.owner
        self._layout, self._arena, self._checks = world.layout, world.arena, world.checks
        self._actions = actions
        self._outputs: Mapping[HookName, Array] = {HookName.REWARD: rewards, HookName.TERMINATED: terminated}
        found: dict[HookName, LiftedHook] = {}
        fields = {known_as(field): field for field in self._layout.fields.values()}
        per_agent, checked, dt = rewards.ndim > 1, self._arena.checked, self._layout.dt
        optional = {HookName.BETWEEN: hooks.between, HookName.DERIVE: hooks.derive}
        for name in (*EVERY_HOOK, *(name for name, hook in optional.items() if hook is not None)):
            hook = hooks.of(name)
            if isinstance(hook, CompiledHook):
                lifted = lift(hook, name, hooks, fields, dt=dt, per_agent=per_agent, checked=checked)
                check_writes(f"{self._owner}.{name}", name, lifted.flat, fields, self._layout)
                found[name] = lifted
            else:
                check_array_hook(name, hooks, self._layout)
        if hooks.info is not None:
            check_array_hook(HookName.INFO, hooks, self._layout)
        check_derived(self._owner, self._layout, has_hook=hooks.derive is not None)
        self._lifted = LiftedHooks(found, world, actions, self._outputs)
        self._calls = HookCalls(hooks, self._lifted, self._layout)
        self.current: HookName | None = None
        says = masks is not None or ends_diverged or world.layout.levels is not None
        self.has_info = hooks.info is not None or says
        self.info_form: InfoForm | None = None

    # --- every step -------------------------------------------------------------------------------

    def act(self, binding: Binding, guard: TickGuard) -> Stage:
        """Return the stage that applies the actions of all worlds."""
        check = partial(self._checks.hook, f"{self._owner}.act", guard)
        return Stage(
            HookName.ACT,
            partial(self._bind_act, binding),
            partial(self._calls.failed, HookName.ACT, binding.staged),
            moves=self._lifted.moves(HookName.ACT),
            check=check if self._arena.checked else None,
        )

    def between(self, binding: Binding, guard: TickGuard) -> Between | None:
        """Return a function that makes the stages after the propagators of every sub-step."""
        if self._hooks.between is None:
            return None
        name, check = HookName.BETWEEN, partial(self._checks.hook, f"{self._owner}.between", guard)

        def stages(routes: Callable[[], Routes]) -> list[Stage]:
            def bind() -> Run:
                staged = binding.staged
                return self._lifted.call(name, Staged(staged.version, staged.before, routes().values))

            failed, moves = partial(self._calls.failed, name, binding.staged), self._lifted.moves(name)
            return [Stage(name, bind, failed, moves, check if self._arena.checked else None)]

        return stages

    def outcome(self, binding: Binding, guard: TickGuard) -> list[Stage]:
        """Return the stages that fill rewards and terminations; the tick is sealed before array hooks run."""
        stages = [self._outcome(HookName.REWARD, binding), self._outcome(HookName.TERMINATED, binding)]
        if HookName.REWARD in self._lifted and HookName.TERMINATED in self._lifted:
            return stages

        def seal(_start: int, _stop: int) -> None:
            guard.seal()

        return [Stage("seal", lambda: seal), *stages]

    def _outcome(self, name: HookName, binding: Binding) -> Stage:
        proves = name is HookName.REWARD and self._arena.checked
        check = partial(check_finite, self._calls.where(name), self._outputs[name], binding.steps)
        return Stage(
            name,
            partial(self._bind_outcome, name, binding.staged),
            partial(self._calls.failed, name, binding.staged),
            moves=self._lifted.moves(name),
            check=check if proves else None,
        )

    def _bind_act(self, binding: Binding) -> Run:
        if HookName.ACT in self._lifted:
            return self._lifted.call(HookName.ACT, binding.staged)
        tick = binding.tick

        def run(_start: int, _stop: int) -> None:
            tick.rng.rewind()
            try:
                self._calls.call(HookName.ACT, tick, self._actions)
            finally:
                revoke(tick)

        return run

    def _bind_outcome(self, name: HookName, staged: Staged) -> Run:
        if name in self._lifted:
            return self._lifted.call(name, staged)
        out, kinds = self._outputs[name], "biuf" if name is HookName.REWARD else "b"

        def run(_start: int, _stop: int) -> None:
            given = (staged.before, staged.after) if name is HookName.REWARD else (staged.after,)
            result = self._calls.call(name, *given)
            try:
                take(f"{self._owner}.{name}", result, out, kinds)
            except HookError as error:
                raise self._calls.placed(name, error) from None

        return run

    # --- reset ------------------------------------------------------------------------------------

    def write_through(self, rows: RowWriter) -> None:
        """Set the writer that `start` writes through, which is that of the worlds being reset."""
        self._lifted.rows = rows

    def start(self, binding: Binding, guard: TickGuard, worlds: Array) -> Stage:
        """Return the stage that calls `start` for worlds by their places in the list `worlds`.

        Array hooks, and fields that may move, use the writer that `write_through` was given.
        """
        return Stage(
            HookName.START,
            partial(self._bind_start, binding.staged, worlds),
            partial(self._calls.failed, HookName.START, binding.staged, worlds),
            moves=self._lifted.moves(HookName.START),
            check=self._check_start if self._arena.checked else None,
        )

    @property
    def start_fuses(self) -> bool:
        """Whether `start` is a kernel that can be fused with others."""
        return self._lifted.fuses(HookName.START)

    @property
    def touched_by_start(self) -> list[Field]:
        """The fields that a lifted `start` may write."""
        return self._lifted[HookName.START].fields if HookName.START in self._lifted else []

    def _bind_start(self, staged: Staged, worlds: Array) -> Run:
        if HookName.START not in self._lifted:
            return self._run_start
        return self._lifted.call(HookName.START, staged, worlds)

    def _run_start(self, _start: int, _stop: int) -> None:
        ids, rows = self._layout.ids, self._lifted.rows
        clocks = (rows.read(ids[RNG_KEY]), rows.read(ids[EPISODE]), rows.read(ids[STEP]))
        rng = WorldRng(*clocks, origin=origins.START)
        kind = CheckedRowTick if self._arena.checked else RowTick
        tick = kind(rows, self._layout.fields, ids, rng, self._layout.sides)
        self._calls.call(HookName.START, tick, rows.worlds)

    def _check_start(self) -> None:
        rows, ids = self._lifted.rows, self._layout.ids
        written = [(field, rows.read(ids[field])) for field in self._layout.fields.values()]
        check_values(f"{self._owner}.start", written, HookError, self._layout.sides, worlds=rows.worlds)

    # --- derive -----------------------------------------------------------------------------------

    @property
    def derive_hook(self) -> DeriveHook | None:
        """The hook that sets derived fields; None if there is none."""
        if self._hooks.derive is None:
            return None
        return DeriveHook(self._derive, self._lifted.fuses(HookName.DERIVE))

    def _derive(self, binding: Binding, guard: TickGuard, worlds: Array) -> Stage:
        """Return the stage that calls `derive` for worlds by their places in the list `worlds`."""
        return Stage(
            HookName.DERIVE,
            partial(self._bind_derive, binding.staged, worlds),
            partial(self._calls.failed, HookName.DERIVE, binding.staged),
            moves=self._lifted.moves(HookName.DERIVE),
            check=partial(self._check_derive, guard) if self._arena.checked else None,
        )

    def _bind_derive(self, staged: Staged, worlds: Array) -> Run:
        if HookName.DERIVE in self._lifted:
            return self._lifted.call(HookName.DERIVE, staged, worlds)
        ids, view = self._layout.ids, self._arena.staging_view
        arrays = {field: view(ids[field]) for field in self._layout.pipeline.derived_by_hook}

        def run(start: int, stop: int) -> None:
            rows = None if stop - start == self._layout.num_worlds else worlds[start:stop]
            self._calls.call(HookName.DERIVE, DeriveTick(staged.after, arrays, rows, self._layout.sides))

        return run

    def _check_derive(self, guard: TickGuard) -> None:
        ids, fields = self._layout.ids, self._layout.pipeline.derived_by_hook
        written = [(one, guard.read(ids[one])) for one in fields]
        check_values(f"{self._owner}.derive", written, HookError, self._layout.sides)

    # --- info -------------------------------------------------------------------------------------

    def forget_diverged(self) -> None:
        """Forget which worlds have diverged, as they have been reset."""
        if self.divergence is not None:
            self.divergence.clear()

    def info(self, values: Values) -> Info:
        """Return the info of every world: the hook's, diverged worlds, levels and action masks."""
        info = NO_INFO if self._hooks.info is None else self._told(values)
        if self.divergence is not None:
            info = {**info, DIVERGED: self.divergence.told()}
        if LEVEL in values:
            info = {**info, LEVEL_KEY: values[LEVEL].copy()}
        return info if self._masks is None else {**info, ACTION_MASK: self._masks.of(values)}

    def _told(self, values: Values) -> Info:
        self.current = HookName.INFO
        result = self._calls.call(HookName.INFO, values)
        try:
            info = check_info(self._owner, result, self._layout.num_worlds, self.info_form)
        except HookError as error:
            raise self._calls.placed(HookName.INFO, error) from None
        self.current = None
        if self.divergence is not None and DIVERGED in info:
            raise HookError(
                f"{self._owner}.info uses the key {DIVERGED!r}, which Blueprint(ends_diverged=True) fills; "
                f"rename it."
            )
        if self._layout.levels is not None and LEVEL_KEY in info:
            raise HookError(
                f"{self._owner}.info uses the key {LEVEL_KEY!r}, which Blueprint(levels=...) fills; "
                f"rename it."
            )
        return info
