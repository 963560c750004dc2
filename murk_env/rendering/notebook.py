"""Pictures as notebooks show objects: PNG, or nothing where no library draws."""

import io
from collections.abc import Callable

from murk_env.errors import MissingLibraryError, PictureError
from murk_env.rendering._libraries import load
from murk_env.rendering.renderer import Frame

__all__ = ["png"]


def png(draw: Callable[[], Frame]) -> bytes | None:
    """Return what is drawn as PNG; None where there is nothing to draw, or nothing that draws."""
    try:
        image = load("PIL.Image").fromarray(draw())
    except (MissingLibraryError, PictureError):
        return None
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
