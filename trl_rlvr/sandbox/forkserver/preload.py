"""Imports what programs import, before the fork server loads this package, so that no child has to.

Whatever the server has loaded, each fork pays for: its pages are mapped in every child, and copied where a child counts
a reference in them. So modules that few programs or tests need are imported where they are used; the comment
`# lazy: fork cost` marks each such import in `sandbox`.
"""

import importlib
import warnings

_USUAL = [
    "abc", "bisect", "collections", "collections.abc", "contextlib", "copy", "dataclasses", "datetime", "decimal",
    "enum", "fractions", "functools", "heapq", "io", "itertools", "json", "linecache", "math", "numbers", "operator",
    "os", "pathlib", "queue", "random", "re", "statistics", "string", "struct", "sys", "threading", "time",
    "traceback", "types", "typing", "unittest", "weakref",
]  # fmt: skip
_OTHERS = [
    "argparse", "array", "ast", "asyncio", "base64", "calendar", "cmath", "csv", "difflib", "encodings.idna", "hashlib",
    "inspect", "logging", "pickle", "pprint", "tempfile", "textwrap", "timeit", "unicodedata", "uuid", "zoneinfo",
]  # fmt: skip


def preload() -> None:
    """Import the modules of the standard library that many programs use."""
    _load(_USUAL)


def preload_others() -> None:
    """Import also what few programs use: for children that cannot read the standard library's folder."""
    _load(_OTHERS)


def _load(names: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            importlib.import_module(name)
