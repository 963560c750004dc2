"""Plays a recording again, from the file alone, and compares what comes of it."""

import operator
import os
from collections.abc import Mapping
from typing import Any

from murk_env.errors import RecordingError, ReplayDifferenceError
from murk_env.faces.env import MurkEnv
from murk_env.faces.policies import Policy
from murk_env.recording.chain import Chain
from murk_env.recording.differences import Difference, differing_hashes, differing_outputs, merged
from murk_env.recording.player import Player
from murk_env.recording.reader import Reader
from murk_env.recording.tensors import unpacked

__all__ = ["Replay", "replay"]


class Replay:
    """A recording, and how to play it.

    Attributes:
        path: the file.
        num_steps: steps that it holds.
        num_rows: number of rows.
        keeps_outputs: whether it holds the outputs too.
        changes: what differs here from when it was recorded, recorded and now: versions of packages, the
            processor's kind, the source of the class. It is no fault as long as the bytes are the same.
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
        self.changes = header.changes(header.recipe(env_class).env_class)

    def __repr__(self) -> str:
        header = self._reader.header
        name = header.env_id or header.class_path
        return f"<Replay of {self.path}: {name}, {self.num_rows} rows, {self.num_steps} steps>"

    def compare(self) -> Difference | None:
        """Play the whole run and compare every hash; return the first difference, None for none.

        Raises:
            RecordingFileError: the file is damaged.
            ReplayError: the env cannot be made as it was, or refuses what it took.
        """
        player = self._player()
        names = player.rows.names
        chain = Chain(self.num_rows, self._reader.header.interval)
        kept: Difference | None = None
        begun = 0
        for _, entry in self._reader.entries():
            if entry.kind == "keyframe":
                continue  # its hashes are those of the entry before
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
        """Return the env as it was when a step was about to be made; steps are counted from 0.

        Args:
            step: from 0, right after the first reset, to `num_steps`, the end of the recording.
            render_mode: one of the class's render modes, or None.

        Raises:
            RecordingError: there is no such step.
            RecordingFileError, ReplayError: as `compare`.
        """
        step = self._checked(step)
        player = self._player(render_mode)
        begin = self._reader.keyframe_before(step) or 0
        for number, entry in self._reader.entries(begin):
            if entry.kind == "keyframe" and number != begin:
                continue
            if entry.first_step > step or (entry.first_step == step and entry.num_steps):
                break
            for _ in player.play(entry, step - entry.first_step):
                pass
        return player.face

    def _checked(self, step: Any) -> int:
        try:
            chosen = -1 if isinstance(step, bool) else operator.index(step)
        except TypeError:
            chosen = -1
        if not 0 <= chosen <= self.num_steps:
            raise RecordingError(
                f"the recording has {self.num_steps} steps, so the env can be had at a step from 0 to "
                f"{self.num_steps}, not at {step!r}."
            )
        return chosen

    def _player(self, render_mode: str | None = None) -> Player:
        return Player(self._reader.header, self._env_class, others=self._others, render_mode=render_mode)


def replay(
    path: "str | os.PathLike[str]",
    *,
    env_class: type[MurkEnv] | None = None,
    others: Mapping[str, Policy] | None = None,
    check: bool = True,
) -> Replay:
    """Play a recording again and compare every hash with what was recorded.

    The env is made from the file alone: the module of its class is imported, its parameters and options are
    the recorded ones. Only play files whose environments you trust as much as your own imports.

    Args:
        path: the file that a `Recording` wrote.
        env_class: the class, where it cannot be imported, such as one of a script.
        others: for rows of agents, policies for the other groups, where an env that `at` returned is stepped
            on.
        check: whether to play and compare; without, the file is only opened, for `at` and `frames`.

    Raises:
        ReplayDifferenceError: the run is not the same; it says which row first, and where.
        RecordingFileError: the file is no recording, or damaged.
        ReplayError: the env cannot be made as it was: the class or its package is missing, or it is another
            version, with other parameters or fields.
        MissingLibraryError: xxhash or safetensors is not installed.
    """
    played = Replay(path, env_class, others)
    if check:
        difference = played.compare()
        if difference is not None:
            changed = f" Changed since it was recorded: {played.changes}." if played.changes else ""
            raise ReplayDifferenceError(
                f"the run is not that of the recording {played.path}: {difference}.{changed}", difference
            )
    return played
