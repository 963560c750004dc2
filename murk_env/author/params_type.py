"""Lets type checkers see `self.params` as an instance of the class's own `Params`, without a declaration."""

from typing import Any, Protocol, Self, TypeVar, overload

__all__ = ["ParamsOfClass"]

P = TypeVar("P", covariant=True)


class _WithParams(Protocol[P]):
    """Any class that has a nested class `Params`."""

    @property
    def Params(self) -> type[P]: ...  # noqa: N802  # authors call it so


class ParamsOfClass:
    """The type of `params`, for type checkers alone; read-only, so that subclasses may add parameters."""

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: _WithParams[P], owner: type) -> P: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Any: ...
    def __get__(self, instance: object, owner: type) -> Any:
        """Return the parameters."""
