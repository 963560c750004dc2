"""Train PPO on the environments from several seeds, and draw learning curves.

    python -m examples.curves learn Wildfire --seeds 0 1 2
    python -m examples.curves draw --out docs/pictures

`learn` follows a lesson of `examples/lessons.py` and records the mean return of the greedy policy, over
episodes that training never saw, with the steps taken and the processor time used. It writes each seed's
curve, next to existing ones, and the first seed's policy into a folder. `draw` draws the curves of every
lesson, with the returns of the random policy, the script and the optimum as lines, and next to it an
enlargement of the last third.
"""
# pyright: reportMissingImports=false

import argparse
import json
import resource
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.returns.play import class_of, module_of, returns, row_group
from examples import play, ppo
from examples.lessons import LESSONS, env_of, options_of
from examples.shaping import Charged

NUM_POINTS = 12  # of a curve, after its first
WIDE = 20.0  # ratio of largest to smallest cost above which the axis is logarithmic
FRESH = 1_000_000  # the first seed of evaluation episodes, far from those of training
COLOURS = {"random": "#999999", "scripted": "#d55e00", "greedy": "#cc79a7", "best possible": "#009e73"}

Curve = dict[str, Any]


def learn(
    name: str, seed: int, *, flat: bool = False, report: Callable[[str], None] = print
) -> tuple[ppo.Policy, Curve]:
    """Train by a lesson; return the policy, and the curve of its returns.

    Args:
        name: the lesson.
        seed: seed of the network, the actions and the worlds.
        flat: use the flat network instead of the lesson's own.
        report: called with a line for every point of the curve.
    """
    lesson = LESSONS[name]
    settings = ppo.Settings(seed=seed, **lesson.settings)
    torch.manual_seed(seed)
    policy = play.build(name, flat=flat)
    envs = play.worlds(name, lesson.num_worlds, **lesson.training)
    if lesson.price:
        envs = Charged(envs, lesson.price)
    rollouts = ppo.Rollouts(envs, policy, settings)
    optimiser = torch.optim.Adam(policy.parameters(), lr=settings.learning_rate, eps=1e-5)
    num_updates = max(1, settings.num_steps // (settings.rollout * envs.num_envs))
    due = set(np.linspace(0, num_updates, NUM_POINTS + 1).round().astype(int).tolist())
    curve: Curve = {"seed": seed, "steps": [], "seconds": [], "returns": []}
    seconds, few = 0.0, max(20, lesson.num_episodes // 10)
    for update in range(num_updates + 1):
        if update in due:
            steps = update * settings.rollout * envs.num_envs
            note(curve, steps, seconds, play.played(name, policy, few, FRESH, **lesson.watching).mean())
            report(f"{name} seed {seed} {steps:>10,} steps {seconds:6.1f} s {curve['returns'][-1]:9.3f}")
        if update < num_updates:
            began = processor_seconds()
            left = ppo.anneal(policy, optimiser, settings, update, num_updates)
            batch = rollouts.collect()
            ppo.improve(policy, optimiser, batch, settings, left)
            policy.observe(batch["seen"])
            seconds += processor_seconds() - began
    envs.close()
    earned = play.played(name, policy, lesson.num_episodes, FRESH)
    curve["final"] = [float(earned.mean()), float(earned.std() / len(earned) ** 0.5)]
    return policy, curve


def note(curve: Curve, steps: int, seconds: float, earned: float) -> None:
    """Add a point to a curve."""
    for key, value in (("steps", steps), ("seconds", seconds), ("returns", earned)):
        curve[key].append(round(float(value), 3))


def processor_seconds() -> float:
    """Return the processor time of this process, which other load hardly affects."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


def lines(name: str, folder: Path) -> dict[str, float]:
    """Return the returns of the random policy, of the script and, if known, of the optimum.

    They are computed once, and then kept in the folder's `lines.json`.
    """
    file = folder / "lines.json"
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    if name not in known:
        known[name] = {key: round(value, 3) for key, value in played_lines(name).items()}
        file.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return known[name]


def played_lines(name: str) -> dict[str, float]:
    """Compute the returns that are drawn as lines."""
    env, num_episodes = env_of(name), LESSONS[name].num_episodes
    keys = [key for key in module_of(env).POLICIES if key in COLOURS]
    found = {key: float(scripted(name, key, num_episodes, FRESH).mean()) for key in keys}
    best = module_of(env).optimum(class_of(env).Params(**options_of(name)))
    return found if best is None else found | {"best possible": best}


def scripted(name: str, key: str, num_episodes: int, seed: int, **options: Any) -> npt.NDArray[np.float64]:
    """Return the returns of the policy with that name in a lesson's environment, (num_episodes,)."""
    env = env_of(name)
    policy, group = module_of(env).POLICIES[key], row_group(env)  # the rows that scripts act for
    return returns(env, policy, num_episodes, group=group, seed=seed, **options_of(name), **options)


def draw(path: Path, title: str, curves: Mapping[str, Sequence[Curve]], known: Mapping[str, float]) -> None:
    """Draw curves against steps and against processor minutes, and an enlargement of their end.

    Curves of the same key have the same colour. The enlargement shows the first key's curves and the script;
    dots are the final returns over all episodes.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 3.4), layout="constrained")
    axes = figure.subplots(1, 3)
    axes[1].sharey(axes[0])
    axes[1].tick_params(labelleft=False)
    for index, (label, several) in enumerate(curves.items()):
        for curve in several:
            style: Any = {"color": f"C{index}", "linewidth": 1.2, "label": label}
            axes[0].plot(np.array(curve["steps"]) / 1e6, curve["returns"], **style)
            axes[1].plot(np.array(curve["seconds"]) / 60.0, curve["returns"], **style)
            axes[2].plot(np.array(curve["steps"]) / 1e6, curve["returns"], **style)
            final, error = curve["final"]
            axes[2].errorbar(curve["steps"][-1] / 1e6, final, error, color=style["color"], fmt="o")
            label = None  # the other seeds get no legend entry
    units = ("million steps", "minutes of one processor", "million steps, the last third")
    for axis, unit in zip(axes, units, strict=True):
        for what, value in known.items():
            axis.axhline(value, color=COLOURS[what], linestyle="--", linewidth=1.0, label=what)
        axis.set_xlabel(unit)
        axis.locator_params(axis="x", nbins=6)
        axis.grid(alpha=0.3)
    measure(axes[0], [one for several in curves.values() for one in several], known)
    enlarge(axes[2], next(iter(curves.values())), known)
    axes[0].set_ylabel("mean return, greedy")
    axes[0].set_title(title, loc="left", fontsize="medium")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=6, fontsize="small")
    figure.savefig(path, dpi=110, metadata={"Software": None})


def measure(axis: Any, curves: Sequence[Curve], known: Mapping[str, float]) -> None:
    """Use a logarithmic axis if costs span a wide range."""
    costs = -np.concatenate([curve["returns"] for curve in curves])
    if costs.min() > 0.0 and costs.max() > WIDE * costs.min():
        least = 10.0 ** np.floor(np.log10(costs.min()))
        axis.set_yscale("symlog", linthresh=least)
        axis.set_ylim(top=max(-least, known.get("best possible", -least)))


def enlarge(axis: Any, curves: Sequence[Curve], known: Mapping[str, float]) -> None:
    """Limit an axis to the last third of the curves' steps, with the script."""
    last = max(curve["steps"][-1] for curve in curves)
    ends = [np.array(curve["returns"])[np.array(curve["steps"]) >= last * 2 / 3] for curve in curves]
    finals = [curve["final"][0] + side * curve["final"][1] for curve in curves for side in (-1.0, 1.0)]
    shown = np.concatenate([*ends, finals, [value for what, value in known.items() if what == "scripted"]])
    margin = max(0.1 * np.ptp(shown), 0.01 * np.abs(shown).max())  # differences below a percent do not matter
    axis.set_xlim(last * 2 / 3 / 1e6, last * 1.02 / 1e6)
    axis.set_ylim(shown.min() - margin, shown.max() + margin)
    axis.ticklabel_format(axis="y", useOffset=False)


def main(arguments: list[str] | None = None) -> None:
    """Read the command line, and train or draw."""
    parser = argparse.ArgumentParser(description="Learn environments by PPO, and draw the curves.")
    parser.add_argument("what", choices=["learn", "draw"])
    parser.add_argument("names", nargs="*", help="lessons; all by default")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="(%(default)s)")
    parser.add_argument(
        "--folder", type=Path, default=play.FOLDER, help="of curves and policies (%(default)s)"
    )
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"), help="of pictures (%(default)s)")
    parser.add_argument("--flat", action="store_true", help="learn with the flat network, to compare")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)  # the layers are small
    for name in options.names or LESSONS:
        label = f"{name}-flat" if options.flat else name
        if options.what == "draw":
            draw_one(name, options.folder, options.out)
            continue
        for seed in options.seeds:
            keep(options.folder, label, name, *learn(name, seed, flat=options.flat))


def keep(folder: Path, label: str, name: str, policy: ppo.Policy, curve: Curve) -> None:
    """Write a curve next to those of other seeds, and the policy if its seed is the first."""
    file = folder / f"{label}.json"
    others = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    curves = [one for one in others if one["seed"] != curve["seed"]] + [curve]
    curves.sort(key=lambda one: one["seed"])
    file.write_text(json.dumps(curves) + "\n", encoding="utf-8")
    if label == name and curve is curves[0]:
        play.save(folder / f"{name}.safetensors", name, policy)


def draw_one(name: str, folder: Path, out: Path) -> None:
    """Draw the curves of a lesson, with those of the flat network if both exist."""
    if not (folder / f"{name}.json").exists():
        return
    curves = {"PPO": json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))}
    beside = folder / f"{name}-flat.json"
    if beside.exists():
        flat = json.loads(beside.read_text(encoding="utf-8"))
        curves = {"PPO, on the lattice": curves["PPO"], "PPO, flat": flat}
    draw(out / f"learning_{file_name(name)}.png", name, curves, lines(name, folder))


def file_name(name: str) -> str:
    """Return the part of a picture's name that names the lesson, such as epidemic_8x8."""
    env = env_of(name)
    rest = name.removeprefix(env).replace("-", "_")
    return module_of(env).__name__.rpartition(".")[2] + rest


if __name__ == "__main__":
    main()
