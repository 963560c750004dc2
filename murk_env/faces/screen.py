"""Screens: what a face shows of its worlds, in its render mode."""

import operator
from typing import TYPE_CHECKING

import gymnasium

from murk_env.errors import InputError, PictureError, ResetNeededError
from murk_env.rendering.picture import default_picture
from murk_env.rendering.renderer import Frame, Renderer

if TYPE_CHECKING:
    from murk_env.author.blueprint import Blueprint
    from murk_env.engine.batch import Core
    from murk_env.faces.env import MurkEnv

__all__ = ["MODES", "Screen"]

MODES = ("rgb_array", "ansi")


class Screen:
    """Shows the worlds of a core. Looking changes nothing.

    Args:
        env: the env whose worlds they are.
        blueprint: what its `build` returned.
        core: the worlds.

    Raises:
        PictureError: the blueprint's picture does not fit the fields or the lattice.
    """

    def __init__(self, env: "MurkEnv", blueprint: "Blueprint", core: "Core") -> None:
        self._owner, self._core = type(env).__name__, core
        picture = default_picture(type(env).fields) if blueprint.picture is None else blueprint.picture
        self._renderer = None if picture is None else Renderer(blueprint.lattice, picture, type(env).fields)

    def show(self, mode: str | None) -> tuple[Frame | str, ...] | None:
        """Return one frame or text for each world; None, with a warning, where there is no mode.

        Raises:
            ClosedError, ResetNeededError: there is nothing to be seen.
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
        values = self._core.world.published()
        draw = self._drawn_by.text if mode == "ansi" else self._drawn_by.frame
        return tuple(draw(values, world) for world in range(self._core.world.num_worlds))

    def tiles(self, num_worlds: int) -> Frame:
        """Return one frame of the first few worlds.

        Raises:
            InputError: there are not so many worlds.
            ClosedError, ResetNeededError, PictureError, MissingLibraryError: as `show`.
        """
        self._check_ready()
        try:
            number = operator.index(num_worlds)
        except TypeError:
            number = 0
        if not 1 <= number <= self._core.world.num_worlds:
            raise InputError(
                f"render_tiles takes a number of worlds from 1 to {self._core.world.num_worlds}, "
                f"not {num_worlds!r}."
            )
        return self._drawn_by.mosaic(self._core.world.published(), range(number))

    def _check_ready(self) -> None:
        self._core.check_open()
        if not self._core.started:
            raise ResetNeededError(f"{self._owner}: call reset() before render().")

    @property
    def _drawn_by(self) -> Renderer:
        if self._renderer is None:
            raise PictureError(
                f"{self._owner} has no field over cells, so there is nothing to draw; declare one and "
                f"show it with Blueprint(picture=Picture(field))."
            )
        return self._renderer
