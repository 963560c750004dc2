"""The vector face: many worlds of one environment class, stepped at once."""

import copy as copying
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from murk_arena import OwnedSnapshot, StaticArena
from murk_env._info import info_of_rows
from murk_env._seeding import draw_seed, peek_seed, read_mask, read_options, read_seeds
from murk_env.env import MurkEnv, make_batch
from murk_env.errors import InputError, ParameterError, ResetNeededError, StateError, did_you_mean
from murk_env.observation.plan import row_of
from murk_env.random import key_from_seed

__all__ = ["MurkVectorEnv", "vector_form"]

StepResult = tuple[Any, npt.NDArray[np.float64], npt.NDArray[np.bool_], npt.NDArray[np.bool_], dict[str, Any]]


class MurkVectorEnv(VectorEnv[Any, Any, npt.NDArray[Any]]):
    """A Gymnasium vector env: `num_envs` worlds of an environment class in one arena.

    It equals `SyncVectorEnv` over single envs of the class, byte for byte, in every autoreset mode.

    Args:
        env_class: the environment.
        num_envs: number of worlds.
        autoreset_mode: `NextStep`, `SameStep` or `Disabled`, or the enum.
        render_mode: one of the class's render modes, or None.
        max_episode_steps: steps after which an episode is truncated; None or below 1 for no limit.
        copy: whether observations are arrays of their own; with False, two sets are used in turn, each
            valid until the step after next. All other outputs are always fresh.
        checked: prove at every tick that full writes are complete and all numbers finite.
        static_arena: the static fields of another env of this class and parameters.
        parameters: the fields of the class's `Params`.

    Raises:
        ParameterError: for an unknown parameter or a value that it cannot have.
    """

    def __init__(
        self,
        env_class: type[MurkEnv],
        num_envs: int = 1,
        *,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        max_episode_steps: int | None = None,
        copy: bool = True,
        checked: bool = False,
        static_arena: StaticArena | None = None,
        disable_env_checker: bool | None = None,
        **parameters: Any,
    ) -> None:
        # disable_env_checker: gymnasium.make_vec passes it on; there is no checker around a vector env.
        if not (isinstance(env_class, type) and issubclass(env_class, MurkEnv)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ParameterError(f"MurkVectorEnv takes a subclass of MurkEnv, not {env_class!r}.")
        self.num_envs = _num_worlds(num_envs)
        self.autoreset_mode = _autoreset_mode(autoreset_mode)
        self._options = {
            "render_mode": render_mode,
            "max_episode_steps": max_episode_steps,
            "copy": copy,
            "checked": checked,
        }
        self._env, self._core = make_batch(
            env_class, self.num_envs, self.autoreset_mode, self._options, static_arena, parameters
        )
        self._parameters = parameters
        self.render_mode = render_mode
        self.metadata = {**env_class.metadata, "autoreset_mode": self.autoreset_mode}
        self.single_observation_space = self._env.observation_space
        self.single_action_space = self._env.action_space
        self.observation_space = batch_space(self._core.plan.space, self.num_envs)
        self.action_space = batch_space(self._env.action_space, self.num_envs)
        self._generators: list[np.random.Generator | None] = [None] * self.num_envs
        self._seeds: list[int | None] = [None] * self.num_envs

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Any, dict[str, Any]]:
        """Begin a new episode in every world, or in those of a mask.

        Args:
            seed: an integer seeds world i with `seed + i`; a sequence holds one seed, or None, for
                each world. Worlds without a seed go on with their random numbers.
            options: `{"reset_mask": mask}`, a bool array (num_envs,), resets those worlds only. The
                dict is left as it is.

        Returns:
            The observations of all worlds and the infos of those that were reset.

        Raises:
            SeedError, SeedTypeError, OptionError, ResetMaskError, ResetMaskTypeError, ResetNeededError:
                before anything changes.
        """
        self._core.check_open()
        seeds = read_seeds(seed, self.num_envs)
        rows = None
        known = read_options(options, ("reset_mask",))
        if "reset_mask" in known:
            rows = read_mask(known["reset_mask"], self.num_envs)
            if not self._core.started:
                raise ResetNeededError("reset every world once before resetting some with a reset_mask.")
        worlds = np.arange(self.num_envs) if rows is None else rows
        keys, drawn = self._keys(worlds.tolist(), seeds)
        self._core.reset(worlds, keys)
        for generator in drawn:
            draw_seed(generator)
        for world in worlds.tolist():
            if seeds[world] is not None:
                self._seeds[world], self._generators[world] = seeds[world], None
        return self._core.observe(), info_of_rows(self._core.info, rows)

    def step(self, actions: Any) -> StepResult:
        """Step every world once, as one tick.

        Args:
            actions: (num_envs, ...) of the action space; in next-step mode those of worlds whose
                episode ended at the last step are ignored.

        Returns:
            Observations, rewards (float64), terminations, truncations and infos of all worlds.

        Raises:
            ActionError, ActionTypeError, ResetNeededError, EpisodeEndedError, ClosedError: before
                anything changes.
            HookError, PropagatorError: every world is as before the step.
        """
        core = self._core
        core.check_ready()
        core.actions.read(actions, core.pending)
        core.step()
        return (
            self._core.observe(),
            core.rewards.copy(),
            core.terminated.copy(),
            core.truncated.copy(),
            self._infos(),
        )

    def _infos(self) -> dict[str, Any]:
        infos = info_of_rows(self._core.info)
        ended = self._core.ended
        if ended is not None:
            final = np.full(self.num_envs, None, dtype=object)
            for row, world in enumerate(ended.worlds.tolist()):
                final[world] = row_of(ended.observations, row)
            mask = np.zeros(self.num_envs, np.bool_)
            mask[ended.worlds] = True
            infos |= {
                "final_obs": final,
                "_final_obs": mask,
                "final_info": info_of_rows(ended.info, ended.worlds),
                "_final_info": mask.copy(),
            }
        return infos

    # --- randomness, as SyncVectorEnv keeps it: one generator for each world -------------------

    def _keys(
        self, worlds: Sequence[int], seeds: Sequence[int | None]
    ) -> tuple[dict[int, npt.NDArray[np.int32]], list[np.random.Generator]]:
        """Return the new keys, at the first reset of all worlds, and the generators they come from."""
        keys = {world: key_from_seed(seed) for world in worlds if (seed := seeds[world]) is not None}
        if self._core.started:
            return keys, []
        drawn = {world: self._generator(world) for world in worlds if world not in keys}
        keys |= {world: key_from_seed(peek_seed(generator)) for world, generator in drawn.items()}
        return keys, list(drawn.values())

    def _generator(self, world: int) -> np.random.Generator:
        found = self._generators[world]
        if found is None:
            found, self._seeds[world] = seeding.np_random(self._seeds[world])
            self._generators[world] = found
        return found

    @property
    def np_random(self) -> tuple[np.random.Generator, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Every world's numpy generator; environments draw through `tick.rng` instead."""
        return tuple(self._generator(world) for world in range(self.num_envs))

    @property
    def np_random_seed(self) -> tuple[int | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Every world's last seed."""
        for world in range(self.num_envs):
            if self._seeds[world] is None:
                self._generator(world)
        return tuple(self._seeds)

    # --- what trainers ask of SyncVectorEnv ----------------------------------------------------

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Return an attribute of the environment, or what its method returns, once for each world."""
        if name in ("reset", "step", "close"):
            raise StateError(
                f"call({name!r}) would treat one world apart; use envs.{name}(...), which takes all."
            )
        if name in ("np_random", "np_random_seed"):
            return getattr(self, name)
        value = getattr(self._env, name)
        return (value(*args, **kwargs) if callable(value) else value,) * self.num_envs

    def get_attr(self, name: str) -> tuple[Any, ...]:
        """Return an attribute of the environment, once for each world."""
        return self.call(name)

    def set_attr(self, name: str, values: Any) -> None:
        """Set an attribute that Gymnasium or a wrapper keeps on the environment, such as `spec`.

        Args:
            name: the attribute.
            values: one value, or a list or tuple that holds the same value for each world: the worlds
                share one environment, and what differs between them lives in fields.

        Raises:
            InputError: the number of values is not that of the worlds, or they differ.
            FrozenAttributeError: it is no attribute that a face sets.
        """
        one_each = isinstance(values, list | tuple)
        given: list[Any] = list(cast("Sequence[Any]", values)) if one_each else [values] * self.num_envs
        if len(given) != self.num_envs:
            raise InputError(f"set_attr({name!r}) got {len(given)} values for {self.num_envs} worlds.")
        if any(value is not given[0] and value != given[0] for value in given):
            raise InputError(
                f"set_attr({name!r}) got values that differ, but the worlds share one environment; "
                f"keep what differs from world to world in a Field."
            )
        setattr(self._env, name, given[0])

    def close_extras(self, **kwargs: Any) -> None:
        """Refuse every later use but another close with ClosedError; memory goes with the last reference."""
        self._core.close()

    def __reduce__(self) -> tuple[Any, ...]:
        face = {
            name: getattr(self, name) for name in ("spec", "closed", "_generators", "_seeds", "action_space")
        }
        options = {**self._options, "autoreset_mode": self.autoreset_mode.value}
        return _rebuild, (
            type(self),
            type(self._env),
            self.num_envs,
            options,
            dict(self._parameters),
            self._core.save(),
            copying.copy(face),
        )


def _rebuild(
    face_class: type[MurkVectorEnv],
    env_class: type[MurkEnv],
    num_envs: int,
    options: Mapping[str, Any],
    parameters: Mapping[str, Any],
    saved: OwnedSnapshot,
    face: Mapping[str, Any],
) -> MurkVectorEnv:
    envs = face_class.__new__(face_class)
    MurkVectorEnv.__init__(
        envs, env_class, num_envs, **options, static_arena=saved.static_arena, **parameters
    )
    envs._core.restore(saved)  # pyright: ignore[reportPrivateUsage]
    for name, value in face.items():
        setattr(envs, name, value)
    if envs.closed:
        envs._core.close()  # pyright: ignore[reportPrivateUsage]
    return envs


def vector_form(env_class: type[MurkEnv]) -> Callable[..., MurkVectorEnv]:
    """Return a vector env class of one environment, for `vector_entry_point` of `gymnasium.register`.

    Example:
        HeatSeekerVector = vector_form(HeatSeeker)
    """

    class Form(MurkVectorEnv):
        def __init__(self, num_envs: int = 1, **kwargs: Any) -> None:
            super().__init__(env_class, num_envs, **kwargs)

    Form.__name__ = f"{env_class.__name__}Vector"
    Form.__qualname__ = Form.__name__
    Form.__module__ = env_class.__module__
    Form.__doc__ = f"Many worlds of {env_class.__name__}; see MurkVectorEnv."
    Form.metadata = env_class.metadata
    return Form


def _num_worlds(num_envs: Any) -> int:
    try:
        number = operator.index(num_envs)
    except TypeError:
        number = 0
    if number < 1:
        raise ParameterError(f"num_envs is a number of worlds, at least 1, not {num_envs!r}.")
    return number


def _autoreset_mode(mode: str | AutoresetMode) -> AutoresetMode:
    known = {member.value: member for member in AutoresetMode}
    if isinstance(mode, AutoresetMode):
        return mode
    if not isinstance(mode, str) or mode not in known:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ParameterError(f"autoreset_mode cannot be {mode!r}; {did_you_mean(mode, known)}")
    return known[mode]
