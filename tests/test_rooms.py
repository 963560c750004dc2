"""The one-way doors of murk_env: a room imports only rooms before it, and no import comes full circle."""

import ast
import graphlib
from pathlib import Path

ROOMS = ["errors", "kernels", "mathematics", "random", "fields", "lattice", "maps", "propagators"]
ROOMS += ["observation", "rendering", "world", "author", "engine", "faces", "recording", "testing"]
ROOMS += ["integrations", "door", "cli", "__main__"]
ROOT = Path(__file__).parent.parent
TREES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): ast.parse(
        path.read_text(encoding="utf-8")
    )
    for path in (ROOT / "murk_env").rglob("*.py")
}
del TREES["murk_env"]  # it loads what it is asked for


def imported(tree):
    """The modules of ours that are imported: under TYPE_CHECKING, in functions and by import_module too."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("murk_env"))
        elif isinstance(node, ast.ImportFrom) and (node.level or str(node.module).startswith("murk_env")):
            named = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in TREES else str(node.module) for name in named)
        else:
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
                name = getattr(node.args[0], "value", None)  # None for a name that is put together
                yield from [name] if str(name).startswith("murk_env.") else []
            yield from imported(node)


def place(module):
    """The number of a module's room; of the door, and of the environments, one that lies behind all rooms."""
    package, _, path = module.partition(".")
    return ROOMS.index(path.partition(".")[0]) if path and package == "murk_env" else len(ROOMS)


def test_every_module_is_in_a_room():
    assert {name.split(".")[1] for name in TREES} == set(ROOMS)


def test_a_room_imports_only_rooms_before_it():
    pairs = [(name, other) for name, tree in TREES.items() for other in imported(tree)]
    wrong = [f"{name} imports {other}" for name, other in pairs if place(other) > place(name)]
    assert sorted(wrong) == []


def test_no_modules_import_each_other_in_a_circle():
    graph = {name: set(imported(tree)) - {"murk_env", name} for name, tree in TREES.items()}
    list(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError, which names them
