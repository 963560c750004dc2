"""What array hooks name is checked when the env is made; what may never run is not."""

import contextlib
import types
from typing import Any, ClassVar

import numpy as np
import pytest
from gymnasium.spaces import Discrete

from murk_env import Blueprint, Field, Line1D, MurkEnv, MurkVectorEnv, Observation, Observe, per_world
from murk_env.errors import DefinitionError, HookError, UnknownFieldError
from tests.env.engine.test_derive import ArraySeeker
from tests.env.worlds import CompiledForager, Mixed, Walker

HERE = "test_array_hooks.py"


def made(env_class: Any = Walker, **members: Any) -> Any:
    return type("Mine", (env_class,), members)


def ring(tick):
    tick.bel = 1.0


helpers = types.ModuleType("helpers")
vars(helpers)["ring"] = ring


def hop(self, tick):
    return tick.agent + self.params.sise


def step_over_lines(self, before, after):
    gained = np.zeros(len(after.agent))
    with np.errstate(all="ignore"):
        gained += after.haet
    return gained


def under_a_condition(self, tick, actions):
    done = tick.fuse <= 0
    if done.any():
        tick.visitz = 0


def in_a_loop(self, after):
    ended = after.fuse <= 0
    for cell in range(4):
        ended |= after.visit[:, cell] > 9
    return ended


MISSPELT = {
    "read": ("act", lambda self, tick, actions: tick.agnet, "tick.agnet: no field .* did you mean 'agent'"),
    "set": ("act", lambda self, tick, actions: ring(tick), "tick.bel: no field .* did you mean 'bell'"),
    "module": (
        "act",
        lambda self, tick, actions: helpers.ring(tick),
        "tick.bel: no field .* did you mean 'bell'",
    ),
    "start": ("start", lambda self, tick, worlds: tick.fues, "tick.fues: no field .* did you mean 'fuse'"),
    "added": ("act", None, "tick.fues: no field .* did you mean 'fuse'"),
    "before": ("reward", lambda self, before, after: before.fues, "before.fues: no .* did you mean 'fuse'"),
    "info": (
        "info",
        lambda self, after: {"a": after.visit},
        "after.visit: no field .* mean 'visits'",
    ),
    "self": (
        "reward",
        lambda self, before, after: self.param,
        "self.param: Mine has no attribute 'param'; .* 'params'",
    ),
    "method": ("act", lambda self, tick, actions: self.hop(tick), "self.params.sise: .* mean 'size'"),
    "lattice": ("terminated", lambda self, after: self.lattice.mov, "self.lattice.mov: .* mean 'move'"),
    "field of self": (
        "terminated",
        lambda self, after: self.fuse <= 0,
        "self.fuse: Mine.fuse is an array of each world",
    ),
    "with": ("reward", step_over_lines, "after.haet: no field is called 'haet'"),
    "condition": ("act", under_a_condition, "tick.visitz: no field .* did you mean 'visits'"),
    "loop": ("terminated", in_a_loop, "after.visit: no field .* did you mean 'visits'"),
}


def added(self, tick, actions):
    tick.fues += 1


@pytest.mark.parametrize("case", MISSPELT)
def test_a_misspelt_name_in_an_array_hook_is_refused_when_the_env_is_made(case):
    name, hook, message = MISSPELT[case]
    with pytest.raises(
        DefinitionError, match=rf"Mine.{name} \(\S*test_array_hooks.py:\d+: .*\): .*{message}"
    ):
        made(**{name: hook or added, "hop": hop})()


def test_the_line_is_the_one_in_the_function_that_names_it():
    with pytest.raises(UnknownFieldError) as caught:
        made(act=lambda self, tick, actions: ring(tick))()
    assert f"test_array_hooks.py:{ring.__code__.co_firstlineno + 1}: tick.bel = 1.0)" in str(caught.value)


# --- what cannot be set -------------------------------------------------------------------------------


def set_before(self, before, after):
    before.fuse = 1


def set_steps(self, tick, actions):
    tick.elapsed_steps = 0


def set_heat(self, tick, actions):
    tick.heat = 0.0


def set_prizes(self, tick, worlds):
    tick.prizes = 0.0


def derive_agent(self, tick):
    tick.agent = 0


def derive_misspelt(self, tick):
    tick.faar = 0.0


@pytest.mark.few(3)
@pytest.mark.parametrize(
    ("env_class", "name", "hook", "message"),
    [
        (Walker, "reward", set_before, "before.fuse: before and after are read-only"),
        (Walker, "act", set_steps, "tick.elapsed_steps: 'elapsed_steps' is kept by the env"),
        (Mixed, "act", set_heat, "tick.heat: 'heat' is written by Diffusion\\(heat\\) every tick"),
        (Mixed, "start", set_prizes, "tick.prizes: 'prizes' is static"),
        (ArraySeeker, "derive", derive_agent, "tick.agent: derive may only set derived fields"),
        (ArraySeeker, "derive", derive_misspelt, "tick.faar: no field .* did you mean 'far'"),
    ],
    ids=["before", "clock", "propagators", "static", "derive", "derive misspelt"],
)
def test_what_an_array_hook_cannot_set_is_refused_when_the_env_is_made(env_class, name, hook, message):
    with pytest.raises(DefinitionError, match=rf"Mine.{name} \(.*\): {message}"):
        made(env_class, **{name: hook})()


def change_in_place(self, tick, actions):
    tick.agent[:] = 0


def add_in_place(self, tick, actions):
    tick.agent += 1


def change_after(self, before, after):
    after.fuse[:] = 0


@pytest.mark.parametrize(
    ("name", "hook"), [("act", change_in_place), ("act", add_in_place), ("reward", change_after)]
)
def test_how_to_change_a_field_is_said_where_its_array_is_changed_in_place(name, hook):
    env = made(**{name: hook})()
    env.reset(seed=1)
    said = r"read-only; .* tick.name = values, or change what tick.edit\(Class.name\) returns; .* At .*py:\d+"
    with pytest.raises(HookError, match=rf"Mine.{name} raised ValueError: .*{said}"):
        env.step(0)


def test_start_may_set_what_a_propagator_writes():
    class Warm(Mixed):
        def start(self, tick, worlds):
            tick.heat = 1.0

    env = Warm()
    env.reset(seed=1)
    assert (env.world[Warm.heat] == 1.0).all()


def test_super_of_a_compiled_hook_is_refused_in_an_array_hook():
    class Doubled(CompiledForager):
        def reward(self, before, after):
            return 2.0 * super().reward(before, after)

    with pytest.raises(DefinitionError, match=r"Doubled.reward \(.*super\(\).reward: it is compiled"):
        Doubled()


# --- what is left to the run --------------------------------------------------------------------------


class Windy(Walker):
    """Names a wind that only subclasses have, wherever it asks for it first."""

    WINDY = False
    NAMES = ()

    def start(self, tick, worlds):
        super().start(tick, worlds)
        if hasattr(tick, "wind"):
            tick.wind = 1.0

    def act(self, tick, actions):
        windy = self.WINDY
        if windy and tick.fuse.any():
            tick.wind = 2.0
        for _ in self.NAMES:
            tick.wind += 1.0
        super().act(tick, actions)
        self.blow(tick)

    def blow(self, tick):
        with contextlib.suppress(AttributeError):
            tick.wind = self.strength  # type: ignore[attr-defined]

    def reward(self, before, after):
        try:
            return after.wind
        except AttributeError:
            return super().reward(before, after)

    def terminated(self, after):
        if not self.WINDY:
            return super().terminated(after)
        return after.wind > self.strength  # type: ignore[attr-defined]

    def info(self, after):
        seen = [name for name in after if name.name == "wind"]
        return {"wind": after.wind} if seen else {"fuse": after.fuse.copy()}


class Blown(Windy):
    """Has the wind."""

    WINDY = True
    wind = Field(over="world")
    strength = 5.0


@pytest.mark.parametrize("env_class", [Windy, Blown])
def test_what_may_be_of_another_class_is_left_to_the_run(env_class):
    envs = MurkVectorEnv(env_class, 2)
    envs.reset(seed=1)
    for _ in range(3):
        envs.step([1, 0])


def test_members_that_a_tick_has_beside_fields_are_in_order():
    class Generic(Walker):
        def start(self, tick, worlds):
            rng, tick_of = tick.rng, tick
            tick_of.agent = rng.integers(0, self.lattice.num_cells - 1)
            tick.fuse = tick.time.astype(int) + 3 + 0 * tick.worlds

        def act(self, tick, actions):
            assert {field.name for field in tick.keys()} >= {"fuse"}  # noqa: SIM118
            tick.edit(Walker.fuse)[...] -= 1
            tick = {"not": "a tick"}  # which has no fields
            assert tick.get("fuse") is None

    env = Generic()
    env.reset(seed=1)
    env.step(0)


def test_a_hook_that_calls_itself_is_read_once():
    class Again(Walker):
        def countdown(self, tick, number):
            return number == 0 or self.countdown(tick, number - 1)

        def act(self, tick, actions):
            self.countdown(tick, 3)

    Again().reset(seed=1)


def test_a_name_is_looked_up_where_the_hook_runs_not_where_it_stands():
    class Spoken(Walker):
        def reward(self, before, after):
            return self.value(after)  # type: ignore[attr-defined]

    with pytest.raises(DefinitionError, match=r"self.value: Spoken has no attribute 'value'"):
        Spoken()

    class Mistaken(Walker):
        def reward(self, before, after):
            return self.elapsed_step + self._autorese  # type: ignore[attr-defined]

    with pytest.raises(DefinitionError, match=r"has no attribute '\w+'; known: (?!.*(elapsed_steps|, _))"):
        Mistaken()
    made(Spoken, value=lambda self, after: after.fuse)().reset(seed=1)


def test_what_a_class_makes_of_any_name_is_left_to_it():
    class Dynamic(Walker):
        def __getattr__(self, name):
            if name == "twice":
                return 2.0
            raise AttributeError(name)

        def reward(self, before, after):
            return self.twice * after.fuse

    env = Dynamic()
    _, info = env.reset(seed=1)
    assert env.step(1)[1] == 2.0 * (info["fuse"] - 1)


class Keeping(MurkEnv):
    """Keeps the tick of act and writes through it in `reward`; whether an episode ends is compiled."""

    heat = Field()
    kept: ClassVar[list[Any]] = []

    @classmethod
    def build(cls, params):
        return Blueprint(
            lattice=Line1D(2), observation=Observation(Observe(cls.heat)), action_space=Discrete(2)
        )

    def start(self, tick, worlds):
        pass

    def act(self, tick, actions):
        self.kept[:] = [tick]

    def reward(self, before, after):
        self.kept[0].heat = 1.0
        return np.zeros(len(after.heat))

    @per_world
    def terminated(self):
        return self.heat[0] > 5.0


def test_a_tick_that_act_has_kept_is_not_written_in_reward_though_terminated_is_compiled():
    env = Keeping()
    env.reset(seed=1)
    with pytest.raises(HookError, match="sealed"):
        env.step(0)
    assert env.world[Keeping.heat].tolist() == [[0.0, 0.0]]
