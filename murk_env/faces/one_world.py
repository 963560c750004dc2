"""Shared by the faces of one world, beside its state: rendering and closing."""

from typing import Any

from murk_env.faces.screen import Screen
from murk_env.faces.worlds import StateDoors
from murk_env.rendering.notebook import png
from murk_env.world.claim import claims

__all__ = ["OneWorld"]


class OneWorld(StateDoors):
    """A face of one world."""

    _screen: Screen
    render_mode: str | None

    @claims
    def render(self) -> Any:
        """Return a picture of the world: a frame (height, width, 3) uint8, or text in `ansi` mode.

        Returns:
            None, with a warning, if the env was made without a render mode.

        Raises:
            ResetNeededError, ClosedError: there is no state to show.
            MissingLibraryError: matplotlib or Pillow is not installed.
            PictureError: the environment has no field over cells, or its picture uses an unknown colour.
        """
        shown = self._screen.show(self.render_mode)
        return None if shown is None else shown[0]

    @claims
    def close(self) -> None:
        """Close the env: later calls raise ClosedError. Memory is freed with the last reference."""
        self._batch.close()

    def _repr_png_(self) -> bytes | None:
        """Return the picture of the world that notebooks display; None before the first reset."""
        return png(lambda: self._screen.tiles(1)) if self._batch.started and not self._batch.closed else None
