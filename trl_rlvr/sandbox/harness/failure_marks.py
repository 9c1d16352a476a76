"""Marks exceptions that aborted an assertion.

If a context manager of the solution swallowed one, the assertion would look as if it had passed.
"""


def mark_aborted(error: BaseException) -> None:
    """Mark an exception that left a comparison unfinished."""
    error.__dict__["aborted_assertion"] = True


def has_aborted(error: BaseException | None) -> bool:
    """Say whether an exception aborted or failed an assertion.

    True for a marked exception and for a failed assertion of the test, also as the cause, the context or a part of a
    group.
    """
    seen: set[int] = set()
    left = [error]
    while left:
        one = left.pop()
        if one is None or id(one) in seen:
            continue
        if "aborted_assertion" in one.__dict__ or is_failure(one):
            return True
        seen.add(id(one))
        left += one.__cause__, one.__context__
        if isinstance(one, BaseExceptionGroup):
            left += one.exceptions
    return False


def is_failure(error: BaseException) -> bool:
    """Say whether an exception is a failed assertion of the test's own."""
    return isinstance(error, AssertionError) and not hasattr(error, "came_from_candidate")
