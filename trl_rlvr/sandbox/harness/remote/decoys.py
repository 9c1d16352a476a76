"""What an object of the candidate's is asked about in the place of a plain value that it is compared with.

The value itself may be what a test expects, and who has seen it could answer with it later. An object that raises here,
or that claims to equal even this, is wrong whatever the value; to one that says no the value is unequal.
"""

from typing import Any

_TEXT, _NUMBER = "something else", 982_451_653
_OTHERS: dict[type, Any] = {
    type(None): None, bool: _NUMBER, int: _NUMBER, float: _NUMBER + 0.5, complex: complex(_NUMBER, 0.5),
    str: _TEXT, bytes: _TEXT.encode(), list: (_TEXT,), tuple: (_TEXT,), set: (_TEXT,), frozenset: (_TEXT,),
    dict: ((_TEXT, _TEXT),),
}  # fmt: skip
_CONTAINERS = (list, set, frozenset, dict)


def decoys(value: object) -> list[Any]:
    """Return, as the only item, another value of the same type; nothing for a value of any but the plainest types."""
    kind = type(value)
    if kind not in _OTHERS:
        return []
    other = _OTHERS[kind]
    return [kind(other) if kind in _CONTAINERS else other]
