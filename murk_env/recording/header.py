"""The header of a recording: how to recreate its env, and a description to check the result."""

import dataclasses
import importlib
import json
from typing import Any, cast

import numpy as np
from gymnasium.vector import AutoresetMode

from murk_env.errors import MurkError, RecordingFileError, ReplayError, described
from murk_env.faces.env import MurkEnv
from murk_env.faces.recipe import Recipe, actions_of, batch_of, recipe_of
from murk_env.recording.fingerprints import layout_of, source_of, versions
from murk_env.recording.values import from_json, to_json

__all__ = ["Header", "header_of"]

_ACTION_DTYPES = {"|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<f2", "<f4", "<f8"}
_MOST_DIMENSIONS = 32
_COPY = "Get another copy of the recording."


@dataclasses.dataclass(frozen=True, kw_only=True)
class Header:
    """The description of a recorded env.

    Attributes:
        face: the name of the face.
        class_path: `module:Class`.
        env_id: the id under which the class is registered, None if it is not.
        num_worlds: number of worlds.
        num_rows: number of rows.
        options: the face's options, as JSON.
        parameters: the environment's parameters, as JSON.
        actions: dtype and shape of the actions of all worlds in one step.
        interval: number of steps between hashes of all rows.
        keeps_outputs: whether outputs are kept.
        layout: every field with its mutability, dtype and shape, which must not change.
        versions: versions of packages and Python, and the kind of processor.
        source: a hash of the class's source files, None if there are none.
    """

    face: str
    class_path: str
    env_id: str | None
    num_worlds: int
    num_rows: int
    options: dict[str, Any]
    parameters: dict[str, Any]
    actions: tuple[str, tuple[int, ...]]
    interval: int
    keeps_outputs: bool
    layout: list[str]
    versions: dict[str, str]
    source: str | None

    def to_json(self) -> str:
        """Return it as JSON."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Header":
        """Parse a header.

        Raises:
            RecordingFileError: the text is not a header.
        """
        try:
            given: Any = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise RecordingFileError(
                f"the recording's header is not JSON: {described(error)}. {_COPY}"
            ) from error
        names = {field.name for field in dataclasses.fields(cls)}
        if not isinstance(given, dict) or set(cast("dict[str, Any]", given)) != names:
            raise RecordingFileError(
                f"the recording's header must have the entries {sorted(names)}, and no others. {_COPY}"
            )
        header = cls(**cast("dict[str, Any]", given))
        header._check()
        return dataclasses.replace(header, actions=(header.actions[0], tuple(header.actions[1])))

    def _check(self) -> None:
        """Raise RecordingFileError unless every entry has its type."""
        options, parameters, versions = cast("list[Any]", [self.options, self.parameters, self.versions])
        fits = {
            "face": self.face in ("single", "vector", "agent_rows", "groups", "parallel"),
            "class_path": _are_texts([self.class_path]),
            "options": isinstance(options, dict),
            "parameters": isinstance(parameters, dict),
            "layout": _are_texts(self.layout),
            "versions": isinstance(versions, dict) and _are_texts([*self.versions.values()]),
            "interval": _is_count(self.interval),
            "num_rows": (counted := _is_count(self.num_rows)),
            "num_worlds": counted and _is_count(self.num_worlds) and self.num_worlds <= self.num_rows,
            "actions": _is_actions(self.actions) and self.actions[1][0] == self.num_worlds,
        }
        wrong = [name for name, does in fits.items() if not does]
        if wrong:
            raise RecordingFileError(f"the recording's header has an invalid entry, {wrong[0]!r}. {_COPY}")

    @property
    def action_dtype(self) -> "np.dtype[Any]":
        """Dtype of the actions in the file."""
        return np.dtype(self.actions[0])

    @property
    def bytes_a_step(self) -> int:
        """Bytes of the actions of one step."""
        return int(np.prod(self.actions[1], dtype=object)) * self.action_dtype.itemsize

    def recipe(self, env_class: type[MurkEnv] | None) -> Recipe:
        """Return the recipe for the env, from the recorded class path or the given class.

        Raises:
            ReplayError: the class cannot be imported, or is not the recorded one.
        """
        cls = self._imported() if env_class is None else env_class
        if self.env_id is not None and cls.registered_id != self.env_id:
            raise ReplayError(
                f"the recording is of {self.env_id}, but {cls.__name__} is now registered as "
                f"{cls.registered_id}; play it with the version of its package that had {self.env_id}: "
                f"{self.versions}."
            )
        options = {name: from_json(value) for name, value in self.options.items()}
        parameters = {name: from_json(value) for name, value in self.parameters.items()}
        return Recipe(cast(Any, self.face), cls, self.num_worlds, options, parameters)

    def _imported(self) -> type[MurkEnv]:
        module_name, _, name = self.class_path.partition(":")
        parts = [*module_name.split("."), *name.split(".")]
        if not all(part.isidentifier() for part in parts):
            raise ReplayError(
                f"the recorded class {self.class_path} cannot be imported, as it was defined within a "
                f"function; pass it: replay(path, env_class=...)."
            )
        try:
            found: Any = importlib.import_module(module_name)
            for part in name.split("."):
                found = getattr(found, part)
        except Exception as error:
            raise ReplayError(
                f"the recorded class {self.class_path} cannot be imported ({described(error)}); install its "
                f"package, or pass it: replay(path, env_class=...). Recorded with {self.versions}."
            ) from error
        if not (isinstance(found, type) and issubclass(found, MurkEnv)):
            raise ReplayError(f"the recorded class {self.class_path} is not a subclass of MurkEnv.")
        return found

    def make(self, recipe: Recipe, **how: Any) -> Any:
        """Recreate the env.

        Raises:
            ReplayError: its class no longer takes the parameters, or its fields or actions have changed.
        """
        try:
            face = recipe.make(**how)
        except (MurkError, MemoryError) as error:
            raise ReplayError(
                f"{recipe.env_class.__name__} cannot be made as it was recorded: {error} "
                f"Recorded with {self.versions}."
            ) from error
        self._check_same(face, recipe)
        return face

    def _check_same(self, face: Any, recipe: Recipe) -> None:
        made = header_of(
            face, recipe_of(face), self.num_rows, self.interval, keeps_outputs=self.keeps_outputs
        )
        for name in ("parameters", "layout", "actions"):
            recorded, now = getattr(self, name), getattr(made, name)
            if recorded != now:
                raise ReplayError(
                    f"{recipe.env_class.__name__} is not what was recorded: its {name} differ, "
                    f"{_first_difference(recorded, now)}. Replay it with the versions that recorded it: "
                    f"{self.versions}."
                )

    def changes(self, env_class: type[MurkEnv]) -> dict[str, tuple[str | None, str | None]]:
        """Return differences to the recording's environment: versions, and the class's source."""
        here = versions()
        found = {
            name: (self.versions.get(name), here.get(name))
            for name in {**self.versions, **here}
            if self.versions.get(name) != here.get(name)
        }
        source = source_of(env_class)
        if source != self.source:
            found[f"source of {env_class.__name__}"] = self.source, source
        return found


def header_of(face: Any, recipe: Recipe, num_rows: int, interval: int, *, keeps_outputs: bool) -> Header:
    """Return the header for a face.

    Raises:
        RecordingError: a parameter cannot be recorded.
    """
    cls, reader, owner = recipe.env_class, actions_of(face), recipe.env_class.__name__
    options = {
        name: value.value if isinstance(value, AutoresetMode) else value
        for name, value in recipe.options.items()
    }
    return Header(
        face=recipe.face,
        class_path=f"{cls.__module__}:{cls.__qualname__}",
        env_id=cls.registered_id,
        num_worlds=recipe.num_worlds,
        num_rows=num_rows,
        options={name: to_json(value, f"{owner}'s {name}") for name, value in options.items()},
        parameters={name: to_json(value, f"{owner}'s {name}") for name, value in recipe.parameters.items()},
        actions=(reader.smallest_dtype.newbyteorder("<").str, batch_of(face).actions.shape),
        interval=interval,
        keeps_outputs=keeps_outputs,
        layout=layout_of(face),
        versions=versions(),
        source=source_of(cls),
    )


def _is_count(number: Any) -> bool:
    return type(number) is int and 1 <= number < 2**40


def _are_texts(given: Any) -> bool:
    return isinstance(given, list) and all(isinstance(text, str) for text in cast("list[Any]", given))


def _is_actions(given: Any) -> bool:
    match given:
        case [str(dtype), [*shape]]:
            sides = all(type(side) is int and 0 <= side < 2**40 for side in shape)
            return dtype in _ACTION_DTYPES and 0 < len(shape) <= _MOST_DIMENSIONS and sides
        case _:
            return False


def _first_difference(recorded: Any, now: Any) -> str:
    """Return the first entry that differs, recorded and now."""
    then, here = _entries(recorded), _entries(now)
    lost, new = [one for one in then if one not in here], [one for one in here if one not in then]
    return f"recorded {lost[0] if lost else 'none'}, now {new[0] if new else 'none'}"


def _entries(value: Any) -> list[Any]:
    return list(cast("dict[str, Any]", value).items()) if isinstance(value, dict) else list(value)
