"""RLlib trains through native rows and groups, on two nodes as on one, and what it cannot use is refused."""
# pyright: reportMissingImports=false

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from murk_envs import HeatSeeker, HexPursuit

ray: Any = pytest.importorskip("ray", reason="needs ray[rllib], in an environment of its own")
pytest.importorskip("ray.rllib", reason="needs ray[rllib], in an environment of its own")
cluster_utils = pytest.importorskip("ray.cluster_utils", reason="needs ray[rllib]")

from ray.rllib.algorithms.ppo import PPOConfig  # noqa: E402
from ray.tune.registry import ENV_CREATOR, _global_registry  # noqa: E402

from murk_env.errors import MissingLibraryError  # noqa: E402
from murk_env.integrations.rllib import check_nodes, register_rows  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray's own, in its processes and threads
PATH = Path(__file__).parents[2] / "examples" / "rllib_ppo.py"
WITHOUT = """
import importlib.abc, importlib.machinery, sys

class Hidden(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("murk_env", "murk_envs", "murk_arena"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden())
"""


@pytest.fixture(scope="module")
def example() -> Any:
    spec: Any = importlib.util.spec_from_file_location("rllib_ppo", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def two_nodes(tmp_path_factory):
    """A cluster with room for one env runner on each of two nodes; the second has no kernel cache yet."""
    caches = tmp_path_factory.mktemp("caches")
    head = {"num_cpus": 2, "include_dashboard": False}
    cluster = cluster_utils.Cluster(initialize_head=True, head_node_args=head)
    cluster.add_node(num_cpus=1, resources={"second": 1}, env_vars={"MURK_ENV_CACHE_DIR": str(caches)})
    ray.init(address=cluster.address)
    yield cluster, caches
    ray.shutdown()
    cluster.shutdown()


@pytest.mark.parametrize("size", [8, 16])
def test_heat_seeker_is_learnt_by_runners_on_two_nodes(example, two_nodes, size):
    config = example.config_for(HeatSeeker, 2, 32, 40, size=size)
    algorithm = config.build_algo()
    where = algorithm.env_runner_group.foreach_env_runner(
        lambda runner: (ray.get_runtime_context().get_node_id(), type(runner.env.unwrapped).__name__),
        local_env_runner=False,
    )
    algorithm.stop()
    assert len({node for node, _ in where}) == 2
    assert {kind for _, kind in where} == {"MurkVectorEnv"}
    assert example.train(config, 40, enough=80.0) >= 80.0


def test_a_new_node_compiles_once_into_a_cache_of_its_own(two_nodes):
    _, caches = two_nodes
    config = PPOConfig().environment(register_rows(HeatSeeker, size=4))
    config.env_runners(
        num_env_runners=1,
        gym_env_vectorize_mode="vector_entry_point",
        custom_resources_per_env_runner={"second": 1},
    )
    written = []
    for _ in range(2):
        config.build_algo().stop()
        written.append({path: path.stat().st_mtime_ns for path in caches.rglob("*.bin")})
    assert written[0]
    assert written[0] == written[1]


def test_every_group_of_hex_pursuit_has_a_policy_that_trains(example, two_nodes):
    config = example.config_for(HexPursuit, 1, 4, 2, size=6)
    algorithm = config.build_algo()
    kinds = algorithm.env_runner_group.foreach_env_runner(
        lambda runner: type(runner.env).__name__, local_env_runner=False
    )
    found = algorithm.train()
    algorithm.stop()
    assert kinds == ["GroupsVectorEnv"]
    assert set(found["learners"]) >= {"predator", "prey"}
    assert found["env_runners"]["num_env_steps_sampled_lifetime"] >= 4 * example.FRAGMENT


def test_a_class_of_a_script_travels_to_the_runners(two_nodes):
    class Cold(HeatSeeker):
        """Begins without heat, wherever it is."""

        def terminated(self, after):
            return after.agent == 0

    config = PPOConfig().environment(register_rows(Cold, size=4))
    config.env_runners(
        num_env_runners=1, num_envs_per_env_runner=2, gym_env_vectorize_mode="vector_entry_point"
    )
    algorithm = config.build_algo()
    runners: Any = algorithm.env_runner_group
    names = runners.foreach_env_runner(
        lambda runner: type(runner.env.unwrapped._env).__name__, local_env_runner=False
    )
    algorithm.stop()
    assert names == ["Cold"]


def test_a_node_without_the_package_is_named_with_what_to_do(two_nodes, tmp_path):
    cluster, _ = two_nodes
    check_nodes("murk_envs")
    (tmp_path / "sitecustomize.py").write_text(WITHOUT)
    bare = cluster.add_node(num_cpus=1, resources={"bare": 1}, env_vars={"PYTHONPATH": str(tmp_path)})
    try:
        with pytest.raises(
            MissingLibraryError, match=r"node .* lacks murk_env\. Install murk-env on every node"
        ):
            check_nodes()
        create = _global_registry.get(ENV_CREATOR, register_rows(HeatSeeker, size=4))
        there = ray.remote(num_cpus=0, resources={"bare": 1})(lambda: create({"num_envs": 2}))
        with pytest.raises(
            ModuleNotFoundError, match=r"cannot make .*HeatSeeker rows.*No module named 'murk_env'"
        ):
            ray.get(there.remote())
    finally:
        cluster.remove_node(bare)
