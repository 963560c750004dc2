"""What both vector faces share: a batch of worlds, their seeds, and what trainers ask beside step."""

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, TypeVar, cast

import numpy as np
import numpy.typing as npt
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv

from murk_arena import OwnedSnapshot, StaticArena
from murk_env.engine.reset import RowValues
from murk_env.errors import InputError, ParameterError, ResetNeededError, StateError, did_you_mean
from murk_env.faces.assembly import assemble
from murk_env.faces.env import MurkEnv
from murk_env.faces.options import FaceOptions
from murk_env.faces.reset_options import BEGINNINGS, read_beginning
from murk_env.faces.seeding import Draws, read_options, read_seeds
from murk_env.faces.statistics import EpisodeStatistics
from murk_env.faces.worlds import EnvWorlds, StateDoors, refuse_field
from murk_env.random import key_from_seed
from murk_env.rendering.notebook import png
from murk_env.world.claim import claims

__all__ = ["Statistics", "StepResult", "VectorFace"]

Array = npt.NDArray[Any]
Worlds = npt.NDArray[np.intp]
Made = TypeVar("Made")
Statistics = dict[str, EpisodeStatistics]
StepResult = tuple[Any, npt.NDArray[np.float64], npt.NDArray[np.bool_], npt.NDArray[np.bool_], dict[str, Any]]


class VectorFace(StateDoors, VectorEnv[Any, Any, Array], ABC):
    """A Gymnasium vector env over a batch of worlds; what a row is, a world or an agent, the faces say.

    Args:
        env_class: the environment.
        num_worlds: number of worlds.
        autoreset_mode: `NextStep`, `SameStep` or `Disabled`, or the enum.
        options: the options that every face takes.
        static_arena: the static fields of another env of this class and parameters.
        parameters: the fields of the class's `Params`.
        agents: whether rows are agents.
        record_statistics: whether infos tell the returns and lengths of episodes that end.
    """

    _row: ClassVar[str]  # what messages call a row
    _counted: ClassVar[str]  # the keyword that says how many worlds there are

    def __init__(
        self,
        env_class: type[MurkEnv],
        num_worlds: Any,
        autoreset_mode: str | AutoresetMode,
        options: FaceOptions,
        static_arena: StaticArena | None,
        parameters: Mapping[str, Any],
        *,
        agents: bool = False,
        record_statistics: bool = False,
    ) -> None:
        self._num_worlds = _whole(self._counted, num_worlds)
        self.autoreset_mode = _autoreset_mode(autoreset_mode)
        made = assemble(
            env_class, self._num_worlds, self.autoreset_mode, options, static_arena, parameters, agents=agents
        )
        self._env, self._batch, self._screen = made.author, made.batch, made.screen
        self._assembly, self._claim = made, made.batch.claim
        self._records = bool(record_statistics)
        self._keywords = {
            "autoreset_mode": self.autoreset_mode.value,
            "record_statistics": self._records,
            **made.options.keywords,
            **parameters,
        }
        self._statistics: Statistics = {}  # by what has episodes; replaced by a plain store
        self._begins: Worlds | None = None  # the worlds that the step in progress resets, of next-step mode
        self.render_mode = options.render_mode
        self.metadata = {**env_class.metadata, "autoreset_mode": self.autoreset_mode}
        self._generators: list[np.random.Generator | None] = [None] * self._num_worlds
        self._seeds: list[int | None] = [None] * self._num_worlds

    @property
    def masks_actions(self) -> bool:
        """Whether infos say which actions are allowed."""
        return self._assembly.masked is not None

    @property
    def world(self) -> EnvWorlds:
        """The worlds behind the rows: `envs.world[field]` reads them, `envs.world.edit()` changes them."""
        return EnvWorlds(type(self._env).__name__, self._batch)

    @claims
    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Any, dict[str, Any]]:
        """Begin a new episode in every world, or in those of a mask.

        Args:
            seed: an integer seeds world i with `seed + i`; a sequence holds one seed, or None, for
                each world. Worlds without a seed continue their random numbers.
            options: `{"reset_mask": mask}`, a bool array (num_envs,), resets those rows only; where rows are
                agents, it selects all rows of a world or none. `fields` maps fields, or their names, to what
                the episodes begin with, set after `start`: a number, or an array with the axis of all worlds
                first (those that are not reset are ignored), or one of length 1. `state` is a State of as
                many worlds as are reset, or of one, whose fields the episodes begin with; step counters begin
                at 0 and random numbers are new. The dict is not modified.

        Returns:
            The observations of all rows, and the infos of those that were reset.

        Raises:
            SeedError, SeedTypeError, OptionError, ResetMaskError, ResetMaskTypeError, ResetNeededError,
                ConcurrentUseError: before anything changes; likewise what `fields` or `state` must not be:
                UnknownFieldError, DefinitionError, StateMismatchError, RowsError.
            HookError: nothing has changed.
        """
        self._batch.check_open()
        seeds = read_seeds(seed, self._num_worlds, self._counted)
        masked = None
        known = read_options(options, ("reset_mask", *BEGINNINGS))
        if "reset_mask" in known:
            masked = self._masked_worlds(known["reset_mask"])
            if not self._batch.started and len(masked) < self._num_worlds:
                raise ResetNeededError("reset every world once before resetting some with a reset_mask.")
        worlds = np.arange(self._num_worlds) if masked is None else masked
        begins = read_beginning(type(self._env).__name__, self._batch, known, worlds)
        return self._reset_worlds(
            worlds, seeds, lambda: (self._observations(), self._reset_infos(masked)), begins
        )

    @abstractmethod
    def _masked_worlds(self, mask: Any) -> Worlds:
        """Return the worlds that a mask of rows selects."""

    @abstractmethod
    def _observations(self) -> Any:
        """Return the latest observations of all rows."""

    @abstractmethod
    def _reset_infos(self, worlds: Worlds | None) -> dict[str, Any]:
        """Return the infos of a reset of some worlds, or of all."""

    @claims
    def observe(self) -> tuple[Any, dict[str, Any]]:
        """Return observations and infos of all rows as they are now: after `restore`, `branch` or an edit.

        Raises:
            ResetNeededError, ClosedError, ConcurrentUseError: there is nothing to observe, or not now.
        """
        self._batch.look()
        return self._observations(), self._reset_infos(None)

    def _reset_worlds(
        self,
        worlds: Worlds,
        seeds: Sequence[int | None],
        outputs: Callable[[], tuple[Any, dict[str, Any]]],
        begins: RowValues,
    ) -> tuple[Any, dict[str, Any]]:
        """Reset some worlds with these seeds or, at the first reset, with some that are drawn."""
        chosen, kept = cast("list[int]", worlds.tolist()), vars(self)
        keys = {world: key_from_seed(seed) for world in chosen if (seed := seeds[world]) is not None}
        unseeded = [] if self._batch.started else [world for world in chosen if world not in keys]
        draws = Draws(map(self._generator, unseeded))
        noted, generators = self._seeds.copy(), self._generators.copy()
        for world in keys:
            noted[world], generators[world] = seeds[world], None
        try:
            keys |= dict(zip(unseeded, map(key_from_seed, draws.seeds()), strict=True))
            made, kept["_statistics"] = self._batch.reset(
                worlds, keys, partial(self._begun, worlds, outputs), begins
            )
        except BaseException:
            draws.take_back()
            raise
        kept["_seeds"], kept["_generators"] = noted, generators  # plain stores, which cannot fail
        return made

    def _begun(self, worlds: Worlds, outputs: Callable[[], Made]) -> tuple[Made, Statistics]:
        return outputs(), {name: one.begun(worlds) for name, one in self._statistics.items()}

    def _told(
        self, name: str, rewards: Array, ended: npt.NDArray[np.bool_], counted: npt.NDArray[np.bool_]
    ) -> tuple[dict[str, Any], EpisodeStatistics]:
        """Return the infos of the episodes that the step in progress has ended, and what comes after."""
        over = self._batch.ended
        begun = self._begins if over is None else over.worlds
        return self._statistics[name].stepped(rewards, ended, counted=counted, begun=begun)

    @claims
    def render_tiles(self, num_worlds: int) -> npt.NDArray[np.uint8]:
        """Return one frame of the first worlds side by side, whatever the render mode.

        Args:
            num_worlds: how many, from 1 to the number of worlds.

        Returns:
            (height, width, 3) uint8, with one legend and one range of colours for all.

        Raises:
            InputError: there are not so many worlds.
            ResetNeededError, ClosedError, MissingLibraryError, PictureError: as `render`.
        """
        return self._screen.tiles(num_worlds)

    def _repr_png_(self) -> bytes | None:
        """Show the first four worlds where a notebook shows an object; nothing before the first reset."""
        shown = min(4, self._num_worlds)
        return (
            png(lambda: self.render_tiles(shown)) if self._batch.started and not self._batch.closed else None
        )

    # --- randomness, as SyncVectorEnv keeps it: one generator for each world -------------------

    def _generator(self, world: int) -> np.random.Generator:
        found = self._generators[world]
        if found is None:
            found, self._seeds[world] = seeding.np_random(self._seeds[world])
            self._generators[world] = found
        return found

    @property
    def np_random(self) -> tuple[np.random.Generator, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The numpy generator of each world, not row; environments draw through `tick.rng` instead."""
        return tuple(self._generator(world) for world in range(self._num_worlds))

    @property
    def np_random_seed(self) -> tuple[int | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The last seed of each world, not row."""
        for world in range(self._num_worlds):
            if self._seeds[world] is None:
                self._generator(world)
        return tuple(self._seeds)

    # --- what trainers ask of SyncVectorEnv ----------------------------------------------------

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Return an attribute of the environment, or what its method returns, once for each row."""
        if name in ("reset", "step", "close"):
            raise StateError(
                f"call({name!r}) would treat one {self._row} apart; use envs.{name}(...), which takes all."
            )
        if name in ("world", "save", "restore", "branch", "observe"):
            raise StateError(
                f"call({name!r}) would take the worlds apart; envs.{name} is there for all of them."
            )
        if name in ("np_random", "np_random_seed"):
            of_worlds, rows_each = getattr(self, name), self.num_envs // self._num_worlds
            return tuple(value for value in of_worlds for _ in range(rows_each))
        if name == "render":
            return cast("tuple[Any, ...] | None", self.render()) or (None,) * self.num_envs
        value = getattr(self._env, name)
        return (value(*args, **kwargs) if callable(value) else value,) * self.num_envs

    def get_attr(self, name: str) -> tuple[Any, ...]:
        """Return an attribute of the environment, once for each row."""
        return self.call(name)

    def set_attr(self, name: str, values: Any) -> None:
        """Set an attribute that Gymnasium or a wrapper keeps on the environment, such as `spec`.

        Args:
            name: the attribute.
            values: one value, or a list or tuple that holds the same value for each row: the worlds
                share one environment, and what differs between them lives in fields.

        Raises:
            InputError: the number of values is not that of the rows, or they differ.
            FieldAccessError: it is a field; the message says how that is set.
            FrozenAttributeError: it is no attribute that a face sets.
        """
        refuse_field(type(self._env), name)
        one_each = isinstance(values, list | tuple)
        given: list[Any] = list(cast("Sequence[Any]", values)) if one_each else [values] * self.num_envs
        if len(given) != self.num_envs:
            raise InputError(f"set_attr({name!r}) got {len(given)} values for {self.num_envs} {self._row}s.")
        if any(value is not given[0] and value != given[0] for value in given):
            raise InputError(
                f"set_attr({name!r}) got values that differ, but the worlds share one environment; "
                f"keep what differs from world to world in a Field."
            )
        setattr(self._env, name, given[0])

    def close_extras(self, **kwargs: Any) -> None:
        """Close the envs: later calls raise ClosedError. Memory is freed with the last reference."""
        if "_batch" in self.__dict__:  # Gymnasium 1.1 and 1.2 also close what could not be made
            self._close()

    @claims
    def _close(self) -> None:
        self._batch.close()

    def _reduced(self, face: "type[VectorFace]", **arguments: Any) -> tuple[Any, ...]:
        """Return what pickle keeps of an object whose class is, or derives from, a face."""
        kept = ("spec", "closed", "_generators", "_seeds", "_statistics", "action_space")
        beside = {name: getattr(self, name) for name in kept}
        return _rebuild, (
            type(self),
            face,
            {"env_class": type(self._env), **arguments, **self._keywords},
            self._batch.snapshot(),
            beside,
        )


def _rebuild(
    own_class: type[VectorFace],
    face: type[VectorFace],
    arguments: Mapping[str, Any],
    saved: OwnedSnapshot,
    kept: Mapping[str, Any],
) -> VectorFace:
    envs = own_class.__new__(own_class)
    face.__init__(envs, static_arena=saved.static_arena, **arguments)
    envs._batch.reinstate(saved)  # pyright: ignore[reportPrivateUsage]
    for name, value in kept.items():
        setattr(envs, name, value)
    if envs.closed:
        envs._batch.close()  # pyright: ignore[reportPrivateUsage]
    return envs


def _whole(name: str, number: Any) -> int:
    try:
        whole = operator.index(number)
    except TypeError:
        whole = 0
    if whole < 1:
        raise ParameterError(f"{name} is a number of worlds, at least 1, not {number!r}.")
    return whole


def _autoreset_mode(mode: str | AutoresetMode) -> AutoresetMode:
    known = {member.value: member for member in AutoresetMode}
    if isinstance(mode, AutoresetMode):
        return mode
    if not isinstance(mode, str) or mode not in known:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ParameterError(f"autoreset_mode cannot be {mode!r}; {did_you_mean(mode, known)}")
    return known[mode]
