"""`murk list`, `murk show`: what is said of environments, and bad input."""

import json

import numpy as np
import pytest
from PIL import Image

import murk_envs
from murk_env import MurkEnv
from murk_env.cli.catalogue import catalogue
from tests import listing
from tests.env.cli.calling import murk


def pixels(path):
    with path.open("rb") as file, Image.open(file) as picture:
        return np.asarray(picture)


def test_list_says_a_line_for_every_environment_into_a_pipe():
    heading, *lines = murk("list").stdout.splitlines()
    assert heading.split("\t")[0] == "id"
    assert {line.split("\t")[0] for line in lines} >= {one for one, *_ in murk_envs.ENVIRONMENTS.values()}
    assert {len(line.split("\t")) for line in lines} == {7}
    (seeker,) = (line.split("\t") for line in lines if "HeatSeeker" in line)
    assert seeker[2:] == ["Square4(16, 16)", "one actor", "single, vector", "512", "Discrete(5)"]


def test_what_a_list_says_of_ours_is_what_their_classes_say():
    written = json.loads(listing.PATH.read_text(encoding="utf-8"))
    assert written == listing.rows(), (
        "an environment has changed; write it again: python -m tests.listing write"
    )


def test_an_installed_package_is_known_by_its_entry_point(tmp_path, monkeypatch):
    murk("new", "listed_pond", "--in", tmp_path)
    site = tmp_path / "listed_pond" / "src"
    (site / "listed_pond-1.dist-info").mkdir()
    (site / "listed_pond-1.dist-info" / "entry_points.txt").write_text(
        "[murk_env.environments]\nlisted_pond = listed_pond\n"
    )
    monkeypatch.syspath_prepend(site)
    assert catalogue()["listed_pond/ListedPond-v0"][:2] == ("listed_pond.environment", "ListedPond")
    (line,) = (line for line in murk("list").stdout.splitlines() if "ListedPond" in line)
    assert line.split("\t")[2:4] == ["Square4(8, 8)", "one actor"]


@pytest.mark.parametrize("name", ["HeatSeeker", "heat_seeker", "murk/HeatSeeker-v0", "murk_envs:HeatSeeker"])
def test_show_takes_an_environment_by_any_of_its_names(name):
    assert "Reward: 0.1 * heat at the agent's cell" in murk("show", name).stdout


def test_sizes_of_an_id_are_shown_as_that_id_sets_them():
    rows = {line.split("\t")[0]: line.split("\t")[2] for line in murk("list").stdout.splitlines()}
    assert rows["murk/Wildfire-v1"] == "Hex2D(16, 16)"
    assert rows["murk/Wildfire-8x8-v1"] == "Hex2D(8, 8)"
    shown = murk("show", "Wildfire-8x8").stdout
    assert shown.startswith("murk/Wildfire-8x8-v1\n")
    assert "size\t8\t" in shown
    assert "size\t9\t" in murk("show", "Wildfire-8x8", "--set", "size=9").stdout


def test_show_says_the_facts_with_the_given_parameters():
    shown = murk("show", "HeatSeeker", "--set", "size=5", "--set", "layout=dict").stdout
    assert "Lattice: Square4(5, 5" in shown
    assert "Observations: agent: float32 (1, 5, 5), 0 to 1, heat: float32 (1, 5, 5), 0 to 10" in shown
    assert "size\t5\t2 to 32,768\trows and columns of the grid" in shown
    assert "\x1b" not in shown


def test_show_says_what_agents_see_group_by_group():
    shown = murk("show", "HexPursuit").stdout
    assert "Agents: 3 predator, 2 prey" in shown
    assert "Actions of prey: Discrete(7)" in shown


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("sise=5", "did you mean 'size'?"),
        ("size=1", "HeatSeeker's size must be from 2 to 32768, not 1."),
        ("size=large", "HeatSeeker's size must be an integer, not 'large'"),
        ("layout=round", "must be one of 'flat', 'image', 'dict', not 'round'"),
        ("size", "--set takes NAME=VALUE"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused(setting, said):
    result = murk("show", "HeatSeeker", "--set", setting)
    assert result.exit_code == 2
    assert said in result.stderr


def test_show_writes_a_picture_and_no_file_twice(tmp_path):
    target = tmp_path / "seeker.png"
    assert murk("show", "HeatSeeker", "--set", "size=3", "--out", target).exit_code == 0
    first = pixels(target)
    assert first.std() > 0
    again = murk("show", "HeatSeeker", "--set", "size=4", "--out", target)
    assert again.exit_code == 2
    assert "exists; name another file, or write over it with --force" in again.stderr
    np.testing.assert_array_equal(pixels(target), first)
    assert murk("show", "HeatSeeker", "--set", "size=4", "--out", target, "--force").exit_code == 0
    assert not np.array_equal(pixels(target), first)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nowhere/seeker.png", "there is no folder"),
        ("seeker.xyz", "is written to a .png"),
        (".", "is a folder"),
    ],
)
def test_a_picture_that_cannot_be_written_is_refused(path, said, tmp_path):
    result = murk("show", "HeatSeeker", "--set", "size=3", "--out", tmp_path / path)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_class_of_a_function_is_not_listed_as_no_name_finds_it():
    class Local(MurkEnv):
        registered_id = "tests/Local-v0"

    assert Local.registered_id not in catalogue()
    assert "HeatSeeker" in murk("list").stdout
