"""Screens: pictures of a face's worlds in its render mode."""

from collections.abc import Mapping

import gymnasium

from murk_env.engine.batch import Batch
from murk_env.errors import InputError, PictureError, ResetNeededError
from murk_env.faces.options import integer
from murk_env.fields import Field
from murk_env.lattice import Lattice
from murk_env.rendering.picture import Picture, default_picture
from murk_env.rendering.renderer import Frame, Renderer

__all__ = ["MODES", "Screen"]

MODES = ("rgb_array", "ansi")


class Screen:
    """Shows the worlds of a batch, without changing them.

    Args:
        owner: the environment's name.
        fields: its fields by name.
        picture: how a world is drawn; None for the first float field over cells that changes.
        lattice: topology of the worlds.
        batch: the worlds.

    Raises:
        PictureError: the picture does not fit the fields or the lattice.
    """

    def __init__(
        self,
        owner: str,
        fields: Mapping[str, Field],
        picture: Picture | None,
        lattice: Lattice,
        batch: Batch,
    ) -> None:
        self._owner, self._batch = owner, batch
        drawn = default_picture(fields) if picture is None else picture
        self._renderer = None if drawn is None else Renderer(lattice, drawn, fields)

    def show(self, mode: str | None) -> tuple[Frame | str, ...] | None:
        """Return one frame or text for each world; None, with a warning, without a render mode.

        Raises:
            ClosedError, ResetNeededError: there is nothing to show.
            PictureError: no field is over cells, so that there is nothing to draw.
            MissingLibraryError: a library that draws is not installed.
        """
        self._check_ready()
        if mode is None:
            gymnasium.logger.warn(
                f"{self._owner} has no render mode, so it renders nothing; "
                f'make it with render_mode="rgb_array".'
            )
            return None
        values = self._batch.world.published()
        draw = self._drawn_by.text if mode == "ansi" else self._drawn_by.frame
        return tuple(draw(values, world) for world in range(self._batch.world.num_worlds))

    def tiles(self, num_worlds: int) -> Frame:
        """Return one frame of the first `num_worlds` worlds, (height, width, 3) uint8.

        Raises:
            InputError: there are fewer worlds.
            ClosedError, ResetNeededError, PictureError, MissingLibraryError: as `show`.
        """
        self._check_ready()
        number = integer(num_worlds)
        if not 1 <= number <= self._batch.world.num_worlds:
            raise InputError(
                f"render_tiles takes a number of worlds from 1 to {self._batch.world.num_worlds}, "
                f"not {num_worlds!r}."
            )
        return self._drawn_by.mosaic(self._batch.world.published(), range(number))

    def _check_ready(self) -> None:
        self._batch.check_open()
        if not self._batch.started:
            raise ResetNeededError(f"{self._owner}: call reset() before render().")

    @property
    def _drawn_by(self) -> Renderer:
        if self._renderer is None:
            raise PictureError(
                f"{self._owner} has no field over cells, so there is nothing to draw; declare one and "
                f"show it with the classmethod picture(cls, params)."
            )
        return self._renderer
