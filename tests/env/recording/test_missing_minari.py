"""What is said where Minari is not installed."""

import sys

import pytest

import murk_env
from murk_env.errors import MissingLibraryError


def test_a_dataset_needs_minari(monkeypatch):
    monkeypatch.setitem(sys.modules, "minari", None)
    monkeypatch.delitem(sys.modules, "murk_env.recording.datasets", raising=False)
    with pytest.raises(MissingLibraryError, match=r"to_minari needs Minari.*pip install .murk-env\[minari\]"):
        murk_env.to_minari  # noqa: B018  # it is loaded when it is asked for
