"""Hooks: array hooks and hooks for one world obey the same rules; what they may not do is refused by name."""

import numpy as np
import pytest
from gymnasium.spaces import Discrete

from murk_env import Blueprint, Field, MurkEnv, MurkVectorEnv, Observation, Observe, Square4
from murk_env.errors import DefinitionError, FrozenAttributeError, HookError
from tests.env.worlds import ArrayForager, CompiledForager, Mixed, Walker


def begin_and_step(make_env):
    """Make an env, reset it and step it once."""
    env = make_env()
    env.reset(seed=1)
    env.step(env.action_space.sample())


def outputs_of(env_class, mode, num_steps):
    """Return the bytes of everything that a batch of three gives in a run."""
    envs = MurkVectorEnv(env_class, 3, autoreset_mode=mode, max_episode_steps=6, checked=True)
    rng = np.random.default_rng(7)
    found = [envs.reset(seed=11)[0].tobytes()]
    for _ in range(num_steps):
        found += [part.tobytes() for part in envs.step(rng.integers(0, 5, 3))[:4]]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_both_kinds_of_hooks_of_one_environment_give_the_same_bytes(mode):
    assert outputs_of(ArrayForager, mode, 300) == outputs_of(CompiledForager, mode, 300)


def test_a_step_calls_the_hooks_in_their_order():
    called = []

    class Told(Walker):
        pass

    for name in ("act", "start", "reward", "terminated", "info"):

        def hook(self, *arguments, name=name):
            called.append(name)
            return getattr(Walker, name)(self, *arguments)

        setattr(Told, name, hook)

    def after(mode):
        envs = MurkVectorEnv(Told, 2, autoreset_mode=mode, max_episode_steps=1)
        envs.reset(seed=1)
        called.clear()
        envs.step([1, 1])
        first, called[:] = list(called), []
        if mode != "Disabled":
            envs.step([1, 1])
        return first, list(called)

    outcome = ["reward", "terminated", "info"]
    assert after("NextStep") == (["act", *outcome], ["act", "start", *outcome])
    assert after("SameStep") == (["act", *outcome, "start", "info"], ["act", *outcome, "start", "info"])
    assert after("Disabled") == (["act", *outcome], [])


def test_a_reset_gives_start_the_initial_values_and_its_own_rows_only():
    seen = []

    class Told(Walker):
        def start(self, tick, worlds):
            seen.append((worlds.tolist(), tick.worlds.tolist(), tick.visits.tolist(), tick.fuse.tolist()))
            super().start(tick, worlds)

    envs = MurkVectorEnv(Told, 3)
    envs.reset(seed=1)
    envs.step([1, 2, 3])
    envs.reset(options={"reset_mask": np.array([False, True, True])})
    assert seen[1] == ([1, 2], [1, 2], [[0] * 16] * 2, [0, 0])


@pytest.mark.few(1)
@pytest.mark.parametrize("env_class", [Walker, CompiledForager, Mixed])
def test_resetting_some_worlds_leaves_the_others_and_their_chance_untouched(env_class):
    envs, twin = (MurkVectorEnv(env_class, 3, checked=True) for _ in range(2))
    changing = [field for field in env_class.fields.values() if field.mutability != "static"]

    def assert_untouched():
        for field in changing:
            assert envs.world[field][1].tobytes() == twin.world[field][1].tobytes(), field

    for one in (envs, twin):
        one.reset(seed=1)
        one.action_space.seed(1)
        one.step(one.action_space.sample())
    envs.reset(seed=[5, None, 6], options={"reset_mask": np.array([True, False, True])})
    assert_untouched()
    for _ in range(5):
        for one in (envs, twin):
            one.step(one.action_space.sample())
        assert_untouched()


# --- what is returned -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hook", "returned", "message"),
    [
        (
            "reward",
            np.zeros(2),
            r"reward must return real numbers of shape \(3,\), .* returned an array of shape \(2,\);",
        ),
        (
            "reward",
            1.0,
            r"reward must return real numbers of shape \(3,\), .* returned the single value 1.0;",
        ),
        ("reward", ["a", "b", "c"], "reward must return real numbers .* returned an array of dtype <U1;"),
        ("reward", np.zeros(3, complex), "reward must return real numbers .* of dtype complex128"),
        ("reward", (np.zeros(3), 1.0), "reward must return real .* but returned a tuple of unlike values;"),
        ("reward", None, "reward must return real numbers .*, one for each world, but returned nothing; the"),
        (
            "terminated",
            np.zeros((3, 1), bool),
            r"terminated must return bool of shape \(3,\), .* an array of shape \(3, 1\);",
        ),
        ("terminated", np.zeros(3, int), "terminated must return bool .* of dtype int64;"),
    ],
    ids=str,
)
def test_a_hook_that_returns_the_wrong_thing_is_told_what_was_expected(hook, returned, message):
    env_class = type("Wrong", (Walker,), {hook: lambda self, *values: returned})
    envs = MurkVectorEnv(env_class, 3)
    envs.reset(seed=1)
    with pytest.raises(
        HookError, match=rf"Wrong.{message}.* At \S*test_hooks.py:\d+: .*lambda self, \*values"
    ):
        envs.step([1, 1, 1])


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.float16, np.float32, np.int64])
def test_rewards_of_any_real_dtype_leave_as_float64(dtype):
    env_class = type("Paid", (Walker,), {"reward": lambda self, before, after: np.ones(3, dtype)})
    envs = MurkVectorEnv(env_class, 3)
    envs.reset(seed=1)
    rewards = envs.step([1, 1, 1])[1]
    assert (rewards.dtype, rewards.tolist()) == (np.float64, [1.0, 1.0, 1.0])


# --- classes that are not finished ----------------------------------------------------------------


def test_an_environment_without_build_says_what_to_define():
    with pytest.raises(
        DefinitionError,
        match=r"Empty does not say how it is built: define the classmethod build\(cls, params",
    ):
        type("Empty", (MurkEnv,), {})()


class OnlyBuilt(MurkEnv):
    """Has no hook but build."""

    heat = Field()

    @classmethod
    def build(cls, params):
        return Blueprint(
            lattice=Square4(1, 1),
            observation=Observation(Observe(cls.heat)),
            action_space=Discrete(2),
        )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            (),
            r"OnlyBuiltYet does not say how an episode begins: define start\(self, tick, worlds\), or with "
            r"@per_world start\(self, rng\)",
        ),
        (
            ("start",),
            r"does not say what an action does: define act\(self, tick, actions\), .* act\(self, action\)",
        ),
        (
            ("start", "act"),
            r"does not say what a step is worth: define reward\(self, before, after\), .* reward\(self\)",
        ),
        (
            ("start", "act", "reward"),
            r"does not say when an episode ends: define terminated\(self, after\), .* terminated\(self\)",
        ),
    ],
    ids=["start", "act", "reward", "terminated"],
)
def test_a_missing_hook_is_named_when_the_env_is_made(given, message):
    nothing = {"start": lambda *_: None, "act": lambda *_: None, "reward": lambda *_: np.zeros(1)}
    env_class = type("OnlyBuiltYet", (OnlyBuilt,), {name: nothing[name] for name in given})
    with pytest.raises(DefinitionError, match=message):
        env_class()


# --- self in an array hook ------------------------------------------------------------------------


def test_state_beside_the_fields_is_refused():
    class Keeps(Walker):
        def act(self, tick, actions):
            self.last = actions

    env = Keeps()
    env.reset(seed=1)
    with pytest.raises(
        HookError, match=r"Keeps.act raised FrozenAttributeError: Keeps.last cannot be set"
    ) as caught:
        env.step(1)
    assert isinstance(caught.value.__cause__, FrozenAttributeError)


def test_self_in_an_array_hook_has_parameters_lattice_and_what_the_class_has():
    class Richer(Walker):
        bonus = 4.0

        def paid(self):
            return self.bonus + self.params.size + self.lattice.num_cells

        def reward(self, before, after):
            return np.full(1, self.paid())

    env = Richer(size=3)
    env.reset(seed=1)
    assert env.step(1)[1] == 4.0 + 3.0 + 9.0


def test_self_in_an_array_hook_has_no_worlds():
    class Asks(Walker):
        def terminated(self, after):
            return self.world[Walker.fuse] <= 0

    env = Asks()
    env.reset(seed=1)
    with pytest.raises(
        HookError,
        match=r"Asks.terminated raised ReentrantStepError: self in an array hook of Asks is not a running "
        r"env: it only has params and lattice; read and write fields through tick, before and after",
    ):
        env.step(1)
