"""The base of wrappers of vector envs, which is generic in Gymnasium only since 1.4."""

from typing import TYPE_CHECKING, Any

from gymnasium.vector import VectorWrapper

__all__ = ["AnyVectorWrapper"]

if TYPE_CHECKING:
    AnyVectorWrapper = VectorWrapper[Any, Any, Any, Any, Any]
else:
    AnyVectorWrapper = VectorWrapper
