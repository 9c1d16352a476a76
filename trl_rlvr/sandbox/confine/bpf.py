"""A small assembler for classic BPF as seccomp runs it.

Jumps are relative and at most 255 instructions far, so code is put together as lists: a leaf comes with all that it
needs, and the dispatch over system call numbers is a balanced tree. The tree matters: at installation the kernel
runs the program once for every system call number to find those that need no filter at all.
"""

import struct
from collections.abc import Mapping, Sequence

Code = list[tuple[int, int, int, int]]
"""Instructions: operation, jump if true, jump if false, constant."""

_LOAD = 0x20
_JUMP_EQUAL = 0x15
_JUMP_AT_LEAST = 0x35
_JUMP_ANY_BIT = 0x45
_RETURN = 0x06
_JUMP = 0x05
_INSTRUCTION = struct.Struct("<HBBI")

ALLOW = 0x7FFF_0000
KILL = 0x8000_0000
_ERRNO = 0x0005_0000

_NUMBER, _ARCH, _ARGS = 0, 4, 16


def errno_action(number: int) -> int:
    """Return the verdict that makes a call fail with errno `number`."""
    return _ERRNO | number


def load_number() -> Code:
    """Load the number of the system call."""
    return [(_LOAD, 0, 0, _NUMBER)]


def load_arch() -> Code:
    """Load the audit code of the calling convention."""
    return [(_LOAD, 0, 0, _ARCH)]


def load_arg(index: int, *, high: bool = False) -> Code:
    """Load the low (or high) 32 bits of an argument; both machines that we know are little-endian."""
    return [(_LOAD, 0, 0, _ARGS + 8 * index + 4 * high)]


def give(verdict: int) -> Code:
    """End the program with a verdict."""
    return [(_RETURN, 0, 0, verdict)]


def if_equal(value: int, then: Code) -> Code:
    """Run `then`, which must end the program, if the loaded word is `value`; else go on behind it."""
    return [(_JUMP_EQUAL, 0, len(then), value), *then]


def if_either(first: int, second: int, then: Code) -> Code:
    """Run `then`, which must end the program, if the loaded word is one of the two; else go on behind it."""
    return [(_JUMP_EQUAL, 1, 0, first), (_JUMP_EQUAL, 0, len(then), second), *then]


def unless_equal(value: int, then: Code) -> Code:
    """Run `then`, which must end the program, unless the loaded word is `value`; else go on behind it."""
    return [(_JUMP_EQUAL, len(then), 0, value), *then]


def if_any_bit(mask: int, then: Code) -> Code:
    """Run `then`, which must end the program, if the loaded word has a bit of `mask`; else go on behind it."""
    return [(_JUMP_ANY_BIT, 0, len(then), mask), *then]


def if_at_least(value: int, then: Code) -> Code:
    """Run `then`, which must end the program, if the loaded word is `value` or more; else go on behind it."""
    return [(_JUMP_AT_LEAST, 0, len(then), value), *then]


def dispatch(leaves: Mapping[int, Code], otherwise: Code) -> Code:
    """Choose by the loaded number: its leaf, or `otherwise` for a number that has none."""
    edges = sorted({0} | {edge for number in leaves for edge in (number, number + 1)})
    return _tree(_merged([(first, leaves.get(first, otherwise)) for first in edges]))


def _merged(spans: Sequence[tuple[int, Code]]) -> list[tuple[int, Code]]:
    merged: list[tuple[int, Code]] = []
    for first, leaf in spans:
        if not merged or merged[-1][1] != leaf:
            merged.append((first, leaf))
    return merged


def _tree(spans: Sequence[tuple[int, Code]]) -> Code:
    if len(spans) == 1:
        return spans[0][1]
    half = len(spans) // 2
    below, above = _tree(spans[:half]), _tree(spans[half:])
    if len(below) <= 255:
        return [(_JUMP_AT_LEAST, len(below), 0, spans[half][0]), *below, *above]
    return [(_JUMP_AT_LEAST, 0, 1, spans[half][0]), (_JUMP, 0, 0, len(below)), *below, *above]


def assemble(code: Code) -> bytearray:
    """Return the program as the kernel reads it."""
    return bytearray().join(_INSTRUCTION.pack(*instruction) for instruction in code)


def constant_offsets(code: Code, value: int) -> list[int]:
    """Return where in the assembled program the constant `value` stands."""
    return [_INSTRUCTION.size * at + 4 for at, instruction in enumerate(code) if instruction[3] == value]
