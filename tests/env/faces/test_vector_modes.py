"""Render modes that Gymnasium makes of others: the same for `make_vec` as for `make`."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers.vector import HumanRendering

from murk_env.errors import ParameterError
from murk_env.faces.entry_points import entry_point
from tests.env.worlds import Walker

SEEN = "tests/Seen-v0"
LISTS = ["rgb_array_list", "ansi_list"]


@pytest.fixture(autouse=True)
def seen_id():
    """An id of an environment whose episodes are short and end apart."""
    gymnasium.register(
        SEEN, "tests.env.worlds:Walker", vector_entry_point=entry_point("vector", Walker), max_episode_steps=4
    )
    yield
    del gymnasium.registry[SEEN]


def pair(mode, **keywords) -> Any:
    native = gymnasium.make_vec(SEEN, 3, autoreset_mode=mode.value, longest_fuse=6, **keywords)
    vector_kwargs = {"autoreset_mode": mode}
    return native, gymnasium.make_vec(
        SEEN, 3, "sync", vector_kwargs=vector_kwargs, longest_fuse=6, **keywords
    )


@pytest.mark.few(1)
@pytest.mark.parametrize("mode", AutoresetMode, ids=str)
def test_lists_of_frames_are_those_of_sync_vector_env(mode):
    native, sync = pair(mode, render_mode="ansi_list")
    assert native.render() == sync.render() == ([], [], [])
    native.reset(seed=1)
    sync.reset(seed=1)
    for step in range(16):
        given, expected = (one.step(np.array([1, 2, 3])) for one in (native, sync))
        assert data_equivalence(given, expected, exact=True)
        ended = given[2] | given[3]
        always = mode is AutoresetMode.DISABLED
        for mask, due in (
            (ended, always or step % 3),
            (np.arange(3) == step % 3, not always and step % 5 == 3),
        ):
            if mask.any() and due:
                for one in (native, sync):
                    one.reset(options={"reset_mask": mask.copy()})
        if step % 7 == 6:
            shown = native.render()
            assert shown == sync.render()
            assert all(isinstance(text, str) for row in shown for text in row)
    native.reset(seed=2)
    sync.reset(seed=2)
    assert native.render() == sync.render()


@pytest.mark.parametrize("mode", LISTS)
def test_a_list_mode_is_said_alike_by_both_forms(mode):
    native: Any = gymnasium.make_vec(SEEN, 2, render_mode=mode)
    single = gymnasium.make(SEEN, render_mode=mode)
    assert native.render_mode == single.render_mode == mode
    assert native.metadata["render_modes"] == single.metadata["render_modes"]
    assert mode not in native.unwrapped.metadata["render_modes"]
    assert isinstance(native.metadata["autoreset_mode"], AutoresetMode)
    native.reset(seed=0)
    frames = native.render()
    assert [len(row) for row in frames] == [1, 1]
    assert isinstance(frames[0][0], str if mode == "ansi_list" else np.ndarray)
    again = gymnasium.make_vec(native.unwrapped.spec)
    assert (again.render_mode, again.num_envs) == (mode, 2)


def test_a_window_is_warned_of_as_gymnasium_does():
    with pytest.warns(UserWarning, match="use 'human' rendering for an environment that doesn't natively"):
        envs = gymnasium.make_vec(SEEN, 2, render_mode="human")
    assert isinstance(envs, HumanRendering)
    assert (envs.render_mode, envs.unwrapped.render_mode) == ("human", "rgb_array")


@pytest.mark.parametrize("make", [gymnasium.make, gymnasium.make_vec])
@pytest.mark.parametrize("mode", ["rgb", "depth_array_list"])
def test_a_mode_that_is_none_is_warned_of_and_refused_by_both_forms(make, mode):
    with (
        pytest.warns(UserWarning, match=rf"render_mode='{mode}' that is not in the possible render_modes"),
        pytest.raises(ParameterError, match=f"Walker has no render_mode '{mode}'; it has"),
    ):
        make(SEEN, render_mode=mode)
