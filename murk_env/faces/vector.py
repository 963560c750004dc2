"""The vector face: many worlds of one environment class, stepped at once."""

from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode, VectorEnv

from murk_arena import StaticArena
from murk_env.engine.batch import Batch
from murk_env.faces.env import MurkEnv
from murk_env.faces.infos import info_of_rows
from murk_env.faces.options import MaskedOut, OutOfBounds, VectorOptions
from murk_env.faces.seeding import read_mask
from murk_env.faces.spaces import batched_space
from murk_env.faces.statistics import EPISODE, EpisodeTimes, of_ended
from murk_env.faces.vector_base import StepResult, VectorFace
from murk_env.observation.output import rows_of
from murk_env.world.claim import claims

__all__ = ["MurkVectorEnv"]

Array = npt.NDArray[Any]


# skrl looks for Gymnasium's class among the direct bases.
class MurkVectorEnv(VectorFace, VectorEnv[Any, Any, Array]):  # pyright: ignore[reportIncompatibleMethodOverride]
    """A Gymnasium vector env: `num_envs` worlds of an environment class in one arena.

    It equals `SyncVectorEnv` over single envs of the class, byte for byte, in every autoreset mode.

    Args:
        env_class: the environment.
        num_envs: number of worlds.
        autoreset_mode: `NextStep`, `SameStep` or `Disabled`, or the enum.
        render_mode: one of the class's render modes, or None.
        max_episode_steps: steps after which an episode is truncated; by default the class's own limit, -1
            for none.
        action_out_of_bounds: what happens to a number beyond the bounds of a Box of actions: `raise` refuses
            it, `clip` sets it to the bound. NaN is always refused, and a number beyond the bound by at most 4
            units in the last place is always set to it.
        action_masked_out: what happens to an action that the action mask forbids: `raise` refuses it,
            `replace` takes the first allowed one.
        record_statistics: whether `infos["episode"]` holds the return `r`, the length `l` and the seconds `t`
            of episodes that end, as Gymnasium's RecordEpisodeStatistics does.
        copy: whether observations, rewards and flags are new arrays; with False two sets of buffers
            alternate, each valid until the step after next. Infos are always new.
        checked: check at every tick that full writes are complete, all numbers finite, and indices of
            compiled hooks within their arrays.
        num_threads: number of threads; results do not depend on it. None means one per processor, but no more
            than one per 512 kB of worlds; 1 starts none. At most 16 per processor.
        static_arena: the static fields of another env of this class and parameters; by default they
            are shared automatically.
        parameters: the fields of the class's `Params`.

    Raises:
        ParameterError: an unknown parameter, or a value that it cannot have.
    """

    _row = "world"
    _counted = "num_envs"

    def __init__(
        self,
        env_class: type[MurkEnv],
        num_envs: int = 1,
        *,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        max_episode_steps: int | None = None,
        action_out_of_bounds: OutOfBounds = "raise",
        action_masked_out: MaskedOut = "raise",
        record_statistics: bool = False,
        copy: bool = True,
        checked: bool = False,
        num_threads: int | None = None,
        static_arena: StaticArena | None = None,
        disable_env_checker: bool | None = None,
        **parameters: Any,
    ) -> None:
        # disable_env_checker: gymnasium.make_vec passes it on; there is no checker around a vector env.
        elsewhere = {"num_worlds": "pass num_envs"}
        options = VectorOptions.read(type(self).__name__, env_class, locals(), elsewhere)
        super().__init__(env_class, num_envs, options, parameters)
        made = self._assembly
        read = made.actions.read
        self._read = read if made.masked is None else made.masked.after(read, made.batch, skips=True)
        self.num_envs = self._num_worlds
        self.single_observation_space = self._env.observation_space
        self.single_action_space = self._env.action_space
        self.observation_space = batched_space(self._env.observation_space, self.num_envs)
        self.action_space = batched_space(self._env.action_space, self.num_envs)

    def step(self, actions: Any) -> StepResult:
        """Step every world once, as one tick.

        Args:
            actions: (num_envs, ...) of the action space; in next-step mode those of worlds whose episode
                ended in the last step are ignored.

        Returns:
            Observations, rewards (float64), terminations, truncations and infos of all worlds.

        Raises:
            ActionError, ActionTypeError, ResetNeededError, EpisodeEndedError, ClosedError,
                ConcurrentUseError: before anything changes.
            HookError, PropagatorError: every world is as before the step.
        """
        if self._times is None:
            return self._batch.step(self._read, actions, _stepped)
        return self._recorded_step(self._read, actions, _recorded)

    def _masked_worlds(self, mask: Any) -> npt.NDArray[np.intp]:
        return read_mask(mask, self.num_envs)

    def _observations(self) -> Any:
        return self._batch.observation()

    def _reset_infos(self, worlds: npt.NDArray[np.intp] | None) -> dict[str, Any]:
        return info_of_rows(self._batch.info, worlds)

    @claims
    def __reduce__(self) -> tuple[Any, ...]:
        return self._reduced(MurkVectorEnv, num_envs=self.num_envs)


def _stepped(batch: Batch) -> StepResult:
    """Return the outputs of a step of all worlds."""
    return batch.observation(), *batch.flags(), _infos(batch)


def _recorded(batch: Batch, times: EpisodeTimes) -> StepResult:
    """Return the outputs of a step of all worlds, with statistics of the episodes that ended in it."""
    seen, rewards, terminated, truncated, infos = _stepped(batch)
    ended = terminated | truncated
    if ended.any():
        infos[EPISODE] = of_ended(ended, batch.returns, batch.lengths, times.seconds)
        infos[f"_{EPISODE}"] = ended
    return seen, rewards, terminated, truncated, infos


def _infos(batch: Batch) -> dict[str, Any]:
    """Return the infos of a step; in same-step mode with the last observations of worlds that ended in it."""
    infos, ended = info_of_rows(batch.info), batch.ended
    if ended is None:
        return infos
    num_worlds = batch.world.num_worlds
    final = np.empty(num_worlds, dtype=object)  # of None
    for world, seen in zip(ended.worlds.tolist(), rows_of(ended.observations[0]), strict=True):
        final[world] = seen
    mask = np.zeros(num_worlds, np.bool_)
    mask[ended.worlds] = True
    of_ended = {
        "final_obs": final,
        "_final_obs": mask,
        "final_info": info_of_rows(ended.info, ended.worlds),
        "_final_info": mask.copy(),
    }
    return of_ended | infos if mask[0] else infos | of_ended  # in SyncVectorEnv's order of keys
