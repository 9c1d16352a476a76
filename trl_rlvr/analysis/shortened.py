"""Source for asking which names it mentions, without the long tables of numbers that most of it may be.

A parser needs 500 bytes for each number, and a walk half a microsecond.
"""

import re
from collections.abc import Sequence

from trl_rlvr.analysis.parsing import plain_newlines

_NUMBER = r"[+-]?(?:\d[\d_]*+(?:\.\d*+)?+|\.\d++)(?:[eE][+-]?\d++)?+"
_NUMBERS = re.compile(rf"(?<![\w.]){_NUMBER}(?:\s*,\s*{_NUMBER}){{3,}}+(?![\w.])")
_ASSERT = re.compile(
    r"\s*assert\s+(?P<name>[A-Za-z_]\w*+)(?:\(\)\.[A-Za-z_]\w*+)?+\("
    r"(?P<tokens>(?>[\s\[\](){},:+-]"
    r"|(?:\d[\d_]*+\.?[\d_]*+|\.\d++)(?:[eE][+-]?\d++)?+j?+"
    r"|(?:True|False|None)\b"
    r"|[A-Za-z_]\w*+\s*+=(?!=)"
    r"|=="
    r"|[bB]?'(?:[^'\\\n]|\\.)*+'|[bB]?\"(?:[^\"\\\n]|\\.)*+\")*+)\s*\Z",
    re.DOTALL,
)
_FILE_NAME = "<unvetted source>"


def shortened(source: str) -> str:
    """Return source that mentions the same names in the same places of the same scopes, with runs of numbers cut."""
    return _NUMBERS.sub("0", source)


def asserted_name(source: str) -> str | None:
    """Return the only name that an assert mentions, of one that compares a call with literals; None for any other.

    Only brackets and numbers are looked at, so that whether they fit is the parser's to say.
    """
    found = _ASSERT.match(source)
    return found["name"] if found is not None and "==" in found["tokens"] else None


def compiles(source: str) -> bool:
    """Say whether an assert of `asserted_name` parses, without the tree, which takes half the time."""
    try:
        compile(plain_newlines(source).strip(), _FILE_NAME, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return False
    return True


def all_compile(sources: Sequence[str]) -> bool:
    """Say whether all sources are asserts of `asserted_name` that parse, at once; False where only one by one tells.

    None of them can close a bracket of another, since `assert` stands in no bracket; but text in three quotes could end
    in another source.
    """
    if any("'''" in source or '"""' in source or asserted_name(source) is None for source in sources):
        return False
    return compiles("\n".join(source.strip() for source in sources))
