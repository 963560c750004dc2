"""RLlib trains through native rows, on two nodes as on one, and what it cannot use is refused."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from murk_env.errors import ParameterError
from murk_envs import Harvest, HeatSeeker, HexPursuit

ray: Any = pytest.importorskip("ray", reason="needs ray[rllib], in an environment of its own")
pytest.importorskip("ray.rllib", reason="needs ray[rllib], in an environment of its own")
cluster_utils = pytest.importorskip("ray.cluster_utils", reason="needs ray[rllib]")

from murk_env.integrations.rllib import register_agents, register_rows  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray's own, in its processes and threads
PATH = Path(__file__).parents[2] / "examples" / "rllib_ppo.py"


@pytest.fixture(scope="module")
def example() -> Any:
    spec: Any = importlib.util.spec_from_file_location("rllib_ppo", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def two_nodes():
    """A cluster of two nodes, with room for one env runner each beside the driver."""
    cluster = cluster_utils.Cluster(
        initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False}
    )
    cluster.add_node(num_cpus=1)
    ray.init(address=cluster.address)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


def test_heat_seeker_is_learnt_by_runners_on_two_nodes(example, two_nodes):
    config = example.config_for(HeatSeeker, 2, 32, size=8)
    algorithm = config.build_algo()
    where = algorithm.env_runner_group.foreach_env_runner(
        lambda runner: (ray.get_runtime_context().get_node_id(), type(runner.env.unwrapped).__name__),
        local_env_runner=False,
    )
    algorithm.stop()
    assert len({node for node, _ in where}) == 2
    assert {kind for _, kind in where} == {"MurkVectorEnv"}
    assert example.train(config, 60, enough=80.0) >= 80.0


def test_every_group_of_hex_pursuit_has_a_policy_that_trains(example, two_nodes):
    config = example.config_for(HexPursuit, 1, 4, size=6)
    algorithm = config.build_algo()
    found = algorithm.train()
    algorithm.stop()
    assert set(found["learners"]) >= {"predator", "prey"}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: register_rows(Harvest), "Harvest rewards its agents apart, .* use register_agents"),
        (lambda: register_agents(HeatSeeker), "HeatSeeker is registered without agents; use register_rows"),
        (lambda: register_rows(HeatSeeker, autoreset_mode="SameStep"), "leave autoreset_mode='SameStep' out"),
        (lambda: register_rows("CartPole-v1"), "register_rows takes an id of a MurkEnv; 'CartPole-v1' makes"),
    ],
)
def test_what_rllib_cannot_use_is_refused(make, message):
    with pytest.raises(ParameterError, match=message):
        make()
