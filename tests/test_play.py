"""Policies that ship with the examples: what they earn, and that they are refused where they do not fit."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is of the extra integrations")
pytest.importorskip("safetensors", reason="safetensors is of the extra recording")

from safetensors.torch import load_file, save_file  # noqa: E402  # it needs torch

from benchmarks.returns.play import class_of  # noqa: E402
from examples import curves, play  # noqa: E402
from examples.lessons import LESSONS, env_of, pupil_group  # noqa: E402

torch.set_num_threads(1)
SHIPPED = [name for name in LESSONS if (play.FOLDER / f"{name}.safetensors").exists()]


@pytest.fixture
def written(tmp_path):
    """A policy of HeatSeeker that has learnt nothing, and its file."""
    policy = play.build("HeatSeeker")
    path = tmp_path / "policy.safetensors"
    play.save(path, "HeatSeeker", policy)
    return policy, path


def test_a_policy_comes_back_as_it_was_written(written):
    policy, path = written
    again = play.load(path, "HeatSeeker")
    seen = np.random.default_rng(0).normal(size=(200, 512)).astype(np.float32)
    assert np.array_equal(again.act(seen, greedy=True), policy.act(seen, greedy=True))
    assert len(set(policy.act(seen, greedy=True).tolist())) > 1


@pytest.mark.parametrize("name", [name for name in SHIPPED if env_of(name) == name])
def test_the_command_plays_a_shipped_policy_as_torch_does(name):
    pytest.importorskip("typer", reason="typer is of the extra cli")
    from murk_env.cli.policies import player_named

    policy, player = (
        play.load(play.FOLDER / f"{name}.safetensors", name),
        player_named(class_of(name), {}, "trained"),
    )
    assert player.group == pupil_group(name)
    envs = play.worlds(name, 8)
    seen, _ = envs.reset(seed=0)
    for _ in range(10):
        expected = policy.act(seen, greedy=True)
        actions = player.policy(seen, envs.single_action_space, np.random.default_rng(0))
        assert actions.shape == expected.shape
        assert actions == pytest.approx(expected, abs=1e-5)
        seen, *_ = envs.step(actions)
    envs.close()


def rewritten(path, **changes):
    """Write the file again with other metadata."""
    metadata = play.identity("HeatSeeker", play.build("HeatSeeker")) | changes
    save_file(load_file(path), path, metadata=metadata)
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"env_id": "murk/HeatSeeker-v7"},
            "is for 'murk/HeatSeeker-v7', not 'murk/HeatSeeker-v0'; learn one",
        ),
        ({"env_id": "murk/Wildfire-v1"}, "is for 'murk/Wildfire-v1', not 'murk/HeatSeeker-v0'"),
        ({"network": "actor 3x4"}, "is with the network 'actor 3x4', not 'moments 2x512"),
    ],
    ids=["version", "environment", "network"],
)
def test_a_policy_of_another_environment_version_or_network_is_refused(written, changes, message):
    with pytest.raises(play.PolicyFileError, match=message):
        play.load(rewritten(written[1], **changes), "HeatSeeker")


@pytest.mark.parametrize("content", [None, b"", b"no safetensors at all"], ids=["none", "empty", "words"])
def test_a_file_that_holds_no_policy_is_refused(tmp_path, content):
    path = tmp_path / "policy.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(play.PolicyFileError, match="is not a policy file"):
        play.load(path, "HeatSeeker")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_policy_is_small_and_its_curves_are_of_its_lesson(name):
    path = play.FOLDER / f"{name}.safetensors"
    assert path.stat().st_size <= 200_000
    play.load(path, name)
    found = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert [curve["seed"] for curve in found] == [0, 1, 2]
    for curve in found:
        assert len(curve["steps"]) == len(curve["seconds"]) == len(curve["returns"])
        assert curve["steps"][-1] == pytest.approx(LESSONS[name].settings["num_steps"], rel=0.05)
        assert curve["seconds"][-1] <= 600.0


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SHIPPED if name != "Harvest"])  # which learns greed
def test_a_shipped_policy_earns_more_than_the_script_or_nearly_the_optimum(name):
    policy, quick = play.load(play.FOLDER / f"{name}.safetensors", name), LESSONS[name].watching
    num_episodes = min(200, LESSONS[name].num_episodes)
    earned = play.played(name, policy, num_episodes, seed=77, **quick).mean()
    script = curves.scripted(name, "scripted", num_episodes, seed=77, **quick).mean()
    assert earned > script or earned > 0.97 * script > 0.0


def test_a_curve_is_noted_and_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(curves, "NUM_POINTS", 2)
    short = {"num_steps": 2048, "rollout": 64, "num_hidden": 4}
    monkeypatch.setitem(LESSONS, "HeatSeeker", type(LESSONS["HeatSeeker"])(8, short, num_episodes=40))
    curves.main(["learn", "HeatSeeker", "--seeds", "0", "1", "--folder", str(tmp_path)])
    found = json.loads((tmp_path / "HeatSeeker.json").read_text())
    assert [curve["steps"] for curve in found] == [[0, 1024, 2048]] * 2
    assert all(np.isfinite(curve["returns"]).all() for curve in found)
    play.load(tmp_path / "HeatSeeker.safetensors", "HeatSeeker")
    pytest.importorskip("matplotlib")
    curves.main(["draw", "HeatSeeker", "--folder", str(tmp_path), "--out", str(tmp_path)])
    assert (tmp_path / "learning_heat_seeker.png").read_bytes().startswith(b"\x89PNG")


@pytest.fixture
def axis():
    """Empty axes of a picture, as curves are drawn in."""
    return pytest.importorskip("matplotlib.figure").Figure().subplots()


def test_the_end_of_curves_is_enlarged_beside_the_script(axis):
    steps = [0, 1_000_000, 2_000_000, 3_000_000]
    curve = {"steps": steps, "returns": [-60.0, -5.0, -2.6, -2.5], "final": [-2.4, 0.1]}
    curves.enlarge(axis, [curve], {"random": -150.0, "scripted": -3.3})
    low, high = axis.get_ylim()
    assert -3.5 < low < -3.3  # neither chance nor what came before the last third
    assert -2.3 < high < -2.1  # what was earned over all episodes, and its error
    assert axis.get_xlim()[0] == pytest.approx(2.0)


def test_returns_that_begin_far_below_where_they_end_are_drawn_by_magnitude(axis):
    returns = [-63.0, -5.0, -2.5]
    axis.plot(returns)
    curves.measure(axis, [{"returns": returns}], {"best possible": 0.0})
    assert axis.get_yscale() == "symlog"
    assert axis.get_ylim()[1] == 0.0
