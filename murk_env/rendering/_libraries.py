"""The optional libraries that draw pictures, imported at the first picture."""

import importlib
from typing import Any

from murk_env.errors import MissingLibraryError

__all__ = ["load"]


def load(module: str) -> Any:
    """Return a module of matplotlib or Pillow.

    Raises:
        MissingLibraryError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingLibraryError(
            f"pictures are drawn with matplotlib and Pillow, and {module} cannot be imported: "
            f'pip install "murk-env[plot]". render_mode="ansi" needs neither.'
        ) from error
