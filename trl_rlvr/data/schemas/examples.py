"""Few-shot examples of LiveCodeBench: a question with worked examples, an answer, and no other tests."""

import re

from trl_rlvr.data.fields import Fields
from trl_rlvr.data.literals import read_literal
from trl_rlvr.data.schemas.cases import problem_of_cases
from trl_rlvr.data.schemas.schema import Schema, has_fields
from trl_rlvr.problem import CodeProblem

_CALL = re.compile(r"^Input: (?P<given>.+)\nOutput: (?P<output>.+)$", re.MULTILINE)
_STREAM = re.compile(
    r"^Input:?[ \t]*\n+(?P<given>(?:(?!Input|Output|Note|-----).*\n)+?)\s*^Output:?[ \t]*\n+"
    r"(?P<output>(?:(?!Input|Note|-----).*\n?)+)",
    re.MULTILINE,
)
_HEADINGS = re.compile(r"^-*Examples?-*:?[ \t]*$", re.MULTILINE)
_ARGUMENT = re.compile(r"(?:^|, )(\w+) = ")
_METHOD = re.compile(r"def (\w+)\(self")


def _read(fields: Fields) -> CodeProblem:
    question, answer = fields.text("question"), fields.text("answer")
    starter = fields.text("sample_code", "")
    method = _METHOD.search(starter)
    pairs: list[tuple[object, object]] = []
    if method:
        for found in _CALL.finditer(question):
            values = _ARGUMENT.split(found["given"])[2::2]
            try:
                pairs.append(([read_literal(value) for value in values], read_literal(found["output"])))
            except ValueError as error:
                raise fields.wrong("question", f"shows an example that is no data: {error}") from error
    else:
        heading = _HEADINGS.search(question)
        shown = question[heading.end() :] if heading else ""
        for found in _STREAM.finditer(shown):
            pairs.append((found["given"].strip("\n") + "\n", found["output"].strip("\n") + "\n"))
    return problem_of_cases(
        fields,
        "question",
        pairs,
        task_id=fields.task_id("id"),
        prompt=f"{question}\n\nBegin with:\n\n```python\n{starter.rstrip()}\n```" if method else question,
        function=method[1] if method else None,
        starter_code=starter,
        reference=answer,
    )


EXAMPLES = Schema(
    "questions with worked examples",
    has_fields("question", "answer", without=("input_output", "test_cases", "test", "test_code")),
    _read,
)
