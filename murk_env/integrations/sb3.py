"""Stable-Baselines3: a vector env of murk_env as one of its VecEnvs.

    from stable_baselines3 import PPO
    from murk_env.integrations.sb3 import make_vec

    model = PPO("MlpPolicy", make_vec("murk_envs:murk/HeatSeeker-v0", num_envs=64))
    model.learn(1_000_000)

Stable-Baselines3 steps a list of single envs in a loop (DummyVecEnv) or in processes (SubprocVecEnv). Here
the envs are the rows of one batch, and all outputs equal those of DummyVecEnv.
"""
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUntypedBaseClass=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv

from murk_env.engine.action_masks import ACTION_MASK
from murk_env.errors import MissingLibraryError, ParameterError
from murk_env.faces.agent_rows import MurkAgentVectorEnv
from murk_env.faces.env import MurkEnv
from murk_env.faces.lookup import env_class_of
from murk_env.faces.vector import MurkVectorEnv
from murk_env.integrations.row_infos import FINAL, infos_of_rows

try:
    from stable_baselines3.common.vec_env import VecEnv, VecMonitor
except ImportError as error:
    raise MissingLibraryError(
        "murk_env.integrations.sb3 needs Stable-Baselines3; install it: pip install stable-baselines3."
    ) from error

__all__ = ["MurkVecEnv", "make_vec"]

Rows = None | int | Iterable[int]
_SUPPORTED = (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)


def make_vec(
    env: str | type[MurkEnv],
    num_envs: int = 1,
    *,
    seed: int | None = None,
    group: str | None = None,
    monitor: bool = True,
    **options: Any,
) -> Any:
    """Return many worlds of an environment as a VecEnv of Stable-Baselines3.

    Args:
        env: an id, such as `murk_envs:murk/HeatSeeker-v0`, or a class. The default time limit is the
            registered one; set `max_episode_steps` for another.
        num_envs: number of rows; with `group` the number of worlds, each with a row for every agent.
        seed: seeds the first reset, row i with `seed + i`; where rows are agents, a world gets the seed of
            its first row.
        group: for an environment with agents, the group whose agents are the rows and share one policy.
        monitor: whether `info["episode"]` holds returns and lengths of episodes, by VecMonitor.
        options: the environment's parameters and the options of MurkVectorEnv.

    Raises:
        ParameterError: the class or an option cannot be used here, or Stable-Baselines3 has no policy for the
            spaces; the message says which.
        gymnasium.error.UnregisteredEnv: there is no such id.
    """
    if "autoreset_mode" in options:
        raise ParameterError(
            f"make_vec takes no autoreset_mode={options['autoreset_mode']!r}: Stable-Baselines3 needs rows "
            f"that are reset in the same step, so it is always 'SameStep'; leave it out."
        )
    cls, keywords = env_class_of("make_vec", env)
    made = MurkVecEnv(_vector_env(cls, num_envs, group, {**keywords, **options}))
    if seed is not None:
        made.seed(seed)
    return cast(VecEnv, VecMonitor(made)) if monitor else made


def _vector_env(
    cls: type[MurkEnv], num_envs: int, group: str | None, options: dict[str, Any]
) -> VectorEnv[Any, Any, Any]:
    options = {**options, "autoreset_mode": AutoresetMode.SAME_STEP}
    if group is not None:
        return MurkAgentVectorEnv(cls, num_envs, group=group, **options)
    if cls.registered_agents == "apart":
        raise ParameterError(
            f"{cls.__name__} rewards its agents separately, so a world cannot be one row; make each agent of "
            f"a group a row, by the group's name, such as make_vec(..., group='agent')."
        )
    return MurkVectorEnv(cls, num_envs, **options)


class MurkVecEnv(VecEnv):
    """A vector env of murk_env in same-step mode as a VecEnv of Stable-Baselines3.

    All outputs equal those of DummyVecEnv over as many single envs: observations, float32 rewards, dones,
    infos with `TimeLimit.truncated` and, at an episode's end, `terminal_observation`.

    Args:
        envs: the vector env, in same-step mode.

    Raises:
        ParameterError: the autoreset mode is another, or Stable-Baselines3 has no policy for the spaces.
    """

    def __init__(self, envs: VectorEnv[Any, Any, Any]) -> None:
        mode = envs.metadata.get("autoreset_mode")
        if mode is not AutoresetMode.SAME_STEP:
            raise ParameterError(
                f"Stable-Baselines3 needs rows that are reset in the same step: make the vector env with "
                f"autoreset_mode='SameStep', not {getattr(mode, 'value', mode)!r}."
            )
        _check_space("observations", envs.single_observation_space)
        _check_space("actions", envs.single_action_space)
        self.envs = envs
        self._has_masks: bool = getattr(envs, "masks_actions", False)
        self._actions: Any = None
        self._mask: npt.NDArray[np.int8] | None = None
        super().__init__(envs.num_envs, envs.single_observation_space, envs.single_action_space)

    def reset(self) -> Any:
        """Begin an episode in every row, with the seeds and options set before; return observations."""
        known = [dict(one) for one in self._options if one]
        if any(one != known[0] for one in known) or len(known) not in (0, self.num_envs):
            raise ParameterError("set_options gives all rows the same options: they are one batch here.")
        rows_each = self.num_envs // cast(Any, self.envs).world.num_worlds  # a world's first row seeds it
        seeds: Any = self._seeds[::rows_each] if any(seed is not None for seed in self._seeds) else None
        observations, infos = self.envs.reset(seed=seeds, options=known[0] if known else None)
        self._mask = infos.get(ACTION_MASK)
        self.reset_infos = infos_of_rows(infos, self.num_envs)
        self._reset_seeds()
        self._reset_options()
        return observations

    def step_async(self, actions: npt.NDArray[Any]) -> None:
        """Store the actions of the step that `step_wait` will make."""
        self._actions = actions

    def step_wait(self) -> tuple[Any, npt.NDArray[np.float32], npt.NDArray[np.bool_], list[dict[str, Any]]]:
        """Step every row; return observations, rewards, dones and infos.

        A row whose episode ended has the first observation of its next episode.
        """
        observations, rewards, terminated, truncated, infos = self.envs.step(self._actions)
        self._mask = infos.get(ACTION_MASK)
        done = terminated | truncated
        told = infos_of_rows(infos, self.num_envs)
        cut = truncated & ~terminated
        for info, is_cut in zip(told, cut.tolist(), strict=True):
            info["TimeLimit.truncated"] = is_cut
        if done.any():
            ended = np.flatnonzero(done).tolist()
            last = infos_of_rows(infos["final_info"], self.num_envs)
            first = infos_of_rows(
                {key: array for key, array in infos.items() if key not in FINAL}, self.num_envs
            )
            for row in ended:
                told[row] = {
                    **last[row],
                    "TimeLimit.truncated": bool(cut[row]),
                    "terminal_observation": infos["final_obs"][row],
                }
                self.reset_infos[row] = first[row]
        return observations, rewards.astype(np.float32), done, told

    def action_masks(self) -> npt.NDArray[np.bool_]:
        """Return the current action masks, (num_envs, options) bool, for MaskablePPO of sb3-contrib.

        Raises:
            AttributeError: the environment has no action mask, or has not been reset.
        """
        if self._mask is None:
            raise AttributeError(
                "there is no action mask: give the environment's Blueprint, or its Group, "
                "action_mask=field, and reset the envs before they are asked for it."
            )
        return self._mask.astype(np.bool_)

    def close(self) -> None:
        """Close the envs."""
        self.envs.close()

    def get_attr(self, attr_name: str, indices: Rows = None) -> list[Any]:
        """Return an attribute of the environment, once for each of some rows."""
        if attr_name == "render_mode":
            return [self.envs.render_mode for _ in self._chosen(indices)]
        if attr_name == "action_masks" and self._has_masks:
            return [partial(self._mask_of, row) for row in self._chosen(indices)]
        values = cast(Any, self.envs).get_attr(attr_name)
        return [values[row] for row in self._chosen(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Rows = None) -> None:
        """Set an attribute that a wrapper keeps on the environment, in all rows."""
        if len(self._chosen(indices)) != self.num_envs:
            raise ParameterError(f"set_attr({attr_name!r}) sets all rows: they share one environment.")
        cast(Any, self.envs).set_attr(attr_name, value)

    def env_method(
        self, method_name: str, *method_args: Any, indices: Rows = None, **method_kwargs: Any
    ) -> list[Any]:
        """Call a method of the environment, once for each of some rows."""
        if method_name == "action_masks":
            masks = self.action_masks()
            return [masks[row] for row in self._chosen(indices)]
        values = cast(Any, self.envs).call(method_name, *method_args, **method_kwargs)
        return [values[row] for row in self._chosen(indices)]

    def env_is_wrapped(self, wrapper_class: Any, indices: Rows = None) -> list[bool]:
        """Return False for each of some rows: rows are never wrapped."""
        return [False for _ in self._chosen(indices)]

    def get_images(self) -> Sequence[Any]:
        """Return a frame of every row, for `render` and VecVideoRecorder."""
        frames: Any = self.envs.render()
        return list(frames) if frames is not None else [None] * self.num_envs

    def _mask_of(self, row: int) -> npt.NDArray[np.bool_]:
        return self.action_masks()[row]

    def _chosen(self, indices: Rows) -> list[int]:
        return [int(row) for row in self._get_indices(indices)]


def _check_space(what: str, space: "spaces.Space[Any]") -> None:
    """Raise ParameterError for a space that Stable-Baselines3 has no policy for."""
    parts = list(space.spaces.values()) if isinstance(space, spaces.Dict) else [space]
    if what == "actions" and isinstance(space, spaces.Dict):
        parts = [space]
    if what == "actions" and np.any(getattr(space, "start", 0)):
        raise ParameterError(
            f"Stable-Baselines3 counts actions from 0, but {space} begins elsewhere; let its start be 0."
        )
    wrong = [part for part in parts if not isinstance(part, _SUPPORTED)]
    if wrong:
        names = ", ".join(kind.__name__ for kind in _SUPPORTED)
        raise ParameterError(
            f"Stable-Baselines3 has no policy for {what} in {wrong[0]}; it takes {names}, and dicts of them "
            f"for observations."
        )
