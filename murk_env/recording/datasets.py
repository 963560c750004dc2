"""Minari datasets from recordings or policies, at the speed of a batch."""

import copy
import importlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from murk_env.errors import MissingLibraryError, RecordingError
from murk_env.faces.env import MurkEnv
from murk_env.faces.recipe import recipe_of
from murk_env.recording.episodes import Episode, Episodes
from murk_env.recording.player import Player
from murk_env.recording.recording import Recording
from murk_env.recording.replay import Replay, replay
from murk_env.recording.wrapped import whole

try:
    _minari: Any = importlib.import_module("minari")
    _buffers_of: Any = importlib.import_module("minari.data_collector.episode_buffer")
    _folders: Any = importlib.import_module("minari.storage.datasets_root_dir")
except ImportError as error:
    raise MissingLibraryError(
        'to_minari needs Minari, which cannot be imported: pip install "murk-env[minari]".'
    ) from error

__all__ = ["to_minari"]

_KEPT_RUN = "run.murk"  # in a dataset's data folder, if a policy was recorded for it


def to_minari(
    run: Any,
    dataset_id: str,
    *,
    policy: Callable[[Any], Any] | None = None,
    num_steps: int | None = None,
    seed: int | None = None,
    infos: bool = False,
    **about: Any,
) -> Any:
    """Create a Minari dataset from a recorded run or from a policy, with the episodes of every row.

    Episodes equal those of Minari's DataCollector for the single env with the same seeds and actions; an
    episode cut short by a reset or the end of the run is truncated. They are in the order in which they
    ended, and the metadata of each hold its `row` and `first_step`. The dataset's metadata hold, as
    `murk_recording`, the run's fingerprint, the environment with its parameters, and versions.

    Args:
        run: a recording, as a path, which is played and compared first, or as a Replay; or, with `policy`, a
            single env, a vector env or a `MurkAgentVectorEnv`, which stays open.
        dataset_id: Minari's dataset id, `namespace/name-v0`.
        policy: a function from the env's observations to its actions. The run is recorded, and the recording
            is kept in the dataset's data folder, as `run.murk`.
        num_steps: number of steps to take with the policy.
        seed: seed of the env's reset before the policy starts.
        infos: whether to keep infos.
        about: further metadata for Minari, such as `author`, `description` or `algorithm_name`.

    Returns:
        The dataset, a `minari.MinariDataset`.

    Raises:
        RecordingError: the dataset already exists, or the env is a parallel or a groups env, whose rows may
            have different spaces.
        RecordingFileError, ReplayError: as for `replay`; no dataset is left behind.
        MissingLibraryError: Minari is not installed.
    """
    if _folders.get_dataset_path(dataset_id).exists():
        raise RecordingError(
            f"the dataset {dataset_id} already exists; delete it, or choose another version."
        )
    if policy is None:
        return _written(run if isinstance(run, Replay) else replay(run), dataset_id, infos, about)
    with tempfile.TemporaryDirectory() as folder:
        path = _recorded(run, policy, whole("num_steps", num_steps), seed, Path(folder))
        dataset = _written(replay(path, check=False, env_class=_class_of(run)), dataset_id, infos, about)
        shutil.move(path, _folders.get_dataset_path(dataset_id) / "data" / _KEPT_RUN)
    return dataset


def _class_of(env: Any) -> type[MurkEnv]:
    return recipe_of(env.unwrapped).env_class


def _recorded(env: Any, policy: Callable[[Any], Any], num_steps: int, seed: int | None, folder: Path) -> Path:
    """Run a policy, and return the path of the recording."""
    recording = Recording(env, folder / _KEPT_RUN)
    alone = isinstance(env, gymnasium.Env)
    observation, _ = recording.reset(seed=seed)
    for _ in range(num_steps):
        observation, _, terminated, truncated, _ = recording.step(policy(observation))
        if alone and (terminated or truncated):
            observation, _ = recording.reset()
    recording.finish()
    return folder / _KEPT_RUN


def _written(played: Replay, dataset_id: str, infos: bool, about: dict[str, Any]) -> Any:
    """Write the episodes of a run; on failure, no dataset is left behind."""
    player = played.player()
    face, name = player.face, player.recipe.face
    if name in ("parallel", "groups"):
        raise RecordingError(
            "a Minari dataset has one space of observations and one of actions, but agents of several groups "
            "may have several; record a MurkAgentVectorEnv, whose rows are the agents of one group."
        )
    prefix = "" if name == "single" else "single_"
    spaces = {kind: getattr(face, f"{prefix}{kind}") for kind in ("observation_space", "action_space")}
    metadata: list[dict[str, Any]] = []
    buffers = _buffers(_episodes(played, player), spaces["action_space"], metadata, infos=infos)
    about = {"env": _spec(player), **spaces, **about}
    try:
        dataset = _minari.create_dataset_from_buffers(dataset_id, buffers, **about)
        dataset.storage.update_metadata({"murk_recording": played.description})
        dataset.storage.update_episode_metadata(metadata)
    except BaseException:
        shutil.rmtree(_folders.get_dataset_path(dataset_id), ignore_errors=True)
        raise
    finally:
        face.close()
    return _minari.load_dataset(dataset_id)


def _episodes(played: Replay, player: Player) -> Iterator[Episode]:
    """Play a run and yield its episodes as they end."""
    face, rows = player.face, player.rows
    single = player.recipe.face == "single"
    episodes = Episodes(played.num_rows, goes_on=single)
    for step, outputs, reset in played.played(player, played.num_steps):
        if outputs is None:  # a state was restored: running episodes end, and new ones begin
            seen, running = rows.reset(face.observe(), None)
            pending = () if rows.batch.pending is None or single else rows.batch.pending.tolist()
            yield from episodes.reset(seen, [row for row in running if row not in pending], step)
        elif reset is not None:
            yield from episodes.reset(outputs, reset, step)
        else:
            actions = rows.for_step(rows.batch.actions)
            yield from episodes.step(outputs, np.array(actions[np.newaxis] if single else actions), step - 1)
    yield from episodes.end()


def _buffers(
    episodes: Iterator[Episode], action_space: Any, metadata: list[dict[str, Any]], *, infos: bool
) -> Iterator[Any]:
    """Yield episodes as Minari's buffers, and collect their metadata."""
    for episode in episodes:
        seen = {name.removeprefix("observation/"): array for name, array in episode.observations.items()}
        metadata.append(
            {
                "row": episode.row,
                "first_step": episode.first_step,
                "rewards_sum": float(episode.rewards.sum()),
                "rewards_mean": float(episode.rewards.mean()),
                "rewards_std": float(episode.rewards.std()),
                "rewards_max": float(episode.rewards.max()),
                "rewards_min": float(episode.rewards.min()),
            }
        )
        yield _buffers_of.EpisodeBuffer(
            observations=seen.get("observation", seen),
            actions=episode.actions.astype(action_space.dtype),
            rewards=episode.rewards,
            terminations=episode.terminations,
            truncations=episode.truncations,
            infos=episode.infos if infos else {},
        )


def _spec(player: Player) -> Any:
    """Return the single env's Gymnasium spec; None if it is not registered or rows are agents."""
    cls, recipe = player.recipe.env_class, player.recipe
    known = None if recipe.face == "agent_rows" else gymnasium.registry.get(cls.registered_id or "")
    if known is None:
        return None
    spec = copy.deepcopy(known)
    spec.kwargs = {**spec.kwargs, **recipe.parameters}
    limit = recipe.options["max_episode_steps"]
    spec.max_episode_steps = limit if limit > 0 else None
    return spec
