"""Recording: a wrapper around any face that records the run in a file."""

import functools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, cast

import gymnasium
from gymnasium.vector import VectorEnv

from murk_env.errors import ClosedError, RecordingError
from murk_env.faces.recipe import batch_of
from murk_env.faces.reset_options import BEGINNINGS
from murk_env.faces.vector_wrapper import AnyVectorWrapper
from murk_env.recording.header import header_of
from murk_env.recording.recorder import Recorder, Settings, reset_content
from murk_env.recording.shown import rows_of_face
from murk_env.recording.values import to_json
from murk_env.recording.wrapped import first_seeds, plain_seeds, recipe_or_refuse, whole

__all__ = ["Recording"]


class Recording:
    """Wraps an env of any face and records the run in one file, for `replay`.

    The result is a `gymnasium.Wrapper`, a `gymnasium.vector.VectorWrapper` or PettingZoo's
    `BaseParallelWrapper`, depending on the face, and returns the face's outputs unchanged. It must wrap the
    env directly, or the result of `gymnasium.make`; wrappers that change actions or outputs go around it.

    The file is an SQLite database. It holds the env's class, parameters and options, seeds, the actions of
    every step and, every `hash_every` steps, a 64-bit hash of the run so far for each row (an env, a row of a
    vector env, an agent of a parallel env). However the process ends, the file holds every step up to the
    last flush.

    Args:
        env: a single env, a vector env, a `MurkAgentVectorEnv`, a `MurkGroupsEnv` or a parallel env. An env
            that has already been reset is recorded from its current State.
        path: the file, which must not exist yet.
        hash_every: number of steps between recorded hashes. With 1, every observation is hashed; otherwise
            each row's at least once per interval. Rewards, flags and infos are hashed at every step.
        outputs: whether to keep all outputs as well, so that `replay` can tell which one differs.
        flush_seconds: the next step writes pending data if the last flush was at least so many seconds ago.
        flush_bytes: or if there are at least so many bytes.
        keyframe_every: number of steps between States of all worlds, so that `replay(path).at(step)` need not
            start at the first step; None for such intervals that States take a quarter of the size of
            actions.

    Raises:
        RecordingError: the env cannot be recorded, or an argument is invalid.
        RecordingFileError: the file already exists, or cannot be written.
    """

    _recorder: Recorder

    def __new__(cls, env: Any, *_arguments: Any, **_keywords: Any) -> Any:
        """Create the wrapper for this face."""
        if cls is not Recording:
            return super().__new__(cls)
        if isinstance(env, gymnasium.Env):
            return object.__new__(_RecordedEnv)
        if isinstance(env, VectorEnv):
            return object.__new__(_RecordedVectorEnv)
        recipe_or_refuse(env)
        return object.__new__(_recorded_parallel_env())

    def __init__(
        self,
        env: Any,
        path: "str | os.PathLike[str]",
        *,
        hash_every: int = 64,
        outputs: bool = False,
        flush_seconds: float = 1.0,
        flush_bytes: int = 1 << 24,
        keyframe_every: int | None = None,
    ) -> None:
        self._recipe = recipe = recipe_or_refuse(env)
        face = env.unwrapped
        self._face, self._batch = face, batch_of(face)
        self._rows = rows_of_face(recipe.face, face)
        settings = Settings(
            interval=whole("hash_every", hash_every),
            keeps_outputs=bool(outputs),
            flush_seconds=float(flush_seconds),
            flush_bytes=whole("flush_bytes", flush_bytes),
            keyframe_every=None if keyframe_every is None else whole("keyframe_every", keyframe_every),
        )
        header = header_of(
            face, recipe, len(self._rows.names), settings.interval, keeps_outputs=settings.keeps_outputs
        )
        self._path = Path(path)
        self._seen = -1 if self._batch.started else self._stamp()
        self._recorder = Recorder(self._path, header, self._rows, settings)

    def flush(self) -> None:
        """Write everything recorded so far.

        Raises:
            RecordingFileError: it cannot be written; nothing is lost, and it can be retried.
        """
        self._recorder.flush()

    def finish(self) -> None:
        """Write everything and close the file, but not the env.

        Raises:
            RecordingFileError: not everything could be written; the file is closed all the same.
        """
        self._recorder.close()

    # --- shared by the wrappers of all faces -----------------------------------------------------

    def _reset(self, env: Any, seed: Any, options: Any) -> Any:
        """Reset the env, and record the arguments."""
        recorder = self._open()
        kept = to_json(self._known(options), "an option of reset")
        recorder.flush_if_due()
        self._batch.check_open()
        self._follow_changes()
        drawn = None if self._batch.started else first_seeds(self._face, self._recipe, seed)
        chosen = drawn if seed is None and self._recipe.face == "parallel" else seed
        returned = env.reset(seed=chosen, options=options)
        outputs, rows = self._rows.reset(returned, self._worlds(options))
        seeds = plain_seeds(seed if drawn is None else drawn)
        recorder.event("reset", reset_content(seeds, kept), outputs, rows)
        self._seen = self._stamp()
        return returned

    def _step(self, env: Any, actions: Any) -> Any:
        """Step the env, and record the actions in the form that its hooks got."""
        recorder = self._open()
        recorder.flush_if_due()
        self._follow_changes()
        returned = env.step(actions)
        now = self._stamp()
        if now != self._seen:  # a parallel env without active agents takes no step
            self._seen = now
            recorder.step(self._batch.actions, self._rows.step(returned))
        return returned

    def _open(self) -> Recorder:
        if self._recorder.closed:
            self._batch.check_open()
            raise ClosedError(f"the recording {self._path} is closed; make a new one, with another path.")
        return self._recorder

    def _known(self, options: Any) -> Any:
        """Return the options that the env uses: a parallel env accepts any, and ignores most."""
        if self._recipe.face != "parallel" or not isinstance(options, Mapping):
            return options
        given = cast("Mapping[str, Any]", options)
        return {name: given[name] for name in BEGINNINGS if name in given}

    def _worlds(self, options: Mapping[str, Any] | None) -> list[int] | None:
        """Return the worlds that a reset was for, None for all."""
        if self._recipe.face in ("single", "parallel") or not options or "reset_mask" not in options:
            return None
        return self._face._masked_worlds(options["reset_mask"]).tolist()

    def _stamp(self) -> int:
        """Return a number that changes whenever the worlds change."""
        return self._batch.world.arena.stamp

    def _follow_changes(self) -> None:
        """Record the state of the worlds if they were changed other than through this recording.

        That is by `world.edit`, `restore` or `branch`, or a step of the wrapped env.
        """
        if self._stamp() != self._seen:
            self._recorder.event("state", self._batch.save().to_bytes(), None)
            self._seen = self._stamp()

    def _close(self, close: Callable[[], Any]) -> None:
        """Close the file, then the env, even if closing the file fails."""
        if "_recorder" not in vars(self):  # `__init__` raised; Gymnasium before 1.4 closes on deletion
            return
        try:
            self._recorder.close()
        finally:
            close()

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the env, such as `world` or `render_tiles`."""
        if name.startswith("_"):
            raise AttributeError(
                f"{type(self).__name__} has no attribute {name!r}; the env within it is `unwrapped`"
            )
        return getattr(self._face, name)

    def __reduce__(self) -> NoReturn:
        raise RecordingError(
            f"a recording cannot be copied or pickled, as two would write {self._path}. Copy the env within "
            f"it, `unwrapped`, and give the copy a recording of its own."
        )


class _RecordedEnv(Recording, gymnasium.Wrapper[Any, Any, Any, Any]):
    """A recording of a single env."""

    def __init__(self, env: Any, *arguments: Any, **keywords: Any) -> None:
        gymnasium.Wrapper.__init__(self, env)
        Recording.__init__(self, env, *arguments, **keywords)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        """Begin a new episode, as the env does, and record it."""
        return self._reset(self.env, seed, options)

    def step(self, action: Any) -> Any:
        """Step the env and record it."""
        return self._step(self.env, action)

    def close(self) -> None:
        """Write pending data, and close the file and the env."""
        self._close(self.env.close)


class _RecordedVectorEnv(Recording, AnyVectorWrapper):
    """A recording of a vector env, whose rows are worlds or agents."""

    def __init__(self, env: Any, *arguments: Any, **keywords: Any) -> None:
        AnyVectorWrapper.__init__(self, env)
        Recording.__init__(self, env, *arguments, **keywords)

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> Any:
        """Begin new episodes, as the env does, and record it."""
        return self._reset(self.env, seed, options)

    def step(self, actions: Any) -> Any:
        """Step the env and record it."""
        return self._step(self.env, actions)

    def close(self, **keywords: Any) -> None:
        """Write pending data, and close the file and the env."""
        self._close(lambda: self.env.close(**keywords))


@functools.cache
def _recorded_parallel_env() -> type[Recording]:
    """Return the class for parallel envs, created at first use because it needs PettingZoo."""
    from pettingzoo.utils.wrappers import BaseParallelWrapper  # pyright: ignore[reportMissingTypeStubs]

    class RecordedParallelEnv(Recording, BaseParallelWrapper[str, Any, Any]):
        """A recording of a parallel env."""

        def __init__(self, env: Any, *arguments: Any, **keywords: Any) -> None:
            BaseParallelWrapper.__init__(self, env)  # pyright: ignore[reportUnknownMemberType]
            Recording.__init__(self, env, *arguments, **keywords)

        def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
            """Begin a new episode, as the env does, and record it."""
            return self._reset(self.env, seed, options)

        def step(self, actions: dict[str, Any]) -> Any:
            """Step the env and record it."""
            return self._step(self.env, actions)

        def close(self) -> None:
            """Write pending data, and close the file and the env."""
            self._close(self.env.close)

    return RecordedParallelEnv
