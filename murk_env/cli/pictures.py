"""Pictures of worlds for the command: the first frame of an episode, and image files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from murk_env.cli.refusals import CommandError, ExitCode

__all__ = ["first_frame", "write_picture"]


def first_frame(env_class: Any, parameters: Mapping[str, Any], seed: int) -> Any:
    """Return a frame (height, width, 3) uint8 of the beginning of an episode."""
    from murk_env.cli.policies import rows_of

    envs = rows_of(env_class, 1, parameters).envs
    envs.reset(seed=seed)
    frame = envs.render_tiles(1)
    envs.close()
    return frame


def write_picture(path: Path, frame: Any) -> None:
    """Write a frame as a PNG, or another format that Pillow knows by the path's suffix.

    Raises:
        CommandError: Pillow is not installed, or does not know the suffix.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise CommandError(
            'a picture needs Pillow: pip install "murk-env[plot]"', ExitCode.MISSING
        ) from error
    try:
        Image.fromarray(frame).save(path)
    except ValueError as error:
        raise CommandError(f"a picture is written to a .png, not to {path.name!r}.") from error
