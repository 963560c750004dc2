"""Fills the file of a recording with what is done to an env and what it returns."""

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

_MOST_BYTES = 1 << 24  # of outputs that an interval may hold in memory, after which it ends


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """How a run is recorded.

    Attributes:
        interval: steps after which every row's hash is kept.
        keeps_outputs: whether outputs are kept.
        flush_seconds: after which what was recorded is written.
        flush_bytes: of which the same is true.
        keyframe_every: steps after which a state is kept, to begin from; None for as often as states take a
            quarter of what actions take.
    """

    interval: int
    keeps_outputs: bool
    flush_seconds: float
    flush_bytes: int
    keyframe_every: int | None


class Recorder:
    """Keeps a run: what is done, in order, and the hashes of what came of it.

    Nothing is written while a step is made: what is due is written before the next one, so that a full disk
    is told before anything changes.

    Args:
        path: the file.
        header: what it says of the env.
        rows: shows the outputs of the face.
        settings: how it is recorded.
        now: the clock, in seconds.

    Attributes:
        num_steps: steps that were recorded.
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
        self._last_keyframe, self._since_keyframe = 0, 0  # a step, and bytes
        self.num_steps = 0

    def step(self, actions: npt.NDArray[Any], outputs: Outputs) -> None:
        """Keep a step that was made.

        Args:
            actions: of all worlds, (num_worlds, ...).
            outputs: what it returned.
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
        """Keep something else that was done, and what it returned of some rows."""
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
        """Make the steps since the last entry one of their own."""
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
        """Write what is due; called before anything is done.

        Raises:
            RecordingFileError: it cannot be written; it stays due.
        """
        every = self._settings.keyframe_every
        if every is not None and self.num_steps - self._last_keyframe >= every:
            self._end_interval()
            self._keyframe()
        late = self._now() - self._written >= self._settings.flush_seconds
        if late or self._due_bytes >= self._settings.flush_bytes:
            self.flush()

    def _keyframe(self) -> None:
        """Keep the state that the worlds are in, at the end of an interval."""
        content = self._rows.batch.save().to_bytes()
        self._append(Entry("keyframe", self.num_steps, 0, content, self._chain.end_interval()))
        self._last_keyframe, self._since_keyframe = self.num_steps, 0

    def flush(self) -> None:
        """Write everything that was recorded, with the hashes of an interval that ends here.

        Raises:
            RecordingFileError: it cannot be written; it stays due.
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
        """Write everything and let go of the file.

        Raises:
            RecordingFileError: it cannot be written; the file is let go of all the same.
        """
        if self._writer is None:
            return
        self._since_keyframe = 0  # nothing begins from the end
        try:
            self.flush()
        finally:
            writer, self._writer = self._writer, None
            writer.close()

    @property
    def closed(self) -> bool:
        """Whether it records no more."""
        return self._writer is None


def reset_content(seed: Any, options: Any) -> bytes:
    """Return what a reset was given, as JSON."""
    return json.dumps({"seed": seed, "options": options}).encode()
