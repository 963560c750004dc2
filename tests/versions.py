"""Tests that speak of what a library does from some version on."""

import re
from importlib.metadata import version

import pytest

__all__ = ["since"]


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", text)[:2]))


def since(library: str, least: str) -> pytest.MarkDecorator:
    """Return what skips a test where a library is older."""
    found = version(library)
    return pytest.mark.skipif(
        _numbers(found) < _numbers(least), reason=f"{library} {found} does not do this as {least} does"
    )
