"""Python literals as data sets hold them: text to values, and values to text.

`ast.literal_eval` needs 0.7 CPU seconds a million characters and knows no `inf`. Here text is read as JSON where that
means the same, else every token is checked and the interpreter reads the rest.
"""

import json
import math
import re
import warnings
from typing import Any

MAX_LITERAL_CHARS = 1 << 24
"""Longer text is refused unread; the interpreter needs about 100 bytes a character."""

_TOKENS = re.compile(
    r"""(?:[\s\[\](){},:+-]"""
    r"""|(?:\d[\d_]*+\.?[\d_]*+|\.\d++)(?:[eE][+-]?\d++)?+j?+"""
    r"""|(?:True|False|None|inf|nan|Infinity|NaN|float|set|frozenset|dict|list|tuple|Counter|true|false|null)\b"""
    r"""|[bB]?'(?:[^'\\\n]|\\.)*+'|[bB]?"(?:[^"\\\n]|\\.)*+")*+\Z""",
    re.DOTALL,
)
_NAMES: dict[str, Any] = {
    "__builtins__": {},
    "inf": math.inf,
    "nan": math.nan,
    "Infinity": math.inf,
    "NaN": math.nan,
    "true": True,
    "false": False,
    "null": None,
    "float": float,
    "set": set,
    "frozenset": frozenset,
    "dict": dict,
    "list": list,
    "tuple": tuple,
    "Counter": dict,
}


def read_literal(text: str) -> Any:
    """Read a value that is written as a Python literal or as JSON; `inf`, `set()` and `Counter(...)` are understood.

    Raises:
        ValueError: it is neither; nothing of it was run.
    """
    if len(text) > MAX_LITERAL_CHARS:
        raise ValueError(f"{len(text)} characters of data, more than {MAX_LITERAL_CHARS}")
    if "\\" not in text:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass
    if _TOKENS.match(text) is None:
        raise ValueError(f"{text[:60]!r} is no literal of Python and no JSON")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return eval(text.strip(), dict(_NAMES))  # only brackets, numbers, strings and the names above
    except (SyntaxError, ValueError, TypeError, LookupError, RecursionError, MemoryError) as error:
        raise ValueError(f"{text[:60]!r} is no literal of Python and no JSON ({type(error).__name__})") from error


def literal_source(value: Any) -> str:
    """Write a value so that `ast.literal_eval` reads it back; infinity is written `1e999`.

    Raises:
        ValueError: it is no plain data, or NaN, which no literal says and which equals nothing.
    """
    text = repr(value)
    if "inf" not in text and "nan" not in text and _is_plain(value):
        return text
    return _written(value)


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple | set):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(map(_is_plain, value)) and all(map(_is_plain, value.values()))
    return value is None or type(value) in (bool, int, float, str, bytes, complex)


def _written(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        if math.isnan(value):
            raise ValueError("NaN equals nothing, so no test can ask for it")
        return "1e999" if value > 0 else "-1e999"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_written(key)}: {_written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple | set):
        inner = ", ".join(map(_written, value))
        if isinstance(value, list):
            return f"[{inner}]"
        if isinstance(value, set):
            return "{" + inner + "}" if value else "set()"
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if _is_plain(value):
        return repr(value)
    raise ValueError(f"a {type(value).__name__} is no plain data")
