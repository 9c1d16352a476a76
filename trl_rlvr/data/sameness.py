"""Which problems are the same: within a set, and in two sets of which one is to measure what the other taught.

Text counts without case, spaces and punctuation; tests count without their layout and order.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from trl_rlvr.problem import CodeProblem

MIN_TEXT_CHARS = 32
"""Text with fewer letters and digits says too little to tell problems apart."""

_NO_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Overlap:
    """A problem to train on that is also one to measure on."""

    train_id: str
    heldout_id: str
    by: str
    """`tests` or `text`."""


def text_key(problem: CodeProblem) -> str:
    """Return the problem's text in a form that spelling does not change; empty where it says too little."""
    text = _NO_WORD.sub("", problem.prompt.casefold())
    return hashlib.sha256(text.encode()).hexdigest() if len(text) >= MIN_TEXT_CHARS else ""


def tests_key(problem: CodeProblem) -> str:
    """Return the problem's tests in a form that layout and order do not change."""
    tests = ["".join(test.split()) for test in problem.tests]
    tests += [f"{' '.join(test.input.split())}\0{' '.join(test.output.split())}" for test in problem.io_tests]
    return hashlib.sha256("\1".join(sorted(tests)).encode("utf-8", "surrogatepass")).hexdigest()


def problem_key(problem: CodeProblem) -> tuple[str, str]:
    """Return what two problems have in common only if they are the same."""
    return text_key(problem) or problem.prompt, tests_key(problem)


def problem_digest(problem: CodeProblem) -> bytes:
    """Return the same in 16 bytes."""
    return hashlib.sha256(repr(problem_key(problem)).encode("utf-8", "surrogatepass")).digest()[:16]


def find_overlap(train: Sequence[CodeProblem], heldout: Sequence[CodeProblem]) -> list[Overlap]:
    """Find the problems of one set that are in the other too, by equal tests or equal text.

    Text that several problems of one set share, such as a template's, tells nothing.
    """
    by_tests = {tests_key(problem): problem.task_id for problem in heldout}
    texts = {key: problem.task_id for problem in heldout if (key := text_key(problem))}
    keys = ([key for key in map(text_key, problems) if key in texts] for problems in (train, heldout))
    shared = {key for held in keys for key, count in Counter(held).items() if count > 1}
    found = []
    for problem in train:
        if (other := by_tests.get(tests_key(problem))) is not None:
            found.append(Overlap(problem.task_id, other, "tests"))
        elif (key := text_key(problem)) not in shared and (other := texts.get(key)) is not None:
            found.append(Overlap(problem.task_id, other, "text"))
    return found
