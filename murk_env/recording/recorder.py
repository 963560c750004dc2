"""Writes the calls to an env, and hashes of its outputs, to the file of a recording."""

import dataclasses
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from murk_env.recording.chain import Chain
from murk_env.recording.database import Entry, Writer
from murk_env.recording.header import Header
from murk_env.recording.outputs import Outputs
from murk_env.recording.rows import Rows
from murk_env.recording.tensors import packed

__all__ = ["Recorder", "Settings"]

_MOST_BYTES = 1 << 24  # bytes of outputs in memory at which an interval ends early


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """How a run is recorded.

    Attributes:
        interval: number of steps between hashes of all rows.
        keeps_outputs: whether outputs are kept.
        flush_seconds: time after which pending data is written.
        flush_bytes: size at which pending data is written.
        keyframe_every: number of steps between keyframes; None for such intervals that keyframes take a
            quarter of the size of actions.
    """

    interval: int
    keeps_outputs: bool
    flush_seconds: float
    flush_bytes: int
    keyframe_every: int | None


class Recorder:
    """Records a run: the calls, in order, and the hashes of the outputs.

    Nothing is written during a step: pending data is written before the next one, so that a full disk raises
    before anything changes.

    Args:
        path: the file.
        header: the description of the env.
        rows: represents the outputs of the face as rows.
        settings: how the run is recorded.
        now: the clock, in seconds.

    Attributes:
        num_steps: number of recorded steps.
    """

    def __init__(
        self,
        path: Path,
        header: Header,
        rows: Rows,
        settings: Settings,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rows, self._settings, self._now = rows, settings, now
        self._writer: Writer | None = Writer(path, header.to_json())
        self._state_bytes = rows.batch.world.layout.batch_bytes // 2
        self._chain = Chain(header.num_rows, settings.interval)
        self._dtype = header.action_dtype
        self._actions: npt.NDArray[Any] = np.zeros(
            (min(settings.interval, 64), *header.actions[1]), self._dtype
        )
        self._made = 0  # steps in `_actions`
        self._outputs: list[dict[str, npt.NDArray[Any]]] = []
        self._kept_bytes = 0
        self._due: list[Entry] = []
        self._due_bytes = 0
        self._written = now()
        self._last_keyframe, self._since_keyframe = 0, 0  # in steps, and in bytes
        self.num_steps = 0

    def step(self, actions: npt.NDArray[Any], outputs: Outputs) -> None:
        """Record a step.

        Args:
            actions: the actions of all worlds, (num_worlds, ...).
            outputs: the step's outputs.
        """
        if self._made == len(self._actions):
            self._actions = np.concatenate([self._actions, np.zeros_like(self._actions)])
        self._actions[self._made] = actions
        self._made += 1
        self.num_steps += 1
        self._chain.step(outputs)
        if self._settings.keeps_outputs:
            self._outputs.append(kept := outputs.flat())
            self._kept_bytes += sum(array.nbytes for array in kept.values())
        if self._chain.steps == self._settings.interval or self._kept_bytes >= _MOST_BYTES:
            self._end_interval()

    def event(self, kind: Any, content: bytes, outputs: Outputs | None, rows: Sequence[int] = ()) -> None:
        """Record another event, and its outputs for some rows."""
        self._end_steps(b"")
        kept = b""
        if outputs is not None:
            self._chain.reset(outputs, rows)
            if self._settings.keeps_outputs:
                kept = packed([outputs.flat()])
        self._append(Entry(kind, self.num_steps, 0, content, b"", kept))

    def _end_interval(self) -> None:
        hashes = self._chain.end_interval()
        self._end_steps(hashes)

    def _end_steps(self, hashes: bytes) -> None:
        """Append the steps since the last entry as one entry."""
        made = self._made
        if not made and not hashes:
            return
        content = self._actions[:made].tobytes()
        outputs = packed(self._outputs) if self._outputs else b""
        self._made, self._outputs, self._kept_bytes = 0, [], 0
        self._append(Entry("steps", self.num_steps - made, made, content, hashes, outputs))

    def _append(self, entry: Entry) -> None:
        self._due.append(entry)
        self._due_bytes += entry.num_bytes
        self._since_keyframe += len(entry.content) + len(entry.hashes)

    def flush_if_due(self) -> None:
        """Write pending data if it is due; called before every step and reset.

        Raises:
            RecordingFileError: it cannot be written; it stays pending.
        """
        every = self._settings.keyframe_every
        if every is not None and self.num_steps - self._last_keyframe >= every:
            self._end_interval()
            self._keyframe()
        late = self._now() - self._written >= self._settings.flush_seconds
        if late or self._due_bytes >= self._settings.flush_bytes:
            self.flush()

    def _keyframe(self) -> None:
        """Record the current state of the worlds, at the end of an interval."""
        content = self._rows.batch.save().to_bytes()
        self._append(Entry("keyframe", self.num_steps, 0, content, self._chain.end_interval()))
        self._last_keyframe, self._since_keyframe = self.num_steps, 0

    def flush(self) -> None:
        """Write everything recorded so far, and end the interval with its hashes.

        Raises:
            RecordingFileError: it cannot be written; it stays pending.
        """
        if self._writer is None:
            return
        if self._made or (self._due and not self._due[-1].hashes):
            self._end_interval()
        if self._settings.keyframe_every is None and self._since_keyframe >= 4 * self._state_bytes:
            self._keyframe()
        if self._due:
            self._writer.write(self._due)
        self._due, self._due_bytes, self._written = [], 0, self._now()

    def close(self) -> None:
        """Write everything and close the file.

        Raises:
            RecordingFileError: not everything could be written; the file is closed all the same.
        """
        if self._writer is None:
            return
        self._since_keyframe = 0  # no keyframe is needed at the end
        try:
            self.flush()
        finally:
            writer, self._writer = self._writer, None
            writer.close()

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return self._writer is None


def reset_content(seed: Any, options: Any) -> bytes:
    """Return the arguments of a reset, as JSON."""
    return json.dumps({"seed": seed, "options": options}).encode()
