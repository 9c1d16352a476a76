"""Cases as sets of programming contests hold them: inputs and outputs, of a program or of a function.

Cases of a function become literal asserts, which are the fastest tests and count one by one.
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from trl_rlvr.analysis.parsing import try_parse
from trl_rlvr.data.fields import Fields
from trl_rlvr.data.literals import literal_source, read_literal
from trl_rlvr.problem import CodeProblem, IOTest

PRELUDE = (
    "import bisect, collections, copy, datetime, functools, heapq, itertools, math, operator, random, re, string, sys\n"
    "from bisect import *\nfrom collections import *\nfrom functools import *\nfrom heapq import *\n"
    "from itertools import *\nfrom math import *\nfrom operator import *\nfrom string import *\nfrom typing import *\n"
    "from builtins import *\nfrom random import randint\ninf = float('inf')\n"
)
"""Imports that solutions of these sets, and the sites they come from, take for granted.

`builtins` comes behind `math` and `operator`: `pow` stays the one that takes three arguments."""

_FENCED = re.compile(r"```[^\n`]*\n(.*?)\n?```", re.DOTALL)


def without_fence(code: str) -> str:
    """Take the code out of a fenced block, if it stands in one."""
    found = _FENCED.search(code)
    return found.group(1) if found else code


def first_solution(solutions: Any) -> str | None:
    """Choose a reference among solutions: the first that parses, else the first; None if there is none."""
    if isinstance(solutions, str):
        try:
            solutions = json.loads(solutions)
        except ValueError:
            solutions = [solutions]
    if not isinstance(solutions, list | tuple):
        return None
    sources = [without_fence(source) for source in solutions if isinstance(source, str) and source.strip()]
    return next((source for source in sources[:8] if try_parse(source) is not None), next(iter(sources), None))


def callee_of(function: str, *sources: str | None) -> str:
    """Tell how a function is called: a method where starter code or a solution has it in a class `Solution`."""
    method = re.compile(rf"^class\s+Solution\b.*?^\s+def\s+{re.escape(function)}\s*\(", re.DOTALL | re.MULTILINE)
    is_method = any(method.search(source) for source in sources if source)
    return f"Solution().{function}" if is_method else function


def problem_of_cases(
    fields: Fields,
    field: str,
    cases: Sequence[tuple[Any, Any]],
    *,
    task_id: str,
    prompt: str,
    function: str | None = None,
    starter_code: str | None = None,
    reference: str | None = None,
    **options: Any,
) -> CodeProblem:
    """Make a problem of inputs and outputs.

    Args:
        fields: the row, for messages.
        field: where the cases stand, for messages.
        cases: input and output each: text, or a list of lines; of a function, its arguments and what it returns.
        task_id: the problem's.
        prompt: the problem's.
        function: the function to call; None: a program that reads standard input.
        starter_code: what the site gives to begin with.
        reference: a solution.
        options: further fields of the problem.

    Raises:
        DataError: there are no cases, or one cannot be read.
    """
    if not cases:
        raise fields.wrong(field, "holds no cases")
    common: dict[str, Any] = {"task_id": task_id, "prompt": prompt, "reference_solution": reference, **options}
    if function is None:
        io_tests = tuple(IOTest(_stream(fields, field, given), _stream(fields, field, out)) for given, out in cases)
        return CodeProblem(io_tests=io_tests, **common)
    if not function.isidentifier():
        raise fields.wrong(field, f"{function!r:.60} is not a name of a function")
    callee = callee_of(function, starter_code, reference)
    name = callee.partition("(")[0]
    tests = tuple(_assertion(fields, field, callee, arguments, out) for arguments, out in cases)
    if name == "Solution":
        common.setdefault("prelude", PRELUDE)
    return CodeProblem(
        tests=tests,
        entry_point=name,
        entry_points=(name,),
        visible_limit=0,
        **common,
    )


def unwrapped(outputs: Iterable[Any]) -> list[Any]:
    """Take outputs out of the list of one that APPS and TACO wrap them in: all of a problem, or none."""
    outputs = list(outputs)
    wrapped = all(isinstance(output, list) and len(output) == 1 for output in outputs)
    return [output[0] for output in outputs] if wrapped else outputs


def arguments_of(text: Any) -> list[Any]:
    """Read the arguments of a call: a list of them, or text with one a line.

    Raises:
        ValueError: a line is no literal.
    """
    if not isinstance(text, str):
        return list(text) if isinstance(text, list | tuple) else [text]
    return [read_value(line) for line in text.split("\n") if line.strip()]


def read_value(text: Any) -> Any:
    """Read one value, of text JSON or a Python literal.

    Raises:
        ValueError: it is neither.
    """
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return read_literal(text)


def _assertion(fields: Fields, field: str, callee: str, arguments: Sequence[Any], output: Any) -> str:
    try:
        given = ", ".join(map(literal_source, arguments))
        return f"assert {callee}({given}) == {literal_source(output)}"
    except (ValueError, RecursionError) as error:
        raise fields.wrong(field, f"holds a case that is no plain data: {error}") from error


def _stream(fields: Fields, field: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        value = "\n".join(str(line) for line in value)
    if isinstance(value, bool | int | float):
        value = str(value)
    return fields.checked_text(field, value)
