import subprocess
import sys
from pathlib import Path

import murk_arena
from tests.versions import since

CODE = """
import sys
import murk_arena
outside = {name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)
print(*sorted(name for name in outside if not name.startswith(("__", "_"))))
"""


@since("numpy", "2.0")
def test_importing_the_arena_loads_numpy_and_the_standard_library_only():
    root = Path(murk_arena.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-S", "-c", CODE], cwd=root, capture_output=True, text=True, env=clean()
    )
    assert done.stdout.split() == ["murk_arena", "numpy"], done.stderr


def clean():
    """An environment in which -S (no site packages, whose .pth files import things) still finds numpy."""
    import numpy as np

    return {"PYTHONPATH": str(Path(np.__file__).parents[1])}


def test_the_public_names_are_sorted_and_true():
    assert murk_arena.__all__ == sorted(set(murk_arena.__all__))
    assert all(hasattr(murk_arena, name) for name in murk_arena.__all__)
