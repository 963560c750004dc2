"""Every class with agents passes PettingZoo's own suites, and rows of agents equal its parallel env."""

import os
import subprocess
import sys
import types
import warnings
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import pettingzoo
import pytest
from gymnasium.utils.env_checker import data_equivalence
from pettingzoo.utils import parallel_to_aec

import murk_envs
from murk_env import MurkParallelEnv
from murk_env.faces.forms import form_of_class
from tests.env.agent_oracle import AgentRows, Script
from tests.env.agent_worlds import AGENT_ENVIRONMENTS, Race
from tests.small import small_keywords
from tests.tiers import representatives

with warnings.catch_warnings():  # where pygame is installed, the suite imports an environment the old way
    warnings.simplefilter("ignore", DeprecationWarning)
    from pettingzoo.test import (
        api_test,
        max_cycles_test,
        parallel_api_test,
        render_test,
        seed_test,
        state_test,
    )

ROOT = Path(__file__).parents[2]


WITH_AGENTS = [name for name, (*_, agents) in murk_envs.ENVIRONMENTS.items() if agents]
REGISTERED: list[tuple[Any, int]] = [(getattr(murk_envs, name), 7) for name in WITH_AGENTS]
TASTE = (  # what the suite would have otherwise, of classes that only tests have
    "Agents have different observation space sizes",
    "Observation is not a NumPy array",
    "Observations are different shapes",
    "Observation space for each agent probably should be",
)
SUBJECTS = {env_class.__name__: (env_class, limit) for env_class, limit in [*REGISTERED, *AGENT_ENVIRONMENTS]}


@pytest.fixture(params=representatives(SUBJECTS, ["Race"]))
def small(request):
    """A class with agents, and keywords under which its episodes are short."""
    env_class, limit = SUBJECTS[request.param]
    return env_class, {"max_episode_steps": limit, **small_keywords(env_class)}


@pytest.fixture
def make(small):
    """What makes the parallel env of a class."""
    env_class, keywords = small
    return partial(MurkParallelEnv, env_class, **keywords)


def test_p1_the_parallel_suite_passes(make):
    parallel_api_test(make(), num_cycles=300)


def test_p2_equal_seeds_give_equal_runs(make):
    seed_test(lambda: parallel_to_aec(make()), num_cycles=500)


def episodes(env, num_episodes):
    """Everything a seeded run returns, through whole episodes."""
    outputs: list[Any] = [env.reset(seed=11)]
    for number, name in enumerate(env.possible_agents):
        env.action_space(name).seed(number)
    for _ in range(num_episodes):
        while env.agents:
            outputs.append(env.step({name: env.action_space(name).sample() for name in env.agents}))
        outputs.append(env.reset())
    return outputs


def test_p2_whole_episodes_repeat_to_the_byte(make):
    first, second = episodes(make(), 10), episodes(make(), 10)
    assert data_equivalence(first, second, exact=True)
    assert not data_equivalence(first[0], first[-1], exact=True)


def complaints(suite, *arguments, **keywords):
    """What one of the suites warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        suite(*arguments, **keywords)
    return {str(one.message) for one in caught}


def test_p3_the_suite_for_agents_in_turn_passes(small, make):
    env_class, _ = small
    tolerated = () if env_class in dict(REGISTERED) else TASTE
    found = complaints(api_test, parallel_to_aec(make()), num_cycles=300)
    assert [what for what in found if not what.startswith(tolerated)] == []


def test_p3_the_state_is_in_its_space_and_bounded(make):
    assert complaints(state_test, parallel_to_aec(make()), make(), num_cycles=100) == set()


def test_p3_frames_are_as_the_modes_say(small):
    env_class, keywords = small

    def make_aec(render_mode) -> Any:
        # The suite makes a "human" env first, whatever the modes are, only to read its metadata. There is no
        # window here, and asking for one is an error that says what to do.
        mode = None if render_mode == "human" else render_mode
        return parallel_to_aec(MurkParallelEnv(env_class, render_mode=mode, **keywords))

    render_test(cast("Any", make_aec))


def test_p3_episodes_are_as_long_as_max_cycles():
    parameters = {"length": 60, "hares": 1, "tortoises": 4}
    module = types.SimpleNamespace(
        parallel_env=partial(form_of_class("parallel", Race), **parameters),
        env=partial(form_of_class("aec", Race), **parameters),
    )
    max_cycles_test(module)


def test_p4_what_the_dicts_hold_is_for_the_caller_to_change(make):
    env, twin = make(), make()
    env.reset(seed=1)
    twin.reset(seed=1)
    for _ in range(3):
        actions = {name: env.action_space(name).sample() for name in env.agents}
        outputs = env.step(actions)
        assert data_equivalence(outputs, twin.step(actions), exact=True)
        for one in outputs:
            one["__all__"] = one.pop(env.possible_agents[0], None)  # as RLlib's wrapper does


def group_names(env_class, keywords):
    names = MurkParallelEnv(env_class, **keywords).possible_agents
    return list(dict.fromkeys(name.rpartition("_")[0] for name in names))


MODES = ("NextStep", "SameStep", "Disabled")
EACH_IN_EACH = [(subject, mode) for subject in REGISTERED for mode in MODES]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("subject", "mode"),
    EACH_IN_EACH,
    ids=lambda given: given if isinstance(given, str) else given[0].__name__,
)
def test_p6_rows_of_agents_equal_the_parallel_env(subject, mode):
    env_class, limit = subject
    keywords = {"max_episode_steps": limit, **small_keywords(env_class)}
    for group in group_names(env_class, keywords):
        script = Script(env_class, group, 3, **keywords)
        envs, expected = script.make(autoreset_mode=mode), AgentRows(env_class, group, 3, mode, **keywords)
        assert data_equivalence(envs.reset(seed=7), expected.reset([7, 8, 9]), exact=True)
        for _ in range(30):
            if mode == "Disabled" and (ended := expected.ended):
                mask = np.repeat(np.isin(range(3), ended), len(expected.names))
                given = envs.reset(options={"reset_mask": mask})
                assert data_equivalence(given, expected.reset([None] * 3, ended), exact=True)
            rows, by_name = script.draw()
            assert data_equivalence(envs.step(rows), expected.step(by_name), exact=True)


@pytest.mark.filterwarnings("ignore:PettingZoo in TorchRL is tested using version")  # an older one
def test_p5_torchrl_agrees_with_the_specs(make):
    torchrl = pytest.importorskip("torchrl.envs", reason="TorchRL is not installed")
    env = make()
    if any(getattr(env.action_space(agent), "start", 0) != 0 for agent in env.possible_agents):
        pytest.skip("TorchRL counts discrete actions from 0")
    torchrl.check_env_specs(torchrl.PettingZooWrapper(env))


def test_p5_rllib_agrees_with_the_spaces(make):
    checks = pytest.importorskip("ray.rllib.utils.pre_checks.env", reason="RLlib is not installed")
    wrappers = pytest.importorskip("ray.rllib.env.wrappers.pettingzoo_env", reason="RLlib is not installed")
    checks.check_multiagent_environments(wrappers.ParallelPettingZooEnv(make()))


# The registry

needs_registry = pytest.mark.skipif(
    not hasattr(pettingzoo, "register"), reason="PettingZoo before 1.27 has none"
)


def run_python(code):
    """What a fresh interpreter prints; warnings are errors there too."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "envs"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-W", "error", "-c", code]
    result = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@needs_registry
def test_importing_murk_envs_pettingzoo_registers_every_environment_with_agents():
    code = """
import sys, pettingzoo, murk_envs.pettingzoo
for registry in (pettingzoo.parallel_registry, pettingzoo.aec_registry):
    ours = [spec for env_id, spec in registry.items() if env_id.startswith("murk/")]
    print(*sorted((spec.name, spec.max_cycles) for spec in ours))
print({"murk_env", "numba"} & set(sys.modules))
"""
    table = [(name, steps) for name, (_, _, steps, agents) in murk_envs.ENVIRONMENTS.items() if agents]
    table.append(("Wildfire-8x8", 200))
    listed = " ".join(map(str, sorted(table)))
    assert run_python(code) == f"{listed}\n{listed}\nset()\n"


@pytest.mark.slow
@needs_registry
def test_a_registered_environment_is_made_by_its_id_alone():
    code = """
import pettingzoo, murk_envs.pettingzoo
for env_id, _, _, agents in murk_envs.ENVIRONMENTS.values():
    for kind in ("parallel", "aec") if agents else ():
        env = pettingzoo.make(kind, env_id)
        env.reset(seed=0)
        print(len(env.agents) > 1)
"""
    assert run_python(code) == "True\n" * 2 * len(WITH_AGENTS)


ZOO = "import pettingzoo, murk_env.faces.parallel\n"
REGISTER = """
import murk_env, sys
from tests.env.agent_worlds import Race
murk_env.register("murk/Race-v0", max_episode_steps=20, agents="apart")(Race)
murk_env.register("murk/Race-v0", max_episode_steps=20, agents="apart")(Race)
"""
MAKE = """
for kind in ("parallel", "aec"):
    env = pettingzoo.make(kind, "murk/Race-v0", length=6)
    env.reset(seed=0)
    print(kind, env, env.num_agents, pettingzoo.spec(kind, "murk/Race_v0").max_cycles)
"""


@pytest.mark.slow
@needs_registry
@pytest.mark.parametrize("first", representatives(["the class", "PettingZoo"], ["PettingZoo"]))
def test_an_environment_is_made_by_its_id_whichever_is_imported_first(first):
    loads = REGISTER + ZOO if first == "the class" else ZOO + REGISTER
    assert run_python(loads + MAKE) == "parallel race_v0 5 20\naec race_v0 5 20\n"


@pytest.mark.slow
@needs_registry
def test_the_decorator_registers_what_the_package_has_registered():
    code = """
import pettingzoo, murk_envs.pettingzoo
registries = pettingzoo.parallel_registry, pettingzoo.aec_registry
before = [dict(registry) for registry in registries]
import murk_env.faces.parallel
classes = [getattr(murk_envs, name) for name in murk_envs.__all__]
print(before == [dict(registry) for registry in registries])
for registry in registries:
    registry.clear()
murk_env.faces.register.register_with_pettingzoo()
print([{env_id: spec for env_id, spec in known.items() if env_id.startswith("murk/") and not spec.kwargs}
       for known in before]  # a size is registered by the package alone
      == [dict(registry) for registry in registries])
"""
    assert run_python(code) == "True\nTrue\n"


@pytest.mark.slow
def test_registering_loads_no_pettingzoo():
    code = """
import sys, murk_envs
from murk_envs import HexPursuit, Wildfire
print(HexPursuit.registered_agents, "pettingzoo" in sys.modules)
"""
    assert run_python(code) == "apart False\n"


@pytest.mark.slow
def test_a_pettingzoo_without_a_registry_is_left_alone():
    code = """
import sys, types, murk_env
sys.modules["pettingzoo"] = types.ModuleType("pettingzoo")
import murk_envs.pettingzoo
from murk_envs import HexPursuit
print(vars(sys.modules["pettingzoo"]).get("parallel_registry"))
"""
    assert run_python(code) == "None\n"


@needs_registry
def test_max_cycles_is_the_time_limit():
    def cycles(**keywords):
        env = pettingzoo.make("parallel", spec, length=60, **keywords)
        env.reset(seed=0)
        for step in range(30):
            if not env.agents:
                return step
            env.step(dict.fromkeys(env.agents, 0))
        return None

    entry_point = "murk_env.faces.forms:parallel.tests.env.agent_worlds.Race"
    spec = pettingzoo.EnvSpec("murk/Race-v0", entry_point)
    assert (cycles(), cycles(max_cycles=3), cycles(max_cycles=-1)) == (20, 3, 20)
