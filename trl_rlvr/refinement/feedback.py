"""What a policy is told about its code: facts about the visible tests, and nothing else.

Every function here gets a problem that holds the visible tests only (`visible_problem`) and what its code showed on
them. So no hidden test can be in a feedback, by construction.
"""

import dataclasses
import os
import re
import sys
import tempfile
from pathlib import Path

import trl_rlvr
from trl_rlvr.data.prompts import shown_tests
from trl_rlvr.problem import CodeProblem
from trl_rlvr.verdict import Verdict
from trl_rlvr.verifier import Verification

_UNRUN = {
    Verdict.NO_CODE: "There is no code in the answer",
    Verdict.SYNTAX_ERROR: "The code does not compile",
    Verdict.MISSING_ENTRY_POINT: "The code cannot be tested",
}
_GAP = " ... "
_LONGEST_ERROR = 200


def visible_problem(problem: CodeProblem, visible_tests: int | str) -> CodeProblem | None:
    """Return a problem less its hidden tests; None where none of them is visible.

    Visible is what the prompt shows, and of programs that read input what the data set calls visible: their prompts
    hold examples of their own. A prompt that is the opening of a program, as HumanEval's, shows no test.

    Args:
        problem: The problem with all its tests.
        visible_tests: `all`, `none` or a number, as for `build_prompt`.
    """
    count = shown_tests(problem, visible_tests)
    if count == 0:
        return None
    tests, io_tests = problem.tests[:count], problem.io_tests[:count]
    return dataclasses.replace(problem, tests=tests, io_tests=io_tests, reference_solution=None)


def visible_feedback(problem: CodeProblem, found: Verification, characters: int) -> str:
    """Describe the first visible test that failed, what it expected and got, or why the code did not run.

    Args:
        problem: As `visible_problem` returned it.
        found: What the answer showed on its tests; not all of them passed.
        characters: Longest text to return; where it is longer, the middle of the test is left out.
    """
    verdict, error = found.verdict, without_host_paths(found.result.error)[:_LONGEST_ERROR]
    if verdict in _UNRUN:
        said = "" if verdict is Verdict.NO_CODE else f": {error}"
        return cut_middle(f"{_UNRUN[verdict]}{said}", characters)
    first = next(place for place, test in enumerate(found.result.tests) if test.verdict is not Verdict.PASSED)
    error = cut_middle(f"{verdict.value.replace('_', ' ')}: {error}", characters // 2)
    if problem.io_tests:
        test = problem.io_tests[first]
        shown = f"input:\n{test.input.rstrip()}\nexpected output:\n{test.output.rstrip()}"
    else:
        shown = problem.tests[first].strip()
    head = "A test fails:\n"
    return f"{head}{cut_middle(shown, characters - len(head) - len(error) - 1)}\n{error}"


def cut_middle(text: str, characters: int) -> str:
    """Return a text of at most so many characters, less its middle where it is longer."""
    if len(text) <= characters:
        return text
    kept = max(characters - len(_GAP), 0)
    return f"{text[: kept - kept // 2]}{_GAP[:characters]}{text[len(text) - kept // 2 :]}"


def without_host_paths(text: str) -> str:
    """Replace paths that tell where this process, its packages or its temporary files live."""
    roots = {tempfile.gettempdir(), sys.prefix, sys.base_prefix, str(Path.home()), os.getcwd()}
    roots.add(str(Path(trl_rlvr.__file__).parent))
    for root in sorted((root for root in roots if root.count("/") > 1 or root == tempfile.gettempdir()), key=len)[::-1]:
        text = re.sub(rf"{re.escape(root)}(?=/|\b)[^\s'\"]*", "<path>", text)
    return text
