"""Problems whose tests are one module of pytest or unittest beside the solution's.

KodCode, ClassEval, BigCodeBench and exercism's tracks differ in the names of their fields, and in which imports both
sides share.
"""

from trl_rlvr.analysis.parsing import shared_tree, top_level_bindings
from trl_rlvr.data.fields import Fields
from trl_rlvr.data.schemas.solution_module import all_with_solution_module
from trl_rlvr.data.schemas.units import units_of
from trl_rlvr.errors import DataError
from trl_rlvr.problem import CodeProblem


def problem_of_module(
    fields: Fields,
    field: str,
    *,
    task_id: str,
    prompt: str,
    reference: str | None,
    entry_point: str | None = None,
    module: str | None = None,
    prelude: str = "",
    visible_limit: int | None = 0,
) -> CodeProblem:
    """Make a problem of a module of tests, one test a function or method.

    Args:
        fields: the row.
        field: the field of the tests.
        task_id: the problem's.
        prompt: the problem's.
        reference: the problem's.
        entry_point: the first name that the tests ask for; None: found in them.
        module: what the tests call the solution's module; None: found in them.
        prelude: what solution and tests both need.
        visible_limit: how many tests a prompt may show.

    Raises:
        DataError: the tests do not parse, ask for nothing, or hold the solution.
    """
    (source,) = all_with_solution_module([fields.code(field)], reference, entry_point, module)
    _refuse_own_solution(fields, field, source, reference, entry_point)
    units = units_of(source)
    return CodeProblem(
        task_id=task_id,
        prompt=prompt,
        tests=units.tests,
        setup_code=units.setup_code,
        entry_point=entry_point,
        reference_solution=reference,
        prelude=prelude,
        visible_limit=visible_limit,
    )


def _refuse_own_solution(
    fields: Fields, field: str, source: str, reference: str | None, entry_point: str | None
) -> None:
    """Refuse tests that define what they should ask the solution for: they pass whatever it is."""
    own = _definitions(source)
    asked = {entry_point} if entry_point else _definitions(reference or "")
    held = sorted(own & asked)
    if held and not asked - own:
        raise own_solution(fields, field, held[0])


def own_solution(fields: Fields, field: str, name: str) -> DataError:
    """Make the error for tests that define the solution themselves."""
    return fields.wrong(field, f"holds its own solution: it defines `{name}` itself, so that any program passes")


def _definitions(source: str) -> set[str]:
    tree = shared_tree(source)
    return {name for name, node in top_level_bindings(tree) if hasattr(node, "body")} if tree is not None else set()
