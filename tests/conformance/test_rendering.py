"""Every registered environment can be seen, in every mode, form and recording that Gymnasium knows."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers import RecordVideo
from gymnasium.wrappers import vector as vector_wrappers

from tests.conformance.subjects import REGISTERED
from tests.tiers import representatives
from tests.versions import since

STEPS = 12


def play_single(env, steps=STEPS):
    """Take random steps, through resets."""
    env.action_space.seed(0)
    env.reset(seed=0)
    for _ in range(steps):
        _, _, terminated, truncated, _ = env.step(env.action_space.sample())
        if terminated or truncated:
            env.reset()
    return env


def play_batch(envs, mode, steps=STEPS):
    """Take random steps, with the resets that Disabled mode leaves to its user."""
    envs.action_space.seed(0)
    envs.reset(seed=0)
    for _ in range(steps):
        _, _, terminated, truncated, _ = envs.step(envs.action_space.sample())
        ended = terminated | truncated
        if mode is AutoresetMode.DISABLED and ended.any():
            envs.reset(options={"reset_mask": ended})
    return envs


def is_frame(frame):
    """Whether it is an array as Gymnasium wants it, with even sides, that shows something."""
    return (
        isinstance(frame, np.ndarray)
        and frame.dtype == np.uint8
        and frame.shape[2:] == (3,)
        and all(side % 2 == 0 and side >= 50 for side in frame.shape[:2])
        and len(np.unique(frame.astype(np.int64) @ [65536, 256, 1])) > 2
    )


def test_rgb_array_is_a_frame(registered_once):
    assert is_frame(play_single(registered_once.single(render_mode="rgb_array")).render())


def test_ansi_is_text(registered):
    text = play_single(registered.single(render_mode="ansi")).render()
    assert isinstance(text, str)
    assert len(text.splitlines()) >= 3


@pytest.mark.parametrize("mode", ["rgb_array_list", "ansi_list"])
def test_a_list_mode_holds_what_was_seen_since_it_was_asked(registered, mode):
    env = registered.single(render_mode=mode, max_episode_steps=100)
    env.reset(seed=0)
    env.step(env.action_space.sample())
    frames = env.render()
    assert len(frames) == 2
    assert all(isinstance(frame, str) if mode == "ansi_list" else is_frame(frame) for frame in frames)


def test_without_a_mode_nothing_is_rendered(registered):
    env = registered.single()
    env.reset(seed=0)
    with pytest.warns(UserWarning, match="has no render mode"):
        assert env.unwrapped.render() is None


@pytest.mark.parametrize("mode", ["rgb_array", "ansi"])
def test_looking_does_not_change_what_happens(registered, mode):
    watched, alone = registered.single(render_mode=mode), registered.single()
    for env in (watched, alone):
        env.action_space.seed(1)
        env.reset(seed=1)
    for _ in range(3):
        watched.render()
        results = [env.step(env.action_space.sample()) for env in (watched, alone)]
        assert data_equivalence(*results, exact=True)
        if results[0][2] or results[0][3]:
            break


@pytest.mark.few(1)
def test_the_vector_form_shows_every_world(registered, mode):
    envs = play_batch(registered.native(3, mode, render_mode="rgb_array"), mode)
    frames = envs.render()
    assert len(frames) == 3
    assert all(is_frame(frame) and frame.shape == frames[0].shape for frame in frames)
    assert is_frame(envs.unwrapped.render_tiles(3))


def test_the_vector_form_shows_what_its_single_forms_show(registered):
    mode = AutoresetMode.NEXT_STEP
    pair = [make(2, mode, render_mode="ansi") for make in (registered.native, registered.sync)]
    native, sync = (play_batch(envs, mode).render() for envs in pair)
    assert native == sync


# --- human, through Gymnasium's wrapper and pygame ------------------------------------------------

HUMAN = pytest.mark.filterwarnings("ignore:.*pkg_resources:UserWarning")
HUMAN_TOO = pytest.mark.filterwarnings("ignore:.*pkg_resources:DeprecationWarning")


@pytest.fixture
def dummy_screen(monkeypatch):
    """A screen that only SDL sees."""
    pytest.importorskip("pygame", reason="pygame is an option for people who watch")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")


@HUMAN
@HUMAN_TOO
@pytest.mark.filterwarnings("ignore:.*You are trying to use 'human' rendering:UserWarning")
def test_human_is_a_window_around_rgb_array(registered, dummy_screen):
    env = registered.single(render_mode="human")
    env.metadata["render_fps"] = 1000  # the window waits for the next frame's time
    play_single(env, steps=3)
    assert env.render() is None
    env.close()


@HUMAN
@HUMAN_TOO
def test_human_for_the_vector_form(registered, dummy_screen):
    pytest.importorskip("cv2", reason="Gymnasium's wrapper scales with OpenCV")
    envs = vector_wrappers.HumanRendering(registered.native(3, render_mode="rgb_array"))
    envs.metadata["render_fps"] = 1000
    play_batch(envs, AutoresetMode.NEXT_STEP, steps=3)
    envs.close()


# --- recordings ------------------------------------------------------------------------------------

MOVIEPY = pytest.mark.filterwarnings("ignore::SyntaxWarning")


@pytest.fixture
def recorder():
    """Skips where videos cannot be written."""
    pytest.importorskip("moviepy", reason="moviepy is an option for people who record")


def recorded(folder: Path):
    return [video.stat().st_size for video in folder.glob("*.mp4")]


@pytest.mark.few(1)
@MOVIEPY
def test_a_video_of_the_single_form_is_recorded(registered, recorder, tmp_path):
    env = RecordVideo(registered.single(render_mode="rgb_array"), str(tmp_path / "video"), video_length=4)
    play_single(env)
    env.close()
    assert min(recorded(tmp_path / "video")) > 1000


@pytest.mark.slow
@MOVIEPY
@pytest.mark.filterwarnings("ignore:.*autoreset mode is same-step:UserWarning")
@since("gymnasium", "1.2")
def test_a_video_of_the_vector_form_is_recorded_in_every_mode(registered, mode, recorder, tmp_path):
    envs = registered.native(2, mode, render_mode="rgb_array")
    envs = vector_wrappers.RecordVideo(envs, str(tmp_path / "video"), video_length=4)
    play_batch(envs, mode)
    envs.close()
    assert min(recorded(tmp_path / "video")) > 1000


@pytest.mark.slow
@pytest.mark.parametrize("shown", representatives([REGISTERED[:1], REGISTERED], [REGISTERED[:1]]), ids=len)
def test_no_window_library_is_loaded_unless_someone_watches(shown):
    makes = [f"gymnasium.make({one.id!r}, render_mode='rgb_array', **{one.small!r})" for one in shown]
    program = f"""
import sys, gymnasium, murk_envs
for env in ({", ".join(makes)},):
    env.reset()
    env.render()
    env.close()
print({{"pygame", "cv2", "moviepy"}} & set(sys.modules))
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.stdout.strip() == "set()", ran.stderr
