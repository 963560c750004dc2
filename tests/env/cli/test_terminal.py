"""The command in a real terminal: its width, its colours, Ctrl-C."""

import os
import re
import signal
import sys

import pytest

pexpect = pytest.importorskip("pexpect")


def hear_interrupts():
    """Be interrupted by Ctrl-C, also where the tests run in the background of a shell, which ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def started(arguments, columns, **environment):
    """The command in a terminal of so many columns."""
    inherited = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}
    return pexpect.spawn(
        sys.executable,
        ["-m", "murk_env", *arguments],
        dimensions=(40, columns),
        env=inherited | environment,
        encoding="utf-8",
        timeout=120,
        searchwindowsize=4000,  # of what a moving picture has written, however much that is
        preexec_fn=hear_interrupts,
    )


@pytest.mark.slow
def test_a_list_fits_into_40_columns_without_colour():
    terminal = started(["list"], 40, NO_COLOR="1", TERM="vt100")
    terminal.expect(pexpect.EOF)
    lines = re.sub(r"\x1b\[\d*m", "", terminal.before).split("\r\n")
    assert max(map(len, lines)) <= 40
    assert "murk/HeatSeeker-v0" in lines


PLAY = ["play", "HeatSeeker", "--set", "size=3", "--terminal"]


@pytest.mark.slow
def test_a_game_in_40_columns_without_colour_leaves_the_terminal_as_it_was():
    terminal = started(PLAY, 40, NO_COLOR="1", TERM="vt100")
    terminal.expect("step 0")
    terminal.send("0")
    terminal.expect("step 1")
    terminal.send("u")
    terminal.expect("step 0")
    terminal.expect("w/up north")
    terminal.sendintr()
    terminal.expect("murk: interrupted\r\n")
    assert terminal.getecho()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert "Traceback" not in terminal.before
    assert terminal.exitstatus == 130


@pytest.mark.slow
def test_a_game_goes_on_by_itself_at_a_rate():
    terminal = started([*PLAY, "--rate", "2"], 80, TERM="xterm-256color")
    terminal.expect("step 2")
    terminal.send("\x1b")
    terminal.expect(r"[2-9] step\(s\), return")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ("y\r", 0, "wrote "),
        ("\r", 2, "exists; name another file"),
        pytest.param("\x04", 2, "exists; name another file", marks=pytest.mark.slow),  # Ctrl-D
        pytest.param("\x03", 130, "murk: interrupted\r\n", marks=pytest.mark.slow),
    ],
    ids=["yes", "nothing", "Ctrl-D", "Ctrl-C"],
)
def test_a_file_that_exists_is_asked_about(answer, code, said, tmp_path):
    (tmp_path / "x.png").write_text("mine")
    arguments = ["show", "HeatSeeker", "--set", "size=3", "--out", str(tmp_path / "x.png")]
    terminal = started(arguments, 200, TERM="xterm-256color")
    terminal.expect("x.png exists; write over it\\?")
    terminal.expect(": ")  # what is typed before it waits would be lost
    terminal.send(answer)
    terminal.expect(said)
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == code
    assert ((tmp_path / "x.png").read_bytes() == b"mine") == (code != 0)


@pytest.mark.slow
def test_ctrl_c_stops_what_is_watched_with_one_line():
    arguments = ["watch", "HeatSeeker", "--set", "size=3", "--tiles", "1", "--steps", "100000"]
    terminal = started(arguments, 80, COLORTERM="truecolor", TERM="xterm-256color")
    terminal.expect("▀")
    terminal.sendintr()
    terminal.expect("murk: interrupted\r\n")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert "Traceback" not in terminal.before
    assert terminal.exitstatus == 130
