"""The hooks of one environment, ready to be called: array hooks and compiled ones behind one face."""

import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from murk_arena import RowWriter, TickGuard
from murk_env.author.per_world import CompiledHook, LiftedHook, lift
from murk_env.engine.infos import Info, InfoForm, check_info
from murk_env.errors import DefinitionError, HookError, TickFailedError, described
from murk_env.fields import Field
from murk_env.fields.bookkeeping import EPISODE, RNG_KEY, STEP
from murk_env.fields.checks import check_values
from murk_env.fields.views import RowTick
from murk_env.kernels import CompilationError
from murk_env.kernels.call import KernelCall
from murk_env.kernels.fused import fits
from murk_env.kernels.program import Run, Stage, unchanged
from murk_env.random import WorldRng, site_word
from murk_env.world import World
from murk_env.world.binding import ACT_STAGE, START_STAGE, Binding, Views

if TYPE_CHECKING:
    from murk_env.faces.env import MurkEnv

__all__ = ["NO_INFO", "Stages"]

Array = npt.NDArray[Any]

NO_INFO: Info = {}


class Stages:
    """Calls an author's hooks for all worlds, and holds them to their shapes.

    Args:
        env: the env whose hooks they are.
        world: the worlds they work on.
        actions: the array of actions that `act` is given.
        rewards: what `reward` fills, (num_worlds,) or (num_worlds, num_agents) float64.
        terminated: what `terminated` fills, of the same shape, bool.
    """

    def __init__(
        self,
        env: "MurkEnv",
        world: World,
        actions: Array,
        rewards: npt.NDArray[np.float64],
        terminated: npt.NDArray[np.bool_],
    ) -> None:
        self._world = world
        self._owner = type(env).__name__
        self._actions = actions
        self._outputs: dict[str, Array] = {"reward": rewards, "terminated": terminated}
        self._sites = {"act": site_word(ACT_STAGE), "start": site_word(START_STAGE)}
        self._env = weakref.ref(env)  # which keeps this
        self._hooks: set[str] = set()  # those that work on arrays
        self._lifted: dict[str, tuple[CompiledHook, LiftedHook]] = {}
        for name in ("act", "start", "reward", "terminated"):
            hook = getattr(env, name)
            if isinstance(hook, CompiledHook):
                self._lifted[name] = hook, self._lift(env, name, hook, per_agent=rewards.ndim > 1)
            else:
                self._hooks.add(name)
        if isinstance(env.info, CompiledHook):
            raise DefinitionError(
                f"{self._owner}.info returns a dict and cannot be per_world; write it over arrays."
            )
        self.current = ""  # the hook outside a program that runs now: whose failure it is if the tick fails
        self.rows: RowWriter  # of the worlds that begin an episode
        self.has_info = env.has_info
        self.info_form: InfoForm | None = None  # what the first info of a tick that was published looked like

    def _lift(self, env: "MurkEnv", name: str, hook: CompiledHook, *, per_agent: bool) -> LiftedHook:
        known = self._world.fields.values()
        checked = self._world.arena.checked
        return lift(hook, name, self._owner, known, env.params, per_agent=per_agent, checked=checked)

    # --- the hooks of every step, as stages of a program -----------------------------------------

    def act(self, binding: Binding, guard: TickGuard) -> Stage:
        """Return the stage that applies the actions of all worlds."""
        check = partial(self._world.check_hook, f"{self._owner}.act", guard)
        return Stage(
            "act",
            partial(self._bind_act, binding),
            partial(self._failed, "act"),
            moves=self._moves("act"),
            check=check if self._world.arena.checked else None,
        )

    def judges(self, binding: Binding, guard: TickGuard) -> list[Stage]:
        """Return the stages that fill rewards and flags; array hooks find the tick sealed."""
        stages = [self._judge("reward", binding), self._judge("terminated", binding)]
        if "reward" in self._hooks or "terminated" in self._hooks:
            return [Stage("seal", partial(_seal, guard), unchanged), *stages]
        return stages

    def _judge(self, name: str, binding: Binding) -> Stage:
        check = self._check_rewards if name == "reward" and self._world.arena.checked else None
        return Stage(
            name,
            partial(self._bind_judge, name, binding),
            partial(self._failed, name),
            moves=self._moves(name),
            check=partial(check, binding) if check else None,
        )

    def _bind_act(self, binding: Binding) -> Run:
        if "act" in self._hooks:
            return partial(self._run_act, binding)
        hook, lifted = self._lifted["act"]
        arrays = [at_least_one(self._act_array(binding, field)) for field in hook.fields]
        return KernelCall(lifted.run, (*arrays, *self._extras("act", lifted, binding.clocks)))

    def _run_act(self, binding: Binding, _start: int, _stop: int) -> None:
        binding.tick.rng.restart()
        self._call("act", binding.tick, self._actions)

    def _bind_judge(self, name: str, binding: Binding) -> Run:
        if name in self._hooks:
            return partial(self._run_judge, name, binding)
        hook, lifted = self._lifted[name]
        arrays = [binding.views.after[field] for field in hook.fields]
        arrays += [binding.views.before[field] for field in hook.before]
        return KernelCall(
            lifted.run,
            (*map(at_least_one, arrays), self._outputs[name], *self._extras(name, lifted, ())),
        )

    def _run_judge(self, name: str, binding: Binding, _start: int, _stop: int) -> None:
        views = binding.views
        given = (views.before, views.after) if name == "reward" else (views.after,)
        self._take(name, self._call(name, *given), self._outputs[name], "biuf" if name == "reward" else "b")

    def _moves(self, name: str) -> bool:
        if name not in self._lifted:
            return False
        hook, _ = self._lifted[name]
        return any(field.mutability == "sparse" for field in (*hook.fields, *hook.before))

    def start(self, binding: Binding, guard: TickGuard, worlds: Array) -> Stage:
        """Return the stage that begins episodes in the worlds at places of `worlds`.

        An array hook, and a field that may move, take the writer `self.rows` of just those worlds.
        """
        return Stage(
            "start",
            partial(self._bind_start, binding, guard, worlds),
            partial(self._failed, "start"),
            moves=self._moves("start"),
            check=self._check_start if self._world.arena.checked else None,
        )

    @property
    def start_merges(self) -> bool:
        """Whether `start` is a kernel that can be merged with others."""
        if "start" not in self._lifted:
            return False
        lifted = self._lifted["start"][1]
        return all(map(fits, self._extras("start", lifted, ())))  # the arena's arrays always do

    @property
    def written_by_start(self) -> tuple[Field, ...]:
        """Return the fields that a compiled `start` may write."""
        return self._lifted["start"][0].fields if "start" in self._lifted else ()

    def _bind_start(self, binding: Binding, guard: TickGuard, worlds: Array) -> Run:
        if "start" in self._hooks:
            return self._run_start
        hook, lifted = self._lifted["start"]
        arrays = [at_least_one(self._start_array(binding, guard, field)) for field in hook.fields]
        return KernelCall(lifted.run, (worlds, *arrays, *self._extras("start", lifted, binding.clocks)))

    def _start_array(self, binding: Binding, guard: TickGuard, field: Field) -> Array:
        field_id = self._world.ids[field]
        if field.mutability == "static":
            return binding.views.after[field]
        return (
            self.rows.unguarded(field_id)
            if field.mutability == "sparse"
            else self._world.arena.staging_view(field_id)
        )

    def _run_start(self, _start: int, _stop: int) -> None:
        ids, rows = self._world.ids, self.rows
        clocks = (rows.read(ids[RNG_KEY]), rows.read(ids[EPISODE]), rows.read(ids[STEP]))
        rng = WorldRng(*clocks, stage=START_STAGE)
        self._call("start", RowTick(rows, self._world.fields, ids, rng), rows.worlds)

    def _check_start(self) -> None:
        rows, ids = self.rows, self._world.ids
        written = [(field, rows.read(ids[field])) for field in self._world.fields.values()]
        check_values(f"{self._owner}.start", written, HookError, worlds=rows.worlds)

    # --- info -------------------------------------------------------------------------------------

    def info(self, views: Views) -> Info:
        """Return what `info` says of every world."""
        if not self.has_info:
            return NO_INFO
        self.current = "info"
        result = self._call("info", views.after)
        info = check_info(self._owner, result, self._world.num_worlds, self.info_form)
        self.current = ""
        return info

    def _call(self, name: str, *arguments: Any) -> Any:
        """Call an array hook; a failed tick of other worlds that it runs is a failure of this hook."""
        try:
            return getattr(self._env(), name)(*arguments)
        except TickFailedError as error:
            raise HookError(
                f"{self._owner}.{name} raised {described(error)}; the tick was undone."
            ) from error

    def _failed(self, name: str, error: Exception) -> Exception:
        if isinstance(error, TickFailedError):
            return error  # it names its hook already
        if isinstance(error, CompilationError):
            return HookError(
                f"{self._owner}.{name} cannot be compiled: {first_line(error)} In act, the fields of "
                f"propagators, sparse and static ones are read-only; reward returns a number, "
                f"terminated a bool."
            )
        return HookError(
            f"{self._owner}.{name} raised {described(error)}; the tick was undone for all worlds."
        )

    def _take(self, name: str, result: Any, out: Array, kinds: str) -> None:
        given = np.asarray(result)
        if given.shape != out.shape or given.dtype.kind not in kinds:
            wanted = "bool" if kinds == "b" else "real numbers"
            each = "world" if out.ndim == 1 else "agent of each world"
            raise HookError(
                f"{self._owner}.{name} must return {wanted} of shape {out.shape}, one for each {each}, but "
                f"returned {given.dtype} of shape {given.shape}; the step was undone."
            )
        np.copyto(out, given, casting="unsafe")

    def _check_rewards(self, binding: Binding) -> None:
        """Prove that rewards are finite, but for worlds that began anew."""
        rewards = self._outputs["reward"].reshape(self._world.num_worlds, -1)
        wrong = ~np.isfinite(rewards).all(axis=1) & (binding.steps > 0)
        if wrong.any():
            raise HookError(
                f"{self._owner}.reward is not finite in world(s) {np.flatnonzero(wrong).tolist()}; the step "
                f"was undone."
            )

    def _extras(self, name: str, lifted: LiftedHook, clocks: tuple[Array, ...]) -> list[Any]:
        extras: list[Any] = []
        for extra in lifted.extras:
            if extra == "rng":
                extras += [*clocks, self._sites[name]]
            elif extra == "action":
                extras.append(self._actions)
            elif extra in ("moves", "neighbours"):
                extras.append(getattr(self._world.lattice, extra))
            elif extra != "out":
                extras.append(lifted.parameters[extra])
        return extras

    def _act_array(self, binding: Binding, field: Field) -> Array:
        if field in self._world.pipeline.writers:
            return binding.views.before[field]
        if field.mutability != "per_tick":
            return binding.views.after[field]
        return self._world.arena.staging_view(self._world.ids[field])


def _seal(guard: TickGuard) -> Run:
    def seal(_start: int, _stop: int) -> None:
        guard.seal()

    return seal


def first_line(error: Exception) -> str:
    """Return what numba says is wrong, without its pages on where and why."""
    lines = [line.strip() for line in str(error).splitlines()]
    plain = [line for line in lines if line and not line.startswith(("Failed in", "-"))]
    reasons = [line for line in plain if "annot " in line]  # "Cannot modify readonly array", say
    return (reasons or plain or ["no reason given"])[0].rstrip(".") + "."


def at_least_one(array: Array) -> Array:
    """Return a static number as an array of one, as compiled hooks see it."""
    return array.reshape(1) if array.ndim == 0 else array
