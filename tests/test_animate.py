"""The animated pictures: of what is played, in the colours of the frames, and small enough."""

import importlib
import importlib.util
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest

import murk_envs

PIL_IMAGE = pytest.importorskip("PIL.Image", reason="pictures need the extra plot")
SCRIPT = Path(__file__).parent.parent / "examples" / "animate.py"
SEEKER = "murk/HeatSeeker-v0"


def load_animate():
    spec = importlib.util.spec_from_file_location("animate", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


animate = load_animate()


def frames_of(path):
    """The frames of an animated picture, (num_frames, height, width, 3)."""
    with PIL_IMAGE.open(path) as picture:
        shown = []
        for index in range(picture.n_frames):
            picture.seek(index)
            shown.append(np.asarray(picture.convert("RGB")))
    return np.array(shown)


def stripes(num_frames, seed=None):
    """Frames with few colours, or of noise."""
    if seed is None:
        colours = np.arange(num_frames * 4 * 3, dtype=np.uint8).reshape(num_frames, 4, 3)
        return list(colours.repeat(8, axis=1)[:, np.newaxis].repeat(16, axis=1))
    return list(np.random.default_rng(seed).integers(0, 255, (num_frames, 32, 32, 3)).astype(np.uint8))


def test_every_registered_environment_is_drawn():
    pettingzoo = pytest.importorskip("pettingzoo", "1.27", reason="PettingZoo has a registry from 1.27 on")
    importlib.import_module("murk_envs.pettingzoo")  # registers there
    known = [*gymnasium.registry, *pettingzoo.parallel_registry]
    sizes = set(murk_envs.SIZES)  # the same rules, and the same picture, in smaller
    assert set(animate.environments()) | sizes == {env_id for env_id in known if env_id.startswith("murk/")}


def test_the_frames_are_those_of_the_steps():
    seen = []

    def stay(observations, action_space, rng):
        seen.append(observations)
        return np.array([0])

    frames = animate.play(SEEKER, {None: stay}, 4, seed=3, size=4)
    env = gymnasium.make(SEEKER, size=4, render_mode="rgb_array")
    env.reset(seed=3)
    expected = [env.render()]
    for _ in range(3):
        env.step(0)
        expected.append(env.render())
    np.testing.assert_array_equal(frames, expected)
    assert len(seen) == 3


def test_what_is_left_alone_at_first_is_acted_upon_later(monkeypatch):
    monkeypatch.setitem(animate.LEFT_ALONE, SEEKER, 2)

    def move(observations, action_space, rng):
        return np.array([1])

    moved = animate.play(SEEKER, {None: move}, 4, seed=3, size=4)
    stayed = animate.play(SEEKER, {None: lambda *_: np.array([0])}, 4, seed=3, size=4)
    same = [np.array_equal(*pair) for pair in zip(moved, stayed, strict=True)]
    assert same == [True, True, True, False]


def test_every_group_of_agents_acts_by_its_own_policy_until_all_have_left():
    groups = {"predator": 0, "prey": 0}

    def stay(group):
        def act(observations, action_space, rng):
            groups[group] += len(observations)
            return np.zeros(len(observations), dtype=int)

        return act

    policies = {None: stay("predator"), "prey": stay("prey")}
    frames = animate.play("murk/HexPursuit-v0", policies, 5, seed=3)  # whoever stays is never caught
    assert groups == {"predator": 4 * 3, "prey": 4 * 2}
    assert all((frame == frames[0]).all() for frame in frames)


def test_an_episode_of_agents_that_is_over_is_followed_by_another():
    policies = {None: animate.act_at_random}
    frames = animate.play("murk/HexPursuit-v0", policies, 30, seed=0, size=3, gap=2, max_episode_steps=3)
    assert len(frames) == 30


def test_the_policies_of_other_groups_are_the_scripted_ones():
    module = pytest.importorskip("murk_envs.scripted.hex_pursuit")
    policies = animate.policies_for("murk/HexPursuit-v0")
    seen = np.zeros((2, 3 * 49 + 2))  # nobody in sight: prey stay
    assert policies[None] is module.POLICIES["scripted"]
    assert policies["prey"](seen, None, None).tolist() == [0, 0]


def test_a_picture_has_the_frames_in_their_own_colours(tmp_path):
    frames = stripes(5)
    animate.save(frames, tmp_path / "few.gif", 10**6)
    np.testing.assert_array_equal(frames_of(tmp_path / "few.gif"), frames)


def test_a_small_mark_keeps_its_colour_beside_a_field_of_many_colours():
    field = np.zeros((64, 64, 3), np.uint8)
    field[..., 2] = np.arange(64 * 64).reshape(64, 64) % 256  # 256 blues, 16 pixels of each
    field[0, :4] = 255, 128, 0
    palette = animate.common_colours([field])
    assert len(palette) == animate.NUM_COLOURS
    assert 0xFF8000 in palette


def test_a_picture_that_would_be_too_large_ends_earlier(tmp_path):
    frames = stripes(12, seed=0)
    animate.save(frames, tmp_path / "all.gif", 10**6)
    whole = (tmp_path / "all.gif").stat().st_size
    animate.save(frames, tmp_path / "noise.gif", whole // 2)
    assert (tmp_path / "noise.gif").stat().st_size <= whole // 2
    shown = frames_of(tmp_path / "noise.gif")
    np.testing.assert_array_equal(shown, frames_of(tmp_path / "all.gif")[: len(shown)])
    assert len(shown) >= 4


def test_one_frame_is_written_however_large_it_is(tmp_path):
    animate.save(stripes(3, seed=0), tmp_path / "noise.gif", 1)
    assert len(frames_of(tmp_path / "noise.gif")) == 1


def test_the_policy_is_the_scripted_one_or_a_random_one(monkeypatch):
    scripted = pytest.importorskip("murk_envs.scripted.heat_seeker").POLICIES["scripted"]
    assert animate.policies_for(SEEKER) == {None: scripted}
    monkeypatch.setitem(sys.modules, "murk_envs.scripted.heat_seeker", None)
    assert animate.policies_for(SEEKER) == {None: animate.act_at_random}


def test_a_random_policy_takes_actions_of_the_space():
    space = gymnasium.spaces.MultiDiscrete([3, 4])
    rng = np.random.default_rng(0)
    actions = np.concatenate([animate.act_at_random(None, space, rng) for _ in range(100)])
    assert all(action in space for action in actions)
    assert len(np.unique(actions, axis=0)) == 12


def test_a_random_policy_acts_for_every_row():
    space = gymnasium.spaces.Discrete(5)
    actions = animate.act_at_random(np.zeros((40, 2)), space, np.random.default_rng(0))
    assert actions.shape == (40,)
    assert len(np.unique(actions)) == 5


def test_the_script_writes_a_small_picture_of_each(tmp_path, capsys):
    animate.main(["--out", str(tmp_path / "new"), "--only", SEEKER, "--num-frames", "5", "--largest", "60"])
    path = tmp_path / "new" / "heat_seeker.gif"
    assert f"wrote {path}" in capsys.readouterr().out
    assert 1 < len(frames_of(path)) <= 5
    assert path.stat().st_size <= 60_000
