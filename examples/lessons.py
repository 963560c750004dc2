"""How each environment is learnt by the PPO of `examples/ppo.py`: all settings, in one table.

What is not said is the default of `ppo.Settings`. Where agents learn, all of a group share one policy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.returns.play import row_group

__all__ = ["LESSONS", "Lesson", "pupil_group"]


@dataclass(frozen=True)
class Lesson:
    """How an environment is learnt.

    Attributes:
        num_worlds: worlds stepped together.
        settings: where PPO's settings differ from their defaults.
        group: whose agents learn, where that is not the environment's own rows.
        network: the function of `examples/networks.py` that makes the policy; None for the flat one of
            `examples/ppo.py`, two layers of 64.
    """

    num_worlds: int
    settings: Mapping[str, Any]
    group: str | None = None
    network: str | None = None


LESSONS = {
    "HeatSeeker": Lesson(256, {"num_steps": 600_000}),
    "CrystalNav": Lesson(256, {"num_steps": 800_000, "num_hidden": 48}),
    "LayeredHex": Lesson(256, {"num_steps": 600_000}),
    "HexPursuit": Lesson(128, {"num_steps": 3_000_000, "entropy": 0.003}),
    "Harvest": Lesson(64, {"num_steps": 2_000_000, "entropy": 0.003}),
    "Wildfire": Lesson(128, {"num_steps": 3_000_000, "entropy": 0.003}, group="crew"),
    "Epidemic": Lesson(
        128,
        {"num_steps": 1_200_000, "discount": 0.995, "trace": 0.98, "entropy": 0.001},
        network="over_regions",
    ),
    "HeatControl": Lesson(256, {"num_steps": 1_500_000, "entropy": 0.0}),
    "Ecosystem": Lesson(256, {"num_steps": 3_000_000, "entropy": 0.003}),
    "Transport": Lesson(128, {"num_steps": 500_000, "rollout": 50, "entropy": 0.0, "log_deviation": -2.5}),
    "ReactionDiffusion": Lesson(64, {"num_steps": 600_000, "entropy": 0.0, "log_deviation": -3.2}),
}


def pupil_group(name: str) -> str | None:
    """Return whose agents the rows are that a learnt policy sees; None where a row is a world."""
    lesson = LESSONS.get(name)
    return lesson.group if lesson is not None and lesson.group is not None else row_group(name)
