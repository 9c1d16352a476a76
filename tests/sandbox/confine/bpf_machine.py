"""The kernel's classic BPF machine in Python, as far as our filters use it: any machine's filter can be tried."""

from collections.abc import Sequence

LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_ANY_BIT, RETURN, JUMP = 0x20, 0x15, 0x35, 0x45, 0x06, 0x05
TESTS = {
    JUMP_EQUAL: lambda word, constant: word == constant,
    JUMP_AT_LEAST: lambda word, constant: word >= constant,
    JUMP_ANY_BIT: lambda word, constant: bool(word & constant),
}


def run_filter(code, number: int, args: Sequence[int] = (), arch: int = 0) -> int:
    """Return the verdict on a system call."""
    words = {0: number, 4: arch}
    for index, arg in enumerate((*args, *[0] * (6 - len(args)))):
        words[16 + 8 * index], words[20 + 8 * index] = arg & 0xFFFF_FFFF, arg >> 32 & 0xFFFF_FFFF
    at = word = 0
    while True:
        operation, if_true, if_false, constant = code[at]
        at += 1
        if operation == RETURN:
            return constant
        if operation == LOAD:
            word = words[constant]
        elif operation == JUMP:
            at += constant
        else:
            assert max(if_true, if_false) <= 255, "the kernel has 8 bits for a jump"
            at += if_true if TESTS[operation](word, constant) else if_false
