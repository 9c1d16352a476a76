"""Measure what of each data set loads, by which path its tests are judged, and how many references pass.

Each file is loaded by its path alone, as `data_name` would be, and goes through the gate of a run with `sandbox_tests:
together_where_needed`: what passes apart is judged apart. With `--native` every reference also runs in plain Python,
code and tests in one process, and those that pass there but not here are named: they are the gap. What a native run
showed is kept in a file, as it never changes.

    python benchmarks/data_sets.py FOLDER_OR_FILE ... [--native native.jsonl] [--limit 50]

The table goes into docs/data.md.
"""

import argparse
import hashlib
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from trl_rlvr.data import LoadedData, LoadOptions, load_data
from trl_rlvr.data.files import FILE_SUFFIXES
from trl_rlvr.problem import APART, TOGETHER, CodeProblem
from trl_rlvr.sandbox import Sandbox, SandboxConfig, open_sandbox
from trl_rlvr.sandbox.harness.stdio_suite import checked_output, same_output
from trl_rlvr.sandbox.protocol.control import LITERAL, ROUNDS, SOURCE, STDIO
from trl_rlvr.sandbox.suite import compile_suite
from trl_rlvr.validation.gate import ProblemCheck, check_problems

PATHS = {LITERAL: "literal", ROUNDS: "literal", SOURCE: "source", STDIO: "stdin"}
CHUNK = 64
"""Problems checked together."""
NATIVE_CPU_S = 10
NATIVE_WALL_S = 60
_BESIDE = "import sys\nsys.modules['solution'] = sys.modules['__main__']\n"
_RUNNER = """
import unittest as _unittest
for _test in {tests}:
    _names = dict(globals())
    exec(_test, _names)
    for _name, _thing in list(_names.items()):
        if _thing is globals().get(_name):
            continue
        if isinstance(_thing, type) and issubclass(_thing, _unittest.TestCase):
            _ran = _unittest.TextTestRunner().run(_unittest.defaultTestLoader.loadTestsFromTestCase(_thing))
            assert _ran.wasSuccessful()
        elif isinstance(_thing, type) and _name.startswith("Test"):
            for _method in dir(_thing):
                if _method.startswith("test"):
                    getattr(_thing(), _method)()
        elif callable(_thing) and _name.startswith("test"):
            _thing()
"""
"""Runs each test as pytest would, without its fixtures."""
HEADINGS = (
    *("file", "taken for", "rows", "left out", "references", "natively", "apart", "together"),
    *("literal", "source", "stdin", "together", "set aside", "million characters", "load CPU s", "judge s"),
)
SHARES = (*dict.fromkeys(PATHS.values()), TOGETHER, "set aside")


@dataclass
class Outcome:
    """What came of one file."""

    loaded: LoadedData
    load_cpu_s: float
    judge_s: float = 0.0
    checks: list[ProblemCheck] = field(default_factory=list)
    native: list[bool] | None = None

    @property
    def proven(self) -> list[ProblemCheck]:
        """The checks of problems with a reference."""
        return [check for check in self.checks if check.problem.reference_solution is not None]

    def row(self) -> list[str]:
        """Return the table's cells."""
        paths = Counter(map(path_of, self.checks))
        passing = Counter(path_of(check) == TOGETHER for check in self.proven if check.reason is None)
        left_out = Counter(one.reason for one in self.loaded.set_aside if not one.used)
        return [
            Path(self.loaded.name).name,
            ", ".join(self.loaded.schemas),
            str(self.loaded.rows),
            "; ".join(f"{count}: {_without_folder(reason)}" for reason, count in left_out.items()) or "0",
            str(len(self.proven)),
            "-" if self.native is None else str(sum(self.native)),
            str(passing[False]),
            str(passing[True]),
            *(f"{100 * paths[path] / max(1, len(self.checks)):.0f} %" for path in SHARES),
            f"{sum(map(characters, self.loaded.problems)) / 1e6:.2f}",
            f"{self.load_cpu_s:.2f}",
            f"{self.judge_s:.1f}",
        ]


def characters(problem: CodeProblem) -> int:
    """Count the characters of a problem's tests and of what runs before them."""
    cases = sum(len(test.input) + len(test.output) for test in problem.io_tests)
    return sum(map(len, problem.tests)) + len(problem.setup_code) + cases


def path_of(check: ProblemCheck) -> str:
    """Name the way in which a problem is judged."""
    if check.reason is not None:
        return "set aside"
    return TOGETHER if check.together is not None else PATHS[compile_suite(check.problem).kind]


def _without_folder(reason: str) -> str:
    return re.sub(r"\S*/(?=[^/\s]+)", "", reason)


def measure(path: Path, sandbox: Sandbox, native: "Native | None", limit: int | None) -> Outcome:
    """Load a file and put it through the gate, without wrong programs."""
    start = time.process_time()
    loaded = load_data(str(path), None, LoadOptions(unusable="skip"))
    outcome = Outcome(loaded, time.process_time() - start)
    problems = loaded.problems[:: max(1, len(loaded.problems) // limit)] if limit else loaded.problems
    start = time.perf_counter()
    for at in range(0, len(problems), CHUNK):
        outcome.checks += check_problems(problems[at : at + CHUNK], sandbox, wrong_on=())
        print(f"{path.name}: {len(outcome.checks)} of {len(problems)} problems", end="\r", file=sys.stderr)
    outcome.judge_s = time.perf_counter() - start
    if native is not None:
        outcome.native = native.passes([check.problem for check in outcome.proven])
    return outcome


class Native:
    """Runs references in plain Python, and remembers what came of it.

    Args:
        kept: JSONL file of what is known.
    """

    def __init__(self, kept: Path) -> None:
        self._kept = kept
        rows = [json.loads(line) for line in kept.read_text().splitlines()] if kept.is_file() else []
        self._known: dict[str, bool] = {row["key"]: row["passes"] for row in rows}

    def passes(self, problems: Sequence[CodeProblem]) -> list[bool]:
        """Say for each problem whether its reference passes its tests."""
        keys = [_native_key(problem) for problem in problems]
        new = [(key, problem) for key, problem in zip(keys, problems, strict=True) if key not in self._known]
        with ThreadPoolExecutor(2) as pool, self._kept.open("a") as stream:
            for (key, problem), passed in zip(new, pool.map(lambda pair: natively(pair[1]), new), strict=True):
                self._known[key] = passed
                print(f"{len(self._known)} known natively", end="\r", file=sys.stderr)
                stream.write(json.dumps({"key": key, "task_id": problem.task_id, "passes": passed}) + "\n")
        return [self._known[key] for key in keys]


def _native_key(problem: CodeProblem) -> str:
    plain = replace(problem, reference_cpu_s=None, isolation=APART)
    return hashlib.sha256(repr((plain.suite_key, plain.reference_solution)).encode()).hexdigest()


def natively(problem: CodeProblem) -> bool:
    """Run a reference and its tests in one process of plain Python, as other graders do."""
    code = "\n".join((problem.prelude, problem.reference_solution or ""))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "solution.py").write_text(code)
        if problem.io_tests:
            return all(_prints(problem, folder, test.input, test.output) for test in problem.io_tests)
        Path(folder, "whole.py").write_text(whole_source(problem))
        return _run(["whole.py"], folder, "").returncode == 0


def whole_source(problem: CodeProblem) -> str:
    """Return one program of a reference and its tests."""
    code = "\n".join((problem.prelude, problem.reference_solution or ""))
    return "\n".join((code, _BESIDE, problem.setup_code, _RUNNER.format(tests=repr(list(problem.tests)))))


def _prints(problem: CodeProblem, folder: str, given: str, expected: str) -> bool:
    printed = _run(["solution.py"], folder, given).stdout
    if problem.setup_code:
        return not checked_output(problem.setup_code, given, printed, expected)
    return not same_output(printed, expected, numbers=problem.io_numbers, case=problem.io_case)


def _run(arguments: list[str], folder: str, given: str) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, *arguments]
    try:
        return subprocess.run(
            command, cwd=folder, input=given.encode(), capture_output=True, timeout=NATIVE_WALL_S, preexec_fn=_limit
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, b"", b"")


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (NATIVE_CPU_S, NATIVE_CPU_S))


def gaps(outcome: Outcome) -> list[str]:
    """Name the references that fail here; of those that are known to pass natively, only these."""
    native = outcome.native or [True] * len(outcome.proven)
    return [
        f"{Path(outcome.loaded.name).name} {check.problem.task_id}: {check.reason[:240]}"
        for check, passes in zip(outcome.proven, native, strict=True)
        if passes and check.reason is not None
    ]


def files_of(names: Sequence[str]) -> list[Path]:
    """Return the files of a folder, or those named."""
    paths = [Path(name) for name in names]
    found = [sorted(path.iterdir()) if path.is_dir() else [path] for path in paths]
    return [path for part in found for path in part if path.name.endswith(FILE_SUFFIXES)]


def main() -> None:
    """Print the table, then the gaps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", help="files, or a folder of them")
    parser.add_argument("--native", type=Path, help="run references in plain Python too; keep what came of it here")
    parser.add_argument("--limit", type=int, help="run about so many problems of each file")
    parser.add_argument("--packages", nargs="*", default=["numpy"], help="that programs and tests may import")
    options = parser.parse_args()
    native = Native(options.native) if options.native else None
    outcomes = []
    config = SandboxConfig(sandbox_packages=options.packages, sandbox_tests="together_where_needed")
    with open_sandbox(config) as sandbox:
        for path in files_of(options.data):
            outcomes.append(measure(path, sandbox, native, options.limit))
            print(*outcomes[-1].row(), sep="\t", file=sys.stderr, flush=True)
    print("| " + " | ".join(HEADINGS) + " |\n|" + " --- |" * len(HEADINGS))
    for outcome in outcomes:
        print("| " + " | ".join(outcome.row()) + " |")
    print("\nReferences that fail here" + (" and pass natively" if native else "") + ":\n")
    print("\n".join(line for outcome in outcomes for line in gaps(outcome)) or "none")


if __name__ == "__main__":
    main()
