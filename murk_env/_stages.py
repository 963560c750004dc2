"""The hooks of one environment, ready to be called: array hooks and compiled ones behind one face."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from murk_arena import RowWriter
from murk_env._binding import ACT_STAGE, START_STAGE, Binding, Views
from murk_env._bookkeeping import EPISODE, RNG_KEY, STEP
from murk_env._info import Info, InfoForm, check_info
from murk_env.compile import CompilationError
from murk_env.errors import DefinitionError, HookError, TickFailedError, described
from murk_env.field import Field
from murk_env.hooks import CompiledHook, LiftedHook, lift
from murk_env.random import WorldRng, site_word
from murk_env.values import RowTick
from murk_env.world import World

if TYPE_CHECKING:
    from murk_env.env import MurkEnv

__all__ = ["Stages"]

Array = npt.NDArray[Any]

NO_INFO: Info = {}


class Stages:
    """Calls an author's hooks for all worlds, and holds them to their shapes.

    Args:
        env: the env whose hooks they are.
        world: the worlds they work on.
        actions: the array of actions that `act` is given.
    """

    def __init__(self, env: "MurkEnv", world: World, actions: Array) -> None:
        self._world = world
        self._owner = type(env).__name__
        self._actions = actions
        self._sites = {"act": site_word(ACT_STAGE), "start": site_word(START_STAGE)}
        self._hooks: dict[str, Callable[..., Any]] = {}
        self._lifted: dict[str, tuple[CompiledHook, LiftedHook]] = {}
        for name in ("act", "start", "reward", "terminated"):
            hook = getattr(env, name)
            if isinstance(hook, CompiledHook):
                self._lifted[name] = (
                    hook,
                    lift(
                        hook, name, self._owner, env.fields.values(), env.params, checked=world.arena.checked
                    ),
                )
            else:
                self._hooks[name] = hook
        if isinstance(env.info, CompiledHook):
            raise DefinitionError(
                f"{self._owner}.info returns a dict and cannot be per_world; write it over arrays."
            )
        self.current = ""  # the hook that runs now: whose failure it is if the tick fails
        if env.has_info:
            self._hooks["info"] = env.info
        self.info_form: InfoForm | None = None  # what the first info of a tick that was published looked like

    def act(self, binding: Binding) -> None:
        """Apply the actions of all worlds."""
        if "act" in self._hooks:
            binding.tick.rng.restart()
            self._call("act", binding.tick, self._actions)
            return
        arguments = binding.arguments.get("act")
        if arguments is None:
            hook, lifted = self._lifted["act"]
            arrays = [at_least_one(self._act_array(binding, field)) for field in hook.fields]
            arguments = binding.arguments["act"] = (*arrays, *self._extras("act", lifted, binding.clocks))
        self._run("act", 0, self._world.num_worlds, *arguments)

    def start(self, rows: RowWriter) -> None:
        """Begin an episode in the worlds of `rows`."""
        if "start" in self._hooks:
            ids = self._world.ids
            clocks = (rows.read(ids[RNG_KEY]), rows.read(ids[EPISODE]), rows.read(ids[STEP]))
            rng = WorldRng(*clocks, stage=START_STAGE)
            self._call("start", RowTick(rows, self._world.fields, ids, rng), rows.worlds)
            return
        hook, lifted = self._lifted["start"]
        arrays = [self._start_array(rows, field) for field in hook.fields]
        self._run("start", rows.worlds, *arrays, *self._extras("start", lifted, self._clocks(rows)))

    def reward(self, views: Views, out: npt.NDArray[np.float64]) -> None:
        """Write every world's reward into `out`."""
        if "reward" in self._hooks:
            self._take("reward", self._call("reward", views.before, views.after), out, "biuf")
        else:
            self._judge("reward", views, out)

    def terminated(self, views: Views, out: npt.NDArray[np.bool_]) -> None:
        """Write into `out` which worlds' episodes have reached their end."""
        if "terminated" in self._hooks:
            self._take("terminated", self._call("terminated", views.after), out, "b")
        else:
            self._judge("terminated", views, out)

    def info(self, views: Views) -> Info:
        """Return what `info` says of every world."""
        if "info" not in self._hooks:
            return NO_INFO
        result = self._call("info", views.after)
        return check_info(self._owner, result, self._world.num_worlds, self.info_form)

    def _call(self, name: str, *arguments: Any) -> Any:
        """Call an array hook; a failed tick of other worlds that it runs is a failure of this hook."""
        self.current = name
        try:
            result = self._hooks[name](*arguments)
        except TickFailedError as error:
            raise HookError(
                f"{self._owner}.{name} raised {described(error)}; the tick was undone."
            ) from error
        self.current = ""
        return result

    def _run(self, name: str, *arguments: Any) -> None:
        """Run a compiled hook."""
        self.current = name
        try:
            self._lifted[name][1].run(*arguments)
        except CompilationError as error:
            raise HookError(
                f"{self._owner}.{name} cannot be compiled: {first_line(error)} In act, the fields of "
                f"propagators, sparse and static ones are read-only; reward returns a number, "
                f"terminated a bool."
            ) from error
        self.current = ""

    def _take(self, name: str, result: Any, out: Array, kinds: str) -> None:
        given = np.asarray(result)
        if given.shape != out.shape or given.dtype.kind not in kinds:
            wanted = "bool" if kinds == "b" else "real numbers"
            raise HookError(
                f"{self._owner}.{name} must return {wanted} of shape {out.shape}, one for each world, but "
                f"returned {given.dtype} of shape {given.shape}; the step was undone."
            )
        np.copyto(out, given, casting="unsafe")

    def _judge(self, name: str, views: Views, out: Array) -> None:
        """Run a compiled hook that only reads."""
        arguments = views.arguments.get(name)
        if arguments is None:
            hook, lifted = self._lifted[name]
            arrays = [views.after[field] for field in hook.fields]
            arrays += [views.before[field] for field in hook.before]
            extras = self._extras(name, lifted, ())
            arguments = views.arguments[name] = (*map(at_least_one, arrays), out, *extras)
        self._run(name, 0, self._world.num_worlds, *arguments)

    def _extras(self, name: str, lifted: LiftedHook, clocks: tuple[Array, ...]) -> list[Any]:
        extras: list[Any] = []
        for extra in lifted.extras:
            if extra == "rng":
                extras += [*clocks, self._sites[name]]
            elif extra == "action":
                extras.append(self._actions)
            elif extra in ("moves", "neighbours"):
                extras.append(getattr(self._world.lattice, extra))
            else:
                extras.append(lifted.parameters[extra])
        return extras

    def _act_array(self, binding: Binding, field: Field) -> Array:
        if field in self._world.pipeline.writers or field.mutability != "per_tick":
            return binding.tick[field]
        return self._world.arena.staging_view(self._world.ids[field])

    def _start_array(self, rows: RowWriter, field: Field) -> Array:
        field_id = self._world.ids[field]
        array = rows.read(field_id) if field.mutability == "static" else rows.unguarded(field_id)
        return at_least_one(array)

    def _clocks(self, rows: RowWriter) -> tuple[Array, ...]:
        return tuple(rows.unguarded(self._world.ids[field]) for field in (RNG_KEY, EPISODE, STEP))


def first_line(error: Exception) -> str:
    """Return what numba says is wrong, without its pages on where and why."""
    lines = [line.strip() for line in str(error).splitlines()]
    plain = [line for line in lines if line and not line.startswith(("Failed in", "-"))]
    reasons = [line for line in plain if "annot " in line]  # "Cannot modify readonly array", say
    return (reasons or plain or ["no reason given"])[0].rstrip(".") + "."


def at_least_one(array: Array) -> Array:
    """Return a static number as an array of one, as compiled hooks see it."""
    return array.reshape(1) if array.ndim == 0 else array
