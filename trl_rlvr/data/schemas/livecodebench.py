"""LiveCodeBench: public cases as JSON; private ones as JSON, or as base64 of zlib of a pickle of JSON.

A pickle can run anything. This one is read without running it: only text, lists and objects are built.
"""

import base64
import binascii
import io
import json
import pickle
import zlib
from collections.abc import Mapping
from typing import Any, NoReturn

from trl_rlvr.data.fields import Fields
from trl_rlvr.data.schemas.cases import problem_of_cases, read_value
from trl_rlvr.data.schemas.schema import Row, Schema
from trl_rlvr.problem import CodeProblem

MAX_UNPACKED_BYTES = 1 << 28
"""Private cases that unpack to more are refused."""


class _DataOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str, /) -> NoReturn:
        """Refuse whatever is not built from text, lists and objects."""
        raise pickle.UnpicklingError(f"it asks for {module[:40]}.{name[:40]}, and only text is unpacked")


def unpack(packed: str) -> Any:
    """Read private cases.

    Raises:
        ValueError: they are packed in another way, unpack to too much, or ask for more than data.
    """
    try:
        raw = base64.b64decode(packed, validate=True)
        inflater = zlib.decompressobj()
        inflated = inflater.decompress(raw, MAX_UNPACKED_BYTES)
        if inflater.unconsumed_tail:
            raise ValueError(f"they unpack to more than {MAX_UNPACKED_BYTES >> 20} MiB")
        data = _DataOnly(io.BytesIO(inflated)).load()
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"they are neither JSON nor packed as LiveCodeBench packs them: {error}") from error
    except ValueError:
        raise
    except Exception as error:  # what a broken pickle raises is anything
        raise ValueError(f"their pickle cannot be read: {str(error)[:120]}") from error
    return json.loads(data) if isinstance(data, str | bytes) else data


def _cases(fields: Fields, field: str) -> list[Any]:
    if not fields.has(field):
        return []
    value = fields.row[field]
    if isinstance(value, str):
        text = value.strip()
        try:
            value = json.loads(text) if text[:1] in ("[", "{", "") else unpack(text)
        except (ValueError, RecursionError) as error:
            raise fields.wrong(field, f"holds cases that cannot be read: {str(error)[:200]}") from error
    if not isinstance(value, list) or not all(isinstance(case, Mapping) for case in value):
        raise fields.wrong(field, f"is {value!r:.60}, not a list of cases")
    return value


def function_of(fields: Fields, cases: list[Any]) -> str | None:
    """Find the function's name in a row's metadata, or a case's; None for a program."""
    if not any(case.get("testtype") == "functional" for case in cases):
        return None
    found = fields.data("metadata") if fields.has("metadata") else {}
    name = found.get("func_name") if isinstance(found, Mapping) else None
    for case in cases:
        inner = case.get("metadata")
        name = name or (inner.get("func_name") if isinstance(inner, Mapping) else None)
    if not name:
        raise fields.wrong("metadata", "names no 'func_name', which the functional cases call")
    return str(name)


def problem_of_lcb_cases(
    fields: Fields, field: str, cases: list[Any], *, function: str | None, **options: Any
) -> CodeProblem:
    """Make a problem of LiveCodeBench's cases: of a function, one argument a line, and JSON.

    Raises:
        DataError: a case cannot be read.
    """
    pairs: list[tuple[Any, Any]] = []
    for case in cases:
        given, output = case.get("input", ""), case.get("output", "")
        if function is not None:
            try:
                given = [read_value(line) for line in str(given).split("\n") if line.strip()]
                output = read_value(output)
            except ValueError as error:
                raise fields.wrong(field, f"holds a case that is no data: {error}") from error
        pairs.append((given, output))
    return problem_of_cases(fields, field, pairs, function=function, **options)


def _recognise(row: Row) -> str:
    found = [name for name in ("public_test_cases", "private_test_cases") if row.get(name) is not None]
    return f"it has 'question_content' and {found[0]!r}" if found and row.get("question_content") is not None else ""


def _read(fields: Fields) -> CodeProblem:
    cases = [*_cases(fields, "public_test_cases"), *_cases(fields, "private_test_cases")]
    starter, question = fields.text("starter_code", ""), fields.text("question_content")
    return problem_of_lcb_cases(
        fields,
        "public_test_cases",
        cases,
        function=function_of(fields, cases),
        task_id=fields.task_id("question_id"),
        prompt=f"{question}\n\nBegin with:\n\n```python\n{starter.rstrip()}\n```" if starter.strip() else question,
        starter_code=starter,
    )


LIVECODEBENCH = Schema(
    "LiveCodeBench",
    _recognise,
    _read,
    ("livecodebench/code_generation_lite", "livecodebench/code_generation"),
)
