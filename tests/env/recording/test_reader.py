"""Files that are no recordings, or not whole: each is one clear error, and nothing large is allocated."""

import random
import shutil
import sqlite3
import tracemalloc

import pytest

from murk_env import Recording, replay
from murk_env.errors import RecordingError, RecordingFileError
from tests.env.recording.runs import make, play, rewrite


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A recording with everything in it; tests change copies."""
    path = tmp_path_factory.mktemp("recordings") / "run"
    recording = Recording(make("vector", "Disabled"), path, hash_every=8, outputs=True, flush_seconds=1e9)
    play(recording, 20)
    recording.close()
    return path


@pytest.fixture
def run(whole, tmp_path):
    """A copy that may be changed."""
    return shutil.copy(whole, tmp_path / "run")


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(RecordingFileError, match="cannot be read: No such file"):
        replay(tmp_path / "run")
    with pytest.raises(RecordingFileError, match="cannot be read: Is a directory"):
        replay(tmp_path)


@pytest.mark.parametrize("content", [b"SQLite", b"\x89PNG\r\n" * 99, b"SQLite format 3\0" + bytes(200)])
def test_files_of_other_kinds_are_refused(content, tmp_path):
    (tmp_path / "run").write_bytes(content)
    with pytest.raises(RecordingFileError, match="is not a recording of murk_env; pass a file that"):
        replay(tmp_path / "run")
    assert (tmp_path / "run").read_bytes() == content


def test_databases_of_other_programs_are_refused(tmp_path):
    connection = sqlite3.connect(tmp_path / "run")
    connection.execute("CREATE TABLE header (content TEXT)")
    connection.commit()
    connection.close()
    with pytest.raises(RecordingFileError, match="is not a recording of murk_env; pass a file that"):
        replay(tmp_path / "run")


def test_an_empty_file_and_one_in_which_nothing_was_recorded_are_told(tmp_path):
    (tmp_path / "empty").touch()
    with pytest.raises(RecordingFileError, match="is empty"):
        replay(tmp_path / "empty")
    recording = Recording(make("vector"), tmp_path / "run")
    with pytest.raises(RecordingFileError, match="holds nothing yet"):
        replay(tmp_path / "run")
    recording.close()


@pytest.mark.few(4)
@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("PRAGMA user_version = 2", "has format 2, and this murk_env reads format 1"),
        ("DROP TABLE header", "does not have a recording's tables"),
        ("CREATE VIEW more AS SELECT 1", "does not have a recording's tables"),
        ("CREATE TRIGGER t AFTER INSERT ON header BEGIN SELECT 1; END", "does not have a recording's tables"),
        ("DELETE FROM header", "it must have one valid header"),
        ("INSERT INTO header SELECT * FROM header", "it must have one valid header"),
        ("UPDATE header SET content = content || ' '", "its header does not match its checksum"),
        ("UPDATE header SET checksum = zeroblob(8)", "its header does not match its checksum"),
        (
            "UPDATE timeline SET checksum = zeroblob(8) WHERE number = 1",
            "entry 1: it is not what was written",
        ),
        ("UPDATE timeline SET content = 'text' WHERE number = 1", "entry 1: its columns are of other types"),
        ("UPDATE timeline SET first_step = 7 WHERE number = 3", "entry 3: it does not follow the one before"),
        ("UPDATE timeline SET kind = 'dream' WHERE number = 1", "entry 1: it does not follow the one before"),
        ("UPDATE timeline SET num_steps = -1 WHERE number = 1", "entry 1: its columns are of other types"),
        ("UPDATE timeline SET num_steps = 9e15 WHERE number = 1", "entry 1: it holds"),
        ("DELETE FROM timeline WHERE number = 2", "entry 2: it is missing"),
        ("UPDATE timeline SET hashes = x'00'", "does not end with a hash for each of its 5 row"),
        ("DELETE FROM timeline", "holds nothing yet"),
    ],
)
def test_files_that_sql_has_changed_are_refused(statement, message, run):
    connection = sqlite3.connect(run)
    connection.execute(statement)
    connection.commit()
    connection.close()
    with pytest.raises(RecordingFileError, match=message):
        replay(run)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h: h.pop("layout"), "must have the entries"),
        (lambda h: h.update(num_worlds=2**50), "an invalid entry, 'num_worlds'"),
        (lambda h: h.update(num_worlds=2**39), "an invalid entry, 'num_worlds'"),
        (lambda h: h.update(num_rows="5"), "an invalid entry, 'num_rows'"),
        (lambda h: h.update(num_rows=2**39), "does not end with a hash for each"),
        (lambda h: h.update(actions=["|O8", [5]]), "an invalid entry, 'actions'"),
        (lambda h: h.update(actions=["<i8", [5, *[2**39] * 9]]), "its actions differ, recorded "),
        (lambda h: h.update(face="horizontal"), "an invalid entry, 'face'"),
        (lambda h: h.update(options=[]), "an invalid entry, 'options'"),
        (lambda h: h.update(versions="1.0"), "an invalid entry, 'versions'"),
        (lambda h: h.update(layout=None), "an invalid entry, 'layout'"),
        (lambda h: h["parameters"].update(size={"array": ["<f8", [2**40], ""]}), "do not fit together"),
        (lambda h: h["parameters"].update(size={"array": ["O", [1], "AAAAAAAAAAA="]}), "do not fit together"),
        (lambda h: h["parameters"].update(size={"code": "exit()"}), "which is not a valid value"),
        (lambda h: h["parameters"].update(size={"dict": [[1, 2]]}), "which is not a valid item"),
    ],
)
def test_headers_that_claim_what_cannot_be_are_refused(change, message, run):
    rewrite(run, header=change)
    tracemalloc.start()  # of what Python and numpy allocate
    with pytest.raises(RecordingError, match=message):
        replay(run)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


@pytest.mark.parametrize("content", [b"[", b"{}", b"[" * 100_000, b'{"seed": 1, "options": {"x": 1}}'])
def test_resets_that_cannot_be_read_are_refused(content, run):
    rewrite(run, entry=lambda number, row: row.update(content=content) if number == 0 else None)
    with pytest.raises(RecordingFileError, match=r"the reset before step 0|which is not a valid value"):
        replay(run)


@pytest.mark.parametrize("outputs", [b"junk", bytes(8), b"\x02\0\0\0\0\0\0\0{}" + b"more"])
def test_kept_outputs_that_cannot_be_read_are_refused(outputs, run):
    rewrite(run, entry=lambda number, row: row.update(outputs=outputs))
    with pytest.raises(RecordingFileError, match="kept outputs cannot be read"):
        replay(run)


def changed_somehow(data, rng):
    """Return a file cut off, with bits turned, or with a piece of it overwritten."""
    kind = rng.randrange(3)
    if kind == 0:
        return data[: rng.randrange(1, len(data))]
    changed = bytearray(data)
    if kind == 1:
        for _ in range(rng.randrange(1, 4)):
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    else:
        at, length = rng.randrange(len(changed)), rng.randrange(1, 64)
        changed[at : at + length] = rng.randbytes(length)
    return bytes(changed)


@pytest.mark.slow
@pytest.mark.parametrize("count", [40, pytest.param(2_000, marks=pytest.mark.slow)])
def test_damaged_files_are_told_or_play_the_same_run(count, whole, tmp_path):
    """SQLite leaves some bytes unused, so that not every change is one."""
    data, rng, told = whole.read_bytes(), random.Random(count), 0
    path = tmp_path / "run"
    for _ in range(count):
        path.write_bytes(changed_somehow(data, rng))
        try:
            assert replay(path).num_steps == 20
        except RecordingError:
            told += 1
    assert told > count / 2


def test_reading_changes_nothing(whole):
    before = whole.read_bytes()
    replay(whole)
    assert whole.read_bytes() == before
    assert [path.name for path in whole.parent.iterdir()] == ["run"]


def test_a_recording_in_a_read_only_place_is_read(whole, tmp_path):
    place = tmp_path / "place"
    place.mkdir()
    shutil.copy(whole, place / "run")
    place.chmod(0o500)
    try:
        assert replay(place / "run").num_steps == 20
    finally:
        place.chmod(0o700)
