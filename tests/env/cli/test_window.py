"""The window of `murk play`, by SDL's dummy driver."""

import numpy as np
import pytest

import murk_envs
from murk_env.cli.play.game import Game
from murk_env.cli.play.window import Window, why_no_window
from tests.env.cli.calling import murk

pygame = pytest.importorskip("pygame")


@pytest.fixture
def window(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    shown = Window("a game")
    yield shown
    shown.close()


def press(key, unicode="", mod=0):
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key, unicode=unicode, mod=mod))


@pytest.mark.slow
def test_a_window_shows_the_world_the_ghost_and_the_text(window):
    game = Game(murk_envs.HeatSeeker, {"size": 3}, 0, ghost="random")
    window.show(game, ["first", "second " * 60])
    pixels = pygame.surfarray.array3d(window._canvas)
    left, right = pixels[: len(pixels) // 2], pixels[len(pixels) // 2 :]
    assert len(np.unique(left.reshape(-1, 3), axis=0)) > 10
    assert len(np.unique(right.reshape(-1, 3), axis=0)) > 10
    assert (pixels[:, -30:] < 128).any()  # the text, which is broken into lines


@pytest.mark.parametrize(
    ("key", "unicode", "name"),
    [
        ("K_w", "w", "w"),
        ("K_UP", "", "up"),
        ("K_RETURN", "\r", "enter"),
        ("K_KP3", "3", "3"),
        ("K_EQUALS", "+", "+"),
    ],
)
def test_keys_have_the_names_that_the_game_knows(window, key, unicode, name):
    press(getattr(pygame, key), unicode)
    assert window.key(5.0) == name


def test_no_key_is_waited_for_as_long_as_asked_and_no_longer(window):
    assert window.key(0.0) is None


def test_a_closed_window_leaves_the_game(window):
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    assert window.key(5.0) == "esc"


def test_ctrl_c_in_a_window_interrupts(window):
    press(pygame.K_c, "\x03", pygame.KMOD_CTRL)
    with pytest.raises(KeyboardInterrupt):
        window.key(5.0)


def test_a_whole_game_in_a_window(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    keys = iter("dw")
    monkeypatch.setattr(Window, "key", lambda self, seconds: next(keys, "esc"))
    result = murk("play", "HeatSeeker", "--set", "size=9", "--window", "--ghost", "scripted")
    assert result.exit_code == 0
    assert "2 step(s), return" in result.stdout


def test_a_driver_that_is_not_there_ends_with_one_line(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "nosuchdriver")
    result = murk("play", "HeatSeeker", "--window")
    assert result.exit_code == 3
    assert result.stderr.startswith("murk: no window can be opened: nosuchdriver not available")


def test_without_a_display_there_is_no_window(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("murk_env.cli.play.window.sys.platform", "linux")
    assert why_no_window() == "there is no display"
