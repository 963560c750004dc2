"""Policies that are learnt from a fixed seed: by the quickstart's tabular learner, or by `examples/ppo.py`.

Nothing of a policy is kept; whoever asks for the table trains them again, about half an hour in all.
"""

import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.returns.play import Policy, make, row_group

__all__ = ["LESSONS", "Lesson", "learner", "pupil_group", "trained"]

EXAMPLES = Path(__file__).parents[2] / "examples"
SEED = 0


@dataclass(frozen=True)
class Lesson:
    """How PPO learns an environment.

    Attributes:
        num_worlds: worlds stepped together.
        settings: where PPO's settings differ from their defaults.
        greedy: whether what is learnt is played without chance.
        group: whose agents learn, sharing one policy, where that is not the environment's own rows.
    """

    num_worlds: int
    settings: Mapping[str, Any]
    greedy: bool = True
    group: str | None = None


LESSONS = {
    "CrystalNav": Lesson(256, {"num_steps": 1_000_000}),
    "LayeredHex": Lesson(256, {"num_steps": 1_000_000}),
    "HexPursuit": Lesson(128, {"num_steps": 3_000_000, "entropy": 0.003}, greedy=False),
    "Harvest": Lesson(64, {"num_steps": 2_000_000, "entropy": 0.003}, greedy=False),
    "Wildfire": Lesson(128, {"num_steps": 3_000_000, "entropy": 0.003}, group="crew"),
    "Epidemic": Lesson(
        128,
        {"num_steps": 1_000_000, "rollout": 200, "trace": 0.99, "discount": 1.0, "entropy": 0.0},
        greedy=False,
    ),
    "HeatControl": Lesson(256, {"num_steps": 3_000_000, "entropy": 0.0}),
    "Ecosystem": Lesson(256, {"num_steps": 3_000_000, "entropy": 0.003}),
}


def pupil_group(name: str) -> str | None:
    """Return whose agents the rows are that the learnt policy sees; None where a row is a world."""
    lesson = LESSONS.get(name)
    return lesson.group if lesson is not None and lesson.group is not None else row_group(name)


def learner(name: str) -> str:
    """Return what learns an environment, in words."""
    return f"PPO, {LESSONS[name].settings['num_steps']:,} steps" if name in LESSONS else "Q-learning"


def trained(name: str) -> Policy:
    """Return what is learnt of an environment from a fixed seed.

    Raises:
        ModuleNotFoundError: torch, or for HeatSeeker tqdm, is not installed.
    """
    return by_ppo(name, LESSONS[name]) if name in LESSONS else by_quickstart()


def by_quickstart() -> Policy:
    """Return the best actions by the table of values that the quickstart learns of HeatSeeker."""
    quickstart = example("quickstart")
    envs = quickstart.make_worlds(1024)
    actions = quickstart.learn(envs, 1000, SEED).argmax(axis=1)
    envs.close()
    return lambda observations, space, rng: actions[quickstart.cells_in(observations)]


def by_ppo(name: str, lesson: Lesson) -> Policy:
    """Return what PPO learns."""
    ppo = example("ppo")
    ppo.torch.set_num_threads(1)
    envs = make(name, lesson.num_worlds, pupil_group(name))
    policy = ppo.train(envs, ppo.Settings(seed=SEED, **lesson.settings), report)
    envs.close()
    return lambda observations, space, rng: policy.act(observations, greedy=lesson.greedy)


def report(line: str) -> None:
    """Say how training goes, apart from the table."""
    print(line, file=sys.stderr, flush=True)


def example(name: str) -> ModuleType:
    """Return a script of the examples as a module."""
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses look for it
    spec.loader.exec_module(module)
    return module
