"""Plan by branching: try candidate actions in copies of the current world, and take the best.

    python -m examples.plan Wildfire
    python -m examples.plan Ecosystem --starts 20 --branches 8 64 512

At every decision the state of the world is restored into the rows of a vector env. A candidate follows the
scripted policy, except for random actions in the first few steps. Each candidate is played in several
branches, whose future random numbers differ from the world's and from each other's, and are the same for all
candidates. The script then plays on. The world takes the first action of the candidate with the largest mean
return. This is random shooting with a rollout policy: Bertsekas, "Rollout Algorithms for Discrete
Optimization" (2013), https://doi.org/10.1007/978-1-4419-7997-1_8.

The planner knows the rules and the whole state, but not future random numbers. It is compared with the script
that it starts from and, with --trained, with a policy trained by PPO, all on the same starts.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from benchmarks.returns.play import Policy, class_of, module_of, returns
from benchmarks.returns.train import pupil_group, trained
from murk_env import MurkEnv, MurkVectorEnv, State

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Search:
    """Settings of the search.

    Attributes:
        branches: rows of the vector env: candidates times repeats.
        repeats: branches of one candidate, each with different random numbers.
        horizon: number of steps that a branch is played.
        explored: number of first steps in which candidates deviate from the script.
        share: probability of a deviation.
    """

    branches: int
    repeats: int = 8
    horizon: int = 20
    explored: int = 4
    share: float = 0.5


class Planner:
    """Decides by playing branches of the world.

    Args:
        env_class: the environment, with discrete actions.
        script: the rollout policy.
        search: the settings of the search.
        seed: seed of the planner's own random numbers.
    """

    def __init__(self, env_class: type[MurkEnv], script: Policy, search: Search, seed: int = 0) -> None:
        self.search, self.script = search, script
        self.envs = MurkVectorEnv(env_class, search.branches)
        self.envs.reset(seed=seed)  # any episodes: every decision restores a state
        self.rng = np.random.default_rng(seed)

    def decide(self, state: State) -> NDArray[np.int64]:
        """Return the action for the single world of a state."""
        envs, search = self.envs, self.search
        repeats = min(search.repeats, search.branches)
        envs.restore(state)
        envs.branch(0, np.arange(repeats), randomness="fresh")
        envs.branch(np.arange(search.branches) % repeats, None)
        candidates = np.arange(search.branches) // repeats
        earned, running = np.zeros(search.branches), np.ones(search.branches, np.bool_)
        observations, _ = envs.observe()
        first = None
        for step in range(search.horizon):
            actions = self.script(observations, envs.single_action_space, self.rng)
            if step < search.explored:
                actions = self.varied(actions, candidates)
            first = actions if first is None else first
            observations, rewards, terminated, truncated, _ = envs.step(actions)
            earned += np.where(running, rewards, 0.0)
            running &= ~(terminated | truncated)
            if not running.any():
                break
        means = np.bincount(candidates, earned) / np.bincount(candidates)
        assert first is not None
        return first[means.argmax() * repeats]  # in a tie the first candidate, the script

    def varied(self, actions: NDArray[np.int64], candidates: NDArray[np.int64]) -> NDArray[np.int64]:
        """Replace some actions at random, equally in a candidate's branches; none for the first candidate."""
        count = candidates[-1] + 1
        space = self.envs.single_action_space
        most = getattr(space, "nvec", getattr(space, "n", None))
        shape = (count, *actions.shape[1:])
        drawn = self.rng.integers(0, most, shape)
        replaced = self.rng.random(shape) < self.search.share
        replaced[0] = False
        return np.where(replaced[candidates], drawn[candidates], actions)


def play(env_class: type[MurkEnv], planner: Planner, seed: int) -> float:
    """Return the planner's return in the episode of a seed."""
    env = env_class(max_episode_steps=env_class.max_episode_steps)
    env.reset(seed=seed)
    total, ended = 0.0, False
    while not ended:
        _, reward, terminated, truncated, _ = env.step(planner.decide(env.save()))
        total, ended = total + reward, terminated or truncated
    return total


def compare(
    name: str, seeds: Sequence[int], branches: Sequence[int], *, with_trained: bool, **options: int
) -> dict[str, Numbers]:
    """Return the returns, by start, of the script, a trained policy, and planners by number of branches."""
    env_class, script = class_of(name), module_of(name).POLICIES["scripted"]
    found = {"script": returns(name, script, len(seeds), group=None, seed=0, seeds=seeds)}
    learnt = trained(name) if with_trained else None
    if learnt is not None:
        found["PPO"] = returns(name, learnt, len(seeds), group=pupil_group(name), seed=0, seeds=seeds)
    for number in branches:
        planner = Planner(env_class, script, Search(number, **options))
        shown = tqdm(seeds, desc=f"{number} branches", unit="start")
        found[f"{number} branches"] = np.array([play(env_class, planner, seed) for seed in shown])
    return found


def report(name: str, found: dict[str, Numbers]) -> str:
    """Return a table of mean returns and gains over the script, with standard errors."""
    lines = [f"{name}: {len(found['script'])} starts", "", "| policy | mean return | beside the script |"]
    lines.append("| --- | --- | --- |")
    for who, earned in found.items():
        gain = earned - found["script"]
        own = f"{earned.mean():.1f} ± {standard_error(earned):.1f}"
        beside = "" if who == "script" else f"{gain.mean():+.1f} ± {standard_error(gain):.1f}"
        lines.append(f"| {who} | {own} | {beside} |")
    return "\n".join(lines)


def standard_error(values: Numbers) -> float:
    """Return the standard error of a mean."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")


def draw(name: str, found: dict[str, Numbers], path: Path) -> None:
    """Plot return against branches, with the script and the trained policy as lines."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.0, 4.0), layout="constrained")
    axes = figure.add_subplot()
    planned = {int(who.split()[0]): earned for who, earned in found.items() if who.endswith("branches")}
    means = [earned.mean() for earned in planned.values()]
    errors = [standard_error(earned) for earned in planned.values()]
    axes.errorbar(list(planned), means, errors, marker="o", capsize=3, label="planner")
    for who, style in (("script", "--"), ("PPO", ":")):
        if who in found:
            axes.axhline(found[who].mean(), linestyle=style, color="0.35", label=who)
    axes.set_xscale("log", base=2)
    axes.set_xticks(list(planned), [str(number) for number in planned])
    axes.set(
        xlabel="branches a decision", ylabel="mean return", title=f"{name}, {len(found['script'])} starts"
    )
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)


def main(arguments: Sequence[str] | None = None) -> None:
    """Plan an environment's episodes and compare with the script."""
    parser = argparse.ArgumentParser(description="Plan by branching worlds.")
    parser.add_argument("name", choices=["Wildfire", "Ecosystem"])
    parser.add_argument("--starts", type=int, default=100, help="episodes (%(default)s)")
    parser.add_argument("--branches", type=int, nargs="+", default=[8, 32, 128, 512])
    parser.add_argument("--horizon", type=int, default=Search.horizon, help="steps of a branch (%(default)s)")
    parser.add_argument("--trained", action="store_true", help="play what PPO learnt, too (needs torch)")
    parser.add_argument("--plot", type=Path, help="where to draw return against branches")
    given = parser.parse_args(arguments)
    began = time.perf_counter()
    seeds = range(given.starts)
    found = compare(given.name, seeds, given.branches, with_trained=given.trained, horizon=given.horizon)
    print(report(given.name, found))
    print(f"\n{time.perf_counter() - began:.0f} s")
    if given.plot is not None:
        draw(given.name, found, given.plot)


if __name__ == "__main__":
    main()
