"""What a newcomer may pass by mistake: said plainly, before anything changes."""

import dataclasses
from typing import Any, cast

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Discrete
from gymnasium.utils import seeding

from murk_env import (
    Blueprint,
    Diffusion,
    Field,
    MurkAgentVectorEnv,
    MurkEnv,
    MurkVectorEnv,
    Observation,
    Observe,
    Square4,
    Window,
    World,
    per_world,
    register,
)
from murk_env.errors import (
    BlueprintError,
    DefinitionError,
    FieldError,
    HookError,
    OptionError,
    ParameterError,
)
from murk_env.faces.forms import form_of_class
from murk_env.faces.parallel import MurkParallelEnv
from murk_envs import HeatSeeker
from tests.env.agent_worlds import Crew
from tests.env.worlds import Walker

GRID = Square4(2, 2)


def blueprint(**parts):
    heat = Field()
    heat.name = "heat"
    return Blueprint(
        **{
            "lattice": GRID,
            "observation": Observation(Observe(heat)),
            "action_space": Discrete(2),
            "propagators": (Diffusion(heat, coefficient=0.1) for _ in range(1)),
            **parts,
        }
    )


def test_propagators_from_a_generator_are_kept():
    assert len(blueprint().propagators) == 1


def test_one_propagator_instead_of_a_list_is_refused():
    with pytest.raises(BlueprintError, match="propagators must be a list of Propagators, not Diffusion"):
        blueprint(propagators=Diffusion(Field(), coefficient=0.1))


@pytest.mark.parametrize("value", [2**32 + 3, -(2**31) - 1])
def test_an_integer_that_a_field_cannot_hold_is_refused_in_act(value):
    agent = Field(over="world", dtype=np.int32)
    world = World(GRID, {"agent": agent})
    with pytest.raises(HookError, match=f"field 'agent' holds int32, the values go from {value}"):
        world.tick(lambda tick: tick.__setitem__(agent, value))
    assert world[agent].tolist() == [0]


def test_an_integer_that_a_field_cannot_hold_is_refused_in_start():
    class Far(Walker):
        def start(self, tick, worlds):
            tick.agent = np.full(len(worlds), 2**40)

    with pytest.raises(HookError, match=r"Far.start raised DefinitionError: field 'agent' holds int32"):
        Far().reset(seed=1)


@pytest.mark.few(1)
@pytest.mark.parametrize("index", [1, 5, -2])
def test_checked_mode_finds_a_compiled_hook_that_leaves_its_row(index):
    def act(self, action):
        self.agent[index] = action

    wild = type("Wild", (Walker,), {"act": per_world(act)})
    envs = MurkVectorEnv(wild, 2, checked=True)
    envs.reset(seed=1)
    with pytest.raises(HookError, match=r"Wild.act raised IndexError"):
        envs.step([0, 0])


def test_per_world_with_arguments_is_refused():
    with pytest.raises(DefinitionError, match=r"per_world marks a function, without arguments .*, not Field"):
        per_world(cast(Any, Walker.agent))


@pytest.mark.parametrize("static", [5, "settled"])
def test_a_static_arena_of_another_type_is_refused(static):
    with pytest.raises(
        FieldError, match="static must be a StaticArena or a mapping from fields to values, not"
    ):
        HeatSeeker(static_arena=static)


def test_parameters_that_compare_equal_but_are_not_share_nothing():
    class Ramp(HeatSeeker):
        class Params(HeatSeeker.Params):
            warmth: float = dataclasses.field(default=1.0, compare=False)

        @classmethod
        def build(cls, params: Any):
            made = super().build(params)
            return dataclasses.replace(
                made, static={cls.settled: np.full(made.lattice.num_cells, params.warmth)}
            )

    cold, warm = Ramp(size=3, warmth=1.0), Ramp(size=3, warmth=7.0)
    assert cold.world[Ramp.settled].max() == 1.0
    assert warm.world[Ramp.settled].max() == 7.0


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"size": "16"}, r"HeatSeeker's size must be an integer, not '16' of type str\."),
        ({"size": True}, "HeatSeeker's size must be an integer, not True of type bool"),
        ({"size": 4.0}, "HeatSeeker's size must be an integer, not 4.0 of type float"),
        ({"diffusion": "0.1"}, "HeatSeeker's diffusion must be a number, not '0.1' of type str"),
        ({"decay": None}, "HeatSeeker's decay must be a number, not None of type NoneType"),
        ({"layout": 3}, "HeatSeeker's layout must be one of 'flat', 'image', 'dict', not 3"),
    ],
)
def test_a_parameter_of_another_type_is_refused(parameters, message):
    with pytest.raises(ParameterError, match=message):
        HeatSeeker(**parameters)


def test_an_integer_serves_as_a_float():
    decay = HeatSeeker(size=3, decay=0).params.decay
    assert (decay, type(decay)) == (0.0, float)


@pytest.mark.parametrize("limit", ["x", 3.5, 200.0, 0, -2, True], ids=repr)
@pytest.mark.parametrize(
    "make",
    [
        lambda limit: register("tests/Bad-v0", max_episode_steps=limit)(Walker),
        lambda limit: Walker(max_episode_steps=limit),
        lambda limit: MurkVectorEnv(Walker, 2, max_episode_steps=limit),
        lambda limit: MurkParallelEnv(Crew, max_episode_steps=limit),
        lambda limit: MurkAgentVectorEnv(Crew, 2, max_episode_steps=limit),
        lambda limit: form_of_class("parallel", Crew)(max_cycles=limit),
        lambda limit: gymnasium.make_vec("murk/HeatSeeker-v0", 2, max_episode_steps=limit),
    ],
    ids=["register", "single", "vector", "parallel", "rows", "max_cycles", "make_vec"],
)
def test_a_time_limit_is_a_number_of_steps(make, limit):
    with pytest.raises(
        ParameterError, match=rf"^the time limit .* at least 1, or -1 for none, not {limit!r}\.$"
    ):
        make(limit)


def test_minus_one_is_no_time_limit_at_register_either():
    class Endless(Walker):
        pass

    register("tests/Endless-v0", max_episode_steps=-1)(Endless)
    assert Endless.max_episode_steps is gymnasium.spec("tests/Endless-v0").max_episode_steps is None
    del gymnasium.registry["tests/Endless-v0"]


@pytest.mark.parametrize("env_class", [Walker(), "murk/HeatSeeker-v0", int])
def test_a_vector_env_is_made_of_a_class(env_class):
    with pytest.raises(ParameterError, match="MurkVectorEnv takes a subclass of MurkEnv, not"):
        MurkVectorEnv(env_class, 2)


@pytest.mark.parametrize("options", [5, "abc", []])
def test_options_are_a_dict(options):
    with pytest.raises(OptionError, match="reset's options must be a dict or None, not"):
        Walker().reset(options=options)


@pytest.mark.parametrize("number", [-1, 2.5, None])
def test_a_number_of_agents_is_a_number(number):
    with pytest.raises(FieldError, match=f"num_agents must be a number of agents, not {number}"):
        World(GRID, {"heat": Field()}, num_agents=number)


def test_fields_over_agents_need_agents():
    with pytest.raises(FieldError, match=r"not 0; the fields \['who'\] are over agents and need at least 1"):
        World(GRID, {"who": Field(over="agents")})


OF_ENVS = "_batch num_envs lattice params step world build picture info start act reward terminated"
OF_TICKS = "at edit values items keys get show rng worlds moves neighbours active elapsed_steps"


@pytest.mark.parametrize("name", f"{OF_ENVS} {OF_TICKS}".split())
def test_a_field_cannot_take_a_name_of_the_env_or_of_a_tick(name):
    with pytest.raises(DefinitionError, match=rf"Taken.{name} cannot be a field"):
        type("Taken", (MurkEnv,), {name: Field()})


@pytest.mark.parametrize(
    "change",
    [lambda steps: steps * 0.5, lambda steps: np.repeat(steps[:, None], int(steps.max()) + 1, axis=1)],
)
def test_an_info_keeps_its_dtypes_and_shapes(change):
    class Fickle(Walker):
        def info(self, after):
            visits = after.visits.sum(axis=1)
            return {"visits": visits if visits.max() < 2 else change(visits)}

    env = Fickle()
    env.reset(seed=1)
    env.step(1)
    with pytest.raises(HookError, match=r"Fickle.info must return the same keys, dtypes and shapes"):
        env.step(1)


def test_a_failure_outside_the_hooks_is_not_blamed_on_one(monkeypatch):
    envs = MurkVectorEnv(Walker, 2)
    envs.reset(seed=1)
    monkeypatch.setattr("murk_env.world.binding.Bindings.open", lambda bindings, guard: 1 // 0)
    with pytest.raises(HookError, match=r"Walker, outside its hooks, raised ZeroDivisionError"):
        envs.step([0, 0])


def test_checked_mode_spares_what_act_writes_to_worlds_that_are_reset():
    class Fading(Walker):
        glow = Field(over="world", initial=1.0)

        def act(self, tick, actions):
            super().act(tick, actions)
            with np.errstate(divide="ignore"):
                tick.glow = (np.float32(1.0) / (tick.fuse + 1)).astype(np.float32)

        def terminated(self, after):
            return after.fuse <= 0

    envs = MurkVectorEnv(Fading, 3, checked=True)
    envs.reset(seed=1)
    ended = 0
    for _ in range(60):
        ended += envs.step([0, 0, 0])[2].sum()
    assert ended > 0


def test_a_seeded_world_has_numpys_generator_of_that_seed():
    envs = MurkVectorEnv(Walker, 2)
    envs.reset()
    assert len(envs.np_random) == 2
    envs.reset(seed=7)
    expected = [seeding.np_random(7 + world)[0].bit_generator.state for world in range(2)]
    assert [generator.bit_generator.state for generator in envs.np_random] == expected


def test_an_observation_over_agents_is_none_of_a_world():
    class Herd(Walker):
        sheep = Field(over="agents", dtype=np.int32)

        @classmethod
        def build(cls, params):
            made = super().build(params)
            seen = Observation(Window(cls.visits, around=cls.sheep, disk=1), over="agents")
            return dataclasses.replace(made, observation=seen, num_agents=2)

    message = "Herd's Blueprint must have an observation of the whole world, not one with a row per agent"
    with pytest.raises(BlueprintError, match=message):
        Herd()
