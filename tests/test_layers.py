"""Imports point down only: every import statement of the package against the table of layers."""

import ast
import pkgutil
import sys
from pathlib import Path

import pytest

import trl_rlvr

PACKAGE = Path(trl_rlvr.__file__).parent

LAYERS = [
    {"analysis", "errors", "json_lines", "progress", "terminal", "verdict"},
    {"problem", "tiers"},
    {"sandbox", "extraction", "verdict_cache"},
    {"verifier", "data", "validation", "doctor"},
    {"rewards", "evaluation", "hardening", "refinement"},
    {"report"},
    {"training", "metric", "task_spec"},
    {"cli"},
    {"__main__"},
]
"""From the bottom up; a module may import from lower rows and from its own room, never from its own row's others."""

SANDBOX_LAYERS = [
    {"base", "codec", "confine", "interpreter", "limits", "packages", "runner"},
    {"protocol"},
    {"rewrite"},
    {"candidate", "harness", "suite", "supervisor"},
    {"together"},
    {"backends", "forkserver"},
    {"config"},
]
"""The same inside `sandbox`. Candidate and harness stand in one row: neither may import the other, ever."""

OLD_WORDS = frozenset(
    """
    asked awaited board borrowed collecting exception_names general handed handles holding leaving link owned raised
    scrutiny settling standard starred unchecked unequal waiting watch wire
    """.split()  # noqa: SIM905 - a list of words
)
OLD_CLASSES = frozenset(["Awaited", "BatchBoard", "Borrowed", "Conversation", "Handed", "Handles", "Holding", "Link"])
"""Names that the sandbox once had and that said nothing to a reader: none is to come back."""

HEIGHT = {room: height for height, rooms in enumerate(LAYERS) for room in rooms}

TORCH_FREE = {room for rooms in LAYERS[:6] for room in rooms}
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


def room(full_name: str, house: str = "trl_rlvr") -> str | None:
    """The part of a package that a module belongs to, or is; None for the package itself and outside of it."""
    return full_name.removeprefix(f"{house}.").partition(".")[0] if full_name.startswith(f"{house}.") else None


def graph() -> dict[str, set[str]]:
    """Which modules each module imports, wherever in it, also only for its annotations; without the public face."""
    found = {}
    for name in SOURCES.keys() - {"trl_rlvr"}:
        targets = {target if target in SOURCES else target.rpartition(".")[0] for target in imports_of(name)}
        found[name] = targets & SOURCES.keys() - {"trl_rlvr", name}
    return found


def circle(imports: dict[str, set[str]]) -> list[str]:
    """Modules that lead back to themselves: what is left when leaves are taken away again and again."""
    left = dict(imports)
    while leaves := [name for name, targets in left.items() if targets.isdisjoint(left)]:
        for name in leaves:
            del left[name]
    return sorted(left)


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


def test_no_module_leads_back_to_itself():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == ["a", "b", "c", "d"]  # the test sees circles
    assert circle(graph()) == []


SANDBOX = "trl_rlvr.sandbox"
SANDBOX_HEIGHT = {room: height for height, rooms in enumerate(SANDBOX_LAYERS) for room in rooms}


def test_every_room_of_the_sandbox_is_in_its_table():
    assert {room(name, SANDBOX) for name in SOURCES} - {None} == set(SANDBOX_HEIGHT)


@pytest.mark.parametrize("name", [name for name in SOURCES if room(name, SANDBOX)])
def test_imports_point_down_inside_the_sandbox(name):
    own = room(name, SANDBOX)
    rooms = {room(target, SANDBOX): target for target in imports_of(name)}

    wrong = [
        target
        for other, target in rooms.items()
        if other in SANDBOX_HEIGHT and other != own and SANDBOX_HEIGHT[other] >= SANDBOX_HEIGHT[own]
    ]

    assert wrong == []


@pytest.mark.parametrize(("one", "other"), [("candidate", "harness"), ("harness", "candidate")])
def test_candidate_and_harness_never_import_each_other_by_any_way(one, other):
    imports, todo, reached = graph(), [name for name in SOURCES if room(name, SANDBOX) == one], set()
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo += imports[name]

    assert [name for name in reached if room(name, SANDBOX) == other] == []


@pytest.mark.parametrize("name", SOURCES)
def test_a_module_has_300_lines_at_most(name):
    assert len(SOURCES[name].read_text().splitlines()) <= 300


def test_nothing_is_called_as_in_the_old_house():
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for name, path in SOURCES.items():
        names = {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, defined)}
        in_sandbox = names | {name.rpartition(".")[2]} if room(name) == "sandbox" else set()

        assert names & OLD_CLASSES | in_sandbox & OLD_WORDS == set(), name
