"""`murk watch`, `murk replay`: policies at work and recordings, as moving pictures and in lines."""

import numpy as np
import pytest
from PIL import Image

import murk_env
from murk_envs import HeatSeeker
from tests.env.cli.calling import murk

SMALL = ("--set", "size=3", "--tiles", "2")


def num_frames(path):
    with path.open("rb") as file, Image.open(file) as picture:
        return getattr(picture, "n_frames", 1)


def test_watch_writes_a_picture_for_the_start_and_for_every_few_steps(tmp_path):
    target = tmp_path / "seeker.gif"
    result = murk("watch", "HeatSeeker", *SMALL, "--steps", 7, "--every", 3, "--out", target)
    assert result.exit_code == 0
    assert num_frames(target) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["seeker.gif"]


@pytest.mark.slow
def test_watch_says_what_the_scripted_policy_earned(tmp_path):
    result = murk(
        "watch", "HeatSeeker", *SMALL, "--policy", "scripted", "--steps", 20, "--out", tmp_path / "x.gif"
    )
    said = result.stdout.splitlines()[0]
    assert "2 worlds, 20 steps" in said
    assert float(said.rpartition(" ")[2]) > 90.0  # at most 3 steps away from a source that pays 100


def test_watch_plays_agents_with_the_scripts_of_the_other_groups(tmp_path):
    result = murk(
        "watch", "HexPursuit", "--tiles", 1, "--policy", "scripted", "--steps", 1, "--out", tmp_path / "x.gif"
    )
    assert "3 agents (predator), 1 steps" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--out", "x.png"), 2, "a video is written to a .gif, .mp4 or .webm"),
        ((), 3, "there is no terminal to show it in"),
        (("--policy", "scriptd", "--out", "x.gif"), 2, "did you mean 'scripted'?"),
    ],
)
def test_watch_refuses_before_anything_is_made(arguments, code, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = murk("watch", "HeatSeeker", *arguments)
    assert result.exit_code == code
    assert said in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_what_a_stopped_watch_leaves_is_no_half_a_file(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("murk_env.cli.rollout.Rollout.step", interrupt)
    result = murk("watch", "HeatSeeker", *SMALL, "--out", tmp_path / "x.gif")
    assert result.exit_code == 130
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def recording(tmp_path):
    """A run of two small worlds."""
    envs = murk_env.Recording(murk_env.MurkVectorEnv(HeatSeeker, 2, size=3), tmp_path / "run.murk")
    envs.reset(seed=1)
    for _ in range(5):
        envs.step(np.array([1, 2]))
    envs.close()
    return tmp_path / "run.murk"


def test_replay_proves_and_shows_a_recording(recording):
    result = murk("replay", recording, "--out", recording.with_suffix(".gif"), "--last", 3)
    assert result.exit_code == 0
    assert "env_id\tmurk/HeatSeeker-v0" in result.stdout
    assert "the same: 2 row(s), 5 steps" in result.stdout
    assert num_frames(recording.with_suffix(".gif")) == 4


def test_replay_fails_where_the_run_is_another(recording, monkeypatch):
    monkeypatch.setattr("murk_env.recording.replay.Replay.compare", lambda self: "row 1 differs")
    result = murk("replay", recording)
    assert result.exit_code == 1
    assert "the run differs from" in result.stderr


@pytest.mark.parametrize(("name", "said"), [("nowhere", "there is no file"), ("x.txt", "is not a recording")])
def test_replay_refuses_what_is_no_recording(name, said, tmp_path):
    (tmp_path / "x.txt").write_text("words")
    result = murk("replay", tmp_path / name)
    assert result.exit_code == 2
    assert said in result.stderr
