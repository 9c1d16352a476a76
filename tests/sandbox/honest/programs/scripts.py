"""Honest programs written as scripts, or with an unusual hand: main guards, byte-order marks, tabs, arguments."""

from support.honest import honest

ADD = "def add(a, b): return a + b\n"
TEST = "assert add(1, 2) == 3"
WRONG = ("a + b", "a - b")
PROGRAMS = {
    "input_under_the_main_guard": honest(
        ADD + "if __name__ == '__main__':\n    print(add(int(input()), int(input())))\n", TEST, wrong=WRONG
    ),
    "main_function_under_the_guard": honest(
        ADD
        + """\
def main():
    print(add(*map(int, input().split())))
    return 0
if __name__ == '__main__':
    main()
""",
        TEST,
        wrong=WRONG,
    ),
    "exit_with_the_status_of_main": honest(
        ADD + "import sys\ndef main(): return 0\nsys.exit(main())\n", TEST, wrong=WRONG
    ),
    "exit_under_the_main_guard": honest(
        ADD + "import sys\nif __name__ == '__main__':\n    sys.exit(0)\n", TEST, wrong=WRONG
    ),
    "examples_printed_at_the_end": honest(ADD + "print(add(1, 2))\nprint('done')\n", TEST, wrong=WRONG),
    "asserts_of_its_own": honest(ADD + "assert add(2, 2) == 4\n", TEST, wrong=("a + b", "a * b")),
    "doctests_run_by_itself": honest(
        """
        def add(a, b):
            '''
            >>> add(1, 2)
            3
            '''
            return a + b
        if __name__ == '__main__':
            import doctest
            doctest.testmod()
        """,
        TEST,
        wrong=WRONG,
    ),
    "unit_tests_of_its_own": honest(
        ADD
        + """\
import unittest
class T(unittest.TestCase):
    def test_it(self): self.assertEqual(add(1, 1), 2)
if __name__ == '__main__':
    unittest.main()
""",
        TEST,
        wrong=WRONG,
    ),
    "arguments_parsed": honest(
        """
        import argparse
        def add(a, b):
            p = argparse.ArgumentParser()
            p.add_argument('--k', type=int, default=0)
            return a + b + p.parse_args([]).k
        """,
        TEST,
        wrong=("default=0", "default=1"),
    ),
    "arguments_parsed_under_the_guard": honest(
        ADD + "import argparse\nif __name__ == '__main__':\n    argparse.ArgumentParser().parse_args()\n",
        TEST,
        wrong=WRONG,
    ),
    "script_name_read": honest(
        "import sys\ndef add(a, b): return a + b + len(sys.argv) - 1\n", TEST, wrong=("- 1", "- 2")
    ),
    "byte_order_mark": honest("\ufeff" + ADD, TEST, wrong=WRONG),
    "windows_line_ends": honest("def add(a, b):\r\n    c = a + b\r\n    return c\r\n", TEST, wrong=WRONG),
    "old_mac_line_ends_in_a_string": honest("def add(a, b): return a + b + len('x\\ry') - 3\n", TEST, wrong=WRONG),
    "tabs": honest("def add(a, b):\n\tif a:\n\t\treturn a + b\n\treturn b\n", TEST, wrong=WRONG),
    "form_feed": honest("\x0c\ndef add(a, b): return a + b\n", TEST, wrong=WRONG),
    "encoding_cookie": honest(
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\ndef add(a, b): return a + b + len('ä') - 1\n",
        TEST,
        wrong=WRONG,
    ),
    "other_encoding_cookie": honest(
        "# -*- coding: latin-1 -*-\ndef add(a, b): return a + b + len('ä') - 1\n", TEST, wrong=WRONG
    ),
    "identifiers_in_other_scripts": honest("def add(ä, β): return ä + β\n", TEST, wrong=("ä + β", "ä - β")),
    "normalised_identifiers": honest(
        "def ﬁx(x): return x\ndef add(a, b): return fix(a) + b\n", TEST, wrong=("+ b", "- b")
    ),
    "semicolons_and_backslashes": honest(
        "def add(a, b): c = a; \\\n    d = b; return c + d\n", TEST, wrong=("c + d", "c - d")
    ),
    "no_newline_at_the_end": honest("def add(a, b): return a + b", TEST, wrong=WRONG),
    "trailing_blanks_and_comments": honest(
        "def add(a, b):   \n    # adds\n    return a + b   # so\n\n\n# end\n", TEST, wrong=WRONG
    ),
    "definition_replaced_later": honest(
        "def add(a, b): return 0\nold = add\ndef add(a, b): return a + b\n", TEST, wrong=WRONG
    ),
    "definition_under_a_condition": honest(
        "if True:\n    def add(a, b): return a + b\nelse:\n    add = None\n", TEST, wrong=WRONG
    ),
    "definition_in_a_try": honest(
        "try:\n    import nowhere\nexcept ImportError:\n    def add(a, b): return a + b\n", TEST, wrong=WRONG
    ),
    "star_import": honest(
        "from math import *\ndef add(a, b): return int(a + b + sin(0) + floor(0.5))\n", TEST, wrong=WRONG
    ),
    "method_as_entry_point": honest(
        "class Solution:\n    def add(self, a, b): return a + b\nadd = Solution().add\n", TEST, wrong=WRONG
    ),
    "solution_class_of_leetcode": honest(
        "class Solution:\n    def add(self, a: int, b: int) -> int: return a + b\n",
        "assert Solution().add(1, 2) == 3",
        wrong=WRONG,
    ),
    "partial_as_entry_point": honest(
        "from functools import partial\ndef plus(a, b, c): return a + b + c\nadd = partial(plus, c=0)\n",
        TEST,
        wrong=("c=0", "c=1"),
    ),
    "class_as_entry_point": honest(
        "class add(int):\n    def __new__(cls, a, b): return int.__new__(cls, a + b)\n", TEST, wrong=WRONG
    ),
    "long_source": honest(
        "\n".join(f"def helper_{i}(x): return x + {i}" for i in range(500)) + "\n" + ADD, TEST, wrong=WRONG
    ),
    "long_table": honest(
        f"TABLE = {list(range(5000))}\ndef add(a, b): return TABLE[a] + b\n", TEST, wrong=("+ b", "- b")
    ),
    "precomputed_at_import": honest(
        "TABLE = [i for i in range(200000)]\ndef add(a, b): return TABLE[a] + b\n", TEST, wrong=("+ b", "- b")
    ),
    "warning_from_the_compiler": honest(
        "def add(a, b):\n    if a is 1: pass\n    return a + b + len('\\d') - 2\n", TEST, wrong=WRONG
    ),
    "recursion_limit_raised": honest(
        "import sys\nsys.setrecursionlimit(10 ** 6)\ndef add(a, b): return a + b\n", TEST, wrong=WRONG
    ),
    "standard_input_replaced": honest(
        "import io, sys\nsys.stdin = io.StringIO('5')\nK = int(input())\ndef add(a, b): return a + b + K - 5\n",
        TEST,
        wrong=WRONG,
    ),
    "standard_output_wrapped": honest(
        """
        import sys, io
        sys.stdout = io.TextIOWrapper(sys.stdout.buffer, 'utf-8')
        def add(a, b):
            print(a)
            return a + b
        """,
        TEST,
        wrong=WRONG,
    ),
    "environment_read_and_set": honest(
        "import os\nos.environ['K'] = '1'\ndef add(a, b): return a + b + int(os.environ.get('K', 5)) - 1\n",
        TEST,
        wrong=WRONG,
    ),
    "working_folder_changed": honest(
        "import os\nos.makedirs('x', exist_ok=True)\nos.chdir('x')\ndef add(a, b): return a + b\n", TEST, wrong=WRONG
    ),
    "registered_at_exit": honest(
        "import atexit\natexit.register(print, 'bye')\ndef add(a, b): return a + b\n", TEST, wrong=WRONG
    ),
    "daemon_thread_left_running": honest(
        """
        import threading, time
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        def add(a, b): return a + b
        """,
        TEST,
        wrong=WRONG,
    ),
    "garbage_collector_switched_off": honest(
        "import gc\ngc.disable()\ngc.freeze()\ndef add(a, b): return a + b\n", TEST, wrong=WRONG
    ),
    "numba_is_not_there_and_not_needed": honest(
        """
        try:
            from numba import njit
        except ImportError:
            njit = lambda f: f
        @njit
        def add(a, b): return a + b
        """,
        TEST,
        wrong=WRONG,
    ),
}
