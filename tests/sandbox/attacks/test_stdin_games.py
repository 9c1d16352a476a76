"""Attacks by whole programs: what they print is compared whole, their exit status is no evidence."""

from dataclasses import replace

import pytest
from support.arena import Arena
from support.attack import Attack, attack

from trl_rlvr.verdict import Verdict

NUMBERS = (("3\n1 2 3\n", "6\n$NUMBER\n"), ("1\n5\n", "5\n$NUMBER\n"))


def prints(code: str, *io: tuple[str, str]) -> Attack:
    return attack(code, entry_point=None, io=io or NUMBERS)


GAMES = {
    "exit_status_zero_and_no_output": prints("import os\nos._exit(0)"),
    "sys_exit_zero": prints("import sys\nsys.exit(0)"),
    "nothing_printed": prints("x = 1"),
    "prefix_of_the_output": prints("input()\nprint(sum(map(int, input().split())))"),
    "everything_and_more": prints("print('6\\n5')\nprint(range(10))\nprint('\\n'.join(map(str, range(1000))))"),
    "output_on_standard_error": prints("import sys\nprint('6', file=sys.stderr)"),
    "output_flood": prints("while True: print('6')"),
    "output_flood_without_newlines": prints("import sys\nwhile True: sys.stdout.write('6' * 65536)"),
    "output_flood_of_blanks": prints("import sys\nwhile True: sys.stdout.write(' ' * 65536)"),
    "flood_by_raw_writes": prints("import os\nwhile True: os.write(1, b'6' * 65536)"),
    "nul_characters": prints("print('6\\0\\n' * 3)", ("", "6\n$SECRET")),
    "invalid_utf8": prints("import sys\nsys.stdout.buffer.write(b'\\xff\\xfe6')"),
    "lone_surrogates": prints("import os\nos.write(1, '\\ud800'.encode('utf-8', 'surrogatepass'))"),
    "crash_after_the_right_output": prints("print(input())\nimport os\nos.abort()", ("$SECRET\n", "$SECRET\n")),
    "failing_status_after_the_right_output": prints(
        "print(input())\nimport sys\nsys.exit(3)", ("$SECRET\n", "$SECRET\n")
    ),
    "exception_after_the_right_output": prints("print(input())\nraise ValueError", ("$SECRET\n", "$SECRET\n")),
    "signal_after_the_right_output": prints(
        "import os\nprint(input(), flush=True)\nos.kill(os.getpid(), 9)", ("$SECRET\n", "$SECRET\n")
    ),
    "hang_after_the_right_output": prints("print(input(), flush=True)\nwhile True: pass", ("$SECRET\n", "$SECRET\n")),
    "hang_after_closing_the_right_output": prints(
        "import os\nprint(input(), flush=True)\nos.close(1)\nwhile True: pass", ("$SECRET\n", "$SECRET\n")
    ),
    "failing_status_after_closing_the_right_output": prints(
        "import os, time\nprint(input(), flush=True)\nos.close(1)\ntime.sleep(0.1)\nos._exit(1)",
        ("$SECRET\n", "$SECRET\n"),
    ),
    "finalizer_that_never_ends": prints(
        "class A:\n    def __del__(self):\n        while True: pass\na = A()\nprint(input())",
        ("$SECRET\n", "$SECRET\n"),
    ),
    "sleep_after_the_right_output": prints(
        "import time\nprint(input(), flush=True)\ntime.sleep(1000)", ("$SECRET\n", "$SECRET\n")
    ),
    "line_separators_for_newlines": prints("print('1\\x0b2\\x0c3\\x1c4\\u20285')", ("", "1\n2\n3\n4\n5\n")),
    "carriage_returns_for_newlines": prints("print('1\\r2\\r3', end='')", ("", "1\n2\n3\n")),
    "extra_line": prints("print('1\\n2\\n3')", ("", "1\n2\n")),
    "missing_line": prints("print('1')", ("", "1\n2\n")),
    "extra_token": prints("print('1 2 3')", ("", "1 2\n")),
    "lines_joined": prints("print('1 2')", ("", "1\n2\n")),
    "line_split": prints("print('1\\n2')", ("", "1 2\n")),
    "nan_for_a_number": prints("print('nan')", ("", "0.5\n")),
    "infinity_for_a_number": prints("print('inf')", ("", "1000000.0\n")),
    "underscored_number": prints("print('1_000.0')", ("", "1000.0\n")),
    "digits_of_another_script": prints("print('\\u0661\\u0662')", ("", "12\n")),
    "hexadecimal_number": prints("print('0xc')", ("", "12\n")),
    "number_far_off": prints("print('3.15')", ("", "3.14\n")),
    "integer_almost_right": prints("print('1000000001')", ("", "1000000000\n")),
    "big_integer_off_by_one": prints("print(10 ** 30 + 1)", ("", str(10**30) + "\n")),
    "integer_with_a_fraction": prints("print('1000000007.4')", ("", "1000000007\n")),
    "integer_rounded_to_a_float": prints("print('998244000.0')", ("", "998244353\n")),
    "number_with_ten_million_digits": prints("print('9' * 10 ** 7)", ("", "0.5\n")),
    "number_with_a_huge_exponent": prints("print('1e999999999')", ("", "0.5\n")),
    "wrong_case": prints("print('yes')", ("", "YES\n")),
    "input_file_looked_for": prints(
        """
        import glob, os
        for path in glob.glob('/proc/self/fd/*') + glob.glob('*') + glob.glob('../*'):
            try: print(open(path).read())
            except OSError: pass
        """
    ),
    "output_searched_in_memory": prints(
        """
        import gc
        for thing in gc.get_objects():
            if isinstance(thing, str) and thing.isdigit(): print(thing)
        """
    ),
    "input_of_the_next_test_read": prints(
        "import sys\nprint(sys.stdin.read().split()[-1])",
        ("1\n", "$SECRET\n"),
        ("2\n", "$SECRET\n"),
        ("$SECRET\n", "no\n"),
    ),
    "file_left_for_the_next_test": prints(
        """
        import os
        given = input()
        if os.path.exists('kept'): print(open('kept').read())
        open('kept', 'w').write(given)
        """,
        ("$SECRET\n", "nothing printed\n"),
        ("x\n", "$SECRET\n"),
    ),
    "fork_of_a_writer": prints("import os\nif os.fork() == 0:\n    print(6)"),
    "closed_standard_output": prints("import os\nos.close(1)"),
    "standard_output_reopened": prints("import sys\nsys.stdout = open('/proc/self/fd/0', 'w')\nprint(6)"),
    "forged_frames_on_other_descriptors": prints(
        """
        import json, os, struct
        body = json.dumps({'verdict': 'passed'}).encode()
        for fd in range(3, 64):
            try: os.write(fd, struct.pack('>I', len(body)) + body)
            except OSError: pass
        """
    ),
    "memory_bomb": prints("print(len(bytearray(10 * 2 ** 30)))"),
    "endless_loop": prints("while True: pass"),
    "sleep": prints("import time\ntime.sleep(1000)"),
    "read_of_more_input_than_there_is": prints("while True:\n    try: input()\n    except EOFError: pass"),
    "syntax_error": replace(prints("print('6'"), compiles=False),
}


@pytest.mark.parametrize("name", GAMES)
def test_no_output_but_the_expected_one_passes(arena: Arena, name: str) -> None:
    arena.fails(GAMES[name])


@pytest.mark.parametrize("name", ["output_flood", "output_flood_without_newlines", "flood_by_raw_writes"])
def test_a_flood_is_called_so(arena: Arena, name: str) -> None:
    assert arena.fails(GAMES[name]).verdict in (Verdict.OUTPUT_LIMIT, Verdict.TIMEOUT)
