import pickle
import re

import pytest

import murk_arena
from murk_arena import (
    ArenaError,
    CapacityExceededError,
    InvalidConfigError,
    StaleHandleError,
    StaleSnapshotError,
    StaticFieldError,
    UnknownFieldError,
    errors,
)

EXAMPLES = [
    (
        CapacityExceededError(400, 64, "field 'heat'"),
        "field 'heat' needs 400 bytes, but only 64 are available",
    ),
    (StaleHandleError(3, 7), "generation 3 is stale: the oldest generation that still resolves is 7"),
    (
        StaleSnapshotError(3, 5),
        "the snapshot of generation 3 is stale: its memory was opened for generation 5",
    ),
    (UnknownFieldError("there is no field 9"), "there is no field 9"),
    (StaticFieldError("field 'wall' is static"), "field 'wall' is static"),
    (InvalidConfigError("max_segments is 2"), "max_segments is 2"),
]


@pytest.mark.parametrize(("error", "text"), EXAMPLES)
def test_every_kind_of_error_has_a_text(error, text):
    assert text in str(error)


def test_errors_are_equal_when_kind_and_arguments_are():
    assert StaleHandleError(1, 2) == StaleHandleError(1, 2)
    assert hash(StaleHandleError(1, 2)) == hash(StaleHandleError(1, 2))
    assert StaleHandleError(1, 2) != StaleHandleError(1, 3)
    assert StaleHandleError(1, 2) != StaleSnapshotError(1, 2)


@pytest.mark.parametrize(("error", "_text"), EXAMPLES)
def test_errors_survive_pickling(error, _text):
    copied = pickle.loads(pickle.dumps(error))
    assert copied == error
    assert str(copied) == str(error)


def test_the_tree_in_the_docstring_is_the_tree():
    drawn = set(re.findall(r"(\w+Error)\b(?= )", errors.__doc__ or "")) - {
        "ValueError",
        "IndexError",
        "LookupError",
    }
    defined = {kind.__name__ for kind in ArenaError.__subclasses__()}
    assert drawn == defined
    assert {"ArenaError", *defined} == set(errors.__all__)
    assert set(errors.__all__) <= set(murk_arena.__all__)
