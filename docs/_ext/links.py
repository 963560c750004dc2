"""Links of the pages to files beside the folder docs: pages where there is one, downloads, or plain words."""

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
LINK = re.compile(
    r"(?<!!)\[(?P<text>[^\]]+)\]\((?P<target>(?!https?:|#|mailto:)[^)#\s]+)(?P<anchor>#[^)]*)?\)"
)
PAGES = {  # files of the project that are pages of the site
    "README.md": "/index.md",
    "ARCHITECTURE.md": "/project/architecture.md",
    "CHANGELOG.md": "/project/changelog.md",
    "CONTRIBUTING.md": "/project/contributing.md",
    "SECURITY.md": "/project/security.md",
}
CONTENTS = {"environments/index", "decisions/README"}  # whose pages are those beside them
NOT_HOW_TO = {"index", "start", "design", "arena", "speed", "repeating", "against"}


def rewritten(folder: Path, text: str) -> str:
    """Return a page's text with links that the site can follow; `folder` is where the page's file lies."""

    def replace(found: "re.Match[str]") -> str:
        target = (folder / found["target"]).resolve()
        anchor = found["anchor"] or ""
        if not target.is_relative_to(ROOT):
            return found[0]
        name = target.relative_to(ROOT).as_posix()
        if name in PAGES:
            return f"[{found['text']}]({PAGES[name]}{anchor})"
        if target.is_relative_to(DOCS):
            path = target.relative_to(DOCS).as_posix()
            if target.is_dir():
                index = next((one for one in ("index", "README") if (target / f"{one}.md").exists()), None)
                return f"[{found['text']}](/{path}/{index}.md)" if index else found["text"]
            return f"[{found['text']}](/{path}{anchor})"
        if target.is_file():
            return f"{{download}}`{found['text'].strip('`')} </../{name}>`"
        return found["text"]

    return LINK.sub(replace, text)


def on_source_read(_app: Any, page: str, source: list[str]) -> None:
    """Rewrite links, and put the how-to pages into the contents, whichever there are."""
    folder = ROOT if page.startswith("project/") else (DOCS / page).parent
    if page.startswith("project/"):
        file = {path.rpartition("/")[2]: name for name, path in PAGES.items()}[f"{page.partition('/')[2]}.md"]
        source[0] = (ROOT / file).read_text(encoding="utf-8")
    if page in CONTENTS:
        source[0] += "\n```{toctree}\n:hidden:\n:glob:\n\n*\n```\n"
    how_to = sorted(path.stem for path in DOCS.glob("*.md") if path.stem not in NOT_HOW_TO)
    source[0] = rewritten(folder, source[0].replace("HOW-TO-PAGES", "\n".join(how_to)))


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.connect("source-read", on_source_read, priority=400)
    return {"parallel_read_safe": True}
