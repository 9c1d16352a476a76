"""Rows of any other set, by what the user says of them: names of columns, a function, and a filter."""

import importlib
import inspect
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from trl_rlvr.errors import ConfigError, RowError
from trl_rlvr.problem import CodeProblem

Mapped = Mapping[str, Any] | CodeProblem | None
RowMapping = Callable[[Mapping[str, Any]], Mapped]

COLUMNS = {
    "task_id": "task_id",
    "prompt": "prompt",
    "tests": "tests",
    "reference": "reference_solution",
    "reference_solution": "reference_solution",
    "setup_code": "setup_code",
    "prelude": "prelude",
    "entry_point": "entry_point",
    "io_tests": "io_tests",
    "inputs": "inputs",
    "outputs": "outputs",
}
"""What `data_columns` may name, and the field of our own schema that it fills."""


def row_mapping(columns: Mapping[str, str] | str | None) -> RowMapping | None:
    """Read `data_columns`: an object of our names to a set's, or `module:function`; None: rows stay as they are.

    Raises:
        ConfigError: it is neither, names what we do not know, or there is no such function.
    """
    if not columns:
        return None
    if isinstance(columns, str):
        if not columns.lstrip().startswith("{"):
            return _imported(columns)
        columns = as_object("data_columns", columns)
    unknown = sorted(set(columns) - COLUMNS.keys())
    if unknown or not all(isinstance(column, str) for column in columns.values()):
        raise ConfigError(
            f"data_columns names {unknown or dict(columns)!r:.80}; give the set's column for any of "
            f"{', '.join(COLUMNS)}"
        )
    named = dict(columns)
    return lambda row: _by_columns(row, named)


def mapping_source(columns: Mapping[str, str] | str | None) -> bytes:
    """Return the source of the module whose function maps rows, which decides what they become; else nothing."""
    mapping = row_mapping(columns)
    module = inspect.getmodule(mapping)
    if mapping is None or module is None or module.__name__ == __name__:
        return b""
    try:
        return inspect.getsource(module).encode()
    except OSError:  # it was made by no file
        return repr(columns).encode()


def as_object(option: str, value: Mapping[str, Any] | str | None) -> dict[str, Any]:
    """Read an option that is an object, or JSON of one as a command line gives it.

    Raises:
        ConfigError: it is no object.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise ConfigError(f"{option} is {value!r:.60}, not JSON: {error}") from error
    if value is not None and not isinstance(value, Mapping):
        raise ConfigError(f"{option} is {value!r:.60}; give an object such as {{name: value}}")
    return dict(value or {})


def _imported(name: str) -> RowMapping:
    module, _, function = name.partition(":")
    if not module or not function:
        raise ConfigError(f"data_columns is {name!r}; give an object of columns, or module:function")
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"data_columns {name!r} cannot be imported: {error}") from error
    if not callable(found):
        raise ConfigError(f"data_columns {name!r} is {found!r:.60}, not a function")
    mapping: RowMapping = found
    return mapping


def value_at(row: Mapping[str, Any], column: str) -> Any:
    """Read a column; `meta.difficulty` is a field of an object in one."""
    if column in row:
        return row[column]
    value: Any = row
    for part in column.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _by_columns(row: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    mapped = {COLUMNS[ours]: value_at(row, theirs) for ours, theirs in columns.items()}
    if "task_id" not in columns and isinstance(row.get("task_id"), str | int):
        mapped["task_id"] = row["task_id"]
    return mapped


def mapped_row(mapping: RowMapping, row: Mapping[str, Any], where: str) -> Mapped:
    """Apply a mapping to a row; whatever it raises is said of the row.

    Raises:
        RowError: it raised, or returned something else than a row, a problem or None.
    """
    try:
        mapped = mapping(row)
    except Exception as error:
        raise RowError(where, None, f"data_columns raised {type(error).__name__}: {error}") from error
    if mapped is not None and not isinstance(mapped, Mapping | CodeProblem):
        raise RowError(where, None, f"data_columns returned {mapped!r:.60}, neither a row, a problem nor None")
    return mapped


def passes(filters: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Say whether a row has one of the values that are asked for, in each column of a filter."""
    for column, wanted in filters.items():
        values = wanted if isinstance(wanted, list | tuple) else [wanted]
        if str(value_at(row, column)).casefold() not in {str(value).casefold() for value in values}:
            return False
    return True
