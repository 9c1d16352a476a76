"""Which samples fail by their format alone: verdicts under an oracle that knows the answer and mends only the text.

A sample that passes once its text is cut, its function renamed or its own test code left out holds a right program. A
program that answers wrongly is never mended.
"""

import ast
from collections.abc import Iterator, Sequence

from trl_rlvr.analysis.parsing import try_parse
from trl_rlvr.extraction import ExtractionOutcome, extract_code
from trl_rlvr.problem import CodeProblem
from trl_rlvr.verdict import Verdict
from trl_rlvr.verifier import CodeVerifier, Verification

_CUTS = 200
"""Lines that may be cut from the end of a text."""
_NAMES = 3
"""Functions of another name that are tried."""
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_KEPT = (*_DEFINITIONS, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
_DISTURBED = {
    Verdict.RUNTIME_ERROR,
    Verdict.CRASHED,
    Verdict.TIMEOUT,
    Verdict.MEMORY_LIMIT,
    Verdict.OUTPUT_LIMIT,
}
"""How a right program may end because of test code that stands beside it."""


def mended_verdicts(
    verifier: CodeVerifier,
    completions: Sequence[str],
    problems: Sequence[CodeProblem],
    verifications: Sequence[Verification],
) -> list[Verdict]:
    """Return the verdict of each sample if only its format were right.

    Args:
        verifier: runs the mended programs.
        completions: the texts.
        problems: the problem of each.
        verifications: what each showed as it stands.

    Returns:
        PASSED for each sample that passes as it stands or mended, else its own verdict.

    Raises:
        SandboxError: as `CodeVerifier.verify_code` says.
    """
    tries = [
        (row, program)
        for row, (text, problem, found) in enumerate(zip(completions, problems, verifications, strict=True))
        for program in dict.fromkeys(_mended(text, problem, found))
    ]
    results = verifier.verify_code([program for _, program in tries], [problems[row] for row, _ in tries])
    passed = {row for (row, _), result in zip(tries, results, strict=True) if result.verdict is Verdict.PASSED}
    return [Verdict.PASSED if row in passed else found.verdict for row, found in enumerate(verifications)]


def _mended(text: str, problem: CodeProblem, found: Verification) -> Iterator[str]:
    """Yield the programs that a sample may hold behind its format."""
    code = found.extraction.code or ""
    if found.verdict in (Verdict.NO_CODE, Verdict.SYNTAX_ERROR):
        yield from _cut_short(text, problem)
    elif found.verdict is Verdict.MISSING_ENTRY_POINT and problem.entry_point:
        yield from _renamed(code, problem.entry_point)
    elif found.verdict in _DISTURBED and problem.entry_point:
        yield from _definitions(code)


def _cut_short(text: str, problem: CodeProblem) -> Iterator[str]:
    """Yield the program of the longest beginning of a text that holds one."""
    lines = text.split("\n")
    for kept in range(len(lines) - 1, max(0, len(lines) - 1 - _CUTS), -1):
        found = extract_code("\n".join(lines[:kept]), problem.entry_point, truncated=True, prompt=problem.prompt)
        if found.outcome is ExtractionOutcome.CODE and found.code:
            yield found.code
            return


def _renamed(code: str, entry_point: str) -> Iterator[str]:
    """Yield the program with one of its functions as the entry point, the last one first."""
    tree = try_parse(code)
    names = [node.name for node in tree.body if isinstance(node, _DEFINITIONS)] if tree else []
    for name in names[: -_NAMES - 1 : -1]:
        yield f"{code}\n{entry_point} = {name}\n"


def _definitions(code: str) -> Iterator[str]:
    """Yield the program without statements that only act, if it has any."""
    tree = try_parse(code)
    if tree is None:
        return
    kept: list[ast.stmt] = [node for node in tree.body if isinstance(node, _KEPT)]
    if len(kept) < len(tree.body):
        yield ast.unparse(ast.Module(kept, type_ignores=[]))
