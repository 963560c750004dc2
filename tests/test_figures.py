"""The figures in README and on the page of environments are those of one file, which the benchmark writes."""

import json
import re

import pytest

import murk_envs
from benchmarks import figures

FOUND = json.loads(figures.FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", figures.PAGES, ids=lambda page: page.name)
def test_a_pages_figures_are_those_of_the_file(page):
    assert page.read_text(encoding="utf-8") == figures.page_with_figures(page, FOUND)


def test_the_file_has_every_environment():
    assert list(FOUND["rates"]) == list(murk_envs.ENVIRONMENTS)


@pytest.mark.parametrize("page", figures.PAGES, ids=lambda page: page.name)
def test_a_page_shows_every_environment_and_links_to_it(page):
    text = page.read_text(encoding="utf-8")
    for name, (_, module, *_) in murk_envs.ENVIRONMENTS.items():
        file = module.rpartition(".")[2]
        assert re.search(rf"\[{name}\]\([a-z/]*{file}\.md\)", text), name
        assert re.search(rf"!\[[^\]]+\]\([a-z/.]*pictures/{file}\.gif\)", text), name


def test_a_measurement_of_one_leaves_the_others_and_the_pages_follow(tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{figures.BEGIN}{figures.END}\nafter\n")
    kept = json.loads(json.dumps(FOUND)) | {"machine": {"processor": "another"}}
    kept["rates"]["HeatSeeker"]["batch"] = 1
    monkeypatch.setattr(figures, "FILE", tmp_path / "figures.json")
    monkeypatch.setattr(figures, "PAGES", {page: figures.for_environments})
    monkeypatch.setattr(figures, "WORLDS", 2)
    figures.FILE.write_text(json.dumps(kept))
    figures.main(["HeatSeeker", "--seconds", "0.001"])
    written = json.loads(figures.FILE.read_text())
    assert written["rates"]["HeatSeeker"]["batch"] > 1
    assert written["rates"]["Wildfire"] == FOUND["rates"]["Wildfire"]
    assert f"| HeatSeeker | {figures.rounded(written['rates']['HeatSeeker']['batch'])} |" in page.read_text()
    assert page.read_text().startswith("before\n")


def test_a_page_without_a_place_for_figures_is_refused(tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text("no place")
    monkeypatch.setattr(figures, "PAGES", {page: figures.for_readme})
    with pytest.raises(ValueError, match="has no place for figures"):
        figures.page_with_figures(page, FOUND)
