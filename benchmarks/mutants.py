"""Look for wrong programs that pass here and fail in plain Python, on real data sets.

The wrong programs are mutants of each reference, a stub, and the reference of another problem under this one's name.
Each runs as a training run would judge it, and with tests and solution together; what passes either way
runs in plain Python too, in one process with its tests. One that fails there was paid wrongly here, and is named.

    python benchmarks/mutants.py FOLDER_OR_FILE ... --native native.jsonl

The table goes into docs/data.md.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from data_sets import CHUNK, Native, files_of

from trl_rlvr.data import LoadOptions, load_data
from trl_rlvr.hardening.mutants import make_mutants
from trl_rlvr.problem import TOGETHER, CodeProblem
from trl_rlvr.sandbox import Program, Sandbox, SandboxConfig, open_sandbox
from trl_rlvr.validation.gate import check_problems
from trl_rlvr.validation.wrong_programs import wrong_programs
from trl_rlvr.verdict import Verdict

HEADINGS = ("file", "problems", "wrong programs", "pass as in training", "pass together", "of these fail natively")
STUBS = ("one that returns None", "one that prints nothing")


def proven(path: Path, sandbox: Sandbox, count: int) -> list[CodeProblem]:
    """Return about so many problems of a file whose references pass, as they are judged in training."""
    loaded = [
        problem
        for problem in load_data(str(path), None, LoadOptions(unusable="skip")).problems
        if problem.reference_solution is not None
    ]
    chosen = loaded[:: max(1, len(loaded) // count)][:count]
    parts = (chosen[at : at + CHUNK] for at in range(0, len(chosen), CHUNK))
    checks = [check for part in parts for check in check_problems(part, sandbox, wrong_on=())]
    return [check.problem for check in checks if check.reason is None]


def wrong(problems: Sequence[CodeProblem], mutants: int) -> Iterator[tuple[CodeProblem, str, str]]:
    """Yield wrong programs: the problem, what the program is, and its code."""
    for place, problem in enumerate(problems):
        reference = problem.reference_solution or ""
        for mutant in make_mutants(reference, mutants, problem.task_id):
            yield problem, f"mutant {mutant.what}", mutant.code
        yield from ((problem, what, code) for what, code in wrong_programs(problem).items() if what in STUBS)
        other = problems[(place + 1) % len(problems)]
        code = other.reference_solution or ""
        if problem.entry_point and other.entry_point:
            code = re.sub(rf"\b{re.escape(other.entry_point)}\b", problem.entry_point, code)
        if other is not problem:
            yield problem, f"reference of {other.task_id}", code


def passing(sandbox: Sandbox, programs: Sequence[Program]) -> list[bool]:
    """Say which programs pass; a part at a time."""
    verdicts = []
    for at in range(0, len(programs), CHUNK):
        verdicts += [result.verdict is Verdict.PASSED for result in sandbox.run(programs[at : at + CHUNK])]
        print(f"{len(verdicts)} of {len(programs)} programs", end="\r", file=sys.stderr)
    return verdicts


def measure(path: Path, sandbox: Sandbox, native: Native, count: int, mutants: int) -> tuple[list[str], list[str]]:
    """Return a row of the table, and what was paid wrongly."""
    problems = proven(path, sandbox, count)
    tried = list(wrong(problems, mutants))
    in_training = passing(sandbox, [Program(code, problem) for problem, _, code in tried])
    together = [(place, replace(one[0], isolation=TOGETHER)) for place, one in enumerate(tried) if one[0].tests]
    passed = dict.fromkeys((place for place, passes in enumerate(in_training) if passes), "as in training")
    also = passing(sandbox, [Program(tried[place][2], problem) for place, problem in together])
    for (place, _), passes in zip(together, also, strict=True):
        if passes:
            passed.setdefault(place, "together")
    plain = native.passes([replace(tried[place][0], reference_solution=tried[place][2]) for place in passed])
    paid = [
        f"{path.name} {tried[place][0].task_id}, {mode}: {tried[place][1]}"
        for (place, mode), passes in zip(passed.items(), plain, strict=True)
        if not passes
    ]
    figures = (len(problems), len(tried), sum(in_training), sum(also), len(paid))
    return [path.name, *map(str, figures)], paid


def main() -> None:
    """Print the table, then what was paid wrongly."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", help="files, or a folder of them")
    parser.add_argument("--native", type=Path, required=True, help="keep here what came of programs in plain Python")
    parser.add_argument("--problems", type=int, default=30, help="of each file, about so many")
    parser.add_argument("--mutants", type=int, default=4, help="of each reference")
    parser.add_argument("--packages", nargs="*", default=["numpy"], help="that programs and tests may import")
    options = parser.parse_args()
    native, paid = Native(options.native), []
    print("| " + " | ".join(HEADINGS) + " |\n|" + " --- |" * len(HEADINGS))
    config = SandboxConfig(sandbox_packages=options.packages, sandbox_tests="together_where_needed")
    with open_sandbox(config) as sandbox:
        for path in files_of(options.data):
            row, found = measure(path, sandbox, native, options.problems, options.mutants)
            paid += found
            print("| " + " | ".join(row) + " |", flush=True)
    print("\nPass here and fail natively:\n\n" + ("\n".join(paid) or "none"))


if __name__ == "__main__":
    main()
