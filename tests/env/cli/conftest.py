"""The tests of the command need typer."""

import pytest

pytest.importorskip("typer")
