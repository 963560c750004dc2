"""Shared by the faces of many worlds: the batch, its seeds, resets, statistics and pictures."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, TypeVar, cast

import numpy as np
import numpy.typing as npt

from murk_env.author.params import parameters_of
from murk_env.engine.batch import Batch, Reader
from murk_env.engine.reset import RowValues
from murk_env.errors import ParameterError, ResetNeededError
from murk_env.faces.assembly import assemble
from murk_env.faces.env import MurkEnv
from murk_env.faces.options import VectorOptions, integer
from murk_env.faces.rebuilding import rebuilt
from murk_env.faces.reset_options import BEGINNINGS, read_beginning
from murk_env.faces.seeding import Draws, read_options, read_seeds
from murk_env.faces.statistics import EpisodeTimes
from murk_env.faces.synced import AsSyncVectorEnv
from murk_env.faces.worlds import EnvWorlds, StateDoors
from murk_env.random import key_from_seed
from murk_env.rendering.notebook import png
from murk_env.world.claim import claims

__all__ = ["StepResult", "VectorFace"]

Array = npt.NDArray[Any]
Worlds = npt.NDArray[np.intp]
Made = TypeVar("Made")
StepResult = tuple[Any, npt.NDArray[np.float64], npt.NDArray[np.bool_], npt.NDArray[np.bool_], dict[str, Any]]


class VectorFace(StateDoors, AsSyncVectorEnv, ABC):
    """A Gymnasium vector env over a batch of worlds; each face defines whether a row is a world or an agent.

    Args:
        env_class: the environment.
        num_worlds: number of worlds.
        options: the face's options.
        parameters: the fields of the class's `Params`.
        agents: whether rows are agents.
    """

    _counted: ClassVar[str]  # the keyword for the number of worlds

    def __init__(
        self,
        env_class: type[MurkEnv],
        num_worlds: Any,
        options: VectorOptions,
        parameters: Mapping[str, Any],
        *,
        agents: bool = False,
    ) -> None:
        self._num_worlds = _whole(self._counted, num_worlds)
        made = assemble(env_class, options, parameters, num_worlds=self._num_worlds, agents=agents)
        self._env, self._batch, self._screen = made.author, made.batch, made.screen
        self._assembly, self._claim, self._options = made, made.batch.claim, options
        self._times = EpisodeTimes.of(self._num_worlds) if options.record_statistics else None
        self.render_mode, self.autoreset_mode = options.render_mode, options.autoreset_mode
        self.metadata = {**env_class.metadata, "autoreset_mode": options.autoreset_mode}
        self._forget_seeds()

    @property
    def masks_actions(self) -> bool:
        """Whether infos hold action masks."""
        return self._assembly.masked is not None

    @property
    def world(self) -> EnvWorlds:
        """The worlds of the rows: `envs.world[field]` reads them, `envs.world.edit()` changes them."""
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
                agents, it selects all rows of a world or none. `fields` maps fields, or their names, to
                initial values, set after `start`: a number, or an array whose first axis is over all worlds
                (rows of worlds that are not reset are ignored) or of length 1. `state` is a State of as many
                worlds as are reset, or of one, whose fields the episodes begin with; step counters begin at 0
                and random numbers are not taken from it. `level` is a level's number, or one for each world,
                where there are levels. The dict is not modified.

        Returns:
            The observations of all rows, and the infos of those that were reset.

        Raises:
            SeedError, SeedTypeError, OptionError, ResetMaskError, ResetMaskTypeError, ResetNeededError,
                ConcurrentUseError: before anything changes; for invalid `fields` or `state` also
                UnknownFieldError, DefinitionError, StateMismatchError, RowsError.
            HookError: a hook failed; nothing has changed.
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
            ResetNeededError, ClosedError: there is nothing to observe.
            ConcurrentUseError: another thread is using the env.
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
        """Reset some worlds with these seeds; at the first reset, missing seeds are drawn."""
        chosen, kept = cast("list[int]", worlds.tolist()), vars(self)
        keys = {world: key_from_seed(seed) for world in chosen if (seed := seeds[world]) is not None}
        unseeded = [] if self._batch.started else [world for world in chosen if world not in keys]
        draws = Draws(map(self._generator, unseeded))
        noted, generators = self._seeds.copy(), self._generators.copy()
        for world in keys:
            noted[world], generators[world] = seeds[world], None
        try:
            keys |= dict(zip(unseeded, map(key_from_seed, draws.seeds()), strict=True))
            made, kept["_times"] = self._batch.reset(
                worlds, keys, partial(self._begun, worlds, outputs), begins
            )
        except BaseException:
            draws.take_back()
            raise
        kept["_seeds"], kept["_generators"] = noted, generators  # plain stores cannot fail
        return made

    def _begun(self, worlds: Worlds, outputs: Callable[[], Made]) -> tuple[Made, EpisodeTimes | None]:
        return outputs(), None if self._times is None else self._times.begun(worlds)

    @claims
    def _recorded_step(
        self, read: Reader, actions: Any, outputs: Callable[[Batch, EpisodeTimes], Made]
    ) -> Made:
        """Step as `Batch.step` does, and record when episodes begin while the worlds are claimed.

        Args:
            read: as in `Batch.step`.
            actions: likewise.
            outputs: likewise, but also given the times of the episodes of this step.
        """
        batch, kept = self._batch, vars(self)
        if not batch.ready:
            batch.check_ready()
        times, pending = cast(EpisodeTimes, self._times), batch.pending
        read(actions, pending)

        def made(batch: Batch) -> tuple[Made, EpisodeTimes]:
            said, begun = outputs(batch, times), pending if batch.ended is None else batch.ended.worlds
            return said, times if begun is None else times.begun(begun)

        said, kept["_times"] = batch.advance(made)  # a plain store: nothing may fail after publishing
        return said

    @claims
    def render(self) -> tuple[Any, ...] | None:
        """Return a picture of every row's world: a frame (height, width, 3) uint8, or text in `ansi` mode.

        Where rows are agents, all rows of a world get the same frame. In same-step mode a world whose episode
        has just ended is shown at the beginning of its next one.

        Returns:
            None, with a warning, if the env was made without a render mode.

        Raises:
            ResetNeededError, ClosedError: there is no state to show.
            MissingLibraryError: matplotlib or Pillow is not installed.
            PictureError: the environment has no field over cells, or its picture uses an unknown colour.
        """
        shown, rows_each = self._screen.show(self.render_mode), self.num_envs // self._num_worlds
        return None if shown is None else tuple(frame for frame in shown for _ in range(rows_each))

    @claims
    def render_tiles(self, num_worlds: int) -> npt.NDArray[np.uint8]:
        """Return one frame of the first worlds side by side, whatever the render mode.

        Args:
            num_worlds: how many worlds, from 1 to their number.

        Returns:
            (height, width, 3) uint8, with one legend and one range of colours for all.

        Raises:
            InputError: there are fewer worlds.
            ResetNeededError, ClosedError, MissingLibraryError, PictureError: as `render`.
        """
        return self._screen.tiles(num_worlds)

    def _repr_png_(self) -> bytes | None:
        """Return the picture of the first four worlds that notebooks display; None before the first reset."""
        shown = min(4, self._num_worlds)
        return (
            png(lambda: self.render_tiles(shown)) if self._batch.started and not self._batch.closed else None
        )

    def close_extras(self, **kwargs: Any) -> None:
        """Close the envs: later calls raise ClosedError. Memory is freed with the last reference."""
        if "_batch" in self.__dict__:  # Gymnasium 1.1 and 1.2 also close envs that could not be made
            self._close()

    @claims
    def _close(self) -> None:
        self._batch.close()

    def _reduced(self, face: "type[VectorFace]", **arguments: Any) -> tuple[Any, ...]:
        """Return the pickled form of an object whose class is a face or derives from one."""
        kept = ("spec", "_generators", "_seeds", "_times", "action_space")
        beside = {name: getattr(self, name) for name in kept}
        parameters = parameters_of(self._env.params)
        return rebuilt, (
            type(self),
            face,
            {"env_class": type(self._env), **arguments, **self._options.keywords, **parameters},
            self._batch.snapshot(),
            beside,
            self.closed,
        )


def _whole(name: str, number: Any) -> int:
    whole = integer(number)
    if whole < 1:
        raise ParameterError(f"{name} must be a number of worlds, at least 1, not {number!r}.")
    return whole
