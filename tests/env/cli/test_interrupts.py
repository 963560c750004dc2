"""A Ctrl-C that Python has lost comes again."""

import itertools
import signal
import sys
import time
import weakref
from contextlib import suppress

import pytest

from murk_env.cli.interrupts import interrupts_kept


@pytest.fixture(autouse=True)
def interruptible():
    """Interrupts as in a terminal; pytest-xdist's workers are given none."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Thing:
    """Something to refer to."""


def raise_in_a_callback(error):
    """Let go of something whose weak reference has a callback that raises."""

    def callback(_reference):
        raise error

    thing = Thing()
    reference = weakref.ref(thing, callback)
    del thing
    assert reference() is None


def play_on():
    """Lose an interrupt, and go on for a while."""
    end = time.monotonic() + 30
    raise_in_a_callback(KeyboardInterrupt())
    for _ in itertools.count():
        assert time.monotonic() < end


def test_an_interrupt_in_the_callback_of_a_weak_reference_comes_again():
    with interrupts_kept(), pytest.raises(KeyboardInterrupt):
        play_on()


def test_whatever_else_is_raised_there_is_told_as_before(monkeypatch):
    told = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: told.append(unraisable.exc_type))
    with suppress(KeyboardInterrupt), interrupts_kept():
        raise_in_a_callback(ValueError())
    assert told == [ValueError]
    raise_in_a_callback(KeyboardInterrupt())
    assert told == [ValueError, KeyboardInterrupt]
