"""What a hook for one world may not do is refused in one sentence, with the line of the author's file."""

import os
import re
from random import random as draw_globally
from typing import Any

import numpy as np
import pytest

from murk_env import (
    per_world,
)
from murk_env.errors import DefinitionError, HookError
from murk_env.random import uniform
from tests.env.agent_worlds import Crew
from tests.env.author.test_per_world import Plate, made

HERE = re.escape(os.path.relpath(__file__))


@pytest.mark.parametrize("env_class", [Crew, Plate])
@pytest.mark.parametrize("hook", ["reward", "terminated"])
def test_agent_is_refused_where_agents_share_one_reward(env_class, hook):
    with pytest.raises(
        DefinitionError,
        match=rf"Mine.{hook} \(.*\) names the argument 'agent', which it is not given; agents share one rew",
    ):
        made(env_class, **{hook: lambda self, agent: agent})()


# --- what is refused when the env is made ---------------------------------------------------------


@pytest.mark.parametrize(
    ("hook", "function", "message"),
    [
        ("act", lambda self, acton: None, "'acton', which it is not given; did you mean 'action'?"),
        ("act", lambda self, before: None, "'before', which it is not given; known: action, rng, self"),
        ("start", lambda self, action: None, "'action', which it is not given; known: rng, self"),
        ("start", lambda self, before: None, "'before', which it is not given; known: rng, self"),
        ("reward", lambda self, gain: gain, "'gain', which it is not given; known: before, self"),
        ("reward", lambda self, *, rng: rng[0], "'rng', which it is not given; known: before, self"),
        ("terminated", lambda self, heat: True, "'heat', which it is not given; known: before, self"),
        ("terminated", lambda self, out=None: True, "'out', which it is not given; known: before, self"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 12 else "",
)
def test_an_unknown_argument_is_refused_with_those_there_are(hook, function, message):
    place = rf"\({HERE}:{function.__code__.co_firstlineno}: .+\)"
    with pytest.raises(
        DefinitionError, match=rf"^Mine.{hook} {place} names the argument {re.escape(message)}"
    ):
        made(**{hook: function})()


def test_self_comes_first():
    with pytest.raises(
        DefinitionError, match=r"Mine.act \(.*\) takes self after .* as in \(self, action, rng\)\.$"
    ):
        made(act=lambda action, self: None)()


def test_a_hook_without_any_argument_is_refused():
    with pytest.raises(
        DefinitionError, match=r"Mine.terminated \(.+:\d+: .+\) takes no argument; the first is self"
    ):
        made(terminated=lambda: False)()


def misspelt_field(self):
    return self.haet[0]


def misspelt_field_before(self, before):
    return self.heat[0] - before.haet[0]


def misspelt_constant(self):
    return self.SCAEL


def misspelt_method(self):
    return self.toatl(1.0)


def unknown_name(self):
    return self.qqqq


def misspelt_parameter(self):
    return self.params.gian


def text_parameter(self):
    return self.params.layout == "flat"


def text_constant(self):
    return self.WORD == "text"


def tuple_of_functions(self):
    return self.METHODS[0](1.0)


def of_the_face(self):
    return self.render_mode


def misspelt_in_a_module(self):
    return np.sqrtt(self.heat[0])  # pyright: ignore[reportAttributeAccessIssue]


def handed_to_numpy(self):
    return np.sum(self)


def lattice(self):
    return self.lattice.num_cells


def active(self):
    return self.active[0]


def chance(self):
    return uniform(self.rng)


def global_chance(self):
    return np.random.random()  # noqa: NPY002  # a hook that does is what is refused


def imported_chance(self):
    return draw_globally()


def binds(self):
    self.heat = 1.0
    return 0.0


def binds_a_parameter(self):
    self.params.gain = 1.0
    return 0.0


def returns_self(self):
    return self


def returns_nothing(self):
    self.heat.sum()


def returns_at_times(self):
    return 1.0 if self.heat[0] > 1.0 else None


def wrong_call(self):
    return self.total(1.0, 2.0)


@pytest.mark.parametrize(
    ("reward", "message"),
    [
        (misspelt_field, "self.haet is no field, .* or function of Mine; did you mean self.heat?"),
        (misspelt_field_before, "before.haet is no field, .* of Mine; did you mean before.heat?"),
        (misspelt_constant, "self.SCAEL is no field, .* or function of Mine; did you mean self.SCALE?"),
        (misspelt_method, "self.toatl is no field, .* or function of Mine; did you mean self.total?"),
        (unknown_name, "self.qqqq is no field, parameter, constant or function of Mine; known: METHODS, PAY"),
        (misspelt_parameter, "self.params.gian is no parameter of Mine; did you mean 'gain'?"),
        (text_parameter, "self.params.layout is 'flat', but compiled code only takes numbers; add a prop"),
        (
            text_constant,
            "self.WORD is 'text', but compiled code only takes numbers, tuples of numbers and func",
        ),
        (
            tuple_of_functions,
            "self.METHODS is .<ufunc 'sin'>,., but compiled code only takes numbers, tuples",
        ),
        (of_the_face, "self.render_mode is no field, parameter, constant or function of Mine"),
        (misspelt_in_a_module, "numpy has no sqrtt; did you mean sqrt?"),
        (handed_to_numpy, "self can be handed to plain functions of your own only, not to sum"),
        (lattice, "self.lattice is available only in array hooks; here moves and neighbours are tables"),
        (active, "self.active is available only where agents are rewarded separately"),
        (chance, r"self.rng is an argument here; name it beside self, as in act\(self, action, rng\)"),
        (global_chance, "random numbers of a module do not repeat with the seed; draw from rng"),
        (imported_chance, "random numbers of a module do not repeat with the seed; draw from rng"),
        (binds, r"self.heat cannot be bound to another value; write self.heat\[...\] = value"),
        (binds_a_parameter, "self.params.gain cannot be assigned to; keep what changes in a field"),
        (returns_self, "compiled code can only read members of self"),
        (returns_nothing, "returns nothing on at least one path; it must always return a number"),
        (returns_at_times, "returns nothing on at least one path"),
        (wrong_call, r"total\(\) is called wrongly: too many positional arguments"),
    ],
    ids=lambda value: "" if isinstance(value, str) else value.__name__,
)
def test_what_cannot_be_compiled_is_refused_with_the_authors_line(reward, message):
    code = reward.__code__
    line = code.co_firstlineno + (not message.startswith("returns nothing"))
    with pytest.raises(
        DefinitionError,
        match=rf"Mine.reward \({HERE}:{line}: .+\): {message.replace('?', '.')}",
    ) as caught:
        made(reward=reward)()
    assert not str(caught.value).endswith(("?.", ".."))
    assert caught.value.__suppress_context__ or message.startswith("returns nothing")  # no pages of numba's


def deep(world: Any) -> float:
    return world.haet[0]


def test_the_line_of_a_helper_function_is_told():
    line = deep.__code__.co_firstlineno + 1
    with pytest.raises(
        DefinitionError, match=rf"Mine.reward \({HERE}:{line}: return .+\): self.haet is no field, .* self.he"
    ):
        made(reward=lambda self: deep(self))()


def test_a_function_that_returns_nothing_to_a_hook_is_named_by_its_own_line():
    line = returns_nothing.__code__.co_firstlineno
    with pytest.raises(
        DefinitionError, match=rf"Mine.reward \({HERE}:{line}: def returns_nothing.+\): returns nothing on at"
    ):
        made(reward=lambda self: returns_nothing(self))()


@per_world
def yields(self):
    yield self.heat[0]


def test_a_line_that_is_a_decorators_is_told_as_that_of_the_function():
    line = yields.function.__code__.co_firstlineno + 1
    with pytest.raises(
        DefinitionError, match=rf"Mine.reward \({HERE}:{line}: def yields\(self\):\): yields can"
    ):
        made(reward=yields.function)()


def test_a_terminated_that_returns_nothing_is_told_what_to_return():
    with pytest.raises(
        DefinitionError,
        match=r"Mine.terminated \(.+:\d+: def .+\): returns nothing on .* always return a bool",
    ):
        made(terminated=returns_nothing)()


def test_an_info_for_one_world_is_refused():
    with pytest.raises(
        DefinitionError, match=rf"Mine.info \({HERE}:\d+: .+\) cannot be per_world; write it over"
    ):
        made(info=lambda self: self.heat[0])()


@pytest.mark.parametrize("given", [3, Plate.heat, None], ids=["number", "field", "none"])
def test_per_world_marks_functions_alone(given):
    with pytest.raises(DefinitionError, match="per_world marks a function, without arguments of its own"):
        per_world(given)


# --- what is refused when it is compiled ----------------------------------------------------------


def float_index(self):
    return self.heat[1.5]


def fills_in_reward(self):
    self.heat.fill(1.0)
    return 0.0


@pytest.mark.parametrize(
    ("reward", "message"),
    [
        (float_index, "an index must be an integer, not float64"),
        (fills_in_reward, "writes to an array that is read-only here. act may write per_tick fields that"),
    ],
    ids=lambda value: "" if isinstance(value, str) else value.__name__,
)
def test_a_hook_that_numba_does_not_compile_is_told_in_one_sentence_with_its_line(reward, message):
    env = made(reward=reward)()
    env.reset(seed=1)
    line = reward.__code__.co_firstlineno + 1
    with pytest.raises(HookError, match=rf"Mine.reward \({HERE}:{line}: .+\) cannot be compiled: {message}"):
        env.step(0)


def draws_as_an_array_hook(self, rng):
    self.heat[0] = rng.random()


def test_a_draw_by_the_name_that_array_hooks_have_is_told_the_right_one():
    with pytest.raises(
        HookError, match=r"no 'random'.*\. rng is handed to functions of murk_env.random: int"
    ):
        made(start=draws_as_an_array_hook)().reset(seed=1)


@pytest.mark.few(3)
@pytest.mark.parametrize(
    ("returned", "what"),
    [
        (lambda self: self.heat, "array of float32"),
        (lambda self: self.ticks > 3, "array of bool"),
        (lambda self: (1.0, 2.0), "tuple of 2 float64"),
        (lambda self: "warm", "('warm'|str)"),
    ],
)
@pytest.mark.parametrize(("hook", "one"), [("reward", "number"), ("terminated", "bool")])
def test_a_hook_that_returns_no_number_is_told_with_its_line(hook, one, returned, what):
    env = made(**{hook: returned})()
    env.reset(seed=1)
    place = rf"\({HERE}:{returned.__code__.co_firstlineno}: .+\)"
    with pytest.raises(HookError, match=rf"Mine.{hook} {place} returns {what}; it must return a {one}\."):
        env.step(0)


@pytest.mark.parametrize(
    ("returned", "what"),
    [
        (lambda self: 0.5, "float64"),
        pytest.param(lambda self: self.ticks[0], "int32", marks=pytest.mark.slow),
    ],
)
def test_a_flag_is_a_bool_as_it_is_of_an_array_hook(returned, what):
    env = made(terminated=returned)()
    env.reset(seed=1)
    place = rf"\({HERE}:{returned.__code__.co_firstlineno}: .+\)"
    with pytest.raises(HookError, match=rf"Mine.terminated {place} returns {what}; it must return a bool\."):
        env.step(0)


def test_a_failed_compilation_leaves_the_worlds_as_they_were_and_the_next_step_fails_likewise():
    env = made(reward=float_index)()
    env.reset(seed=1)
    for _ in range(2):
        with pytest.raises(HookError, match="an index must be an integer"):
            env.step(0)
        assert env.world[Plate.ticks] == 0


def test_checked_mode_refuses_an_index_outside_an_array():
    env = made(reward=lambda self: self.heat[self.params.sides + 3])(checked=True)
    env.reset(seed=1)
    with pytest.raises(
        HookError, match=r"Mine.reward raised IndexError: index 6 is out of bounds for self.heat"
    ):
        env.step(0)
