"""The core of every environment: one step of a batch of worlds, as one tick.

Both faces, the Gymnasium env and the vector env, drive this; nothing of it is written for one
world only.
"""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode

from murk_arena import OwnedSnapshot, RowAccessError, RowWriter, StaticArena, TickGuard
from murk_env._actions import ActionReader
from murk_env._binding import Binding
from murk_env._bookkeeping import ENDED, EPISODE, NOT_STARTED, PHASE, RNG_KEY, RUNNING
from murk_env._checks import check_values
from murk_env._info import Info, form_of
from murk_env._stages import Stages
from murk_env.blueprint import Blueprint
from murk_env.compile import kernel
from murk_env.errors import (
    BlueprintError,
    ClosedError,
    EpisodeEndedError,
    HookError,
    ReentrantStepError,
    ResetNeededError,
    TickFailedError,
    described,
)
from murk_env.hooks import outputs
from murk_env.observation import ObservationPlan
from murk_env.observation.plan import Output
from murk_env.world import World

if TYPE_CHECKING:
    from murk_env.env import MurkEnv

__all__ = ["Core", "Ended"]

Worlds = npt.NDArray[np.intp]


@dataclasses.dataclass(frozen=True, slots=True)
class Ended:
    """What same-step mode keeps of the worlds whose episode ended, from before they began anew."""

    worlds: Worlds
    observations: Any
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

    Attributes:
        rewards: of the last step, (num_worlds,) float64.
        terminated: of the last step, (num_worlds,) bool.
        truncated: of the last step, (num_worlds,) bool.
        info: what the info hook said of the published state.
        ended: same-step mode: the worlds that ended at the last step, None when there are none.
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
    ) -> None:
        self._owner = type(env).__name__
        self._mode = autoreset_mode
        self._limit = max_episode_steps or 0
        self.world = _world_of(env, blueprint, num_worlds, static, checked=checked)
        self.actions = ActionReader(blueprint.action_space, num_worlds)
        self.plan = ObservationPlan(
            blueprint.observation,
            blueprint.lattice,
            frozenset(self.world.fields.values()),
            blueprint.num_agents,
        )
        self._outputs = None if copy else [self.plan.allocate(num_worlds) for _ in range(2)]
        self._stages = Stages(env, self.world, self.actions.actions)
        self._failures = _Failures(self._owner, self._stages)
        self.rewards, self.terminated = outputs(num_worlds)
        self.truncated = np.zeros_like(self.terminated)
        self.info: Info = {}
        self.ended: Ended | None = None
        self.started = False
        self.closed = False
        self._pending: Worlds | None = None  # the worlds that ended at the last step, read from PHASE

    @property
    def pending(self) -> Worlds | None:
        """Worlds whose episode has ended and that have not begun anew; None when there are none."""
        return self._pending

    # --- step ---------------------------------------------------------------------------------

    def check_ready(self) -> None:
        """Raise unless the worlds can be stepped now."""
        self.check_open()
        if not self.started:
            raise ResetNeededError(f"{self._owner}: call reset() before step().")
        if self._mode is AutoresetMode.DISABLED and self._pending is not None:
            raise EpisodeEndedError(
                f"{self._owner}: the episodes of world(s) {self._pending.tolist()} have ended and autoreset "
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
        try:
            with self._failures, self.world.arena.begin_tick() as guard:
                outcome = self._step(guard)
            self.info, self.ended, self._pending = outcome
        except BaseException:
            self._recover()
            raise

    def _step(self, guard: TickGuard) -> tuple[Info, Ended | None, Worlds | None]:
        restarted = self._pending if self._mode is AutoresetMode.NEXT_STEP else None
        binding = self.world.open(guard)
        self._stages.act(binding)
        if self.world.arena.checked:
            self.world.check_hook(f"{self._owner}.act", guard, restarted)
        self.world.propagate(guard, skipped=restarted)
        if restarted is not None:
            self._begin(guard.rows(restarted))
        self.world.keep_bounds(guard, binding)
        return self._judge(guard, binding)

    def _recover(self) -> None:
        """After a failure or an interrupt, wherever it came: close the tick, read the flags again."""
        self.world.arena.abandon_tick()
        self.read_phases()

    def _judge(self, guard: TickGuard, binding: Binding) -> tuple[Info, Ended | None, Worlds | None]:
        """Seal the tick, find out whose episodes end and, in same-step mode, begin theirs anew."""
        views = self.world.seal(guard)
        self._stages.reward(views, self.rewards)
        self._stages.terminated(views, self.terminated)
        if self.world.arena.checked:
            self._check_rewards(binding.steps)
        phases = binding.phases
        num_ended = judge(self.rewards, self.terminated, self.truncated, binding.steps, phases, self._limit)
        pending = np.flatnonzero(phases == ENDED) if num_ended else None
        info = self._stages.info(views)
        if pending is None or self._mode is not AutoresetMode.SAME_STEP:
            return info, None, pending
        kept = {
            key: values.copy() for key, values in info.items()
        }  # they may be views of what start rewrites
        ended = Ended(pending, self.plan.fill_rows(views.after, pending), kept)
        self._begin(guard.reopen_rows(pending))
        return self._stages.info(self.world.views(guard)), ended, None

    def _check_rewards(self, steps: npt.NDArray[np.int32]) -> None:
        """Prove that rewards are finite, but for worlds that began anew."""
        worlds = np.flatnonzero(~np.isfinite(self.rewards) & (steps > 0)).tolist()
        if worlds:
            raise HookError(f"{self._owner}.reward is not finite in world(s) {worlds}; the step was undone.")

    # --- episodes -----------------------------------------------------------------------------

    def reset(self, worlds: Worlds, keys: dict[int, npt.NDArray[np.int32]]) -> None:
        """Begin an episode in some worlds, in a tick of its own.

        Args:
            worlds: the worlds to reset.
            keys: by world, a new random key; worlds without one go on with theirs.
        """
        try:
            with self._failures, self.world.arena.begin_tick() as guard:
                self._begin(guard.rows(worlds), keys)
                info = self._stages.info(self.world.seal(guard))
            self.info, self.ended = info, None
            if self._stages.info_form is None:
                self._stages.info_form = form_of(info)
            self.read_phases()
        except BaseException:
            self._recover()
            raise

    def _begin(self, rows: RowWriter, keys: dict[int, npt.NDArray[np.int32]] | None = None) -> None:
        """Restart the rows of every field, count the episode and call `start`."""
        ids = self.world.ids
        self.world.restart_rows(rows)
        episodes = rows.read(ids[EPISODE]) + np.int32(1)
        if keys:
            seeded = np.array([world in keys for world in rows.worlds.tolist()])
            words = rows.read(ids[RNG_KEY])
            words[seeded] = [keys[world] for world in rows.worlds.tolist() if world in keys]
            episodes[seeded] = 0
            rows.write(ids[RNG_KEY], words)
        rows.write(ids[EPISODE], episodes)
        rows.write(ids[PHASE], RUNNING)
        self._stages.start(rows)
        if self.world.arena.checked:
            written = [(field, rows.read(ids[field])) for field in self.world.fields.values()]
            check_values(f"{self._owner}.start", written, HookError, worlds=rows.worlds)
        self.world.bound_rows(rows)
        rows.close()  # in checked mode it proves here that start kept to its rows

    def read_phases(self) -> None:
        """Read from the arena which worlds have started and which have ended."""
        phases = self.world[PHASE]
        self.started = bool((phases != NOT_STARTED).all())
        ended = np.flatnonzero(phases == ENDED)
        self._pending = ended if ended.size else None

    # --- state --------------------------------------------------------------------------------

    def observe(self) -> Output:
        """Return the observations of all worlds from the published snapshot."""
        if self._outputs is None:
            out = self.plan.allocate(self.world.num_worlds)
        else:
            self._outputs.reverse()
            out = self._outputs[0]
        self.plan.fill(self.world.published(), out)
        return out

    def save(self) -> OwnedSnapshot:
        """Return a copy of the whole state."""
        return self.world.save()

    def restore(self, saved: OwnedSnapshot) -> None:
        """Go back to a saved state."""
        self.world.restore(saved)
        self.read_phases()

    def close(self) -> None:
        """Refuse every later use; the memory goes with the last reference."""
        self.closed = True


def _world_of(
    env: "MurkEnv", blueprint: Blueprint, num_worlds: int, static: StaticArena | None, *, checked: bool
) -> World:
    """Return the worlds that a blueprint describes."""
    if blueprint.observation.over == "agents":
        raise BlueprintError(
            f"{type(env).__name__}'s observation has one row per agent, but these faces have one per world; "
            f"leave out over='agents', and each agent's part stands in the world's row."
        )
    return World(
        blueprint.lattice,
        type(env).fields,
        blueprint.propagators,
        num_worlds=num_worlds,
        num_agents=blueprint.num_agents,
        dt=blueprint.dt,
        seed=0,
        static=blueprint.static if static is None else static,
        checked=checked,
    )


class _Failures:
    """Names the hook in whose call a tick failed; the world names propagators by itself.

    One object for every step: a generator-based context manager would cost a microsecond each time.
    """

    __slots__ = ("_owner", "_stages")

    def __init__(self, owner: str, stages: Stages) -> None:
        self._owner = owner
        self._stages = stages

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, TickFailedError):
            name = "start" if isinstance(error, RowAccessError) else self._stages.current
            hook = f".{name}" if name else ", outside its hooks,"
            raise HookError(
                f"{self._owner}{hook} raised {described(error)}; the tick was undone for all worlds."
            ) from error


@kernel
def judge(
    rewards: npt.NDArray[np.float64],
    terminated: npt.NDArray[np.bool_],
    truncated: npt.NDArray[np.bool_],
    steps: npt.NDArray[np.int32],
    phases: npt.NDArray[np.int32],
    limit: int,
) -> int:
    """Set the flags and phases of all worlds and return how many episodes ended.

    A world whose step counter is zero has begun a new episode in this tick (next-step mode): its
    reward is 0 and its flags are False.
    """
    num_ended = 0
    for world in range(rewards.shape[0]):
        if steps[world] == 0:
            rewards[world] = 0.0
            terminated[world] = False
        truncated[world] = 0 < limit <= steps[world]
        if terminated[world] or truncated[world]:
            phases[world] = ENDED
            num_ended += 1
        else:
            phases[world] = RUNNING
    return num_ended
