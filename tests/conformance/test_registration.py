"""Environments can be made by their id alone: in a fresh process, from a spec, in a worker."""

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AsyncVectorEnv

import murk_envs
from murk_env.testing import first_difference

ROOT = Path(__file__).parents[2]


def run_python(code):
    """What a fresh interpreter prints; warnings are errors there too."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "envs"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-W", "error", "-c", code]
    result = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_table_of_environments_is_what_their_decorators_say():
    said = {
        cls.__name__: (cls.registered_id, cls.__module__, cls.max_episode_steps, cls.registered_agents)
        for cls in (getattr(murk_envs, name) for name in murk_envs.__all__)
    }
    assert said == murk_envs.ENVIRONMENTS


@pytest.mark.slow
def test_the_decorator_registers_what_the_package_has_registered(registered_once):
    code = f"""
import gymnasium, murk_envs
ours = gymnasium.registry.pop("{registered_once.id}")
murk_envs.{registered_once.env_class.__name__}
print(gymnasium.registry["{registered_once.id}"] == ours)
"""
    assert run_python(code) == "True\n"


def test_importing_murk_envs_again_registers_nothing_twice():
    code = """
import importlib, gymnasium, murk_envs
before = dict(gymnasium.registry)
importlib.reload(murk_envs)
after = gymnasium.registry
print(after.keys() == before.keys() and all(after[name] is before[name] for name in before))
"""
    assert run_python(code) == "True\n"


def test_importing_murk_envs_registers_all_for_gymnasium_and_loads_nothing_else():
    code = """
import sys, gymnasium, murk_envs
print(sorted(name for name in gymnasium.registry if name.startswith("murk/")))
print({"murk_env", "murk_arena", "numba", "pygame", "pettingzoo", "matplotlib", "cv2"} & set(sys.modules))
"""
    listed = [env_id for env_id, _, _, agents in murk_envs.ENVIRONMENTS.values() if agents != "apart"]
    assert run_python(code) == f"{sorted([*listed, *murk_envs.SIZES])}\nset()\n"


def test_an_id_with_a_size_makes_the_environment_of_that_size():
    for env_id, (name, keywords) in murk_envs.SIZES.items():
        made: Any = gymnasium.make(env_id).unwrapped
        params = made.params
        assert params == getattr(murk_envs, name).Params(**keywords)
        assert params.size == 8
    larger: Any = gymnasium.make("murk/Wildfire-8x8-v1", crew=3).unwrapped
    assert larger.params.crew == 3


def test_a_name_that_murk_envs_does_not_have_is_refused():
    with pytest.raises(AttributeError, match="module 'murk_envs' has no attribute 'HeatSeekr'"):
        murk_envs.HeatSeekr  # noqa: B018  # asking for it is the test


def test_make_and_make_vec_import_the_module_named_in_the_id(registered_once):
    code = f"""
import gymnasium
print(type(gymnasium.make("murk_envs:{registered_once.id}").unwrapped).__name__)
print(type(gymnasium.make_vec("murk_envs:{registered_once.id}", num_envs=2)).__name__)
"""
    assert run_python(code) == f"{registered_once.env_class.__name__}\nMurkVectorEnv\n"


def test_a_spec_survives_pickle_and_json(registered):
    spec = registered.single().unwrapped.spec
    assert spec is not None
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert EnvSpec.from_json(spec.to_json()) == spec


@pytest.mark.slow
def test_an_env_of_a_script_survives_pickle():
    code = """
import pickle, gymnasium, murk_env
from tests.conformance.small_worlds import Count
@murk_env.register("test/Own-v0", max_episode_steps=4)
class Own(Count): ...
for make in (gymnasium.make, gymnasium.make_vec):
    env = make("test/Own-v0")
    env.reset(seed=0)
    twin = pickle.loads(pickle.dumps(env))
    print(twin.spec == env.spec, twin.reset(seed=1)[0] == env.reset(seed=1)[0])
"""
    assert run_python(code) == "True [ True]\nTrue [[ True]]\n"


@pytest.mark.few(1)
@pytest.mark.parametrize("keywords", [{}, {"autoreset_mode": "SameStep"}], ids=str)
def test_make_vec_from_its_own_spec_makes_the_same_again(registered_once, keywords):
    envs = gymnasium.make_vec(registered_once.id, num_envs=2, **keywords)
    assert envs.spec is not None
    again = gymnasium.make_vec(EnvSpec.from_json(envs.spec.to_json()))
    assert (type(again), again.num_envs, again.spec) == (type(envs), 2, envs.spec)
    assert again.metadata == envs.metadata
    assert first_difference(envs.reset(seed=3), again.reset(seed=3)) is None


def test_entry_points_and_defaults_leave_make_vec_its_own_keywords(registered):
    assert not {"num_envs", "vectorization_mode", "vector_kwargs", "wrappers"} & registered.spec.kwargs.keys()
    assert isinstance(registered.spec.entry_point, str)
    assert isinstance(registered.spec.vector_entry_point, str)
    assert not registered.spec.nondeterministic
    assert registered.spec.additional_wrappers == ()


@pytest.mark.slow
def test_spawned_workers_equal_the_sync_vector_env(registered_once):
    def single():
        return gymnasium.make(registered_once.id, **registered_once.small)

    env_fns = [_Maker(registered_once.id, registered_once.small)] * 2
    workers = AsyncVectorEnv(env_fns, context="spawn")
    here = gymnasium.vector.SyncVectorEnv([single] * 2)
    try:
        assert first_difference(here.reset(seed=5), workers.reset(seed=5)) is None
        here.action_space.seed(5)
        for _ in range(12):
            actions = here.action_space.sample()
            assert first_difference(here.step(actions), workers.step(actions)) is None
    finally:
        workers.close()


class _Maker:
    """Makes an env by an id that names its module, so that a worker needs no import of its own."""

    def __init__(self, env_id, keywords):
        self._id = f"murk_envs:{env_id}"
        self._keywords = keywords

    def __call__(self):
        return gymnasium.make(self._id, **self._keywords)
