"""The lines of `docs/test-semantics.md`, run."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from trl_rlvr.problem import CodeProblem
from trl_rlvr.sandbox.backends.process import ProcessSandbox
from trl_rlvr.sandbox.base import Program, Sandbox
from trl_rlvr.verdict import Verdict

TEXT = Path(__file__).parents[2].joinpath("docs", "test-semantics.md").read_text()
SOLUTION = re.findall(r"^```python\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)[0]


def emptied(source: str) -> str:
    """Return the same names with nothing behind them."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name != "__init__":
            node.body = [ast.Pass()]
    return ast.unparse(tree)


def rows(title: str) -> list[list[str]]:
    """Return the cells of a section's table."""
    section = TEXT.split(f"## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][2:]
    return [[cell.strip() for cell in re.split(r" \| ", line.strip("| "))] for line in lines]


def problem(line: str) -> CodeProblem:
    return CodeProblem("t", "", (line.strip("`"),), "import unittest, unittest.mock", reference_solution=SOLUTION)


@pytest.fixture(scope="module")
def together() -> Iterator[Sandbox]:
    """A sandbox that may judge both ways."""
    with ProcessSandbox(workers=1) as sandbox:
        sandbox.judges_together = True
        yield sandbox


def verdicts(sandbox: Sandbox, one: CodeProblem) -> list[bool]:
    """Say whether the solution passes, and whether a wrong one does."""
    return [
        result.verdict is Verdict.PASSED
        for result in sandbox.run([Program(SOLUTION, one), Program(emptied(SOLUTION), one)])
    ]


@pytest.mark.parametrize("line", [line for _, line in rows("Judged apart")])
def test_this_is_judged_apart_and_the_same_together(together: Sandbox, line: str) -> None:
    assert problem(line).refusal is None
    assert verdicts(together, problem(line)) == [True, False]
    assert verdicts(together, replace(problem(line), isolation="together")) == [True, False]


@pytest.mark.parametrize(("line", "named"), [(line, named) for _, line, named in rows("Refused by name")])
def test_this_is_refused_by_name(line: str, named: str) -> None:
    assert named.strip("`") in (problem(line).refusal or "")


@pytest.mark.parametrize("line", [line for _, line in rows("Judged together, where that is allowed")])
def test_this_passes_together_only(together: Sandbox, line: str) -> None:
    assert problem(line).refusal is not None or verdicts(together, problem(line))[0] is False
    assert verdicts(together, replace(problem(line), isolation="together")) == [True, False]
