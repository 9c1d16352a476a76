"""The table of schemas, and the one that a row has. No row may have two."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from trl_rlvr.data.fields import Fields
from trl_rlvr.data.schemas.acecode import ACECODE
from trl_rlvr.data.schemas.bigcodebench import BIGCODEBENCH
from trl_rlvr.data.schemas.classeval import CLASSEVAL
from trl_rlvr.data.schemas.codecontests import CODECONTESTS
from trl_rlvr.data.schemas.cruxeval import CRUXEVAL
from trl_rlvr.data.schemas.deepcoder import DEEPCODER
from trl_rlvr.data.schemas.evalplus import EVALPLUS
from trl_rlvr.data.schemas.examples import EXAMPLES
from trl_rlvr.data.schemas.exercism import EXERCISM
from trl_rlvr.data.schemas.humaneval import HUMANEVAL, HUMANEVAL_X
from trl_rlvr.data.schemas.kodcode import KODCODE
from trl_rlvr.data.schemas.leetcode import LEETCODE
from trl_rlvr.data.schemas.livecodebench import LIVECODEBENCH
from trl_rlvr.data.schemas.mbpp import MBPP
from trl_rlvr.data.schemas.mbppplus import MBPP_PLUS
from trl_rlvr.data.schemas.nemotron import NEMOTRON
from trl_rlvr.data.schemas.own import OWN
from trl_rlvr.data.schemas.primeintellect import PRIME_INTELLECT
from trl_rlvr.data.schemas.schema import Row, Schema
from trl_rlvr.data.schemas.taco import TACO
from trl_rlvr.data.schemas.verl import VERL
from trl_rlvr.errors import DataError, RowError
from trl_rlvr.problem import CodeProblem

SCHEMAS: tuple[Schema, ...] = (
    OWN,
    MBPP,
    MBPP_PLUS,
    EVALPLUS,
    HUMANEVAL,
    HUMANEVAL_X,
    LEETCODE,
    KODCODE,
    ACECODE,
    CLASSEVAL,
    BIGCODEBENCH,
    CRUXEVAL,
    TACO,
    PRIME_INTELLECT,
    DEEPCODER,
    LIVECODEBENCH,
    VERL,
    NEMOTRON,
    CODECONTESTS,
    EXERCISM,
    EXAMPLES,
)
"""Every family that is read."""

TEST_FIELDS = ("test_list", "test", "tests", "io_tests")
"""The columns of tests in a trainer's data set; a row fills at least one of them."""

ROW_FIELDS = (
    *("task_id", "text", "prompt", "code", "test_setup_code", "test_list", "test_imports"),  # MBPP, sanitized MBPP
    *("entry_point", "canonical_solution", "test"),  # HumanEval
    *("tests", "setup_code", "prelude", "entry_points", "io_tests", "io_numbers", "io_case", "visible_limit"),
    *("reference_solution", "reference_cpu_s", "code_opening", "isolation"),
)
"""Every column of a trainer's data set that is read."""

MAX_FIELDS = 1000
"""A row with more fields is none."""
_SHOWN_FIELDS = 12


def schema_of(row: Row, where: str) -> tuple[Schema, str]:
    """Find the schema of a row, and why it is this one.

    Args:
        row: field to value.
        where: file and line, for error messages.

    Raises:
        RowError: no schema fits, or two do.
    """
    if len(row) > MAX_FIELDS:
        raise RowError(where, None, f"has {len(row)} fields, more than {MAX_FIELDS}")
    found = [(schema, why) for schema in SCHEMAS if (why := schema.recognise(row))]
    if len(found) == 1:
        return found[0]
    if found:
        claims = " and ".join(f"{schema.name} ({why})" for schema, why in found)
        raise RowError(where, None, f"could be of {claims}; leave fields out, or name yours by data_columns")
    names = [f"{field!r:.40}" for field in row if row.get(field) is not None]
    shown = ", ".join(names[:_SHOWN_FIELDS]) + (
        f" and {len(names) - _SHOWN_FIELDS} more" * (len(names) > _SHOWN_FIELDS)
    )
    raise RowError(
        where,
        None,
        f"no tests among its fields ({shown}); give MBPP's 'test_list', HumanEval's 'test' with "
        "'entry_point', or 'tests' or 'io_tests' that are not empty, or name your fields by data_columns",
    )


def problem_from_row(
    row: Mapping[str, Any],
    where: str,
    notes: list[tuple[str, str]] | None = None,
    schemas: dict[str, str] | None = None,
) -> CodeProblem:
    """Make the problem that a row describes.

    Args:
        row: field to value; a field that is None counts as missing.
        where: file and line, for error messages.
        notes: filled with what is odd about a row that is used all the same, as field and fault.
        schemas: filled with the row's family, and why it is of this one, where the family is new.

    Raises:
        RowError: a field is missing, of the wrong type, or test code that does not parse. A reference that does not
            parse is no error here: it fails its own tests later.
    """
    fields = Fields(row, where, [] if notes is None else notes)
    schema, why = schema_of(row, where)
    try:
        problem = schema.read(fields)
    except RowError:
        raise
    except DataError as error:
        raise RowError(where, None, str(error)) from error
    if problem.tests and problem.entry_point is None:
        raise fields.wrong("entry_point", "is missing, and the tests call nothing that could be it")
    if schemas is not None:
        schemas.setdefault(schema.name, why)
    added = row.get("augmented_tests")
    if isinstance(added, list) and added and problem.tests[-len(added) :] == tuple(added):
        return replace(problem, augmented=len(added))
    return problem
