"""Marks exceptions that ended a comparison of a test: whoever swallows one passes off as made what was not."""


def mark_unchecked(error: BaseException) -> None:
    """Note that an exception came out of the middle of a comparison, which was therefore not made."""
    error.__dict__["left_unchecked"] = True


def left_unchecked(error: BaseException | None) -> bool:
    """Say whether an exception, or one that it followed from, is marked so."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if "left_unchecked" in error.__dict__:
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


def renew(error: BaseException) -> None:
    """Forget what an exception that is raised again ended before."""
    error.__dict__.pop("left_unchecked", None)
    error.__cause__ = error.__context__ = None
