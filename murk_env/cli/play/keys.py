"""Keys for actions: the names of actions from a docstring, and a key for each."""

import math
import re
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete, MultiBinary, MultiDiscrete

from murk_env.cli.refusals import CommandError

__all__ = ["Choice", "Controls", "Numbers", "controls_for", "names_in"]

_WAYS = {  # by the name of a direction, around the middle of the keyboard's left half
    "north": ("w", "up"),
    "south": ("s", "x", "down"),
    "west": ("a", "left"),
    "east": ("d", "right"),
    "northwest": ("q",),
    "northeast": ("e",),
    "southwest": ("z",),
    "southeast": ("c",),
    "up": ("+",),
    "down": ("-",),
}
_FREE = "qwertyasdfghzxcvbiopjklm"  # for options without a name; u and n are commands
_NAMED = re.compile(r"(?<![\w.*,])(\d+)(?: to (\d+))? ([a-z][a-z ]*)")
_MOST = 32  # options that have a key each
_STEPS = 20  # from one bound of a Box to the other


def names_in(fact: str, ways: Sequence[str]) -> list[list[str]]:
    """Return a docstring's names for the options of each choice, in order.

    Args:
        fact: text such as `Discrete(8): 0 stay, 1 to 6 hop in the directions of Hex2D; 7 wet the cell`. A 0
            starts the next choice.
        ways: the directions of the lattice.
    """
    choices: list[list[str]] = []
    for first, last, phrase in _NAMED.findall(fact):
        number = int(last or first) - int(first) + 1
        short = re.split(r" (?:the|and|its|in|a) ", f"{phrase} ")[0].strip()
        told = [short] if not last else [f"{short} {index + 1}" for index in range(number)]
        if number == len(ways) and "directions of" in phrase:
            told = list(ways)
        if int(first) == 0:
            choices.append([])
        if choices and len(choices[-1]) == int(first):
            choices[-1] += told
    return choices


class Choice:
    """One choice per step, with a key for each option.

    Args:
        names: the names of the options.
        first: the number of the first option.
    """

    at_once = True  # a key takes a step

    def __init__(self, names: Sequence[str], first: int = 0) -> None:
        self._keys = _keys_of(names)
        self._options = {key: option for option, keys in enumerate(self._keys, first) for key in keys}
        self._options["space"] = self._first = first
        self._names = names
        self.action: Any = first

    def press(self, key: str) -> bool:
        """Choose the option of a key; return whether it has one."""
        self.action = self._options.get(key, self.action)
        return key in self._options

    def rest(self) -> None:
        """Choose the first option until a key is pressed."""
        self.action = self._first

    def help(self, interval: float | None) -> list[str]:
        """Return a hint for every key, such as `w north`; with an interval, steps are automatic."""
        rest = [] if interval is not None else [f"space {self._names[0]}"]
        return [
            *rest,
            *(f"{_shown(keys)} {name}" for keys, name in zip(self._keys[1:], self._names[1:], strict=True)),
        ]

    def said(self) -> str:
        """Return an empty text: a choice takes effect at once."""
        return ""


class Numbers:
    """Several numbers that are set one by one, and keep their values between steps.

    Args:
        low: the smallest value of each number, (num_numbers,).
        high: the largest.
        by: the change by one press of a key.
        names: the names of each number's values; empty for plain numbers.
        shape: shape of the action.
        dtype: dtype of the action.
    """

    at_once = False

    def __init__(
        self,
        low: npt.NDArray[Any],
        high: npt.NDArray[Any],
        by: npt.NDArray[Any],
        names: Sequence[Sequence[str]],
        shape: tuple[int, ...],
        dtype: Any,
    ) -> None:
        self._low, self._high, self._by, self._names = low, high, by, names
        self._keys = [
            {key: value for value, keys in enumerate(_keys_of(each), int(first)) for key in keys}
            for each, first in zip(names, low, strict=False)
        ]
        self._values = np.clip(np.zeros(len(low)), low, high)
        self._selected, self._shape, self._dtype = 0, shape, dtype

    @property
    def action(self) -> Any:
        """The current numbers."""
        return self._values.astype(self._dtype).reshape(self._shape)

    def press(self, key: str) -> bool:
        """Select a number, or change the selected one; return whether the key does so."""
        count, at = len(self._values), self._selected
        if key in ("left", "right", "tab"):
            self._selected = (at + (-1 if key == "left" else 1)) % count
        elif key in ("up", "down"):
            self._set(self._values[at] + (self._by[at] if key == "up" else -self._by[at]))
        elif self._names and key in self._keys[at]:
            self._set(self._keys[at][key])
        elif key == "0":
            self._set(0.0)
        else:
            return False
        return True

    def _set(self, value: float) -> None:
        at = self._selected
        self._values[at] = min(max(round(value, 6), self._low[at]), self._high[at])

    def rest(self) -> None:
        """Do nothing: the numbers keep their values."""

    def help(self, interval: float | None) -> list[str]:
        """Return a hint for every key; with an interval, steps are automatic."""
        step = [] if interval is not None else ["space or enter step"]
        several = ["left/right another number"] if len(self._values) > 1 else []
        known = []
        if self._names:
            keys = _keys_of(self._names[self._selected])
            known = [
                f"{_shown(one)} {name}".removesuffix(f"{name} {name}")
                for one, name in zip(keys, self._names[self._selected], strict=True)
            ]
        return [*several, "up/down change it", *known, *step]

    def said(self) -> str:
        """Return all numbers, the selected one in brackets, with its name."""
        shown = [f"{value:g}" for value in self._values]
        shown[self._selected] = f"[{shown[self._selected]}]"
        name = ""
        if self._names:
            at = self._selected
            name = f"  {self._names[at][int(self._values[at] - self._low[at])]}"
        return f"action {' '.join(shown)}{name}"


Controls = Choice | Numbers


def controls_for(space: Any, fact: str, ways: Sequence[str]) -> Controls:
    """Return the controls for an action space.

    Args:
        space: the action space of one actor.
        fact: the docstring's description of actions.
        ways: the directions of the lattice.

    Raises:
        CommandError: keys cannot express actions of this space.
    """
    if isinstance(space, Discrete) and _options(space)[0] <= _MOST:
        first = int(cast(Any, space).start)
        return Choice(_fitting(names_in(fact, ways), _options(space).tolist(), [first])[0], first)
    if isinstance(space, Box):
        return _bounded(space)
    if isinstance(space, Discrete | MultiDiscrete | MultiBinary):
        options = _options(space)
        low = np.broadcast_to(
            np.ravel(getattr(cast(Any, space), "start", 0)).astype(np.float64), options.shape
        )
        told, starts = names_in(fact, ways), low.astype(np.int64).tolist()
        names = _fitting(told, options.tolist(), starts) if options.max() <= _MOST else []
        return Numbers(low, low + options - 1.0, np.ones(len(low)), names, space.shape or (), np.int64)
    raise CommandError(f"keys have no way to act in {space}; watch it: murk watch ID.")


def _options(space: Any) -> npt.NDArray[np.int64]:
    """Return the number of options of every choice, (num_choices,)."""
    if isinstance(space, MultiBinary):
        return np.full(math.prod(space.shape), 2)
    return np.ravel(space.nvec if hasattr(space, "nvec") else space.n).astype(np.int64)


def _bounded(space: Any) -> Numbers:
    low, high = space.low.ravel().astype(np.float64), space.high.ravel().astype(np.float64)
    wide = np.where(np.isfinite(high - low), high - low, float(_STEPS))
    return Numbers(low, high, wide / _STEPS, [], space.shape, space.dtype)


def _fitting(told: list[list[str]], options: Sequence[int], starts: Sequence[int]) -> list[list[str]]:
    """Return names for every choice: those given if their numbers agree, else plain numbers."""
    if len(told) == 1:
        told = told * len(options)
    if [len(names) for names in told] != list(options):
        return [
            [str(first + option) for option in range(number)]
            for number, first in zip(options, starts, strict=True)
        ]
    return told


def _keys_of(names: Sequence[str]) -> list[list[str]]:
    """Return the keys of every option: by its direction or a letter of its name, and its digit."""
    keys: list[list[str]] = [list(_WAYS.get(name, ())) for name in names]
    taken = {"u", "n", *(key for several in keys for key in several)}
    for option, name in enumerate(names):
        own = (
            [letter for letter in name if letter.isascii() and letter.isalpha()] if name[0].isalpha() else []
        )
        if option > 0 and not keys[option]:
            free = [letter for letter in (*own, *_FREE) if letter not in taken]
            if option > 9 or own:
                keys[option] += free[:1]
                taken |= set(free[:1])
        if option < 10:
            keys[option].append(str(option))
    return keys


def _shown(keys: Sequence[str]) -> str:
    """Return the keys of an option to show in hints."""
    arrows = [key for key in keys if key in ("up", "down", "left", "right")]
    return "/".join([*keys[:1], *[arrow for arrow in arrows if arrow != keys[0]]])
