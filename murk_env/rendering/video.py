"""Videos of a run, written by Pillow (GIF) and moviepy (MP4 and WebM)."""

import itertools
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import MissingLibraryError, RecordingError, RecordingFileError

__all__ = ["check_video", "write_frames"]

Frame = npt.NDArray[np.uint8]
_MOVIEPY = "moviepy", 'a video needs moviepy: pip install "murk-env[video]".'
_WRITERS = {  # by suffix: the library that writes it, and the message if that is missing
    ".gif": ("PIL", 'a GIF needs Pillow: pip install "murk-env[plot]".'),
    ".mp4": _MOVIEPY,
    ".webm": _MOVIEPY,
}


def check_video(path: "str | os.PathLike[str]") -> None:
    """Raise unless a video can be written to this path; imports nothing.

    Raises:
        RecordingError: the path's suffix is not `.gif`, `.mp4` or `.webm`.
        MissingLibraryError: Pillow or moviepy is not installed.
    """
    target = Path(path)
    if target.suffix not in _WRITERS:
        raise RecordingError(f"a video is written to a .gif, .mp4 or .webm, not to {target.name!r}.")
    library, advice = _WRITERS[target.suffix]
    if find_spec(library) is None:
        raise MissingLibraryError(advice)


def write_frames(
    path: "str | os.PathLike[str]", frames: Iterator[Frame], fps: float, *, force: bool = False
) -> None:
    """Write frames (height, width, 3), all of one size, as a GIF or a video, depending on the path's suffix.

    Args:
        path: a `.gif`, `.mp4` or `.webm`.
        frames: the frames; none is drawn if the path is invalid.
        fps: frames per second.
        force: whether to overwrite an existing file.

    Raises:
        RecordingError: the path has another suffix, or there is no frame.
        RecordingFileError: the file already exists, or its folder does not.
        MissingLibraryError: Pillow or moviepy is not installed.
    """
    target = Path(path)
    check_video(target)
    _check_place(target, force=force)
    first = next(frames, None)
    if first is None:
        raise RecordingError(
            "there is no frame to write: first must not be after last, or after the end of the recording."
        )
    write = _write_gif if target.suffix == ".gif" else _write_video
    part = target.with_name(f".{target.stem}-part{target.suffix}")  # so that `target` is never incomplete
    try:
        write(part, itertools.chain([first], frames), fps, first.shape)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _check_place(target: Path, *, force: bool) -> None:
    """Raise RecordingFileError unless a file may be written there."""
    if target.is_dir():
        raise RecordingFileError(f"{target} is a folder; name a file in it.")
    if target.exists() and not force:
        raise RecordingFileError(
            f"{target} already exists; choose another path, or overwrite it with force=True."
        )
    if not target.parent.is_dir():
        raise RecordingFileError(f"there is no folder {target.parent}; make it, or choose another path.")


def _write_gif(path: Path, frames: Iterator[Frame], fps: float, _shape: tuple[int, ...]) -> None:
    from PIL import Image

    drawn = (Image.fromarray(frame).quantize() for frame in frames)
    with path.open("wb") as file:  # a file opened by Pillow would stay open if a frame raises
        next(drawn).save(file, "GIF", save_all=True, append_images=drawn, duration=1000 / fps, loop=0)


def _write_video(path: Path, frames: Iterator[Frame], fps: float, shape: tuple[int, ...]) -> None:
    from moviepy.video.io import ffmpeg_writer  # pyright: ignore[reportMissingTypeStubs]

    height, width = (side + side % 2 for side in shape[:2])  # codecs only take even sides
    codec = "libx264" if path.suffix == ".mp4" else "libvpx"
    library: Any = ffmpeg_writer
    with library.FFMPEG_VideoWriter(os.fspath(path), (width, height), fps, codec=codec) as writer:
        for frame in frames:
            missing = ((0, height - shape[0]), (0, width - shape[1]), (0, 0))
            writer.write_frame(np.pad(frame, missing, mode="edge"))
