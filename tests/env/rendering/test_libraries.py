"""Nothing is loaded before it is needed, and what is missing is named."""

import subprocess
import sys

import pytest

from murk_env import Line1D, Picture
from murk_env.errors import MissingLibraryError
from murk_env.rendering._libraries import load
from tests.env.rendering.scenes import Scene, cells_field

PROGRAM = """
import sys
import gymnasium
import murk_envs
for mode, looks in (("rgb_array", False), ("ansi", True), ("rgb_array", True)):
    env = gymnasium.make("murk/HeatSeeker-v0", size=4, render_mode=mode)
    env.reset()
    env.step(0)
    if looks:
        env.render()
    env.close()
    print([name for name in ("matplotlib", "PIL", "pygame", "cv2", "moviepy") if name in sys.modules])
"""


@pytest.mark.slow
def test_the_libraries_are_loaded_by_the_first_frame():
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert ran.stdout.splitlines() == ["[]", "[]", "['matplotlib', 'PIL']"], ran.stderr


@pytest.mark.parametrize("missing", ["matplotlib", "matplotlib.colors", "PIL.Image", "PIL.ImageFont"])
def test_a_missing_library_is_named_with_what_installs_it(missing, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingLibraryError, match=rf'{missing}.*pip install "murk-env\[plot\]"'):
        load(missing)


def test_without_the_libraries_there_is_still_text(monkeypatch):
    heat = cells_field()
    scene = Scene(Line1D(2), Picture(heat), {heat: [[0.0, 1.0]]})
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingLibraryError, match='render_mode="ansi" needs neither'):
        scene.frame()
    assert scene.text().splitlines()[0] == " @"
