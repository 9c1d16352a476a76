"""Statements that allow several outputs, of which the data set holds one.

Such problems need a checker, a special judge. Without one a right program may fail; so they are named, and used.
"""

import re

from trl_rlvr.problem import CodeProblem

_SEVERAL = re.compile(
    r"\b(?:(?:print|output|find|report|give|return|choose|display) (?:\w+ ){0,2}any(?: one)?\b"
    r"(?! of the (?:first|input))"
    r"|any (?:one )?of (?:them|these|those|the (?:possible|valid|optimal|correct|suitable))\b"
    r"|(?:multiple|several|many|more than one) (?:\w+ ){0,3}(?:answers?|solutions?|ways|outputs?|options|variants)\b"
    r"[^.]{0,80}\b(?:any|either|print)\b"
    r"|in any order\b)",
    re.IGNORECASE,
)


def special_judge(problem: CodeProblem) -> str | None:
    """Say why a problem of programs needs a checker that it has not; None if it does not look so."""
    if not problem.io_tests or problem.setup_code.strip():
        return None
    found = _SEVERAL.search(problem.prompt)
    if found is None:
        return None
    return f"allows several outputs ({found.group(0)[:60]!r}), and has no checker: only the one given passes"
