"""The example of self-play: both groups learn from one env, and both curves are drawn."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from murk_envs import HexPursuit

torch: Any = pytest.importorskip("torch", reason="needs torchrl (the `integrations` extra)")
pytest.importorskip("torchrl", reason="needs torchrl (the `integrations` extra)")
pytestmark = pytest.mark.filterwarnings("ignore")  # TorchRL's and torch's own
PATH = Path(__file__).parent.parent / "examples" / "self_play.py"


@pytest.fixture(scope="module")
def example() -> Any:
    spec: Any = importlib.util.spec_from_file_location("self_play", PATH)
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.RETURNS_OF = 4
    return module


def test_time_comes_last_but_one_and_goes_back(example):
    values = torch.rand(2, 5, 3, 1)
    assert example.rows(values).shape == (2, 3, 5, 1)
    assert torch.equal(example.back(example.rows(values), values), values)


def test_every_group_learns_from_what_its_agents_see_while_they_are_there(example):
    env = example.GroupsWrapper(example.MurkGroupsEnv(HexPursuit, 4, autoreset_mode="Disabled", size=6))
    learner, other = (example.Learner(env, group) for group in env.group_map)
    policy = example.TensorDictSequential(learner.policy, other.policy)
    with torch.no_grad():
        batch = env.rollout(40, policy, break_when_any_done=False)
    weights = [part.clone() for part in learner.actor.parameters()]
    gone = ~batch["predator", "mask"]
    for values in (batch["next", "predator", "reward"], batch["predator", "observation"]):
        values[gone] = float("nan")  # of agents that have left: learning from it would spoil everything
    learner.learn(batch, 1.0)
    assert all(torch.isfinite(part).all() for part in learner.actor.parameters())
    assert any(not torch.equal(*pair) for pair in zip(weights, learner.actor.parameters(), strict=True))


def test_both_curves_are_drawn(example, tmp_path):
    curves = example.train(HexPursuit, 2, 2 * example.ROLLOUT, num_points=1)
    assert curves["steps"] == [0, 2 * example.ROLLOUT]
    assert set(curves["against the scripts"][1]) == {"predator", "prey"}
    both = curves["against the learners"][1]
    assert both["prey"] * 2 == pytest.approx(
        -both["predator"], abs=0.01
    )  # what the prey gain, a predator loses
    example.draw(curves, {"predator": 9.9, "prey": -4.9}, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 5_000
