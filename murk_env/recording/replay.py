"""Replays a recording, from the file alone, and compares the result."""

import dataclasses
import operator
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.errors import RecordingError, ReplayDifferenceError
from murk_env.faces.env import MurkEnv
from murk_env.faces.policies import Policy
from murk_env.recording.chain import Chain
from murk_env.recording.differences import Difference, differing_hashes, differing_outputs, merged
from murk_env.recording.outputs import Outputs
from murk_env.recording.player import Player
from murk_env.recording.reader import Reader
from murk_env.recording.tensors import unpacked
from murk_env.recording.wrapped import whole
from murk_env.rendering.video import write_frames

__all__ = ["Replay", "replay"]


class Replay:
    """An opened recording, with methods to replay it.

    Attributes:
        path: the file.
        num_steps: number of recorded steps.
        num_rows: number of rows.
        keeps_outputs: whether it holds the outputs too.
        fingerprint: a checksum of the whole file, 16 hexadecimal digits.
        description: the file's description of its env, ready for JSON, with the fingerprint.
        changes: differences between the recording's setup and this one, as (recorded, now): versions of
            packages, the kind of processor, the source of the class. They do not matter as long as the
            outputs are equal.
    """

    def __init__(
        self,
        path: "str | os.PathLike[str]",
        env_class: type[MurkEnv] | None,
        others: Mapping[str, Policy] | None,
    ) -> None:
        self._reader = Reader(path)
        self._env_class, self._others = env_class, others
        header = self._reader.header
        self.path, self.num_steps = self._reader.path, self._reader.num_steps
        self.num_rows, self.keeps_outputs = header.num_rows, header.keeps_outputs
        self.description = {**dataclasses.asdict(header), "num_steps": self.num_steps}
        self.description["fingerprint"] = self.fingerprint = self._reader.fingerprint
        self.changes = header.changes(header.recipe(env_class).env_class)

    def __repr__(self) -> str:
        header = self._reader.header
        name = header.env_id or header.class_path
        return f"<Replay of {self.path}: {name}, {self.num_rows} rows, {self.num_steps} steps>"

    def compare(self) -> Difference | None:
        """Play the whole run and compare every hash; return the first difference, None for none.

        Raises:
            RecordingFileError: the file is damaged.
            ReplayError: the env cannot be recreated, or rejects what it accepted when it was recorded.
        """
        player = self.player()
        names = player.rows.names
        chain = Chain(self.num_rows, self._reader.header.interval)
        kept: Difference | None = None
        begun = 0
        for _, entry in self._reader.entries():
            if entry.kind == "keyframe":
                continue  # its hashes equal those of the entry before
            recorded = unpacked(entry.outputs, max(entry.num_steps, 1)) if entry.outputs else []
            for number, (outputs, rows) in enumerate(player.play(entry)):
                if rows is None:
                    chain.step(outputs)
                else:
                    chain.reset(outputs, rows)
                if recorded and kept is None:
                    step = None if rows is not None else entry.first_step + number
                    kept = differing_outputs(recorded[number], outputs, step, names)
            if entry.hashes:
                steps = begun, max(begun, entry.first_step + entry.num_steps - 1)
                found = differing_hashes(entry.hashes, chain.end_interval(), steps, names)
                if found is not None or kept is not None:
                    return merged(found, kept, steps)
                begun = entry.first_step + entry.num_steps
        return None

    def at(self, step: int, *, render_mode: str | None = None) -> Any:
        """Return the env in its state right before a step; steps are counted from 0.

        Args:
            step: from 0, right after the first reset, to `num_steps`, the end of the recording.
            render_mode: one of the class's render modes, or None.

        Raises:
            RecordingError: the step is out of range.
            RecordingFileError, ReplayError: as for `compare`.
        """
        step = self._checked(step)
        player = self.player(render_mode)
        for _ in self.played(player, step, step):
            pass
        return player.face

    def frames(
        self, first: int = 0, last: int | None = None, *, every: int = 1, num_worlds: int = 1
    ) -> Iterator[npt.NDArray[np.uint8]]:
        """Yield frames of the run: at the first step, and after every step and every reset of all rows.

        Args:
            first: the step to begin at.
            last: the step to end at; None for the end of the recording.
            every: number of steps between frames.
            num_worlds: number of worlds shown side by side.

        Returns:
            Frames (height, width, 3) uint8.

        Raises:
            RecordingError, RecordingFileError, ReplayError: as for `at`.
            InputError, PictureError, MissingLibraryError: as for `render_tiles` of a vector env.
        """
        first, last = self._checked(first), self._checked(self.num_steps if last is None else last)
        every = whole("every", every)
        player = self.player()
        for step, _, rows in self.played(player, last, first):
            whole_reset = rows is None or len(rows) == self.num_rows
            if step >= first and (step - first) % every == 0 and whole_reset:
                yield player.face._screen.tiles(num_worlds)

    def write_video(
        self,
        path: "str | os.PathLike[str]",
        first: int = 0,
        last: int | None = None,
        *,
        every: int = 1,
        num_worlds: int = 1,
        fps: float | None = None,
        force: bool = False,
    ) -> None:
        """Write the run as a GIF or a video.

        Args:
            path: a `.gif`, `.mp4` or `.webm`.
            first: the step to begin at.
            last: the step to end at; None for the end of the recording.
            every: number of steps between frames.
            num_worlds: number of worlds shown side by side.
            fps: frames per second; None for the `render_fps` of the class's metadata.
            force: whether to overwrite an existing file.

        Raises:
            RecordingError: the path has another suffix, or there is nothing to show.
            MissingLibraryError: matplotlib, Pillow or, for videos, moviepy is not installed.
            RecordingFileError: the file already exists, or its folder does not; or as for `at`.
            ReplayError: as for `at`.
        """
        env_class = self._reader.header.recipe(self._env_class).env_class
        rate = env_class.metadata.get("render_fps", 10) if fps is None else fps
        pictures = self.frames(first, last, every=every, num_worlds=num_worlds)
        write_frames(path, pictures, rate, force=force)

    def played(
        self, player: Player, stop: int, begin: int = 0
    ) -> Iterator[tuple[int, Outputs | None, Sequence[int] | None]]:
        """Play up to a step, and yield after every event.

        Args:
            player: the recreated env.
            stop: the step right before which to stop.
            begin: the first step of interest; play starts from the last keyframe before it.

        Returns:
            Number of steps so far; the outputs, None if a state was restored; and the rows of a reset, None
            for a step.
        """
        first = self._reader.keyframe_before(begin) or 0
        for number, entry in self._reader.entries(first):
            if entry.kind == "keyframe" and number != first:
                continue
            if entry.first_step > stop or (entry.first_step == stop and entry.num_steps):
                return
            step = entry.first_step
            for outputs, rows in player.play(entry, stop - step):
                step += rows is None
                yield step, outputs, rows
            if entry.kind in ("state", "keyframe"):
                yield step, None, range(self.num_rows)

    def _checked(self, step: Any) -> int:
        try:
            chosen = -1 if isinstance(step, bool) else operator.index(step)
        except TypeError:
            chosen = -1
        if not 0 <= chosen <= self.num_steps:
            raise RecordingError(
                f"step must be an integer from 0 to {self.num_steps}, the length of the recording, not "
                f"{step!r}."
            )
        return chosen

    def player(self, render_mode: str | None = None) -> Player:
        """Return a player with a new env."""
        return Player(self._reader.header, self._env_class, others=self._others, render_mode=render_mode)


def replay(
    path: "str | os.PathLike[str]",
    *,
    env_class: type[MurkEnv] | None = None,
    others: Mapping[str, Policy] | None = None,
    check: bool = True,
) -> Replay:
    """Replay a recording and compare every hash with the recorded one.

    The env is recreated from the file alone: the module of its class is imported, and its parameters and
    options are the recorded ones. Only replay files whose environments you trust as much as your own imports.

    Args:
        path: a file written by `Recording`.
        env_class: the class, if it cannot be imported, such as one defined in a script.
        others: for a `MurkAgentVectorEnv`, policies for the other groups, used when an env returned by `at`
            is stepped beyond the recording.
        check: whether to play and compare; if False, the file is only opened, for `at` and `frames`.

    Raises:
        ReplayDifferenceError: the run differs; the message names the first row and the place.
        RecordingFileError: the file is not a recording, or is damaged.
        ReplayError: the env cannot be recreated: the class or its package is missing, or a different version
            has other parameters or fields.
    """
    played = Replay(path, env_class, others)
    if check:
        difference = played.compare()
        if difference is not None:
            changed = f" Changed since it was recorded: {played.changes}." if played.changes else ""
            raise ReplayDifferenceError(
                f"the run differs from the recording {played.path}: {difference}.{changed}", difference
            )
    return played
