"""Ask reference solutions for values, through the sandbox that judges the model.

A reference comes with its data set and is run nowhere else. The sandbox returns no values, only verdicts and an error
line a test: an answer is raised as an exception, and its literal is read out of that line. It is a claim until the test
made of it has passed.
"""

import ast
import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from trl_rlvr.analysis.standard_names import STANDARD_MODULES, STANDARD_NAMES
from trl_rlvr.hardening import reference_probe
from trl_rlvr.hardening.reference_probe import Answer, literal
from trl_rlvr.problem import CodeProblem
from trl_rlvr.sandbox import Program, Sandbox
from trl_rlvr.verdict import ExecutionResult

_ANSWER = f"{Answer.__name__}: "
_CPU_S = 0.03
"""Least CPU time to assume of a reference under question: counting its lines takes time."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What to ask one problem's reference."""

    problem: CodeProblem
    questions: tuple[str, ...]
    """Expressions over the problem's entry points."""


def ask_references(inquiries: Sequence[Inquiry], sandbox: Sandbox) -> list[list[str | None]]:
    """Ask each reference its questions, twice: as it is, and with sets that iterate the other way round.

    Args:
        inquiries: any number.
        sandbox: where the references run.

    Returns:
        For each inquiry one literal a question; None where the reference gave none, raised, took too long, or gave two
        different ones, as it does where they rest on the order of a set, on chance or on the clock.

    Raises:
        SandboxError: the sandbox is closed or cannot start.
    """
    asked = [inquiry for inquiry in inquiries if inquiry.questions]
    programs = [_program(inquiry, again) for inquiry in asked for again in (False, True)]
    results = iter(sandbox.run(programs))
    answers = {id(inquiry): _agreed(next(results), next(results)) for inquiry in asked}
    return [answers.get(id(inquiry), []) for inquiry in inquiries]


def _program(inquiry: Inquiry, again: bool) -> Program:
    questions = inquiry.questions
    arguments = (inquiry.problem.reference_solution or "", _imports(questions), questions, again)
    code = f"{_probe_source()}\n\nanswer = probe(*{arguments!r})\n"
    problem = CodeProblem(
        inquiry.problem.task_id,
        prompt="",
        tests=tuple(f"assert answer({number}) == 0" for number in range(len(questions))),
        entry_points=("answer",),
        entry_point="answer",
        reference_cpu_s=max(_CPU_S, inquiry.problem.reference_cpu_s or 0.0),
    )
    return Program(code, problem)


@lru_cache(maxsize=1)
def _probe_source() -> str:
    return inspect.getsource(reference_probe)


def _imports(questions: Sequence[str]) -> str:
    """Bind the standard names that tests may use without importing them."""
    trees = [ast.parse(question) for question in questions]
    used = {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}
    lines = [f"from {STANDARD_NAMES[name]} import {name}" for name in sorted(used & STANDARD_NAMES.keys())]
    lines += [f"import {name}" for name in sorted(used & STANDARD_MODULES - STANDARD_NAMES.keys())]
    return "\n".join(lines)


def _agreed(first: ExecutionResult, again: ExecutionResult) -> list[str | None]:
    pairs = zip(_answers(first), _answers(again), strict=True)
    return [one if one == other else None for one, other in pairs]


def _answers(result: ExecutionResult) -> Iterator[str | None]:
    for test in result.tests:
        claim = test.error.removeprefix(_ANSWER) if test.error.startswith(_ANSWER) else None
        yield None if claim is None else _canonical(claim)


def _canonical(claim: str) -> str | None:
    """Read a literal and write it anew, so that it is data and nothing but data."""
    try:
        return literal(ast.literal_eval(claim))
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
