"""skrl knows our forms by their base classes, and sees what the native batch gives."""
# pyright: reportMissingImports=false

from typing import Any, cast

import gymnasium
import numpy as np
import pytest

from murk_env import MurkAgentVectorEnv, MurkParallelEnv, MurkVectorEnv
from murk_env.errors import EpisodeEndedError
from murk_envs import Harvest, HeatControl, HeatSeeker
from tests.small import small_keywords

skrl: Any = pytest.importorskip("skrl", reason="needs skrl, in an environment of its own")
torch: Any = pytest.importorskip("torch", reason="needs torch")

from skrl.envs.wrappers.torch import wrap_env  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # skrl's own


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda: MurkVectorEnv(HeatSeeker, 2, autoreset_mode="SameStep"), "GymnasiumWrapper"),
        (lambda: MurkAgentVectorEnv(Harvest, 2, autoreset_mode="SameStep"), "GymnasiumWrapper"),
        (lambda: gymnasium.make("murk_envs:murk/HeatSeeker-v0"), "GymnasiumWrapper"),
        (lambda: gymnasium.make_vec("murk_envs:murk/HeatSeeker-v0", 2), "GymnasiumWrapper"),
        (lambda: MurkParallelEnv(Harvest), "PettingZooWrapper"),
    ],
)
def test_a_form_is_known_by_its_base_class(make, kind):
    assert type(wrap_env(make(), verbose=False)).__name__ == kind


@pytest.mark.parametrize("env_class", [HeatSeeker, HeatControl])
def test_it_sees_what_the_native_batch_gives(env_class):
    options = {"autoreset_mode": "SameStep", **small_keywords(env_class), "max_episode_steps": 6}
    twin = MurkVectorEnv(env_class, 4, **options)
    wrapped = cast(Any, wrap_env(MurkVectorEnv(env_class, 4, **options), verbose=False))
    wrapped._seed = 3  # skrl takes it from its own settings
    seen, _ = wrapped.reset()
    assert np.array_equal(seen.numpy(), twin.reset(seed=3)[0])
    twin.action_space.seed(0)
    for _ in range(20):
        actions = twin.action_space.sample()
        mine = wrapped.step(torch.as_tensor(actions).reshape(4, -1))
        expected = twin.step(actions)
        assert np.array_equal(mine[0].numpy(), expected[0])
        assert np.array_equal(mine[1].numpy()[:, 0], expected[1].astype(np.float32))
        for flags, known in zip(mine[2:4], expected[2:4], strict=True):
            assert np.array_equal(flags.numpy()[:, 0], known)


def test_rows_that_nobody_resets_stop_it():
    envs = wrap_env(
        MurkVectorEnv(HeatSeeker, 2, autoreset_mode="Disabled", max_episode_steps=1), verbose=False
    )
    envs.reset()
    envs.step(torch.zeros(2, 1, dtype=torch.int64))
    with pytest.raises(EpisodeEndedError, match="reset"):
        envs.step(torch.zeros(2, 1, dtype=torch.int64))
