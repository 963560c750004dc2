"""The keys of `murk play`: names of actions from docstrings, and what a key does."""

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete

import murk_envs
from murk_env.cli.facts import facts_of
from murk_env.cli.play.keys import Choice, controls_for, names_in
from murk_env.cli.play.terminal import keys_in
from murk_env.cli.refusals import CommandError

SQUARE = ("north", "south", "west", "east")


def controls_of(name, group=""):
    facts = facts_of(getattr(murk_envs, name))
    return controls_for(facts.actions[group], facts.six["Action"], facts.blueprint.lattice.directions)


@pytest.mark.parametrize(
    ("fact", "names"),
    [
        ("Discrete(3): 0 stay, 1 north, 2 pick the fruit", [["stay", "north", "pick"]]),
        ("Discrete(5): 0 stay, 1 to 4 hop in the directions of Square4, no.", [["stay", *SQUARE]]),
        ("MultiDiscrete([2, 2]): 0 stay, 1 go, then 0 rest, 1 cull", [["stay", "go"], ["rest", "cull"]]),
        ("Discrete(4): 0 wait, 1 to 3 push", [["wait", "push 1", "push 2", "push 3"]]),
        ("Box(-1, 1, (1,), float32): the control, held for 0.1, which is 1,000 sub-steps", []),
    ],
)
def test_a_docstring_names_the_options_of_every_choice(fact, names):
    assert names_in(fact, SQUARE) == names


@pytest.mark.parametrize(
    ("name", "group", "key", "action"),
    [
        ("HeatSeeker", "", "up", 1),
        ("HeatSeeker", "", "d", 4),
        ("HeatSeeker", "", "3", 3),
        ("HeatSeeker", "", "space", 0),
        ("HexPursuit", "prey", "q", 3),
        ("Harvest", "agent", "p", 9),
        ("Wildfire", "crew", "w", 7),
        ("LayeredHex", "", "+", 8),
        ("CrystalNav", "", "e", 12),
    ],
)
def test_a_key_is_an_action_of_ours(name, group, key, action):
    controls = controls_of(name, group)
    assert controls.press(key)
    assert controls.action == action


@pytest.mark.slow
def test_no_key_means_two_options():
    for name in murk_envs.ENVIRONMENTS:
        for group in facts_of(getattr(murk_envs, name)).actions:
            controls = controls_of(name, group)
            if isinstance(controls, Choice):
                shown = [word.split(" ")[0] for word in controls.help(None)]
                assert len(set(shown)) == len(shown), name


def test_a_held_choice_rests_until_the_next_key():
    controls = controls_of("HeatSeeker")
    controls.press("up")
    controls.rest()
    assert controls.action == 0


def test_several_choices_are_made_one_by_one_and_hold():
    controls = controls_of("Epidemic")
    for key in ("v", "right", "t", "left", "left", "up"):
        assert controls.press(key)
    controls.rest()
    assert controls.action.tolist() == [3, 1, *[0] * 13, 1]
    assert controls.said().endswith("0 [1]  test")


def test_numbers_stay_within_their_bounds():
    controls = controls_for(Box(-1.0, 1.0, (2,), np.float32), "", ())
    for key in ("up", "right", *["down"] * 30):
        controls.press(key)
    assert controls.action == pytest.approx([0.1, -1.0])
    assert controls.action.dtype == np.float32


@pytest.mark.parametrize(
    ("space", "presses", "action"),
    [
        (Discrete(1000), ["up", "up"], 2),
        (MultiBinary(3), ["right", "1"], [0, 1, 0]),
        (MultiDiscrete([3, 2]), ["up", "up", "up", "right", "1"], [2, 1]),
        (Box(-np.inf, np.inf, (1,), np.float64), ["down"], [-1.0]),
        (Box(2.0, 3.0, (1,), np.float64), ["0"], [2.0]),
    ],
)
def test_every_kind_of_space_has_keys(space, presses, action):
    controls = controls_for(space, "", ())
    for key in presses:
        assert controls.press(key)
    assert controls.action.tolist() == action
    assert controls.action in space


def test_a_space_without_keys_is_refused():
    with pytest.raises(CommandError, match="keys have no way to act in Dict"):
        controls_for(Dict({"a": Discrete(2)}), "", ())


def test_a_key_without_meaning_does_nothing():
    assert not controls_of("HeatSeeker").press("j")
    assert not controls_of("Epidemic").press("j")


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("wW", ["w", "w"]),
        ("\x1b[A\x1bOB", ["up", "down"]),
        ("\x1b", ["esc"]),
        ("\x1b[5~d", ["d"]),
        (" \r\t\x7f", ["space", "enter", "tab", "backspace"]),
        ("", []),
    ],
)
def test_what_a_terminal_sends_is_keys(typed, keys):
    assert keys_in(typed) == keys


def test_options_that_begin_elsewhere_are_counted_from_there():
    one = controls_for(Discrete(3, start=-1), "", ())
    assert one.action == -1
    assert one.press("2")
    assert one.action == 1
    one.rest()
    assert one.action == -1
    several = controls_for(MultiDiscrete([2, 3], start=[4, -2]), "", ())
    assert several.action.tolist() == [4, 0]  # what is nearest to 0
    for key in ("1", "right", "0"):
        several.press(key)
    assert several.action.tolist() == [5, -2]
    assert several.said() == "action 5 [-2]  -2"
