"""Minari datasets against Minari's own DataCollector over single envs."""

import gc
import re
import warnings
from pathlib import Path

import gymnasium
import numpy as np
import pytest

import murk_env
from murk_env import MurkVectorEnv, Recording, replay
from murk_env.errors import RecordingError
from murk_env.testing.comparison import first_difference
from murk_envs import HeatSeeker
from tests.env.recording.runs import make, play
from tests.env.worlds import Mixed, Walker

minari = pytest.importorskip("minari")
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*is set to None:UserWarning", "ignore:env_spec is None:UserWarning"
)


@pytest.fixture(autouse=True)
def datasets_here(tmp_path, monkeypatch):
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "datasets"))


class Unseeded(gymnasium.Wrapper):
    """Lets an env go on with its random numbers where Minari would seed it anew."""

    def reset(self, *, seed=None, options=None):
        return self.env.reset(seed=seed)


def collected(env, seed, actions):
    """Return the episodes that DataCollector makes of one env; it acts as long as there are actions."""
    pytest.importorskip("jax", reason="Minari's DataCollector needs it")
    collector = minari.DataCollector(Unseeded(env), record_infos=True)
    collector.reset(seed=seed)
    for action in actions:
        _, _, terminated, truncated, _ = collector.step(action)
        if terminated or truncated:
            collector.reset(options={"minari_autoseed": False})
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):  # of its temporary folders
        dataset = collector.create_dataset(f"own{seed}-v0")
        collector.close()
        del collector
        gc.collect()
    return list(dataset.iterate_episodes())


def plain(episode):
    """Return what an episode holds, but for its number."""
    names = ("observations", "actions", "rewards", "terminations", "truncations", "infos")
    return {name: getattr(episode, name) for name in names}


@pytest.mark.parametrize("mode", ["NextStep", "SameStep", "Disabled"])
@pytest.mark.parametrize("env_class", [Walker, Mixed])
def test_the_episodes_of_a_row_are_those_of_the_single_env(env_class, mode, tmp_path):
    kind = {Walker: "vector", Mixed: "dict"}[env_class]
    taken = [[] for _ in range(5)]
    recording = Recording(make(kind, mode), tmp_path / "run")
    outputs = play(TakeActions(recording, taken), 30)
    recording.close()
    dataset = murk_env.to_minari(tmp_path / "run", "test/rows-v0", infos=True)
    metadata = list(dataset.storage.get_episode_metadata(range(dataset.total_episodes)))
    found = [[] for _ in range(5)]
    for episode, told in zip(dataset.iterate_episodes(), metadata, strict=True):
        found[told["row"]].append(plain(episode))
    for row in range(5):
        env = env_class(**env_class.small, max_episode_steps=9)
        expected = [plain(episode) for episode in collected(env, 3 + row, taken[row])]
        assert first_difference(expected, found[row]) is None
    assert len(outputs) > 30 or mode != "Disabled"
    assert dataset.total_episodes > 10


class TakeActions(gymnasium.vector.VectorWrapper):
    """Puts down the actions of each row that were transitions."""

    def __init__(self, env, taken):
        super().__init__(env)
        self.taken, self.waiting = taken, np.zeros(len(taken), bool)

    def step(self, actions):
        for row in np.flatnonzero(~self.waiting):
            self.taken[row].append(actions[row])
        returned = self.env.step(actions)
        if self.metadata["autoreset_mode"].value == "NextStep":
            self.waiting = returned[2] | returned[3]
        return returned


def test_the_episodes_of_a_single_env_and_what_is_said_of_them(tmp_path):
    env = gymnasium.make("murk/HeatSeeker-v0", size=3, max_episode_steps=5)
    recording, actions = Recording(env, tmp_path / "run"), [1, 2, 3, 4] * 6
    recording.reset(seed=3)
    for action in actions:
        _, _, terminated, truncated, _ = recording.step(action)
        if terminated or truncated:
            recording.reset()
    recording.close()
    played = replay(tmp_path / "run")
    dataset = murk_env.to_minari(played, "test/single-v0", infos=True, author="the authors")
    twin = gymnasium.make("murk/HeatSeeker-v0", size=3, max_episode_steps=5)
    expected = [plain(episode) for episode in collected(twin, 3, actions)]
    assert first_difference(expected, [plain(episode) for episode in dataset.iterate_episodes()]) is None
    said = dataset.storage.metadata
    assert said["murk_recording"]["fingerprint"] == played.fingerprint
    assert (said["murk_recording"]["env_id"], said["author"]) == ("murk/HeatSeeker-v0", {"the authors"})
    assert dataset.recover_environment().unwrapped.params.size == 3


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_the_episodes_of_agents_end_with_the_agents(mode, tmp_path):
    recording = Recording(make("rows", mode), tmp_path / "run")
    outputs = play(recording, 30)
    recording.close()
    dataset = murk_env.to_minari(tmp_path / "run", "test/agents-v0")
    ended = sum(int((returned[2] | returned[3]).sum()) for returned in outputs if len(returned) == 5)
    whole = [
        episode for episode in dataset.iterate_episodes() if episode.terminations[-1] or len(episode) == 20
    ]
    rewards = sum(returned[1].sum() for returned in outputs if len(returned) == 5)
    assert len(whole) == ended > 9
    assert sum(episode.rewards.sum() for episode in dataset.iterate_episodes()) == rewards


def test_what_was_changed_between_steps_begins_an_episode(tmp_path):
    recording = Recording(make("vector"), tmp_path / "run")
    recording.reset(seed=3)
    recording.step(np.zeros(5, np.int64))
    with recording.world.edit() as tick:
        tick.fuse = 50
    seen, _ = recording.observe()
    recording.step(np.zeros(5, np.int64))
    recording.close()
    dataset = murk_env.to_minari(tmp_path / "run", "test/edited-v0")
    assert [len(episode) for episode in dataset.iterate_episodes()] == [1] * 10
    assert np.array_equal([episode.observations[0] for episode in dataset.iterate_episodes()][5:], seen)


def test_a_policy_becomes_a_dataset_that_keeps_its_recording(tmp_path):
    envs = MurkVectorEnv(HeatSeeker, 8, size=3, max_episode_steps=7)
    dataset = murk_env.to_minari(
        envs, "test/policy-v0", policy=lambda seen: np.zeros(8, int), num_steps=20, seed=1
    )
    kept = tmp_path / "datasets" / "test" / "policy-v0" / "data" / "run.murk"
    assert replay(kept).fingerprint == dataset.storage.metadata["murk_recording"]["fingerprint"]
    assert dataset.total_steps == 8 * 18  # two of each row's twenty steps are resets
    envs.step(np.zeros(8, np.int64))


def test_what_makes_no_dataset_is_refused_and_leaves_none(tmp_path):
    recording = Recording(make("parallel"), tmp_path / "run")
    play(recording, 3)
    recording.close()
    with pytest.raises(RecordingError, match="but agents of several groups may have several"):
        murk_env.to_minari(tmp_path / "run", "test/parallel-v0")
    with pytest.raises(RecordingError, match="num_steps must be a number, at least 1, not None"):
        murk_env.to_minari(make("vector"), "test/policy-v0", policy=lambda seen: seen)
    assert minari.list_local_datasets() == {}


def test_a_dataset_that_is_there_stays(tmp_path):
    envs = make("vector")
    for_dataset = {"policy": lambda seen: np.zeros(5, int), "num_steps": 3}
    dataset = murk_env.to_minari(envs, "test/same-v0", **for_dataset)
    with pytest.raises(RecordingError, match="the dataset test/same-v0 already exists"):
        murk_env.to_minari(envs, "test/same-v0", **for_dataset)
    assert minari.load_dataset("test/same-v0").total_steps == dataset.total_steps


def test_the_code_of_the_page_on_recordings_runs_with_its_datasets():
    page = Path(__file__).parents[2] / "docs" / "recording.md"
    blocks = re.findall(r"^```(?:python|py)\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert any("to_minari" in block for block in blocks)
    exec(compile("\n".join(blocks), str(page), "exec"), {"__name__": "__main__"})
