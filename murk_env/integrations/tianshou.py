"""Tianshou: a vector env of murk_env as one of its vector envs, for its collectors.

    from tianshou.data import Collector, VectorReplayBuffer
    from murk_env.integrations.tianshou import make_vec

    envs = make_vec("murk_envs:murk/HeatSeeker-v0", num_envs=64)
    collector = Collector(algorithm, envs, VectorReplayBuffer(100_000, len(envs)))

Tianshou steps a list of single envs in a loop (DummyVectorEnv) or in processes, and resets each when it ends.
Here the envs are the rows of one batch, and all outputs equal those of DummyVectorEnv.
"""
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUntypedBaseClass=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
# pyright: reportMissingSuperCall=false

from collections.abc import Iterable, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode

from murk_env.errors import MissingLibraryError, ParameterError
from murk_env.faces.env import MurkEnv
from murk_env.faces.lookup import env_class_of
from murk_env.faces.vector import MurkVectorEnv
from murk_env.integrations.row_infos import infos_of_rows

try:
    from tianshou.env import BaseVectorEnv
except ImportError as error:
    raise MissingLibraryError(
        "murk_env.integrations.tianshou needs Tianshou; install it: pip install tianshou."
    ) from error

__all__ = ["MurkRows", "make_vec"]

Rows = None | int | Iterable[int]
_OF_ENVS = ("metadata", "spec", "render_mode")


def make_vec(env: str | type[MurkEnv], num_envs: int = 1, *, seed: int | None = None, **options: Any) -> Any:
    """Return many worlds of an environment as a vector env of Tianshou.

    Args:
        env: an id, such as `murk_envs:murk/HeatSeeker-v0`, or a class. The default time limit is the
            registered one; set `max_episode_steps` for another.
        num_envs: number of rows.
        seed: seeds row i with `seed + i`.
        options: the environment's parameters and the options of MurkVectorEnv.

    Raises:
        ParameterError: the class or an option cannot be used here; the message says which.
        gymnasium.error.UnregisteredEnv: there is no such id.
    """
    if "autoreset_mode" in options:
        raise ParameterError(
            f"make_vec takes no autoreset_mode={options['autoreset_mode']!r}: Tianshou resets rows "
            f"itself, so it is always 'Disabled'; leave it out."
        )
    cls, keywords = env_class_of("make_vec", env)
    if cls.registered_agents == "apart":
        raise ParameterError(
            f"{cls.__name__} rewards its agents separately, so a world cannot be one row; give Tianshou's "
            f"PettingZooEnv parallel_to_aec(MurkParallelEnv({cls.__name__}))."
        )
    keywords |= options
    native = MurkVectorEnv(cls, num_envs, autoreset_mode=AutoresetMode.DISABLED, **keywords)
    if native.masks_actions and keywords.get("action_masked_out") != "replace":
        raise ParameterError(
            f"Tianshou's policies do not see the action_mask of {cls.__name__}, and would take actions that "
            f"it refuses; pass action_masked_out='replace'."
        )
    made = MurkRows(native)
    if seed is not None:
        made.seed(seed)
    return made


class MurkRows(BaseVectorEnv):
    """A vector env of murk_env as a vector env of Tianshou, whose collectors reset the rows.

    A step of some rows steps all rows as one tick, and then restores the others.

    Args:
        envs: the vector env, with `autoreset_mode="Disabled"`.

    Raises:
        ParameterError: the autoreset mode is another, or Tianshou's policies cannot choose the actions.
    """

    def __init__(self, envs: MurkVectorEnv) -> None:
        mode = envs.metadata.get("autoreset_mode")
        if mode is not AutoresetMode.DISABLED:
            raise ParameterError(
                f"Tianshou resets rows itself: make the vector env with autoreset_mode='Disabled', not "
                f"{getattr(mode, 'value', mode)!r}."
            )
        _check_actions(envs)
        self._envs = envs
        self._idle = cast("npt.NDArray[Any]", envs.action_space.sample())  # for rows that are restored
        self.env_num = self.wait_num = envs.num_envs
        self.timeout, self.is_async, self.is_closed = None, False, False
        self.ready_id, self.waiting_id = list(range(self.env_num)), list[int]()

    def reset(self, env_id: Rows = None, **kwargs: Any) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Begin an episode in some rows, or in all; return their observations and infos.

        Args:
            env_id: the rows.
            kwargs: `seed`, the same for each of these rows, and `options`, as in MurkVectorEnv.reset.
        """
        rows = self._rows(env_id)
        mask = np.zeros(self.env_num, np.bool_)
        mask[rows] = True
        seed = kwargs.pop("seed", None)
        seeds = None if seed is None else [seed if chosen else None for chosen in mask.tolist()]
        options = {**(kwargs.pop("options", None) or {}), "reset_mask": mask}
        observations, infos = self._envs.reset(seed=seeds, options=options, **kwargs)
        told = infos_of_rows(infos, self.env_num)
        return _chosen(observations, rows), np.array([told[row] for row in rows])

    def step(self, action: Any, id: Rows = None) -> Any:  # as Tianshou calls it
        """Step some rows, or all; return their observations, rewards, terminations, truncations and infos.

        Args:
            action: the actions, one for each of these rows.
            id: the rows, none of which has ended.
        """
        rows = self._rows(id)
        actions = np.asarray(action)
        if len(actions) != len(rows):
            raise ParameterError(
                f"step takes an action for each of {len(rows)} rows, but got {len(actions)}."
            )
        others = np.setdiff1d(np.arange(self.env_num), rows)
        if others.size:
            kept, given = self._envs.save(others), self._idle.copy()
            given[rows] = actions
            observations, rewards, terminated, truncated, infos = self._envs.step(given)
            self._envs.restore(kept, others)
        else:
            given = np.empty_like(self._idle)
            given[rows] = actions
            observations, rewards, terminated, truncated, infos = self._envs.step(given)
        told = infos_of_rows(infos, self.env_num)
        for row, name in zip(rows, range(self.env_num) if id is None else id, strict=True):  # pyright: ignore
            told[row]["env_id"] = name
        flags = rewards[rows], terminated[rows], truncated[rows]
        return _chosen(observations, rows), *flags, np.array([told[row] for row in rows])

    def seed(self, seed: int | Sequence[int] | None = None) -> list[list[int] | None]:
        """Seed all rows, row i with `seed + i`, and begin an episode in each."""
        if seed is None:
            self._envs.reset()
            return [None] * self.env_num
        seeds = [seed + row for row in range(self.env_num)] if isinstance(seed, int) else list(seed)
        self._envs.reset(seed=seeds)
        return [[one] for one in seeds]

    def get_env_attr(self, key: str, id: Rows = None) -> list[Any]:
        """Return an attribute of the environment, once for each of some rows."""
        envs = self._envs
        known: dict[str, Any] = {
            "action_space": envs.single_action_space,
            "observation_space": envs.single_observation_space,
            **{name: getattr(envs, name) for name in _OF_ENVS},
        }
        value = known[key] if key in known else envs.get_attr(key)[0]
        return [value for _ in self._rows(id)]

    def set_env_attr(self, key: str, value: Any, id: Rows = None) -> None:
        """Set an attribute that a wrapper keeps on the environment, in all rows."""
        if len(self._rows(id)) != self.env_num:
            raise ParameterError(f"set_env_attr({key!r}) sets all rows: they share one environment.")
        self._envs.set_attr(key, value)

    def render(self, **kwargs: Any) -> list[Any]:
        """Return a frame of every row."""
        frames = self._envs.render()
        return list(frames) if frames is not None else [None] * self.env_num

    def close(self) -> None:
        """Close the envs."""
        self._envs.close()
        self.is_closed = True

    def _rows(self, given: Rows) -> npt.NDArray[np.intp]:
        if given is None:
            return np.arange(self.env_num)
        return np.atleast_1d(np.asarray(given, np.intp))


def _chosen(observations: Any, rows: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
    """Return some rows' observations: an array or, in the dict layout, an array of dicts."""
    if isinstance(observations, dict):
        parts = cast("dict[str, npt.NDArray[Any]]", observations)
        return np.array([{key: part[row] for key, part in parts.items()} for row in rows])
    return observations[rows]


def _check_actions(envs: MurkVectorEnv) -> None:
    """Raise ParameterError for actions that Tianshou's policies cannot choose."""
    space: Any = envs.single_action_space
    if np.any(getattr(space, "start", 0)):
        raise ParameterError(
            f"Tianshou counts actions from 0, but {space} begins elsewhere; let its start be 0."
        )
