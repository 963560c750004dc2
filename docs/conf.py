"""The site: Sphinx over the Markdown in this folder. `make docs` builds it, warnings are errors."""

import os
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent), str(HERE.parent / "envs")]

project = "murk-env"
author = "The murk-env authors"
release = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
copyright = author

extensions = [
    "myst_nb",  # Markdown, and pages whose code cells the build executes
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinxext.opengraph",  # the card that a link shows
    "links",  # of our own: links to files beside this folder
    "environments",  # what classes say of themselves, on their pages
    "reference",  # pages of all public names
]
exclude_patterns = ["_build", "_ext"]
suppress_warnings = ["mystnb.unknown_mime_type", "myst-nb.lexer", "ref.python"]

html_theme = "furo"
html_title = f"murk-env {release}"
html_static_path = ["_static", "pictures"]
html_css_files = ["site.css"]
html_theme_options = {"navigation_with_keys": True, "top_of_page_buttons": []}
html_copy_source = False

# Where the site is published is said once, as it is built: `make docs SITE_URL=...`, or by Read the Docs.
html_baseurl = os.environ.get("SITE_URL") or os.environ.get("READTHEDOCS_CANONICAL_URL", "")
ogp_site_name = "murk-env"
ogp_site_url = html_baseurl or "/"
ogp_image = "_static/card.png"  # docs/_ext/card.py draws it
ogp_image_alt = "murk-env: reinforcement learning environments whose worlds are fields"
ogp_custom_meta_tags = ['<meta name="twitter:card" content="summary_large_image" />']
ogp_social_cards = {"enable": False}

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 4
nb_execution_mode = "cache"
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_execution_excludepatterns = [] if find_spec("stable_baselines3") else ["tutorials/train_with_sb3.md"]
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
autodoc_mock_imports = [name for name in ("stable_baselines3", "minari") if find_spec(name) is None]
napoleon_numpy_docstring = False
napoleon_use_ivar = True
