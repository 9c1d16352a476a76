"""What a fork server imports before it loads this package: what programs import, so that no child has to.

The order matters. A page that the server has written is copied by each child that counts a reference in it; loaded
last, into a heap without holes, the objects of this package that every child touches lie on few pages.
"""

import importlib
import warnings

_USUAL = [
    "abc", "bisect", "collections", "collections.abc", "contextlib", "copy", "dataclasses", "datetime", "decimal",
    "enum", "fractions", "functools", "heapq", "io", "itertools", "json", "linecache", "math", "numbers", "operator",
    "os", "pathlib", "queue", "random", "re", "statistics", "string", "struct", "sys", "threading", "time",
    "traceback", "types", "typing", "weakref",
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
