"""What a class of environments declares, and what its envs do not have."""

import dataclasses
from typing import Any

import pytest

from murk_env import Blueprint, Field, Observation, Observe, Square4, per_world
from murk_env.errors import DefinitionError, FieldAccessError, HookError
from tests.env.worlds import Walker


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("elapsed_steps", "any hook"),
        ("moves", r"a hook that is per_world \(elsewhere: env.lattice.moves\)"),
        ("neighbours", r"a hook that is per_world \(elsewhere: env.lattice.neighbours\)"),
        ("active", "any hook, where agents are rewarded apart"),
        ("rng", r"array hooks, as tick.rng \(a hook that is per_world names it as an argument\)"),
        ("edit", r"array hooks, as tick.edit\(field\)"),
        ("at", r"array hooks, as tick.at\(field, cells\)"),
        ("worlds", "the array hook start, as tick.worlds"),
    ],
)
def test_what_only_hooks_have_is_no_attribute_of_an_env_which_says_where_it_is(name, place):
    env = Walker()
    with pytest.raises(
        FieldAccessError, match=rf"^Walker.{name} is not an attribute of the env; .* in {place}\.$"
    ):
        getattr(env, name)
    assert not hasattr(env, name)


@pytest.mark.parametrize("name", ["build", "picture"])
def test_what_describes_all_envs_of_a_class_has_to_be_a_classmethod(name):
    def plain(self, params) -> Blueprint:
        return Walker.build(params)

    with pytest.raises(
        DefinitionError,
        match=rf"Wrong.{name} is called on the class: write @classmethod above def {name}\(cls, params\)",
    ):
        type("Wrong", (Walker,), {name: plain})


@pytest.mark.parametrize(
    ("built", "message"),
    [
        (lambda cls, params: Square4(0, 2), r"Wrong: Square4 needs rows >= 1, not 0"),
        (
            lambda cls, params: dataclasses.replace(Walker.build(params), dt=-1.0),
            r"Wrong: dt must be a positive finite",
        ),
        (
            lambda cls, params: dataclasses.replace(
                Walker.build(params), observation=Observation(Observe(Field()))
            ),
            r"Wrong: the observation shows .*, which is not a field of this environment",
        ),
        (lambda cls, params: None, r"Wrong.build must return a Blueprint, not NoneType"),
    ],
    ids=["lattice", "blueprint", "observation", "nothing"],
)
def test_an_error_of_build_begins_with_the_name_of_the_environment(built, message):
    with pytest.raises(DefinitionError, match=f"^{message}"):
        type("Wrong", (Walker,), {"build": classmethod(built)})()


async def waits(self, after): ...


def yields(self, after):
    yield


@pytest.mark.parametrize(
    ("terminated", "message"),
    [
        (
            property(lambda self: None),
            r" \(.+:\d+: .+\) is a property; a hook is a plain function, with no dec",
        ),
        (staticmethod(per_world(yields)), r" \(.+:\d+: def yields.+\) is a staticmethod; a hook is a plain"),
        (classmethod(per_world(yields)), r" \(.+:\d+: def yields.+\) is a classmethod; a hook is a plain"),
        (waits, r" \(.+:\d+: async def waits.+\) can neither yield nor await: it is called once"),
        (yields, r" \(.+:\d+: def yields.+\) can neither yield nor await"),
        (3, " is 3; a hook is a function"),
    ],
)
def test_a_hook_is_a_plain_function(terminated, message):
    with pytest.raises(DefinitionError, match=f"^Wrong.terminated{message}"):
        type("Wrong", (Walker,), {"terminated": terminated})()


def test_per_world_says_which_function_has_another_decorator_below_it():
    decorated: Any = property(lambda self: None)
    with pytest.raises(
        DefinitionError, match=r"arguments of its own, not the property \S+ \(.+:\d+: decorated"
    ):
        per_world(decorated)


@pytest.mark.parametrize("name", ["build", "picture"])
def test_what_describes_all_envs_of_a_class_is_given_the_parameters(name):
    with pytest.raises(
        DefinitionError,
        match=rf"Wrong.{name} \(.+:\d+: .+\) takes \(\) beside cls, but is given \(params\); write {name}",
    ):
        type("Wrong", (Walker,), {name: classmethod(lambda cls: None)})


@pytest.mark.parametrize(
    ("hook", "function", "message"),
    [
        ("act", lambda self, action: None, r"takes \(action\) beside self, but is given \(tick, actions\)"),
        ("act", lambda self, action: None, r"or with @per_world act\(self, action\)"),
        (
            "start",
            lambda self, rng: None,
            r"is given \(tick, worlds\); write start\(self, tick, worlds\), or",
        ),
        ("reward", lambda self: 0.0, r"takes \(\) beside self, but is given \(before, after\); write reward"),
        ("terminated", lambda self, *, after: True, r"is given \(after\); write terminated\(self, after\)"),
        ("info", lambda self: {}, r"is given \(after\); write info\(self, after\)\."),
        (
            "start",
            lambda self, worlds, tick: None,
            r"takes \(worlds, tick\) beside self, but is given \(tick, w",
        ),
        (
            "act",
            lambda self, actions, tick: None,
            r"takes \(actions, tick\) beside self, but is given \(tick,",
        ),
        (
            "reward",
            lambda self, after, before: 0.0,
            r"takes \(after, before\) beside self, but is given \(bef",
        ),
        (
            "terminated",
            lambda self, before: True,
            r"takes \(before\) beside self, but is given \(after\); write",
        ),
    ],
)
def test_an_array_hook_that_does_not_take_what_it_is_given_is_refused_with_its_line(hook, function, message):
    wrong = type("Wrong", (Walker,), {hook: function})
    with pytest.raises(DefinitionError, match=rf"Wrong.{hook} \(.*test_environment.py:\d+: .+\) .*{message}"):
        wrong()


def test_an_array_hook_without_a_signature_is_called_all_the_same():
    class Called(Walker):
        info: Any = staticmethod(dict)  # of what it is given, so that its keys are fields

    with pytest.raises(HookError, match=r"Called\.info uses the key Field"):
        Called().reset(seed=1)


@pytest.mark.parametrize("name", ["__init__", "reset", "step"])
def test_what_only_one_face_would_call_is_not_overridden(name):
    with pytest.raises(
        DefinitionError, match=f"Own must not define {name}, which MurkEnv implements for every face"
    ):
        type("Own", (Walker,), {name: lambda self, **keywords: None})
