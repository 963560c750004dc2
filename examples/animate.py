"""Draw an animated GIF of every environment.

    python examples/animate.py --out docs/pictures

Each shows a few episodes, and is small enough for a web page. The policy is the scripted one of
`murk_envs.scripted` if there is one, and otherwise a random one.
"""

import argparse
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count, islice
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray
from PIL import Image

import murk_envs
from murk_env import MurkEnv, MurkParallelEnv

Frames = list[NDArray[np.uint8]]
Policy = Callable[[Any, Any, np.random.Generator], Any]

MILLISECONDS = 120  # per frame
LEFT_ALONE = {"murk/KuramotoSivashinsky-v0": 25}  # initial steps without control, in which waves grow
NUM_COLOURS = 64  # per picture: enough for its fields, few enough for a small file


def environments() -> dict[str, type[MurkEnv]]:
    """The environments of this package, by their ids."""
    return {env_id: getattr(murk_envs, name) for name, (env_id, *_) in murk_envs.ENVIRONMENTS.items()}


def file_name(env_id: str) -> str:
    """The name of an environment's module, such as heat_seeker for murk/HeatSeeker-v0."""
    return environments()[env_id].__module__.rpartition(".")[2]


def policies_for(env_id: str) -> dict[str | None, Policy]:
    """The scripted policies of an environment, by the name of the group.

    The key None is for all agents without another policy. Without scripts, its policy is random.
    """
    try:
        module = importlib.import_module(f"murk_envs.scripted.{file_name(env_id)}")
    except ModuleNotFoundError:
        return {None: act_at_random}
    others = getattr(module, "OTHERS", {})
    return {None: module.POLICIES["scripted"]} | {group: seeing(act) for group, act in others.items()}


def seeing(act: Callable[[Any], Any]) -> Policy:
    """Wrap a function of observations alone as a policy."""
    return lambda observations, action_space, rng: act(observations)


def act_at_random(observations: Any, action_space: Any, rng: np.random.Generator) -> Any:
    """Draw actions for a batch."""
    action_space.seed(int(rng.integers(2**31)))
    return np.array([action_space.sample() for _ in range(1 if observations is None else len(observations))])


def play(
    env_id: str, policies: Mapping[str | None, Policy], num_frames: int, seed: int, **parameters: Any
) -> Frames:
    """Play as many episodes as needed, and return the frames, step by step.

    Args:
        env_id: an id of `environments`.
        policies: the policies, from `policies_for`.
        num_frames: number of frames, including the starts of episodes.
        seed: seed of the world and the policies.
        parameters: parameters of the environment.

    Returns:
        Frames, each (height, width, 3) uint8.
    """
    rng = np.random.default_rng(seed)
    playing = alone if env_id in gymnasium.registry else together
    return list(islice(playing(env_id, policies, rng, seed, parameters), num_frames))


def alone(
    env_id: str, policies: Mapping[str | None, Policy], rng: np.random.Generator, seed: int, parameters: Any
) -> Iterator[NDArray[np.uint8]]:
    """Yield the frames of an environment with one actor, for ever."""
    envs = gymnasium.make_vec(env_id, 1, "vector_entry_point", render_mode="rgb_array", **parameters)
    observations, _ = envs.reset(seed=seed)
    for step in count():
        yield look(envs)
        actions = policies[None](observations, envs.single_action_space, rng)
        if step < LEFT_ALONE.get(env_id, 0):
            actions = np.zeros_like(actions)
        observations, *_ = envs.step(actions)


def look(envs: Any) -> NDArray[np.uint8]:
    """The frame of the only world."""
    return envs.render()[0]


def together(
    env_id: str, policies: Mapping[str | None, Policy], rng: np.random.Generator, seed: int, parameters: Any
) -> Iterator[NDArray[np.uint8]]:
    """Yield the frames of an environment with agents, for ever."""
    env = MurkParallelEnv(environments()[env_id], render_mode="rgb_array", **parameters)
    observations, _ = env.reset(seed=seed)
    while True:
        yield env.render()
        observations, *_ = env.step(decide(env, observations, policies, rng)) if env.agents else env.reset()


def decide(
    env: MurkParallelEnv,
    observations: Mapping[str, Any],
    policies: Mapping[str | None, Policy],
    rng: np.random.Generator,
) -> dict[str, Any]:
    """The actions of all agents, each group's by its policy."""
    actions = {}
    for group in dict.fromkeys(map(group_of, env.agents)):
        members = [agent for agent in env.agents if group_of(agent) == group]
        policy = policies.get(group, policies[None])
        seen = np.stack([observations[agent] for agent in members])
        actions |= zip(members, policy(seen, env.action_space(members[0]), rng), strict=True)
    return actions


def group_of(agent: str) -> str:
    """The group of an agent, such as prey for prey_1."""
    return agent.rpartition("_")[0]


def save(frames: Frames, path: Path, largest: int) -> None:
    """Write a GIF of at most `largest` bytes, with as many of the frames as fit."""
    palette = common_colours(frames)
    drawn = [indexed(frame, palette) for frame in frames]
    while True:
        drawn[0].save(path, save_all=True, append_images=drawn[1:], duration=MILLISECONDS, loop=0)
        if path.stat().st_size <= largest or len(drawn) == 1:
            return
        del drawn[-max(1, len(drawn) // 8) :]


def common_colours(frames: Frames) -> NDArray[np.int64]:
    """Colours for all frames, as codes, chosen greedily: first the commonest, then the most needed one.

    The need for a colour is its distance from the nearest chosen one, times the root of its frequency, so
    that a small marker keeps its colour next to a large field.
    """
    several = np.concatenate([coded(frame).ravel() for frame in frames[:: max(1, len(frames) // 8)]])
    codes, counts = np.unique(several, return_counts=True)
    known, weights = colours(codes), np.sqrt(counts)
    chosen = [int(counts.argmax())]
    missing = ((known - known[chosen]) ** 2).sum(axis=1)
    while len(chosen) < NUM_COLOURS and missing.any():
        chosen.append(int((missing * weights).argmax()))
        missing = np.minimum(missing, ((known - known[chosen[-1]]) ** 2).sum(axis=1))
    return codes[chosen]


def indexed(frame: NDArray[np.uint8], palette: NDArray[np.int64]) -> Image.Image:
    """A frame as Pillow's picture, every pixel in the nearest colour of the palette."""
    codes, places = np.unique(coded(frame), return_inverse=True)
    known = colours(palette)
    nearest = ((colours(codes)[:, np.newaxis] - known) ** 2).sum(axis=2).argmin(axis=1)
    picture = Image.frombytes(
        "P", (frame.shape[1], frame.shape[0]), nearest[places].astype(np.uint8).tobytes()
    )
    picture.putpalette(known.astype(np.uint8).tobytes())
    return picture


def coded(frame: NDArray[np.uint8]) -> NDArray[np.int64]:
    """One number for every pixel's colour, (height, width)."""
    return frame.astype(np.int64) @ [65536, 256, 1]


def colours(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The red, green and blue of codes, (num_codes, 3)."""
    return np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description="Draw one animated picture of every environment.")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--only", nargs="*", default=list(environments()), help="ids of environments")
    parser.add_argument("--num-frames", type=int, default=60)
    parser.add_argument("--largest", type=int, default=300, help="kilobytes that a picture may have")
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    for env_id in options.only:
        frames = play(env_id, policies_for(env_id), options.num_frames, options.seed)
        path = options.out / f"{file_name(env_id)}.gif"
        save(frames, path, 1000 * options.largest)
        print(f"wrote {path}, {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
