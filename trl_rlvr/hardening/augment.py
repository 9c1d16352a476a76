"""More tests for a problem, made without any model: known inputs changed a little, answered by the reference.

What the reference answers is taken for right. A new test is as sound as the reference is, and says nothing about inputs
unlike the known ones.
"""

import ast
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from trl_rlvr.analysis.parsing import try_parse
from trl_rlvr.errors import ConfigError
from trl_rlvr.hardening.assertion_forms import Form, Frame, KnownCall, known_calls
from trl_rlvr.hardening.inputs import new_inputs
from trl_rlvr.hardening.oracle import Inquiry, ask_references
from trl_rlvr.problem import CodeProblem
from trl_rlvr.sandbox import Program, Sandbox
from trl_rlvr.verdict import ExecutionResult, Verdict

PROBES_PER_TEST = 3
"""Questions asked for each test that is wanted; those left over tell equivalent mutants from weak tests."""

_UNSTABLE_MODULES = {"os", "random", "secrets", "socket", "subprocess", "tempfile", "time", "uuid"}
_UNSTABLE_NAMES = {"hash", "id", "input", "now", "open", "today", "utcnow"}


@dataclass(frozen=True, slots=True)
class Augmentation:
    """What was found for one problem."""

    problem: CodeProblem
    """With `reference_cpu_s` filled where the reference ran."""
    tests: tuple[str, ...] = ()
    """New tests, none of them among the problem's own; the reference passes them."""
    probes: tuple[str, ...] = ()
    """More of the same kind beyond the number that was wanted."""
    reason: str | None = None
    """Why there are no new tests; None where there are."""


@dataclass(frozen=True, slots=True)
class _Asked:
    frame: Frame
    question: str
    kinds: frozenset[type]
    """Types of the answers that the known tests expect."""

    def test(self, answer: str | None) -> str | None:
        """Write the test, where the answer is of a kind that was seen: None may be an input out of bounds."""
        if answer is None:
            return None
        value = ast.literal_eval(answer)
        is_number = type(value) in (int, float) and bool({int, float} & self.kinds)
        return self.frame.test(self.question, value) if is_number or type(value) in self.kinds else None


def augment_problems(
    problems: Sequence[CodeProblem], sandbox: Sandbox, *, tests: int = 10, seed: int = 0
) -> list[Augmentation]:
    """Make new tests for each problem.

    Args:
        problems: any number, with references; what a reference does is its own problem's affair.
        sandbox: where references run; all problems' references run together, so give them in chunks to see progress.
        tests: new tests a problem, at most.
        seed: of all chance; the same seed gives a problem the same tests, whatever stands beside it.

    Returns:
        One augmentation a problem, in order.

    Raises:
        ConfigError: `tests` is below 1.
        SandboxError: the sandbox is closed or cannot start.
    """
    if tests < 1:
        raise ConfigError(f"tests is {tests!r}; give the number of new tests a problem, 1 or more")
    found = [Augmentation(problem, reason=_reason_to_pass_over(problem)) for problem in problems]
    rows = [row for row, augmentation in enumerate(found) if augmentation.reason is None]
    measured = sandbox.run([Program(problems[row].reference_solution or "", problems[row]) for row in rows])
    for row, result in zip(rows, measured, strict=True):
        found[row] = _measured(problems[row], result)
    rows = [row for row in rows if found[row].reason is None]
    able = [found[row].problem for row in rows]
    claims = _claims(able, [_questions(problem, tests, seed) for problem in able], sandbox)
    for row, sound in zip(rows, _sound(able, claims, sandbox), strict=True):
        chosen = _chosen(sound)
        reason = None if sound else "its reference gives no stable answers to inputs like the known ones"
        found[row] = replace(found[row], tests=tuple(chosen[:tests]), probes=tuple(chosen[tests:]), reason=reason)
    return found


def _reason_to_pass_over(problem: CodeProblem) -> str | None:
    if problem.io_tests:
        return "it reads standard input"
    tree = None if problem.reference_solution is None else try_parse(problem.reference_solution)
    if tree is None:
        return "it has no reference" if problem.reference_solution is None else "its reference does not parse"
    unstable = sorted({name for node in ast.walk(tree) for name in _unstable_names(node)})
    if unstable:
        return f"its reference uses {unstable[0]}, whose answers may change"
    return None if known_calls(problem) else "no test calls the solution with literals and compares the answer with one"


def _unstable_names(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names} & _UNSTABLE_MODULES
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").partition(".")[0]} & _UNSTABLE_MODULES
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return {name} & _UNSTABLE_NAMES


def _measured(problem: CodeProblem, result: ExecutionResult) -> Augmentation:
    if result.verdict is not Verdict.PASSED:
        return Augmentation(problem, reason=f"its reference fails: {result.verdict.value} {result.error}".rstrip())
    return Augmentation(replace(problem, reference_cpu_s=problem.reference_cpu_s or round(result.cpu_s + 0.0005, 3)))


def _questions(problem: CodeProblem, tests: int, seed: int) -> list[_Asked]:
    """Ask for new inputs in the frame of the known calls, in random order."""
    rng = Random(f"{seed}:{problem.task_id}")
    groups: dict[object, list[KnownCall]] = defaultdict(list)
    for call in known_calls(problem):
        groups[call.frame.function, call.frame.positional, call.frame.keywords].append(call)
    constants = _constants(problem.reference_solution or "")
    asked = []
    for calls in groups.values():
        frame = _most_lenient([call.frame for call in calls])
        kinds: frozenset[type] = frozenset(type(call.answer) for call in calls)
        count = (1 + PROBES_PER_TEST) * tests // len(groups) + 1
        inputs = new_inputs([call.args for call in calls], count, rng, constants)
        asked += [_Asked(frame, frame.question(args), kinds) for args in inputs]
    rng.shuffle(asked)
    return asked


def _constants(source: str) -> list[Any]:
    """List the numbers and texts of a program, and the numbers next to them: where its behaviour may change."""
    tree = try_parse(source)
    values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)] if tree else []
    numbers = [value for value in values if type(value) is int]
    texts = [value for value in values if isinstance(value, str | float)]
    return [*dict.fromkeys(near for number in numbers for near in (number - 1, number, number + 1)), *texts]


def _most_lenient(frames: Sequence[Frame]) -> Frame:
    """Choose the frame that does most to an answer before it compares: `sorted(f(x))` rather than `f(x)`."""
    return max(frames, key=lambda frame: (frame.form is Form.CLOSE, len(frame.around)))


def _claims(
    problems: Sequence[CodeProblem], asked: Sequence[Sequence[_Asked]], sandbox: Sandbox
) -> list[dict[str, str]]:
    """Ask the references; return for each the tests that its answers allow: test -> answer."""
    inquiries = [
        Inquiry(problem, tuple(ask.question for ask in asks)) for problem, asks in zip(problems, asked, strict=True)
    ]
    claims: list[dict[str, str]] = []
    for problem, asks, answers in zip(problems, asked, ask_references(inquiries, sandbox), strict=True):
        known = {_normal(test) for test in problem.tests}
        tests = [(ask.test(answer), answer) for ask, answer in zip(asks, answers, strict=True)]
        claims.append({test: answer for test, answer in tests if test and answer and _normal(test) not in known})
    return claims


def _normal(test: str) -> str:
    tree = try_parse(test)
    return test if tree is None else ast.unparse(tree)


def _sound(problems: Sequence[CodeProblem], claims: Sequence[dict[str, str]], sandbox: Sandbox) -> list[dict[str, str]]:
    """Keep the tests that the reference passes in two fresh processes, in order and in reverse."""
    rows = [row for row, tests in enumerate(claims) if tests]
    orders = [(problems[row], order) for row in rows for order in ([*claims[row]], [*claims[row]][::-1])]
    programs = [Program(p.reference_solution or "", replace(p, tests=tuple(order))) for p, order in orders]
    passed = [_passed(order, shown) for (_, order), shown in zip(orders, sandbox.run(programs), strict=True)]
    sound: list[dict[str, str]] = [{} for _ in claims]
    for at, row in enumerate(rows):
        stable = passed[2 * at] & passed[2 * at + 1]
        sound[row] = {test: answer for test, answer in claims[row].items() if test in stable}
    return sound


def _passed(tests: Sequence[str], result: ExecutionResult) -> set[str]:
    return {test for test, shown in zip(tests, result.tests, strict=True) if shown.verdict is Verdict.PASSED}


def _chosen(sound: dict[str, str]) -> list[str]:
    """Order tests so that the first ones expect as many different answers as there are."""
    by_answer: dict[Any, list[str]] = defaultdict(list)
    for test, answer in sound.items():
        by_answer[answer].append(test)
    turns = [(turn, test) for tests in by_answer.values() for turn, test in enumerate(tests)]
    return [test for _, test in sorted(turns, key=lambda item: item[0])]
