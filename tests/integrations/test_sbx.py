"""SBX takes the VecEnv that Stable-Baselines3 takes."""
# pyright: reportMissingImports=false

from typing import Any

import pytest

from murk_envs import HeatControl, HeatSeeker

sbx: Any = pytest.importorskip("sbx", reason="needs sbx-rl, in an environment of its own")

from murk_env.integrations.sb3 import make_vec  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # those of JAX and its friends


@pytest.mark.parametrize(
    ("algorithm", "options"),
    [
        ("PPO", {"n_steps": 16, "batch_size": 32}),
        ("DQN", {"learning_starts": 20}),
        ("SAC", {"learning_starts": 20}),
    ],
)
def test_algorithms_train(algorithm, options):
    envs = make_vec(HeatControl if algorithm == "SAC" else HeatSeeker, 4, seed=0)
    model = getattr(sbx, algorithm)("MlpPolicy", envs, seed=0, **options)
    model.learn(128)
    assert model.num_timesteps >= 128
