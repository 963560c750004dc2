"""Solve HeatSeeker on 1,024 native worlds with numpy alone, and compare the result with the exact optimum.

    python examples/quickstart.py --out result

The learner is tabular Q-learning: `values[cell, action]` estimates the future return, and every transition
(cell, action, reward, next cell) moves one entry towards `reward + max(values[next cell])`. With 1,024
worlds one step yields 1,024 transitions, so an entry moves towards the mean of its targets.
The learner knows nothing of the game: it reads the agent's cell from the one-hot half of the observation,
and the rest from rewards and flags. The rules serve only afterwards, to compute the optimum.
"""

import argparse
import time
from pathlib import Path

import gymnasium
import numpy as np
from gymnasium.vector import VectorEnv
from gymnasium.wrappers.vector import RecordEpisodeStatistics
from numpy.typing import NDArray
from tqdm import trange

ENV_ID = "murk_envs:murk/HeatSeeker-v0"
STEP_SIZE = 0.5  # fraction of the way that an entry moves towards its target
LAST_EXPLORATION = 0.05  # share of random actions at the end; it decays linearly from 1

# The rules of the game, for the optimum and the picture.
SIDE = 16
SOURCE = 14 * SIDE + 14
STARTS = np.delete(np.arange(SIDE * SIDE), SOURCE)
MOVES = np.array([(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)])  # stay, north, south, west, east: (row, column)
NUM_STEPS_IN_EPISODE = 200
REWARD_PER_KELVIN, COST_PER_STEP, PRIZE = 0.1, 1.0, 100.0

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def make_worlds(num_worlds: int) -> RecordEpisodeStatistics:
    """The native vector env, with all worlds stepped together; the wrapper keeps the last returns."""
    return RecordEpisodeStatistics(gymnasium.make_vec(ENV_ID, num_envs=num_worlds), buffer_length=num_worlds)


def cells_in(observations: NDArray[np.float32]) -> Integers:
    """The agents' cells, (num_worlds,), from observations, (num_worlds, 512): heat, then a one-hot cell."""
    return observations[:, SIDE * SIDE :].argmax(axis=1)


def learn(envs: RecordEpisodeStatistics, num_steps: int, seed: int) -> Floats:
    """Q-learning for `num_steps` steps of all worlds; returns the values, (num_cells, num_actions)."""
    rng = np.random.default_rng(seed)
    values = np.zeros((SIDE * SIDE, len(MOVES)))
    cells = cells_in(envs.reset(seed=seed)[0])
    running = np.ones(envs.num_envs, dtype=bool)
    progress = trange(num_steps, unit="step", unit_scale=envs.num_envs)
    for step in progress:
        actions = explore(values[cells], max(LAST_EXPLORATION, 1 - step / num_steps), rng)
        observations, rewards, terminated, truncated, _ = envs.step(actions)
        next_cells = cells_in(observations)
        targets = rewards + np.where(terminated, 0.0, values[next_cells].max(axis=1))
        # A world that ended in the last step is reset in this one, which is not a transition.
        improve(values, cells[running], actions[running], targets[running])
        cells, running = next_cells, ~(terminated | truncated)
        if step >= NUM_STEPS_IN_EPISODE and step % 20 == 0:  # before, only short episodes have ended
            progress.set_postfix(mean_return=f"{np.mean(envs.return_queue):.1f}")
    return values


def explore(values: Floats, exploration: float, rng: np.random.Generator) -> Integers:
    """The best action of each row of `values`, (num_worlds, num_actions), or sometimes a random one."""
    num_worlds, num_actions = values.shape
    random_actions = rng.integers(num_actions, size=num_worlds)
    return np.where(rng.random(num_worlds) < exploration, random_actions, values.argmax(axis=1))


def improve(values: Floats, cells: Integers, actions: Integers, targets: Floats) -> None:
    """Moves every visited entry of `values` towards the mean of its targets, in place."""
    entries = np.ravel_multi_index((cells, actions), values.shape)
    visits = np.bincount(entries, minlength=values.size).reshape(values.shape)
    sums = np.bincount(entries, weights=targets, minlength=values.size).reshape(values.shape)
    seen = visits > 0
    values[seen] += STEP_SIZE * (sums[seen] / visits[seen] - values[seen])


def play(envs: VectorEnv, policy: Integers, seed: int) -> Floats:
    """The return of `policy` from every start cell, (num_starts,), in played episodes.

    Only the start is random, so one episode from each start cell suffices.
    """
    returns = np.full(SIDE * SIDE, np.nan)
    cells = cells_in(envs.reset(seed=seed)[0])
    starts, totals = cells.copy(), np.zeros(envs.num_envs)
    ended = np.zeros(envs.num_envs, dtype=bool)
    while np.isnan(returns[STARTS]).any():
        observations, rewards, terminated, truncated, _ = envs.step(policy[cells])
        cells = cells_in(observations)
        starts, totals = np.where(ended, cells, starts), np.where(ended, 0.0, totals + rewards)
        ended = terminated | truncated
        returns[starts[ended]] = totals[ended]
    return returns[STARTS]


def watch_field() -> Floats:
    """The heat field at every step of an episode, (201, num_cells) K, observed by an agent that stays."""
    env = gymnasium.make(ENV_ID)
    fields = [env.reset(seed=0)[0]]
    fields += [env.step(0)[0] for _ in range(NUM_STEPS_IN_EPISODE)]
    env.close()
    return np.array(fields, dtype=np.float64)[:, : SIDE * SIDE]


def optimal_returns(fields: Floats) -> Floats:
    """The optimal return from every start cell, (num_starts,), by backward dynamic programming."""
    positions = np.stack(np.divmod(np.arange(SIDE * SIDE), SIDE), axis=1)
    moved = np.clip(positions + MOVES[:, None, :], 0, SIDE - 1)  # (num_actions, num_cells, 2)
    destinations = moved @ np.array([SIDE, 1])
    to_come = np.zeros(SIDE * SIDE)  # the optimal return after this step, by the agent's cell
    for field in fields[:0:-1]:
        on_arrival = REWARD_PER_KELVIN * field - COST_PER_STEP + to_come
        on_arrival[SOURCE] += PRIZE - to_come[SOURCE]  # the episode ends there
        to_come = on_arrival[destinations].max(axis=0)
    return to_come[STARTS]


def draw(path: Path, field: Floats, policy: Integers) -> None:
    """Draws the policy as arrows over the heat field, if matplotlib is installed."""
    try:
        from matplotlib.colors import PowerNorm
        from matplotlib.figure import Figure
    except ImportError:
        print('no picture: matplotlib is not installed (pip install "murk-env[plot]" brings it)')
        return
    figure = Figure(figsize=(7, 6), layout="constrained")
    axes = figure.subplots()
    heat = axes.imshow(field.reshape(SIDE, SIDE), cmap="inferno", norm=PowerNorm(0.3))
    rows, columns = np.divmod(STARTS, SIDE)
    row_moves, column_moves = MOVES[policy[STARTS]].T
    axes.quiver(columns, rows, column_moves, row_moves, color="white", angles="xy", pivot="mid", scale=24)
    axes.plot(SOURCE % SIDE, SOURCE // SIDE, "*", color="black", markersize=12)
    axes.set(title="HeatSeeker: the learned policy over the heat field", xlabel="column", ylabel="row")
    figure.colorbar(heat, label="heat at the start of an episode (K)")
    figure.savefig(path, dpi=120)
    print(f"wrote {path}")


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="Learn HeatSeeker with numpy alone.")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write policy.npy and policy.png here")
    parser.add_argument("--num-worlds", type=int, default=1024, help="worlds stepped together (%(default)s)")
    parser.add_argument("--num-steps", type=int, default=1000, help="steps of all worlds (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the worlds and the learner (%(default)s)")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Learns, plays the greedy policy from every start cell, and compares it with the optimum."""
    options = parse_arguments(arguments)
    began = time.perf_counter()
    envs = make_worlds(options.num_worlds)
    policy = learn(envs, options.num_steps, options.seed).argmax(axis=1)
    seconds = time.perf_counter() - began
    print(f"learned from {options.num_worlds * options.num_steps:,} steps in {seconds:.1f} s")
    learned = play(envs, policy, options.seed).mean()
    envs.close()
    fields = watch_field()
    optimum = optimal_returns(fields).mean()
    print(f"mean return over all {len(STARTS)} start cells: {learned:.3f}, exact optimum: {optimum:.3f}")
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        np.save(options.out / "policy.npy", policy)
        draw(options.out / "policy.png", fields[0], policy)


if __name__ == "__main__":
    main()
