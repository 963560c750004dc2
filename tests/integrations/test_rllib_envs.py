"""What RLlib's env runners step: groups equal a list of single worlds, and what cannot be used is refused."""
# pyright: reportMissingImports=false

from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Discrete, MultiBinary

from murk_env import Blueprint, Group, MurkVectorEnv
from murk_env.errors import ParameterError
from murk_envs import Harvest, HeatSeeker, HexPursuit, Wildfire
from tests.env.masked_worlds import CompiledRail, Rail, Trams
from tests.small import small_keywords

pytest.importorskip("ray.rllib", reason="needs ray[rllib], in an environment of its own")

from ray.rllib.env.vector.sync_vector_multi_agent_env import SyncVectorMultiAgentEnv

from murk_env.integrations import rllib
from murk_env.integrations.rllib import made_on_a_worker, register_agents, register_rows
from murk_env.integrations.rllib_groups import say_ends

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray's own
WORLDS = 4


def same(one: Any, other: Any) -> bool:
    """Whether two nested values are equal, in keys, types and numbers."""
    if isinstance(one, dict):
        return set(one) == set(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    return type(one) is type(other) and one == other


@pytest.mark.parametrize(
    ("env_class", "options"),
    [
        (HexPursuit, small_keywords(HexPursuit)),
        (Harvest, small_keywords(Harvest)),
        (Wildfire, {**small_keywords(Wildfire), "max_episode_steps": 9}),
        (Trams, {"action_masked_out": "replace"}),
    ],
)
def test_groups_equal_a_list_of_single_worlds(env_class, options):
    ours = made_on_a_worker("agents", env_class, options, {"num_envs": WORLDS})
    theirs = SyncVectorMultiAgentEnv([lambda: made_on_a_worker("agents", env_class, options, {})] * WORLDS)
    seen, other = ours.reset(seed=3), theirs.reset(seed=3)
    assert same(dict(enumerate(seen[0])), dict(enumerate(other[0])))
    assert same(dict(enumerate(seen[1])), dict(enumerate(other[1])))
    rng, acting, ended = np.random.default_rng(0), [list(one) for one in seen[0]], 0
    for _ in range(60):
        actions = [
            {agent: rng.integers(ours.single_action_spaces[agent].n) for agent in agents} for agents in acting
        ]
        mine, its = ours.step(actions), theirs.step(actions)
        for part, beside in zip(mine, its, strict=True):
            assert same(dict(enumerate(part)), dict(enumerate(beside)))
        over = [gone["__all__"] or cut["__all__"] for gone, cut in zip(mine[2], mine[3], strict=True)]
        ended += sum(over)
        acting = [
            []
            if over[world]
            else [agent for agent in seen if not (mine[2][world][agent] or mine[3][world][agent])]
            for world, seen in enumerate(mine[0])
        ]
    assert ended > WORLDS


@pytest.mark.parametrize("caught", ["one before", "all", "none", "one in the last step"])
def test_a_world_is_over_when_all_agents_are_whatever_ended_each(caught):
    terminated, truncated = {
        "one before": ({"predator_0": False}, {"predator_0": True}),
        "all": ({"predator_0": True, "prey_0": True}, {"predator_0": False, "prey_0": False}),
        "none": ({"predator_0": False, "prey_0": False}, {"predator_0": True, "prey_0": True}),
        "one in the last step": (
            {"predator_0": False, "prey_0": True},
            {"predator_0": True, "prey_0": False},
        ),
    }[caught]
    say_ends(terminated, truncated, over=True)
    assert (terminated["__all__"], truncated["__all__"]) == {
        "one before": (False, True),
        "all": (True, False),
        "none": (False, True),
        "one in the last step": (True, False),
    }[caught]


def test_rows_are_made_of_an_id_with_what_it_sets():
    from ray.tune.registry import ENV_CREATOR, _global_registry

    create = _global_registry.get(ENV_CREATOR, register_rows("murk_envs:murk/Wildfire-8x8-v1"))
    made = create({"num_envs": 3})
    assert (type(made).__name__, made.num_envs, made.get_attr("params")[0].size) == ("MurkVectorEnv", 3, 8)


def test_what_a_parameter_without_a_default_is_may_be_said_in_env_config():
    class Sized(HeatSeeker):
        class Params(HeatSeeker.Params):
            length: int

    assert register_rows(Sized).endswith("Sized rows")


def test_one_worker_of_a_node_compiles_at_a_time(monkeypatch, tmp_path):
    fcntl = pytest.importorskip("fcntl")
    monkeypatch.setenv("MURK_ENV_CACHE_DIR", str(tmp_path))

    def make(*given, **options):
        with (tmp_path / "workers.lock").open("w") as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return MurkVectorEnv(*given, **options)

    monkeypatch.setattr(rllib, "MurkVectorEnv", make)
    assert rllib.made_on_a_worker("rows", HeatSeeker, {"size": 4}, {"num_envs": 2}).num_envs == 2
    with (tmp_path / "workers.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_node_whose_cache_cannot_be_written_makes_its_envs_all_the_same(monkeypatch):
    monkeypatch.setenv("MURK_ENV_CACHE_DIR", "/dev/null/nowhere")
    assert made_on_a_worker("rows", HeatSeeker, {"size": 4}, {"num_envs": 2}).num_envs == 2


class Elsewhere(Trams):
    """Counts a group's actions from 1."""

    actions = Discrete(3, start=1)
    registered_agents = "apart"

    @classmethod
    def build(cls, params):
        plain = Trams.build.__func__(Trams, params)  # type: ignore[attr-defined]
        return Blueprint(
            lattice=plain.lattice, groups=[Group("tram", 4, plain.groups[0].observation, cls.actions)]
        )


class Switches(Elsewhere):
    """Has actions that RLlib knows no distribution of."""

    actions = MultiBinary(3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: register_rows(Harvest), "Harvest rewards its agents separately, .* use register_agents"),
        (lambda: register_agents(HeatSeeker), "HeatSeeker is registered without agents; use register_rows"),
        (
            lambda: register_rows(HeatSeeker, autoreset_mode="SameStep"),
            "autoreset_mode must be 'NextStep', not 'SameStep'",
        ),
        (
            lambda: register_agents(HexPursuit, autoreset_mode="Disabled"),
            "autoreset_mode must be 'NextStep', not 'Disabled'",
        ),
        (lambda: register_rows(HeatSeeker, sizes=4), "no parameter 'sizes'; did you mean 'size'"),
        (lambda: register_agents(HexPursuit, prey=-1), "HexPursuit's prey must be"),
        (lambda: register_rows(CompiledRail), r"counts actions from 0, but .*-1\)"),
        (lambda: register_agents(Switches), r"no distribution for .*MultiBinary\(3\)"),
        (lambda: register_rows("CartPole-v1"), "register_rows takes an id of a MurkEnv; 'CartPole-v1' makes"),
        (lambda: register_rows(dict), r"takes an id, or a subclass of MurkEnv, not <class 'dict'>"),  # type: ignore[arg-type]
        (
            lambda: made_on_a_worker("rows", CompiledRail, {}, {"num_envs": 2}),
            r"counts actions from 0, but .*-1\)",
        ),
        (lambda: made_on_a_worker("rows", Rail, {}, {"num_envs": 2}), "do not see the action_mask of Rail"),
        (lambda: made_on_a_worker("rows", Rail, {}, {}), "do not see the action_mask of Rail"),
        (lambda: made_on_a_worker("agents", Trams, {}, {}), "do not see the action_mask of Trams"),
        (
            lambda: made_on_a_worker("agents", Elsewhere, {}, {"num_envs": 2}),
            "those of Elsewhere, .*begin elsewhere",
        ),
        (lambda: made_on_a_worker("agents", Switches, {}, {}), r"no distribution for .*MultiBinary\(3\)"),
    ],
)
def test_what_rllib_cannot_use_is_refused(make, message):
    with pytest.raises(ParameterError, match=message):
        make()
