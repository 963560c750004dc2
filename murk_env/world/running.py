"""Worlds without learning: running, recording, rendering."""

import operator
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, overload

from murk_env.errors import InputError, PictureError
from murk_env.fields import Field, Tick, Values
from murk_env.lattice import Lattice
from murk_env.rendering.notebook import png
from murk_env.rendering.picture import Picture, default_picture
from murk_env.rendering.renderer import Frame, Renderer
from murk_env.world.claim import claims
from murk_env.world.layout import Layout
from murk_env.world.record import Record, Recorder, counted
from murk_env.world.rows import read_worlds

__all__ = ["Running"]


class Running:
    """The methods of a World that run, record and draw it."""

    layout: Layout

    @property
    @abstractmethod
    def fields(self) -> Mapping[str, Field]:
        """The fields by name."""

    @property
    @abstractmethod
    def lattice(self) -> Lattice:
        """The topology of every world's cells."""

    @property
    @abstractmethod
    def num_worlds(self) -> int:
        """Number of worlds."""

    @abstractmethod
    def _advance(self, act: Callable[[Tick], None] | None = None) -> None:
        """Advance every world by one tick; the caller holds the claim."""

    @abstractmethod
    def published(self) -> Values:
        """Return the published values of every field."""

    @overload
    def run(self, num_ticks: int, *, progress: bool = False) -> None: ...
    @overload
    def run(
        self, num_ticks: int, *, record: Iterable[Field | str], every: int = 1, progress: bool = False
    ) -> Record: ...
    @claims
    def run(
        self,
        num_ticks: int,
        *,
        record: Iterable[Field | str] | None = None,
        every: int = 1,
        progress: bool = False,
    ) -> Record | None:
        """Advance every world by a number of ticks, and record some fields.

        Args:
            num_ticks: number of ticks.
            record: the fields to record, themselves or by name.
            every: ticks from one recorded moment to the next; the first is before the first tick.
            progress: whether to show a progress bar with ticks per second; needs tqdm.

        Returns:
            The record, or None if nothing is recorded.

        Raises:
            InputError: `num_ticks` is not an integer of at least 0, or `every` is not one of at least 1;
                raised before the first tick.
            UnknownFieldError: there is no such field; raised before the first tick.
            MissingLibraryError: tqdm is not installed; raised before the first tick.
            ConcurrentUseError: another thread is using these worlds.
        """
        if _whole(num_ticks) < 0:
            raise InputError(f"num_ticks must be a number of ticks, at least 0, not {num_ticks!r}.")
        ticks = counted(num_ticks, progress=progress)
        if record is None:
            for _ in ticks:
                self._advance()
            return None
        if _whole(every) < 1:
            raise InputError(f"every must be a number of ticks, at least 1, not {every!r}.")
        recorder = Recorder(self.fields, record, self.lattice, self.layout.dt)
        recorder.note(self.published())
        for tick in ticks:
            self._advance()
            if (tick + 1) % every == 0:
                recorder.note(self.published())
        return recorder.record()

    def frame(self, picture: Picture | None = None, *, world: int = 0) -> Frame:
        """Return a picture of one world as it is, (height, width, 3) uint8.

        Args:
            picture: how the world is drawn; None for the first float field over cells that changes.
            world: number of the world.

        Raises:
            RowsError: there is no such world.
            PictureError: there is nothing to draw, or it does not fit the fields.
            MissingLibraryError: matplotlib or Pillow is not installed.
        """
        (row,) = read_worlds([world], self.num_worlds)
        drawn = default_picture(self.fields) if picture is None else picture
        if drawn is None:
            raise PictureError("these worlds have no field over cells, so there is nothing to draw.")
        if not isinstance(drawn, Picture):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise PictureError(f"picture must be a Picture, not {drawn!r}; choose a world by world=...")
        return Renderer(self.lattice, drawn, self.fields).frame(self.published(), int(row))

    def _repr_png_(self) -> bytes | None:
        """Return the picture of the first world that notebooks display."""
        return png(self.frame)


def _whole(number: Any) -> int:
    """Return an integer as an int; -1 for anything else, including True."""
    try:
        return -1 if isinstance(number, bool) else operator.index(number)
    except TypeError:
        return -1
