"""The settings of `examples/ppo.py` for every environment, in one table.

Other settings have the defaults of `ppo.Settings`. All agents of a group share one policy. Most lessons have
the name of their environment; the name of others adds the group or the size.

    python -m examples.lessons  # prints the table of docs/train/lessons.md
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import murk_envs
from benchmarks.returns.play import row_group

__all__ = ["LESSONS", "Lesson", "env_id_of", "env_of", "options_of", "pupil_group", "table"]


@dataclass(frozen=True)
class Lesson:
    """The settings for learning one environment.

    Attributes:
        num_worlds: number of worlds stepped together.
        settings: PPO's settings that differ from their defaults.
        env: the environment, if the lesson has another name.
        env_id: the id with the size; None for the default one.
        group: the group whose agents learn, if it is not the environment's default.
        network: `module:function`, a function of observation and action space that returns the policy; None
            for the flat network of `examples/ppo.py`, two layers of 64.
        training: parameters of the environment in training that differ from those of the evaluation.
        watching: the same for the points of the curve, except the last.
        price: cost of an action of 1, charged in its step in training; 0 leaves rewards unchanged.
        num_episodes: number of episodes of the final evaluation; a tenth of them, but at least 20, at each
            other point of the curve.
    """

    num_worlds: int
    settings: Mapping[str, Any]
    env: str | None = None
    env_id: str | None = None
    group: str | None = None
    network: str | None = None
    training: Mapping[str, Any] = field(default_factory=dict[str, Any])
    watching: Mapping[str, Any] = field(default_factory=dict[str, Any])
    price: float = 0.0
    num_episodes: int = 1000


EPIDEMIC = {"discount": 0.995, "trace": 0.98, "entropy": 0.001}
TEAM = {"num_epochs": 2, "num_minibatches": 16, "entropy": 0.003}
LESSONS = {
    "HeatSeeker": Lesson(256, {"num_steps": 600_000}),
    "CrystalNav": Lesson(256, {"num_steps": 800_000, "num_hidden": 48}),
    "LayeredHex": Lesson(256, {"num_steps": 600_000}),
    "HexPursuit": Lesson(128, {"num_steps": 2_000_000, "entropy": 0.003}),
    "Harvest": Lesson(64, {"num_steps": 1_000_000, "entropy": 0.003}),
    "Wildfire": Lesson(128, {"num_steps": 3_000_000, "entropy": 0.003}, group="crew"),
    "Wildfire-8x8": Lesson(
        128,
        {"num_steps": 600_000, "entropy": 0.003},
        env="Wildfire",
        env_id="murk/Wildfire-8x8-v1",
        group="crew",
    ),
    "Wildfire-together-8x8": Lesson(
        64,
        {"num_steps": 1_200_000, **TEAM},
        env="Wildfire",
        env_id="murk/Wildfire-8x8-v1",
        network="examples.teams:over_forest",
    ),
    "Epidemic": Lesson(128, {"num_steps": 3_600_000, **EPIDEMIC}, network="examples.networks:over_regions"),
    "Epidemic-8x8": Lesson(
        128,
        {"num_steps": 1_200_000, **EPIDEMIC},
        env="Epidemic",
        env_id="murk/Epidemic-8x8-v1",
        network="examples.networks:over_regions",
    ),
    "HeatControl": Lesson(256, {"num_steps": 1_500_000, "entropy": 0.0}),
    "Ecosystem": Lesson(256, {"num_steps": 3_000_000, "entropy": 0.003}),
    "Transport": Lesson(
        64,
        {
            "num_steps": 400_000,
            "rollout": 51,  # an episode, and the step that resets it
            "memory": 6528,
            "entropy": 0.0,
            "log_deviation": -1.2,
        },
        network="examples.at_rest:AtRest",
        training={"tolerance": 0.0, "window": 1000},
        price=15.0,
    ),
    "ReactionDiffusion": Lesson(
        64,
        {
            "num_steps": 500_000,
            "learning_rate": 3e-4,
            "discount": 0.995,
            "trace": 1.0,
            "common": 1.0,
            "entropy": 0.0,
            "log_deviation": -3.2,
        },
        network="examples.linear:in_tens",
        training={"tolerance": 0.0},
        price=0.2,
        num_episodes=250,  # of a thousand steps
    ),
    "ShallowWater": Lesson(
        64,
        {
            "num_steps": 300_000,
            "num_epochs": 8,
            "common": 1.0,
            "entropy": 0.0,
            "log_deviation": -1.0,
            "calming": 1.0,
        },
        network="examples.linear:in_patches",
        num_episodes=300,
    ),
    "Burgers": Lesson(
        32,
        {
            "num_steps": 160_000,
            "rollout": 101,  # an episode, and the step that resets it
            "num_minibatches": 4,
            "trace": 0.99,
            "common": 1.0,
            "entropy": 0.0,
            "log_deviation": -2.0,
            "calming": 2.0,
        },
        network="examples.linear:near_sensors",
        training={"size": 100, "substeps": 19, "viscosity": 0.0015, "action_cost": 100 / 256},
        num_episodes=250,
    ),
    "KuramotoSivashinsky": Lesson(
        32,
        {
            "num_steps": 960_000,
            "rollout": 50,
            "num_minibatches": 2,
            "learning_rate": 5e-4,
            "discount": 0.95,
            "memory": 3200,
            "trace": 0.98,
            "common": 1.0,
            "entropy": 0.0,
            "log_deviation": -2.0,
            "calming": 2.5,
        },
        network="examples.linear:around_ring",
        training={"substeps": 8},
        watching={"substeps": 8},
        num_episodes=20,  # of 500 steps, of 100 time steps each
    ),
    "WildfireTerrain": Lesson(128, {"num_steps": 9_000_000, "entropy": 0.003}, group="crew"),
}


def env_of(name: str) -> str:
    """Return the environment of a lesson; without such a lesson, the name itself."""
    return LESSONS[name].env or name if name in LESSONS else name


def env_id_of(name: str) -> str:
    """Return the id of a lesson's environment, with version and size."""
    return LESSONS[name].env_id or murk_envs.ENVIRONMENTS[env_of(name)][0]


def options_of(name: str) -> Mapping[str, Any]:
    """Return the parameters that a lesson's id sets; empty for the default size."""
    return murk_envs.SIZES.get(env_id_of(name), ("", {}))[1]


def pupil_group(name: str) -> str | None:
    """Return the group whose agents are the rows of a learnt policy; None if rows are worlds."""
    lesson = LESSONS.get(name)
    return lesson.group if lesson is not None and lesson.group is not None else row_group(env_of(name))


def table() -> str:
    """Return all lessons as a table in Markdown."""
    rows = ["| lesson | rows are | worlds | network | settings |", "|---|---|---|---|---|"]
    for name, lesson in LESSONS.items():
        settings = [f"`{key}={value!r}`" for key, value in lesson.settings.items() if key != "num_steps"]
        settings += [f"trained with `{key}={value!r}`" for key, value in lesson.training.items()]
        settings += [f"price {lesson.price:g}"] if lesson.price else []
        network = "flat" if lesson.network is None else f"`{lesson.network.rpartition(':')[2]}`"
        steps = f"{lesson.settings['num_steps']:,} steps"
        whose = pupil_group(name) or "worlds"
        rows.append(
            f"| {name} | {whose} | {lesson.num_worlds} | {network} | {', '.join([steps, *settings])} |"
        )
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
