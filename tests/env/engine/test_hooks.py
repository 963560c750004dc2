"""Hooks: array and compiled ones obey the same laws, and what they may not do is refused by name."""

from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Discrete

from murk_env import Blueprint, Field, MurkEnv, MurkVectorEnv, Observation, Observe, Square4, per_world
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


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_array_and_compiled_hooks_of_one_environment_are_equal_to_the_byte(mode):
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

    judged = ["reward", "terminated", "info"]
    assert after("NextStep") == (["act", *judged], ["act", "start", *judged])
    assert after("SameStep") == (["act", *judged, "start", "info"], ["act", *judged, "start", "info"])
    assert after("Disabled") == (["act", *judged], [])


def test_a_restart_gives_start_the_initial_values_and_its_own_rows_only():
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


@pytest.mark.parametrize("env_class", [Walker, CompiledForager, Mixed])
def test_starting_some_worlds_leaves_the_rows_of_the_others_untouched(env_class):
    envs = MurkVectorEnv(env_class, 3, checked=True)
    envs.reset(seed=1)
    envs.step(envs.action_space.sample())
    world = envs._core.world
    before = {field: np.array(world[field][1]) for field in world.ids if field.mutability != "static"}
    envs.reset(seed=[5, None, 6], options={"reset_mask": np.array([True, False, True])})
    for field, values in before.items():
        assert world[field][1].tobytes() == values.tobytes(), field


@pytest.mark.parametrize("field", [Mixed.prizes, Mixed.heat, Walker.bell], ids=lambda field: field.name)
def test_a_compiled_act_has_the_fields_that_are_not_its_own_read_only(field):
    base = Walker if field is Walker.bell else Mixed

    @per_world(field)
    def act(values: Any):
        values[0] = 1.0

    env = type("Writing", (base,), {"act": act})()
    with pytest.raises((HookError, DefinitionError), match="Cannot modify readonly array"):
        begin_and_step(lambda: env)


# --- what is returned -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hook", "returned", "message"),
    [
        (
            "reward",
            np.zeros(2),
            r"reward must return real numbers of shape \(3,\), .*float64 of shape \(2,\)",
        ),
        ("reward", 1.0, r"reward must return real numbers of shape \(3,\), .*float64 of shape \(\)"),
        ("reward", ["a", "b", "c"], r"reward must return real numbers .*returned <U1 of shape \(3,\)"),
        ("reward", np.zeros(3, complex), "reward must return real numbers .*complex128"),
        ("reward", None, r"reward must return real numbers .*object of shape \(\)"),
        (
            "terminated",
            np.zeros((3, 1), bool),
            r"terminated must return bool of shape \(3,\), .*bool of shape \(3, 1\)",
        ),
        ("terminated", np.zeros(3, int), "terminated must return bool .*int64 of shape"),
    ],
    ids=str,
)
def test_a_hook_that_returns_the_wrong_thing_is_told_what_was_expected(hook, returned, message):
    env_class = type("Wrong", (Walker,), {hook: lambda self, *values: returned})
    envs = MurkVectorEnv(env_class, 3)
    envs.reset(seed=1)
    with pytest.raises(HookError, match=f"Wrong.{message}"):
        envs.step([1, 1, 1])


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.float16, np.float32, np.int64])
def test_rewards_of_any_real_dtype_leave_as_float64(dtype):
    env_class = type("Paid", (Walker,), {"reward": lambda self, before, after: np.ones(3, dtype)})
    envs = MurkVectorEnv(env_class, 3)
    envs.reset(seed=1)
    rewards = envs.step([1, 1, 1])[1]
    assert (rewards.dtype, rewards.tolist()) == (np.float64, [1.0, 1.0, 1.0])


# --- compiled hooks -------------------------------------------------------------------------------


def compiled(**hooks):
    return type("Compiled", (CompiledForager,), hooks)


def test_an_unknown_argument_of_a_compiled_hook_is_refused_with_a_proposal():
    @per_world(ArrayForager.energy)
    def terminated(energy: Any, costs: Any):
        return energy[0] < costs

    with pytest.raises(DefinitionError, match=r"Compiled.terminated names 'costs', .* did you mean 'cost'\?"):
        compiled(terminated=terminated)()


def test_an_argument_of_another_kind_of_hook_is_refused():
    @per_world(ArrayForager.energy)
    def terminated(energy: Any, action: Any):
        return energy[0] < action

    with pytest.raises(
        DefinitionError, match=r"Compiled.terminated names 'action', which is neither a number among"
    ):
        compiled(terminated=terminated)()


def test_too_few_arguments_of_a_compiled_hook_are_refused():
    @per_world(ArrayForager.energy, ArrayForager.agent, before=[ArrayForager.food])
    def reward(energy: Any, agent: Any):
        return 1.0

    with pytest.raises(
        DefinitionError, match=r"reward is declared per_world with 3 field\(s\) but takes 2 argument"
    ):
        compiled(reward=reward)()


def test_a_compiled_hook_that_names_a_field_of_another_class_is_refused_when_the_env_is_made():
    class Again(CompiledForager):
        energy = Field(over="world")

    with pytest.raises(DefinitionError, match=r"Again.(start|act|terminated|reward).*energy"):
        Again()


@pytest.mark.parametrize("hook", ["act", "start"])
def test_before_is_refused_where_there_is_none(hook):
    @per_world(ArrayForager.energy, before=[ArrayForager.energy])
    def marked(energy: Any, old: Any):
        energy[0] = old[0]

    with pytest.raises(DefinitionError, match=f"Compiled.{hook}.*before"):
        compiled(**{hook: marked})()


def test_a_hook_that_cannot_be_compiled_is_refused_when_the_env_is_made():
    @per_world(ArrayForager.energy)
    def info(energy: Any):
        return energy[0]

    with pytest.raises(DefinitionError, match=r"Compiled.info.*per_world"):
        compiled(info=info)()


def test_a_compiled_hook_takes_properties_of_the_parameters_and_the_lattices_tables():
    class Table(MurkEnv):
        at = Field(over="world", dtype=np.int32)
        seen = Field(over="world", components=2)

        @classmethod
        def build(cls, params):
            return Blueprint(
                lattice=Square4(2, 3),
                observation=Observation(Observe(cls.seen)),
                action_space=Discrete(5),
            )

        @per_world(at)
        def start(at: Any):
            at[0] = 0

        @per_world(at, seen)
        def act(at: Any, seen: Any, neighbours: Any, moves: Any, action: Any):
            seen[0], seen[1] = neighbours[at[0], action], moves[at[0], action]

        @per_world(at)
        def reward(at: Any):
            return 0.0

        @per_world(at)
        def terminated(at: Any):
            return False

    env = Table()
    env.reset(seed=1)
    assert env.step(0)[0].tolist() == [-1.0, 0.0]  # no neighbour to the north of cell 0
    assert env.step(3)[0].tolist() == [1.0, 1.0]


# --- classes that are not finished ----------------------------------------------------------------


def test_an_environment_without_build_says_what_to_define():
    with pytest.raises(
        DefinitionError, match=r"Empty does not say how it is built: define build\(self, params\)"
    ):
        type("Empty", (MurkEnv,), {})()


class OnlyBuilt(MurkEnv):
    """Has no hook but build."""

    at = Field()

    @classmethod
    def build(cls, params):
        return Blueprint(
            lattice=Square4(1, 1),
            observation=Observation(Observe(cls.at)),
            action_space=Discrete(2),
        )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((), r"OnlyBuilt.* does not say how an episode begins: define start\(self, tick, worlds\)"),
        (("start",), r"does not say what an action does: define act\(self, tick, actions\)"),
        (("start", "act"), r"has no reward: define reward\(self, before, after\)"),
        (("start", "act", "reward"), r"does not say when an episode ends: define terminated\(self, after\)"),
    ],
    ids=["start", "act", "reward", "terminated"],
)
def test_a_missing_hook_is_named_when_it_is_needed(given, message):
    nothing = {"start": lambda *_: None, "act": lambda *_: None, "reward": lambda *_: np.zeros(1)}
    env_class = type("OnlyBuiltYet", (OnlyBuilt,), {name: nothing[name] for name in given})
    with pytest.raises((DefinitionError, HookError), match=message):
        begin_and_step(env_class)


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


def test_what_build_puts_on_the_env_stays_readable_in_every_hook():
    class Built(Walker):
        @classmethod
        def build(cls, params):
            cls.pay = 4.0
            return super().build(params)

        def reward(self, before, after):
            return np.full(1, self.pay)

    env = Built()
    env.reset(seed=1)
    assert env.step(1)[1] == 4.0
