"""The code in the documentation runs as it stands there, and its tables are true."""

import re
import warnings
from pathlib import Path

import pytest

from tests.parameter_tables import PAGES as ENVIRONMENT_PAGES
from tests.parameter_tables import page_with_table
from tests.tiers import representatives

DOCS = Path(__file__).parent.parent / "docs"
PAGES = [page for page in sorted(DOCS.rglob("*.md")) if "```python" in page.read_text(encoding="utf-8")]

DEAR = ("agents", "maps", "own_pde", "recording")  # they make many environments, or large ones
FEW = [page for page in PAGES if page.stem not in DEAR]


@pytest.mark.few(3)
@pytest.mark.parametrize("page", representatives(PAGES, FEW), ids=lambda page: page.stem)
def test_a_pages_code_runs_from_top_to_bottom(page):
    text = page.read_text(encoding="utf-8")
    needed = re.findall(r"\w+", " ".join(re.findall(r"^<!-- needs: (.*) -->$", text, re.MULTILINE)))
    for library in needed:
        pytest.importorskip(library, reason=f"the page needs {library}")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    with warnings.catch_warnings():
        if needed:
            warnings.simplefilter("ignore")  # those of other libraries
        exec(compile("\n".join(blocks), str(page), "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("name", ENVIRONMENT_PAGES)
def test_a_pages_table_of_parameters_is_that_of_the_class(name):
    assert ENVIRONMENT_PAGES[name].read_text(encoding="utf-8") == page_with_table(name)


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.stem)
def test_a_pages_links_to_files_lead_somewhere(page):
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []
