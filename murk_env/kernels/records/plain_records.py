"""Records as Python objects, for functions that run uncompiled."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from murk_env.kernels.records.members import RECORD, Constant, Method, Path, Resolve, dotted
from murk_env.kernels.uncompiled import wide

__all__ = ["PlainRecord", "call_with_records"]


class PlainRecord:
    """A record with the members that the compiled function reads."""

    _path: Path
    _values: Mapping[Path, Any]
    _resolve: Resolve

    def __init__(self, path: Path, values: Mapping[Path, Any], resolve: Resolve) -> None:
        for name, value in (("_path", path), ("_values", values), ("_resolve", resolve)):
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        path: Path = (*self._path, name)
        if path in self._values:
            return self._values[path]
        member = self._resolve(path)
        if member is RECORD:
            return PlainRecord(path, self._values, self._resolve)
        if isinstance(member, Constant):
            return wide(member.value)
        if isinstance(member, Method):
            return partial(wide(member.function), self)
        raise AttributeError(f"{dotted(self._path)} has no {name} that the function was compiled with")

    def __setattr__(self, name: str, value: Any) -> None:
        if value is not getattr(self, name):  # it is the same object after `self.heat *= 2.0`
            whole = f"{dotted(self._path)}.{name}"
            raise AttributeError(f"{whole} cannot be bound to another value; write {whole}[...] = value")

    def __repr__(self) -> str:
        values = {path: value for path, value in self._values.items() if path[:-1] == self._path}
        members = ", ".join(f"{path[-1]}={value!r}" for path, value in values.items())
        return f"<{dotted(self._path)}: {members}>"


def call_with_records(
    function: Callable[..., Any],
    records: Collection[str],
    paths: Sequence[Path],
    arguments: Sequence[str],
    resolve: Resolve,
) -> Callable[..., Any]:
    """Return a function of flat arguments that calls a function of records."""

    def call(*handed: Any) -> Any:
        values = dict(zip(paths, handed[: len(paths)], strict=True))
        rest = dict(zip(arguments, handed[len(paths) :], strict=True))
        return function(**{name: PlainRecord((name,), values, resolve) for name in records}, **rest)

    return call
