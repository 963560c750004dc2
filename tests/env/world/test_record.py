"""Worlds without learning: what a run records, and how it is shown."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

from murk_env import (
    Diffusion,
    Field,
    Marker,
    MurkAgentVectorEnv,
    MurkParallelEnv,
    MurkVectorEnv,
    Picture,
    Square4,
    World,
)
from murk_env.errors import InputError, PictureError, RecordingFileError, RowsError, UnknownFieldError
from murk_envs import HeatSeeker, Wildfire

HEAT, AGENT = Field(unit="K", initial=1.0), Field(over="world", indexes="cells")
GROUND = Field(mutability="static")


def plate(**options):
    """A plate that is heated in its corner, at half a second a tick."""
    fields = {"heat": HEAT, "agent": AGENT, "ground": GROUND}
    heating = [Diffusion(HEAT, coefficient=0.1, sources={0: 5.0})]
    static = {GROUND: np.arange(12.0).reshape(3, 4)}
    return World(Square4(3, 4), fields, heating, num_worlds=2, dt=0.5, seed=0, static=static, **options)


def test_a_record_holds_the_start_and_every_few_ticks():
    world, twin = plate(), plate()
    record = world.run(7, every=3, record=[HEAT, "agent"])
    assert record.times.tolist() == [0.0, 1.5, 3.0]
    assert record["heat"].shape == (3, 2, 12)
    for moment in range(3):
        np.testing.assert_array_equal(record[HEAT][moment], twin[HEAT])
        twin.run(3)
    assert world.published().time.tolist() == [3.5, 3.5]


def test_a_static_field_is_recorded_for_every_world():
    assert plate().run(2, record=[GROUND])[GROUND].tolist() == [[list(range(12))] * 2] * 3


def test_a_run_without_a_record_returns_nothing_and_ticks_as_often():
    world = plate()
    assert world.run(3) is None
    assert world.run(0) is None
    wrong: tuple[Any, ...] = (-1, 2.5, True)
    for ticks in wrong:
        with pytest.raises(InputError, match=f"num_ticks must be .* at least 0, not {ticks!r}"):
            world.run(ticks)
    assert world.published().time.tolist() == [1.5, 1.5]


def test_a_second_record_goes_on_where_the_first_ended():
    world = plate()
    world.run(2, record=[HEAT])
    assert world.run(2, record=[HEAT]).times.tolist() == [1.0, 1.5, 2.0]


@pytest.mark.parametrize("every", [0, -1, 1.5, True])
def test_a_wrong_interval_is_refused_before_the_first_tick(every):
    world = plate()
    with pytest.raises(InputError, match="every must be a number of ticks, at least 1, not"):
        world.run(2, every=every, record=[HEAT])
    assert world.published().time.tolist() == [0.0, 0.0]


def test_an_unknown_field_is_refused_before_the_first_tick():
    world = plate()
    with pytest.raises(UnknownFieldError, match="no field 'heet' to record; did you mean 'heat'"):
        world.run(2, record=["heet"])
    assert world.published().time.tolist() == [0.0, 0.0]
    with pytest.raises(UnknownFieldError, match="'agent' was not recorded; known: heat"):
        world.run(1, record=[HEAT])["agent"]


def test_a_dataset_has_the_lattice_coordinates_units_and_times():
    xarray = pytest.importorskip("xarray")
    data = plate().run(4, every=2, record=[HEAT, AGENT, GROUND]).to_xarray()
    assert isinstance(data, xarray.Dataset)
    assert data.heat.dims == ("time", "world", "row", "col")
    assert data.agent.dims == ("time", "world")
    assert data.heat.attrs == {"units": "K"}
    assert data.time.values.tolist() == [0.0, 1.0, 2.0]
    assert data.x.values[1].tolist() == [0.0, 1.0, 2.0, 3.0]
    assert data.ground.values[2, 1, 2, 3] == 11.0
    assert data.attrs["dt"] == 0.5


def test_a_movie_has_a_picture_for_every_moment(tmp_path):
    record = plate().run(4, every=2, record=[HEAT, AGENT])
    record.movie(tmp_path / "run.gif", Picture(HEAT, markers=[Marker(AGENT, "agent")]), world=1)
    with (tmp_path / "run.gif").open("rb") as file, Image.open(file) as picture:
        assert getattr(picture, "n_frames", 1) == 3


def test_a_movie_replaces_no_file_unless_it_is_forced(tmp_path):
    record, path = plate().run(1, record=[HEAT]), tmp_path / "run.gif"
    path.write_text("mine")
    with pytest.raises(RecordingFileError, match=r"run.gif already exists; .* with force=True"):
        record.movie(path)
    assert path.read_text() == "mine"
    record.movie(path, force=True)
    assert path.read_bytes().startswith(b"GIF")


def test_a_picture_of_what_was_not_recorded_is_refused(tmp_path):
    record = plate().run(1, record=[AGENT])
    with pytest.raises(InputError, match="no field over cells was recorded"):
        record.movie(tmp_path / "run.gif")
    with pytest.raises(PictureError):
        record.movie(tmp_path / "run.gif", Picture(HEAT))
    with pytest.raises(InputError, match="worlds 0 to 1, not 2"):
        plate().run(1, record=[HEAT]).movie(tmp_path / "run.gif", world=2)


@pytest.mark.slow
def test_a_plot_has_a_curve_for_every_field():
    figure = plate().run(4, record=[HEAT, AGENT]).plot()
    first, second = figure.axes
    assert first.get_ylabel() == "heat [K]"
    assert len(second.lines[0].get_xdata()) == 5
    assert first.get_shared_x_axes().joined(first, second)
    assert second.get_xlabel() == "time"


def test_a_bar_shows_ticks_a_second_where_one_is_asked_for(capsys):
    plate().run(3, progress=True)
    assert "tick" in capsys.readouterr().err
    plate().run(3)
    assert capsys.readouterr().err == ""


def test_a_world_shows_itself_as_a_picture():
    world = plate()
    assert (world._repr_png_() or b"").startswith(b"\x89PNG")
    cold = world.frame()
    world.run(3)
    assert not np.array_equal(world.frame(), cold)
    with pytest.raises(RowsError):
        world.frame(world=2)


@pytest.mark.few(1)
@pytest.mark.parametrize(
    "make",
    [
        lambda: HeatSeeker(size=3),
        lambda: MurkVectorEnv(HeatSeeker, 2, size=3),
        lambda: MurkParallelEnv(Wildfire, size=5),
        lambda: MurkAgentVectorEnv(Wildfire, 2, size=5),
    ],
)
def test_an_env_of_every_face_shows_itself_once_it_is_reset(make):
    env = make()
    assert env._repr_png_() is None
    env.reset(seed=0)
    assert (env._repr_png_() or b"").startswith(b"\x89PNG")
