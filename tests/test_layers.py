"""Imports point down only: every import statement of the package against the table of layers."""

import ast
import pkgutil
import sys
from pathlib import Path

import pytest

import trl_rlvr

PACKAGE = Path(trl_rlvr.__file__).parent

LAYERS = [
    {"analysis", "errors", "terminal", "verdict"},
    {"problem"},
    {"sandbox", "extraction", "verdict_cache"},
    {"verifier", "data", "validation", "doctor"},
    {"rewards", "evaluation", "hardening"},
    {"training", "metric", "task_spec"},
    {"cli"},
    {"__main__"},
]
"""From the bottom up; a module may import from lower rows and from its own room, never from its own row's others."""

HEIGHT = {room: height for height, rooms in enumerate(LAYERS) for room in rooms}

TORCH_FREE = {room for rooms in LAYERS[:5] for room in rooms}
HEAVY = {"accelerate", "datasets", "numpy", "pandas", "peft", "torch", "transformers", "trl"}


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {
    module_name(path): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if all(part.isidentifier() for part in path.relative_to(PACKAGE).with_suffix("").parts)
}


def imported(node: ast.stmt, importer: str, is_package: bool) -> list[str]:
    """Full names that one import statement asks for, relative ones resolved."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    assert isinstance(node, ast.ImportFrom)
    base = importer.split(".")
    base = base[: len(base) - node.level + is_package] if node.level else []
    origin = ".".join([*base, *([node.module] if node.module else [])])
    return [f"{origin}.{alias.name}" for alias in node.names]


def imports_of(name: str, *, top_level_only: bool = False) -> list[str]:
    path = SOURCES[name]
    tree = ast.parse(path.read_text())
    nodes = tree.body if top_level_only else ast.walk(tree)
    statements = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    return [target for node in statements for target in imported(node, name, path.name == "__init__.py")]


def room(full_name: str) -> str | None:
    parts = full_name.split(".")
    return parts[1] if parts[0] == "trl_rlvr" and len(parts) > 1 else None


def importable(folder: Path, prefix: str) -> set[str]:
    """Names of the modules that the import system finds, without importing them."""
    found = set()
    for info in pkgutil.iter_modules([str(folder)], prefix):
        found |= {info.name}
        if info.ispkg:
            found |= importable(folder / info.name.rpartition(".")[2], f"{info.name}.")
    return found


def test_the_walk_sees_every_module():
    assert set(SOURCES) == {"trl_rlvr"} | importable(PACKAGE, "trl_rlvr.")


def test_every_room_is_in_the_table():
    assert {room(name) for name in SOURCES} - {None} == set(HEIGHT)


@pytest.mark.parametrize("name", [name for name in SOURCES if name != "trl_rlvr"])
def test_imports_point_down(name):
    own = room(name)
    rooms = {room(target): target for target in imports_of(name) if room(target) not in (None, own, "__version__")}

    wrong = [target for other, target in rooms.items() if HEIGHT[other] >= HEIGHT[own]]

    assert wrong == []


@pytest.mark.parametrize("name", [name for name in SOURCES if room(name) in TORCH_FREE])
def test_lower_rooms_import_nothing_heavy_at_module_level(name):
    roots = {target.partition(".")[0] for target in imports_of(name, top_level_only=True)}

    assert roots & HEAVY == set()


@pytest.mark.parametrize("name", [name for name in SOURCES if room(name) == "sandbox"])
def test_the_sandbox_is_standard_library_only(name):
    roots = {target.partition(".")[0] for target in imports_of(name, top_level_only=True)}

    assert roots - sys.stdlib_module_names - {"trl_rlvr"} == set()
