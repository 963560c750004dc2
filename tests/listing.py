"""What `murk list` says of our environments: `python -m tests.listing write` writes it into murk_envs."""

import json
import sys
from pathlib import Path

import murk_envs
from murk_env.cli.catalogue import find
from murk_env.cli.listing import WRITTEN, row

__all__ = ["PATH", "rows"]

PATH = Path(murk_envs.__file__).parent / WRITTEN


def rows() -> list[dict[str, str]]:
    """Return the rows, from the classes."""
    ids = [env_id for env_id, *_ in murk_envs.ENVIRONMENTS.values()] + list(murk_envs.SIZES)
    return [row(find(env_id)) for env_id in ids]


if __name__ == "__main__":
    if sys.argv[1:] != ["write"]:
        sys.exit(f"{__doc__}\nusage: python -m tests.listing write")
    PATH.write_text(json.dumps(rows(), indent=1) + "\n", encoding="utf-8")
