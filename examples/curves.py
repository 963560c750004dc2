"""Learn the environments by PPO from several seeds, and draw how the return grows.

    python -m examples.curves learn Wildfire --seeds 0 1 2
    python -m examples.curves draw --out docs/pictures

`learn` follows the environment's lesson in `examples/lessons.py` and notes the mean return of the greedy
policy, over episodes that training never saw, beside the steps taken and the processor time used. It writes
the curve of each seed, and the policy of the first, into a folder. `draw` makes a picture of the curves of
every environment, with the returns of chance, of the script and the best possible as lines.
"""
# pyright: reportMissingImports=false

import argparse
import json
import resource
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.returns.play import class_of, make, module_of, returns, row_group
from examples import play, ppo
from examples.lessons import LESSONS, pupil_group

NUM_POINTS = 12  # of a curve, after its first
NUM_EPISODES = 100  # played for each point
NUM_LAST = 1000  # played by what was learnt in the end
FRESH = 1_000_000  # the first seed of the episodes played, far from those of training
COLOURS = {"random": "#999999", "scripted": "#d55e00", "best possible": "#009e73"}

Curve = dict[str, Any]


def learn(
    name: str, seed: int, *, flat: bool = False, report: Callable[[str], None] = print
) -> tuple[ppo.Policy, Curve]:
    """Learn an environment as its lesson says; return the policy, and the curve of its returns.

    Args:
        name: the environment.
        seed: of the network, the actions and the worlds.
        flat: take the flat network instead of the lesson's own.
        report: is told of every point of the curve.
    """
    lesson = LESSONS[name]
    settings = ppo.Settings(seed=seed, **lesson.settings)
    torch.manual_seed(seed)
    policy = play.build(name, flat=flat)
    envs = make(name, lesson.num_worlds, pupil_group(name))
    rollouts = ppo.Rollouts(envs, policy, settings)
    optimiser = torch.optim.Adam(policy.parameters(), lr=settings.learning_rate, eps=1e-5)
    num_updates = max(1, settings.num_steps // (settings.rollout * envs.num_envs))
    due = set(np.linspace(0, num_updates, NUM_POINTS + 1).round().astype(int).tolist())
    curve: Curve = {"seed": seed, "steps": [], "seconds": [], "returns": []}
    seconds = 0.0
    for update in range(num_updates + 1):
        if update in due:
            steps = update * settings.rollout * envs.num_envs
            note(curve, steps, seconds, play.played(name, policy, NUM_EPISODES, FRESH).mean())
            report(f"{name} seed {seed} {steps:>10,} steps {seconds:6.1f} s {curve['returns'][-1]:9.3f}")
        if update < num_updates:
            began, left = processor_seconds(), 1.0 - update / num_updates
            optimiser.param_groups[0]["lr"] = left * settings.learning_rate
            batch = rollouts.collect()
            ppo.improve(policy, optimiser, batch, settings, left)
            policy.observe(batch["seen"])
            seconds += processor_seconds() - began
    envs.close()
    earned = play.played(name, policy, NUM_LAST, FRESH)
    curve["final"] = [float(earned.mean()), float(earned.std() / len(earned) ** 0.5)]
    return policy, curve


def note(curve: Curve, steps: int, seconds: float, earned: float) -> None:
    """Add a point to a curve."""
    for key, value in (("steps", steps), ("seconds", seconds), ("returns", earned)):
        curve[key].append(round(float(value), 3))


def processor_seconds() -> float:
    """Return the seconds for which this process has computed, whatever else the machine does."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


def lines(name: str) -> dict[str, float]:
    """Return what chance and the script earn, and the best possible where that is known."""
    module = module_of(name)
    found = {
        policy: float(returns(name, module.POLICIES[policy], 500, group=row_group(name), seed=FRESH).mean())
        for policy in ("random", "scripted")
    }
    best = module.optimum(class_of(name).Params())
    return found if best is None else found | {"best possible": best}


def draw(path: Path, title: str, curves: Mapping[str, Sequence[Curve]], known: Mapping[str, float]) -> None:
    """Draw curves against steps and against processor minutes; those of one key have one colour."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, 3.2), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    for index, (label, several) in enumerate(curves.items()):
        for curve in several:
            style: Any = {"color": f"C{index}", "linewidth": 1.2, "label": label}
            axes[0].plot(np.array(curve["steps"]) / 1e6, curve["returns"], **style)
            axes[1].plot(np.array(curve["seconds"]) / 60.0, curve["returns"], **style)
            label = None  # the other seeds have no entry of their own
    for axis, unit in zip(axes, ("million steps", "minutes of one processor"), strict=True):
        for what, value in known.items():
            axis.axhline(value, color=COLOURS[what], linestyle="--", linewidth=1.0, label=what)
        axis.set_xlabel(unit)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("mean return, greedy")
    axes[0].set_title(title, loc="left", fontsize="medium")
    axes[0].legend(fontsize="small")
    figure.savefig(path, dpi=110, metadata={"Software": None})


def main(arguments: list[str] | None = None) -> None:
    """Read the command line, and learn or draw."""
    parser = argparse.ArgumentParser(description="Learn environments by PPO, and draw the curves.")
    parser.add_argument("what", choices=["learn", "draw"])
    parser.add_argument("names", nargs="*", help="environments; all by default")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="(%(default)s)")
    parser.add_argument(
        "--folder", type=Path, default=play.FOLDER, help="of curves and policies (%(default)s)"
    )
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"), help="of pictures (%(default)s)")
    parser.add_argument("--flat", action="store_true", help="learn with the flat network, to compare")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)  # the layers are small
    for name in options.names or LESSONS:
        file = options.folder / f"{name}{'-flat' if options.flat else ''}.json"
        if options.what == "learn":
            learnt = [learn(name, seed, flat=options.flat) for seed in options.seeds]
            if not options.flat:
                play.save(options.folder / f"{name}.safetensors", name, learnt[0][0])
            file.write_text(json.dumps([curve for _, curve in learnt]) + "\n", encoding="utf-8")
        elif file.exists():
            draw_one(name, options.folder, options.out)


def draw_one(name: str, folder: Path, out: Path) -> None:
    """Draw the curves of an environment, and beside them those of the flat network where both have learnt."""
    curves = {"PPO": json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))}
    beside = folder / f"{name}-flat.json"
    if beside.exists():
        flat = json.loads(beside.read_text(encoding="utf-8"))
        curves = {"PPO, on the lattice": curves["PPO"], "PPO, flat": flat}
    module = module_of(name).__name__.rpartition(".")[2]
    draw(out / f"learning_{module}.png", name, curves, lines(name))


if __name__ == "__main__":
    main()
