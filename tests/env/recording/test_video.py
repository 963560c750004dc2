"""Moving pictures of recordings."""

from typing import Any

import numpy as np
import pytest
from moviepy.video.io.ffmpeg_reader import FFMPEG_VideoReader, ffmpeg_parse_infos
from PIL import Image, ImageSequence

from murk_env import Recording, replay
from murk_env.errors import MissingLibraryError, RecordingError, RecordingFileError
from murk_env.rendering.video import write_frames
from tests.env.recording.runs import make, play


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    path = tmp_path_factory.mktemp("recordings") / "run"
    recording = Recording(make("vector"), path, keyframe_every=4)
    play(recording, 10)
    recording.close()
    return replay(path)


@pytest.mark.slow
def test_frames_are_those_of_the_env_at_each_step(played):
    frames = list(played.frames(3, 9, every=2, num_worlds=2))
    assert len(frames) == 4
    for frame, step in zip(frames, (3, 5, 7, 9), strict=True):
        assert np.array_equal(frame, played.at(step).render_tiles(2))


@pytest.mark.few(1)
@pytest.mark.parametrize("face", ["single", "parallel"])
def test_every_face_has_frames(face, tmp_path):
    recording = Recording(make(face), tmp_path / "run")
    play(recording, 3)
    recording.close()
    assert len(list(replay(tmp_path / "run").frames())) >= 4


def test_a_gif_has_a_picture_for_each_step(played, tmp_path):
    played.write_video(tmp_path / "run.gif", 2, 6, fps=20)
    with Image.open(tmp_path / "run.gif") as picture:
        assert len(list(ImageSequence.Iterator(picture))) == 5
        assert picture.info["duration"] == 50


def test_a_video_lasts_as_long_as_its_pictures(played, tmp_path):
    played.write_video(tmp_path / "run.mp4", fps=5)
    assert ffmpeg_parse_infos(str(tmp_path / "run.mp4"))["duration"] == pytest.approx(11 / 5, abs=0.05)


@pytest.mark.parametrize("suffix", ["mp4", "webm"])
def test_a_video_that_is_played_shows_the_pictures_in_turn(suffix, tmp_path):
    pictures = np.zeros((6, 45, 67, 3), np.uint8)  # odd sides, which no codec takes
    for moment, picture in enumerate(pictures):
        picture[10:30, 10 * moment : 10 * moment + 10] = (200, 40, 40)
    path = tmp_path / f"run.{suffix}"
    write_frames(path, iter(pictures), fps=5)
    video = FFMPEG_VideoReader(str(path))
    process: Any = video.proc
    played = np.array([video.get_frame((moment + 0.1) / 5)[:45, :67] for moment in range(6)], int)
    video.close()
    process.stdout.close()  # if the process has ended by itself, the reader leaves its pipes open
    process.stderr.close()
    assert np.abs(played - pictures).mean(axis=(1, 2, 3)).max() < 4.0
    assert np.abs(played[:, 20, 5:60:10, 0] - 200 * np.eye(6)).max() < 40


@pytest.mark.parametrize(
    ("path", "steps", "message"),
    [
        ("run.avi", (0, 9), "to a .gif, .mp4 or .webm, not to 'run.avi'"),
        ("run.gif", (9, 3), "no frame to write"),
    ],
)
def test_what_is_no_video_is_refused(path, steps, message, played, tmp_path):
    with pytest.raises(RecordingError, match=message):
        played.write_video(tmp_path / path, *steps)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("path", "force", "message"),
    [
        ("there.gif", False, "there.gif already exists; choose another path, or overwrite it"),
        ("folder.gif", True, "folder.gif is a folder; name a file in it"),
        ("nowhere/run.gif", True, "there is no folder .*nowhere; make it"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused_before_a_picture_is_drawn(
    path, force, message, played, tmp_path, monkeypatch
):
    (tmp_path / "there.gif").write_text("mine")
    (tmp_path / "folder.gif").mkdir()
    monkeypatch.setattr(type(played), "frames", lambda *_, **__: pytest.fail("drawn") and (yield))
    with pytest.raises(RecordingFileError, match=message):
        played.write_video(tmp_path / path, force=force)
    assert (tmp_path / "there.gif").read_text() == "mine"


def test_a_video_is_written_over_another_if_it_is_forced(played, tmp_path):
    (tmp_path / "run.gif").write_text("mine")
    played.write_video(tmp_path / "run.gif", 0, 1, force=True)
    assert (tmp_path / "run.gif").read_bytes().startswith(b"GIF")


@pytest.mark.parametrize(("suffix", "module"), [("gif", "PIL"), ("mp4", "moviepy"), ("webm", "moviepy")])
def test_a_missing_library_is_told_before_a_picture_is_drawn(suffix, module, played, tmp_path, monkeypatch):
    monkeypatch.setattr(type(played), "frames", lambda *_, **__: pytest.fail("drawn") and (yield))
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(MissingLibraryError, match=r"needs (Pillow|moviepy): pip install"):
        played.write_video(tmp_path / f"run.{suffix}")
