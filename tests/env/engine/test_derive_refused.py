"""What hooks may not do with derived fields, and `derive` may not do at all."""

import numpy as np
import pytest

from murk_env import (
    Draws,
    Field,
    MurkParallelEnv,
    MurkVectorEnv,
    per_world,
)
from murk_env.errors import DefinitionError, HookError, OptionError
from murk_env.random import uniform
from tests.env.agent_worlds import Race
from tests.env.engine.test_derive import ArraySeeker, Seeker


def begin_and_step(env):
    env.reset(seed=0)
    env.step(0)


def writes_derived(self):
    self.near[0] = 1.0


def writes_other(self):
    self.goal[0] = 1


def writes_seen(self):
    seen = self.seen
    seen[0] += 1.0


def set_left(self):
    self.left[0] = 1


def writes_by_a_method(self):
    self.set_left()


def draws(self, rng: Draws):
    self.far[0] = uniform(rng)


DERIVED = "'near' is derived: only derive, or a propagator in derived=.*, writes it; set the fields that it"


@pytest.mark.parametrize(
    ("hook", "function", "message"),
    [
        ("start", writes_derived, rf"start \(.*test_derive_refused.py:\d+: .*\) writes 'near': {DERIVED}"),
        ("act", writes_derived, rf"act \(.*\) writes 'near': {DERIVED}"),
        (
            "derive",
            writes_other,
            r"derive \(.*\) writes 'goal': derive may only set derived fields, and 'goal' is",
        ),
        ("derive", writes_by_a_method, r"derive \(.*\) writes 'left': derive may only set derived fields"),
        ("derive", writes_seen, r"derive \(.*\) writes 'seen': 'seen' is already set by a propagator "),
        ("derive", draws, r"derive \(.*\) names the argument 'rng', which it is not given; derived values "),
    ],
)
def test_what_a_hook_for_one_world_may_not_write_is_refused_when_the_env_is_made(hook, function, message):
    env_class = type("Wrong", (Seeker,), {hook: per_world(function), "set_left": set_left})
    with pytest.raises(DefinitionError, match=f"Wrong.{message}"):
        env_class()


@pytest.mark.few(1)
@pytest.mark.parametrize("hook", ["start", "act", "reward"])
def test_hooks_find_a_derived_field_read_only_wherever_they_hand_it(hook):
    def hidden(self):
        np.add(self.far, 1.0, self.far)
        return 0.0

    env = type("Hiding", (Seeker,), {hook: per_world(hidden)})()
    with pytest.raises(HookError, match=rf"Hiding.{hook}.* (cannot be compiled|array is read-only)"):
        begin_and_step(env)


@pytest.mark.parametrize(
    ("hook", "function", "message"),
    [
        ("start", lambda self, tick, worlds: setattr(tick, "near", 1.0), DERIVED),
        ("act", lambda self, tick, actions: setattr(tick, "near", 1.0), DERIVED),
        ("act", lambda self, tick, actions: tick.edit(Seeker.near), DERIVED),
        (
            "derive",
            lambda self, tick: setattr(tick, "goal", 1),
            "derive may only set derived fields, and 'goa",
        ),
        (
            "derive",
            lambda self, tick: setattr(tick, "seen", 1.0),
            "'seen' is already set by a propagator in",
        ),
        ("derive", lambda self, tick: tick.rng.random(), "derive has no rng: derived values depend on the"),
        (
            "derive",
            lambda self, tick: tick.edit(Seeker.far),
            r"derive has no tick.edit\(field\): compute all",
        ),
        (
            "derive",
            lambda self, tick: setattr(tick, "elapsed_steps", 1),
            "'elapsed_steps' is kept by the env",
        ),
        (
            "derive",
            lambda self, tick: setattr(tick, "fra", 1.0),
            "no field is called 'fra'; did you mean 'fa",
        ),
    ],
)
def test_what_an_array_hook_may_not_write_is_refused(hook, function, message):
    env = type("Wrong", (ArraySeeker,), {hook: function})()
    with pytest.raises(HookError, match=rf"Wrong.{hook} raised .*{message}"):
        begin_and_step(env)


def test_an_edit_cannot_set_what_is_derived():
    envs = MurkVectorEnv(Seeker, 2)
    envs.reset(seed=0)
    for worlds in (None, [1]):
        with pytest.raises(DefinitionError, match=DERIVED), envs.world.edit(worlds) as tick:
            tick[Seeker.near] = 1.0


def test_a_derived_field_that_nothing_sets_is_refused():
    class Forgetful(Race):
        ahead = Field(over="agents", derived=True)

    with pytest.raises(DefinitionError, match=r"Forgetful declares \['ahead'\] as derived, but nothing sets"):
        MurkParallelEnv(Forgetful)


def test_a_derive_without_a_field_is_refused():
    class Idle(Race):
        def derive(self, tick):
            pass

    with pytest.raises(DefinitionError, match=r"Idle.derive has no field to set: .* Field\(derived=True\)"):
        MurkParallelEnv(Idle)


def test_a_derive_that_takes_something_else_is_refused():
    wide = type("Wide", (ArraySeeker,), {"derive": lambda self, tick, worlds: None})
    with pytest.raises(
        DefinitionError, match=r"Wide.derive.* takes \(tick, worlds\) .*write derive\(self, t"
    ):
        wide()


@pytest.mark.few(1)
@pytest.mark.parametrize("checked", [False, True])
def test_a_derive_that_fails_is_named_with_its_world(checked):
    @per_world
    def derive(self):
        if self.far[0] != 9.0 or self.goal[0] == 7:  # far holds its initial value
            raise ValueError("no way")
        self.far[0] = 1.0

    envs = MurkVectorEnv(type("Lost", (Seeker,), {"derive": derive}), 4, checked=checked)
    with pytest.raises(HookError, match=r"Lost.derive raised ValueError: no way.* world 2"):
        envs.reset(seed=0, options={"fields": {"goal": np.array([0, 1, 7, 3])}})


def test_checked_mode_names_derive():
    class Unbounded(ArraySeeker):
        def derive(self, tick):
            super().derive(tick)
            tick.far = np.where(tick.left < 4, np.nan, 1.0)

    env = Unbounded(checked=True)
    with pytest.raises(HookError, match=r"Unbounded.derive wrote a number that is not finite to 'far' in wo"):
        begin_and_step(env)


def test_an_option_cannot_set_what_is_derived():
    envs = MurkVectorEnv(Seeker, 2)
    with pytest.raises(OptionError, match=rf"options\['fields'\] cannot set 'near': {DERIVED}"):
        envs.reset(seed=0, options={"fields": {"near": 1.0}})


# --- agents ---------------------------------------------------------------------------------------
