"""Pictures for notebooks: PNG, or None if the libraries are missing."""

import io
from collections.abc import Callable

from murk_env.errors import MissingLibraryError, PictureError
from murk_env.rendering._libraries import load
from murk_env.rendering.renderer import Frame

__all__ = ["png"]


def png(draw: Callable[[], Frame]) -> bytes | None:
    """Return a frame as PNG; None if there is nothing to draw or a library is missing."""
    try:
        image = load("PIL.Image").fromarray(draw())
    except (MissingLibraryError, PictureError):
        return None
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
