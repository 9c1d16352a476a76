"""Marks exceptions that ended a comparison of a test: whoever swallows one passes off as made what was not."""


def mark_aborted(error: BaseException) -> None:
    """Note that an exception came out of the middle of a comparison, which was therefore not made."""
    error.__dict__["aborted_assertion"] = True


def has_aborted(error: BaseException | None) -> bool:
    """Say whether an exception left a check unmade or failed.

    That is one which is marked so, or a failed assertion of the test, or one that followed from such a one or holds it.
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
