"""Tests of any form as they reach the process that runs them: compiled, with what reading their source has told."""

from types import CodeType
from typing import Any, NamedTuple


class CompiledTest(NamedTuple):
    """One test."""

    shown: str
    """Its source, in the words in which a failure is told; whole where it runs together with the solution."""
    code: CodeType | None
    plan: tuple[Any, ...]
    """The fields of its `Plan`."""
    fault: str
    """Why it cannot be run; empty if it can."""


class CompiledTests(NamedTuple):
    """All tests of a problem that run apart from the solution."""

    names: tuple[str, ...]
    """Entry points."""
    setup: CodeType | None
    """What runs before each test; None: nothing."""
    not_hidden: frozenset[str]
    """Entry points that a star in the setup may not hide: a solution stands below it."""
    origins: dict[str, tuple[str, str]]
    """Module and attribute of each name of the library that the tests use without an import."""
    attributes: frozenset[str]
    """Attributes that the tests mention."""
    uses_pytest: bool
    captures: bool
    """Whether a test looks at what is printed."""
    tests: list[tuple[Any, ...]]
    """The fields of each `CompiledTest`."""


class TogetherTests(NamedTuple):
    """All tests of a problem that run together with the solution."""

    setup: CodeType | None
    """What runs before each test; None: nothing."""
    modules: list[str]
    """Modules that the tests reach, to be there before the solution is."""
    origins: dict[str, tuple[str, str]]
    """Module and attribute of each name of the library that the tests use without an import."""
    read: frozenset[str]
    """Names that the tests read and never bind."""
    tests: list[tuple[Any, ...]]
    """The fields of each `CompiledTest`."""
