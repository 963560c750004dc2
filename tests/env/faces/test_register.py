"""`@register`: every form by its id, from a module or a notebook, and what it refuses."""

import importlib
from collections.abc import Iterator
from typing import Any, cast

import gymnasium
import pettingzoo
import pytest

from murk_env import Blueprint, MurkAgentVectorEnv, MurkEnv, MurkParallelEnv, MurkVectorEnv, register
from murk_env.errors import BlueprintError, DefinitionError
from murk_env.faces import register as registering
from tests.env.agent_worlds import Crew, Mayflies
from tests.env.worlds import Walker
from tests.versions import since

HERE = __name__
REGISTRIES: list[dict[str, Any]] = [
    gymnasium.registry,
    registering._with_agents,
    *(
        getattr(pettingzoo, name)
        for name in ("parallel_registry", "aec_registry")
        if hasattr(pettingzoo, name)
    ),
]


class Hiker(Walker):
    """One actor, importable."""


class Boat(Crew):
    """A team, importable."""


class Swarm(Mayflies):
    """Agents that are rewarded apart, importable."""


@pytest.fixture(autouse=True)
def registries() -> Iterator[None]:
    """Leave every registry, and the classes above, as they were."""
    before = [dict(registry) for registry in REGISTRIES]
    yield
    for registry, kept in zip(REGISTRIES, before, strict=True):
        registry.clear()
        registry.update(kept)
    for cls in (Hiker, Boat, Swarm):
        for name in ("registered_id", "registered_agents", "max_episode_steps"):
            if name in vars(cls):
                delattr(cls, name)


# Every form of an importable class, registered as strings


def test_one_actor_is_registered_with_gymnasium_by_strings():
    assert register("tests/Hiker-v0", max_episode_steps=3)(Hiker) is Hiker
    spec = gymnasium.spec("tests/Hiker-v0")
    assert spec.entry_point == f"murk_env.faces.forms:single.{HERE}.Hiker"
    assert spec.vector_entry_point == f"murk_env.faces.forms:vector.{HERE}.Hiker"
    assert (Hiker.registered_id, Hiker.max_episode_steps, Hiker.registered_agents) == (
        "tests/Hiker-v0",
        3,
        None,
    )


def test_one_actor_is_made_by_its_id_with_its_time_limit():
    register("tests/Hiker-v0", max_episode_steps=3)(Hiker)
    env: Any = gymnasium.make("tests/Hiker-v0", size=5)
    assert (type(env.unwrapped), env.unwrapped.params.size) == (Hiker, 5)
    env.reset(seed=3)
    assert [env.step(0)[3] for _ in range(3)] == [False, False, True]


def test_many_worlds_of_one_actor_are_made_by_its_id_with_its_time_limit():
    register("tests/Hiker-v0", max_episode_steps=3)(Hiker)
    envs = gymnasium.make_vec("tests/Hiker-v0", num_envs=2, size=5)
    assert isinstance(envs, MurkVectorEnv)
    assert (envs.num_envs, envs.get_attr("params")[0].size) == (2, 5)
    envs.reset(seed=3)
    assert [envs.step([0, 0])[3].tolist() for _ in range(3)] == [[False] * 2, [False] * 2, [True] * 2]


@since("pettingzoo", "1.27")
@pytest.mark.parametrize(("cls", "agents"), [(Boat, "team"), (Swarm, "apart")])
def test_agents_are_registered_with_pettingzoo_by_strings(cls: type[MurkEnv], agents: Any):
    register("tests/Some-v0", max_episode_steps=2, agents=agents)(cls)
    for form, registry in (("parallel", pettingzoo.parallel_registry), ("aec", pettingzoo.aec_registry)):
        spec = registry["tests/Some-v0"]
        assert spec.entry_point == f"murk_env.faces.forms:{form}.{HERE}.{cls.__name__}"
        assert spec.max_cycles == 2


@since("pettingzoo", "1.27")
@pytest.mark.parametrize(("cls", "agents", "name"), [(Boat, "team", "rower"), (Swarm, "apart", "fly")])
def test_agents_are_made_by_their_id_with_its_time_limit(cls: type[MurkEnv], agents: Any, name):
    register("tests/Some-v0", max_episode_steps=1, agents=agents)(cls)
    env: Any = pettingzoo.make("parallel", "tests/Some-v0")
    env.reset(seed=0)
    names = [f"{name}_0", f"{name}_1"]
    assert env.step(dict.fromkeys(names, 0))[3] == dict.fromkeys(names, True)
    aec: Any = pettingzoo.make("aec", "tests/Some-v0")
    aec.reset(seed=0)
    for _ in names:
        aec.step(0)
    assert aec.truncations == dict.fromkeys(names, True)


def test_a_team_is_one_actor_in_gymnasium():
    register("tests/Boat-v0", agents="team")(Boat)
    assert gymnasium.make("tests/Boat-v0").unwrapped.action_space.shape == (2,)
    assert gymnasium.make_vec("tests/Boat-v0", 3).action_space.shape == (3, 2)


def test_agents_that_are_rewarded_apart_are_not_registered_with_gymnasium():
    register("tests/Swarm-v0", agents="apart")(Swarm)
    assert "tests/Swarm-v0" not in gymnasium.registry


@since("pettingzoo", "1.27")
def test_one_actor_is_not_registered_with_pettingzoo():
    register("tests/Hiker-v0")(Hiker)
    assert not {"tests/Hiker-v0"} & {*pettingzoo.parallel_registry, *pettingzoo.aec_registry}


def test_the_time_limit_is_that_of_the_faces_of_agents_too():
    register("tests/Swarm-v0", max_episode_steps=1, agents="apart")(Swarm)
    env, envs = MurkParallelEnv(Swarm), MurkAgentVectorEnv(Swarm)
    env.reset(seed=0)
    envs.reset(seed=0)
    assert env.step({"fly_0": 0, "fly_1": 0})[3] == {"fly_0": True, "fly_1": True}
    assert envs.step([0, 0])[3].tolist() == [True, True]


def test_the_version_of_an_id_is_that_of_pettingzoos_name():
    register("tests/Swarm-v3", agents="apart")(Swarm)
    assert MurkParallelEnv(Swarm).metadata["name"] == "swarm_v3"


# Classes of a notebook or of a function, which cannot be imported


def local_walker(steps: int, env_id="tests/Local-v0"):
    """Define and register a class, as a cell of a notebook does when it is run again."""

    @register(env_id, max_episode_steps=steps)
    class Local(Walker):
        pass

    return Local


def local_swarm(steps: int):
    @register("tests/Locals-v0", max_episode_steps=steps, agents="apart")
    class Locals(Mayflies):
        pass

    return Locals


def test_a_local_class_is_registered_as_it_is():
    cls = local_walker(2)
    assert cast(Any, gymnasium.spec("tests/Local-v0").entry_point).env_class is cls
    assert type(gymnasium.make("tests/Local-v0").unwrapped) is cls
    envs: Any = gymnasium.make_vec("tests/Local-v0", 2)
    assert isinstance(envs, MurkVectorEnv)
    assert envs.metadata["render_modes"] == cls.metadata["render_modes"]


def test_a_class_of_main_is_registered_as_it_is():
    cell = type("Cell", (Walker,), {"__module__": "__main__"})
    register("tests/Cell-v0")(cell)
    assert cast(Any, gymnasium.spec("tests/Cell-v0").entry_point).env_class is cell


@since("pettingzoo", "1.27")
@pytest.mark.parametrize("form", ["parallel", "aec"])
def test_local_agents_are_registered_as_they_are(form):
    local_swarm(2)
    env: Any = pettingzoo.make(form, "tests/Locals-v0")
    assert env.unwrapped.possible_agents == ["fly_0", "fly_1"]


# Again: warnings are errors here


@pytest.mark.parametrize(("cls", "agents"), [(Hiker, None), (Boat, "team"), (Swarm, "apart")])
def test_registering_the_same_class_twice_is_silent(cls: type[MurkEnv], agents: Any):
    register("tests/Some-v0", max_episode_steps=2, agents=agents)(cls)
    before = [dict(registry) for registry in REGISTRIES]
    register("tests/Some-v0", max_episode_steps=2, agents=agents)(cls)
    assert before == REGISTRIES


def test_a_class_that_is_defined_again_takes_the_place_of_the_first():
    _, second = local_walker(2), local_walker(3)
    env = gymnasium.make("tests/Local-v0")
    assert type(env.unwrapped) is second
    env.reset(seed=0)
    assert [env.step(0)[3] for _ in range(3)] == [False, False, True]
    assert gymnasium.make_vec("tests/Local-v0", 2).spec.max_episode_steps == 3  # type: ignore[union-attr]


def test_a_class_whose_module_is_loaded_again_may_have_another_time_limit():
    register("tests/Hiker-v0", max_episode_steps=2)(Hiker)
    register("tests/Hiker-v0", max_episode_steps=3)(Hiker)
    assert gymnasium.spec("tests/Hiker-v0").max_episode_steps == 3


@since("pettingzoo", "1.27")
def test_agents_that_are_defined_again_take_the_place_of_the_first():
    local_swarm(2)
    local_swarm(1)
    env: Any = pettingzoo.make("parallel", "tests/Locals-v0")
    env.reset(seed=0)
    assert env.step({"fly_0": 0, "fly_1": 0})[3] == {"fly_0": True, "fly_1": True}


def test_another_class_under_the_same_id_is_warned_of_by_gymnasium():
    register("tests/Some-v0")(Hiker)
    with pytest.warns(UserWarning, match="Overriding environment tests/Some-v0 already in registry"):
        register("tests/Some-v0", agents="team")(Boat)


# What it refuses


@pytest.mark.parametrize(
    ("cls", "said", "meant"),
    [
        (Hiker, "team", None),
        (Hiker, "apart", None),
        (Boat, None, "team"),
        (Boat, "apart", "team"),
        (Swarm, None, "apart"),
        (Swarm, "team", "apart"),
    ],
)
def test_agents_that_contradict_the_blueprint_are_refused_with_what_to_write(
    cls: type[MurkEnv], said: Any, meant
):
    register("tests/Some-v0", agents=said)(cls)
    face = cls if meant is None else lambda: MurkParallelEnv(cls)
    with pytest.raises(
        BlueprintError,
        match=rf"{cls.__name__} is registered with agents={said!r}, but its blueprint says {meant!r}; "
        rf"write @register\('tests/Some-v0', \.\.\., agents={meant!r}\)",
    ):
        face()


def test_a_subclass_of_a_registered_class_may_have_other_agents():
    register("tests/Boat-v0", agents="team")(Boat)

    class Rowers(Boat):
        @classmethod
        def build(cls, params: Any) -> Blueprint:
            made = super().build(params)
            return Blueprint(lattice=made.lattice, groups=made.groups)

        def reward(self, before, after):
            return after.strength

        def terminated(self, after):
            return after.strength > 2

    assert MurkParallelEnv(Rowers).possible_agents == ["rower_0", "rower_1"]


@pytest.mark.parametrize(
    "thing",
    [lambda: None, object, Walker(), "Walker", register],
    ids=["function", "class", "environment", "name", "decorator"],
)
def test_what_is_no_class_of_environments_is_not_decorated(thing):
    with pytest.raises(DefinitionError, match=r"@register\('tests/Some-v0'\) decorates a subclass"):
        register("tests/Some-v0")(thing)
    assert "tests/Some-v0" not in gymnasium.registry


@pytest.mark.parametrize("agents", ["crowd", True, "None"])
def test_agents_are_a_team_or_apart(agents):
    with pytest.raises(DefinitionError, match=rf"agents is 'team', 'apart' or None, not {agents!r}"):
        register("tests/Some-v0", agents=agents)


def test_the_decorator_without_an_id_is_refused():
    with pytest.raises(DefinitionError, match=r"takes an id, as in @register\('namespace/Name-v0'\)"):
        register(Walker)  # type: ignore[arg-type]


TWICE = """
from tests.env.worlds import Walker
from murk_env import register

@register("test/{name}-v0")
class Pond(Walker):
    pass
"""


def test_two_classes_of_one_name_are_refused_as_both_ids_would_lead_to_the_second(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "two_ponds.py").write_text(TWICE.format(name="First") + TWICE.format(name="Second"))
    with pytest.raises(
        DefinitionError, match="two classes called Pond, as 'test/First-v0' and 'test/Second-v0'"
    ):
        importlib.import_module("two_ponds")
    gymnasium.registry.pop("test/First-v0")


def test_a_module_that_is_loaded_again_may_give_its_class_another_id(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "one_pond.py").write_text(TWICE.format(name="Lake"))
    module = importlib.import_module("one_pond")
    exec(compile(TWICE.format(name="Moor"), str(tmp_path / "one_pond.py"), "exec"), vars(module))
    assert gymnasium.make("test/Moor-v0").unwrapped.__class__ is module.Pond
    with pytest.raises(gymnasium.error.Error, match="Lake"):
        gymnasium.make("test/Lake-v0")
    del gymnasium.registry["test/Moor-v0"]
