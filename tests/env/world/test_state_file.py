"""State files: complete or refused, whatever bytes they hold."""

import json
import os
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from murk_env import State
from murk_env.errors import StateFileError
from tests.env.world.test_state import worlds

STATE = worlds(num_worlds=2).save()
DATA = STATE.to_bytes()
SIZE = 8 + struct.unpack("<Q", DATA[:8])[0]  # of the table, which the numbers follow


def rewritten(change, data=DATA):
    """Return the file with its own account of itself changed, and all else as it was."""
    table = json.loads(data[8:SIZE])
    told = json.loads(table["__metadata__"]["murk_env.State"])
    change(told, table)
    if "__metadata__" in table:
        table["__metadata__"]["murk_env.State"] = json.dumps(told)
    text = json.dumps(table).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data[SIZE:]


def test_what_was_written_is_read(tmp_path):
    STATE.write(tmp_path / "two.state")
    assert State.read(tmp_path / "two.state") == STATE
    assert [path.name for path in tmp_path.iterdir()] == ["two.state"]


def test_writing_takes_the_place_of_a_file_only_when_it_is_complete(tmp_path, monkeypatch):
    path = tmp_path / "two.state"
    STATE.write(path)

    def fails(_handle):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="disk full"):
        STATE[:1].write(path)
    assert State.read(path) == STATE
    assert [one.name for one in tmp_path.iterdir()] == ["two.state"]


def test_other_libraries_read_its_fields(tmp_path):
    from safetensors.numpy import load

    assert load(DATA)["heat"].tolist() == STATE["heat"].tolist()


@pytest.mark.parametrize("length", [0, 7, 8, 100, SIZE, len(DATA) - 1])
def test_a_file_that_was_cut_is_refused(tmp_path, length):
    path = tmp_path / "cut.state"
    path.write_bytes(DATA[:length])
    with pytest.raises(StateFileError, match=r"cut.state.*the state is damaged"):
        State.read(path)


def test_a_file_that_ends_with_its_table_is_read_as_far_as_it_goes():
    with pytest.raises(StateFileError, match="these bytes are not a State of murk_env"):
        State.from_bytes(struct.pack("<Q", 2) + b"{}")
    with pytest.raises(StateFileError, match=f"it has {SIZE} bytes, but its table describes"):
        State.from_bytes(DATA[:SIZE])


@given(place=st.integers(0, len(DATA) - 1), bit=st.integers(0, 7))
def test_a_file_with_one_bit_turned_is_refused(place, bit):
    data = bytearray(DATA)
    data[place] ^= 1 << bit
    with pytest.raises(StateFileError):
        State.from_bytes(bytes(data))


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: DATA[:SIZE] + tail))
def test_bytes_that_are_no_state_are_refused(data):
    with pytest.raises(StateFileError):
        State.from_bytes(data)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda told, _table: told.update(format=3),
            "is of format 3, and this version of murk_env reads format 2; install a newer one",
        ),
        (lambda told, _table: told.update(format=1), "is of format 1, .*; install an older one to read it"),
        (lambda told, _table: told["fields"][-1].__setitem__(2, [3]), "its metadata names the fields"),
        (lambda told, _table: told.update(format="1"), "its format must be an integer, not '1'"),
        (
            lambda told, _table: told.update(environment="murk/Other-v0"),
            "its checksum does not match its content",
        ),
        (lambda told, _table: told["versions"].update(numpy="0"), "its checksum does not match its content"),
        (lambda told, _table: told.update(num_worlds=10**12), "the field .* is F32"),
        (lambda told, _table: told.update(num_worlds=-1), "its metadata names the fields"),
        (lambda told, _table: told.update(num_worlds=0), "its metadata names the fields .* of 0 worlds"),
        (lambda told, _table: told.update(fields=3), "TypeError"),
        (lambda told, _table: told["fields"].pop(), "its metadata names the fields"),
        (
            lambda told, _table: told.update(environment="x", fields=[["y" * 5000, "int32", []]]),
            "y{99} [.]{4} Get another copy of it.$",
        ),
        (lambda told, _table: told.update(format=10**999), r"format 1000"),
        (
            lambda _told, table: table["heat"].update(data_offsets=[0, float("inf")]),
            "no valid data_offsets for 'heat'",
        ),
        (lambda _told, table: table.update(heat=5), "no valid data_offsets for 'heat'"),
        (lambda told, _table: told["fields"][0].__setitem__(1, "object"), "ValueError"),
        (lambda told, _table: told["fields"][0].__setitem__(2, [-1]), "ValueError"),
        (lambda _told, table: table.pop("__metadata__"), "are not a State of murk_env"),
        (
            lambda _told, table: table["heat"].update(data_offsets=[0, 1 << 60]),
            "but its table describes 11529215046068",
        ),
        (lambda _told, table: table["heat"].update(data_offsets=[0, -8]), "it has|damaged"),
        (lambda _told, table: table["heat"].update(shape=[3, 2]), "the field 'heat' is"),
        (lambda _told, table: table["heat"].update(dtype="I32"), "the field 'heat' is"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(change, message):
    with pytest.raises(StateFileError, match=message) as caught:
        State.from_bytes(rewritten(change))
    assert len(str(caught.value)) < 1000
    assert str(caught.value).count("the state is damaged") < 2


def test_bytes_of_any_kind_are_read_and_paths_of_any_kind_written(tmp_path):
    assert State.from_bytes(bytearray(DATA)) == State.from_bytes(memoryview(DATA)) == STATE
    for path in (tmp_path / "one", str(tmp_path / "two"), os.fsencode(tmp_path / "three")):
        STATE.write(path)
        assert State.read(path) == STATE
    for wrong in ("text", None):
        with pytest.raises(TypeError, match="a bytes-like object is required"):
            State.from_bytes(wrong)  # pyright: ignore[reportArgumentType]


def test_a_file_that_says_the_truth_in_another_order_is_read():
    def reverse(told, _table):
        reversed_ = dict(reversed(told.items()))
        assert list(reversed_) != list(told)
        told.clear()
        told.update(reversed_)

    assert State.from_bytes(rewritten(reverse)) == STATE


def test_a_huge_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "huge.state"
    with path.open("wb") as file:
        file.write(DATA)
        file.truncate(1 << 40)  # a hole
    with pytest.raises(StateFileError, match="it has 1099511627776 bytes, but its table describes"):
        State.read(path)


def test_what_is_no_file_is_refused_and_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StateFileError, match="is not a regular file"):
        State.read(tmp_path / "pipe")
    with pytest.raises(IsADirectoryError):
        State.read(tmp_path)
    with pytest.raises(FileNotFoundError):
        State.read(tmp_path / "nothing")


def test_numbers_come_back_in_this_machines_order():
    assert State.from_bytes(DATA)["heat"].dtype == np.dtype(np.float32)
    assert State.from_bytes(DATA)["heat"].flags.aligned


def test_a_link_stays_and_its_target_is_written(tmp_path):
    target, link = tmp_path / "kept" / "two.state", tmp_path / "latest"
    target.parent.mkdir()
    link.symlink_to(target)  # which is not there yet
    STATE.write(link)
    STATE[:1].write(link)
    assert link.is_symlink()
    assert State.read(target) == STATE[:1]
    assert [path.name for path in target.parent.iterdir()] == ["two.state"]


def test_links_in_a_circle_are_refused(tmp_path):
    (tmp_path / "one").symlink_to(tmp_path / "two")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    with pytest.raises((StateFileError, OSError), match="not a regular file"):
        STATE.write(tmp_path / "one")
    assert (tmp_path / "one").is_symlink()


@pytest.mark.skipif(os.name != "posix", reason="permissions and pipes are of POSIX")
def test_a_file_that_is_written_again_keeps_its_permissions_and_a_pipe_is_no_file(tmp_path):
    path, pipe = tmp_path / "two.state", tmp_path / "pipe"
    STATE.write(path)
    path.chmod(0o600)
    STATE.write(path)
    assert path.stat().st_mode & 0o777 == 0o600
    os.mkfifo(pipe)
    with pytest.raises(StateFileError, match=r"pipe' is not a regular file; choose another path"):
        STATE.write(pipe)
