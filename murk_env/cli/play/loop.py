"""The game loop for both kinds of screens: show the world, read a key, step."""

import time
from typing import Protocol

from murk_env.cli.play.game import Game
from murk_env.cli.play.keys import Controls
from murk_env.errors import ActionError

__all__ = ["Screen", "Session"]

_LONG = 3600.0  # seconds to wait for a key if only a key continues the game


class Screen(Protocol):
    """Shows a game and reads its keys."""

    def tell(self, text: str) -> None:
        """Show a line while the world is being created."""
        ...

    def show(self, game: Game, lines: list[str]) -> None:
        """Show the world, and lines of text below."""
        ...

    def key(self, seconds: float) -> str | None:
        """Return the name of the next key, such as `w`, `up`, `space`, `enter` or `esc`.

        None if there is none within so many seconds.
        """
        ...


class Session:
    """A person playing a game.

    Args:
        name: the name of the environment.
        game: the game.
        controls: the controls.
        screen: the screen.
        rate: steps per second; None for one step per key.
    """

    def __init__(self, name: str, game: Game, controls: Controls, screen: Screen, rate: float | None) -> None:
        self._name, self._game, self._controls, self._screen = name, game, controls, screen
        self._interval = None if rate is None else 1.0 / rate
        self._paused, self._said, self._due = False, "", 0.0

    def run(self) -> None:
        """Play until the person leaves."""
        self._wind()
        while True:
            self._screen.show(self._game, self._lines())
            key = self._screen.key(self._wait())
            if key == "esc":
                return
            if key is not None:
                self._said = ""
                self._press(key)
            if self._running and time.monotonic() >= self._due:
                self._step()
                self._controls.rest()
                self._due = max(self._due + (self._interval or 0.0), time.monotonic())

    @property
    def _running(self) -> bool:
        """Whether steps are currently automatic."""
        return self._interval is not None and not self._paused and not self._game.ended

    def _wind(self) -> None:
        """Schedule the next step after a whole interval."""
        self._due = time.monotonic() + (self._interval or 0.0)

    def _wait(self) -> float:
        return max(0.0, self._due - time.monotonic()) if self._running else _LONG

    def _press(self, key: str) -> None:
        if key in ("u", "backspace"):
            self._said = "" if self._game.undo() else "nothing to undo"
            self._paused = self._interval is not None
        elif key == "n":
            self._game.next_episode()
            self._controls.rest()
            self._wind()
        elif self._interval is not None:
            self._press_at_rate(key)
        elif self._controls.at_once:
            if self._controls.press(key):
                self._step()
        elif key in ("space", "enter"):
            self._step()
        else:
            self._controls.press(key)

    def _press_at_rate(self, key: str) -> None:
        if key == "space":
            self._paused = not self._paused
            self._wind()
        else:
            self._controls.press(key)

    def _step(self) -> None:
        try:
            self._game.step(self._controls.action)
        except ActionError as error:
            self._said = str(error)

    def _lines(self) -> list[str]:
        """Return the lines below the picture."""
        game, ghost = self._game, self._game.ghost_earned
        counted = [self._name, f"step {game.steps}", f"reward {game.reward:.2f}", f"return {game.earned:.2f}"]
        if ghost is not None:
            counted.append(f"ghost {ghost:.2f}")
        state = f"{game.ended}; n begins the next episode" if game.ended else "paused" if self._paused else ""
        pause = [] if self._interval is None else ["space pause"]
        keys = [*self._controls.help(self._interval), *pause, "u undo", "n new", "Esc leave"]
        told = ["  ".join(counted), state, self._controls.said(), self._said, ", ".join(keys)]
        return [line for line in told if line]
