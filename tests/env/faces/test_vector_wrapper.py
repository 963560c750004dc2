"""What goes around vector envs is the same with a Gymnasium whose VectorWrapper is no generic class."""

import runpy

import pytest
from gymnasium.vector import VectorWrapper

from murk_env.faces import vector_modes, vector_wrapper
from murk_env.recording import recording


@pytest.mark.parametrize("module", [vector_wrapper, vector_modes, recording])
def test_no_vector_wrapper_needs_to_be_generic(module, monkeypatch):
    def refuse(cls, _):
        raise TypeError(f"{cls} is not a generic class")

    monkeypatch.setattr(VectorWrapper, "__class_getitem__", classmethod(refuse), raising=False)
    runpy.run_path(module.__file__)
