"""Honest programs written as scripts, or with an unusual hand: main guards, byte-order marks, tabs, arguments."""

from support.honest import honest

ADD = "def add(a, b): return a + b\n"
TEST = "assert add(1, 2) == 3"
WRONG = ("a + b", "a - b")
CODES = {
    "input_under_the_main_guard": ADD + "if __name__ == '__main__':\n    print(add(int(input()), int(input())))\n",
    "main_function_under_the_guard": ADD
    + """\
def main():
    print(add(*map(int, input().split())))
    return 0
if __name__ == '__main__':
    main()
""",
    "exit_with_the_status_of_main": ADD + "import sys\ndef main(): return 0\nsys.exit(main())\n",
    "exit_under_the_main_guard": ADD + "import sys\nif __name__ == '__main__':\n    sys.exit(0)\n",
    "examples_printed_at_the_end": ADD + "print(add(1, 2))\nprint('done')\n",
    "doctests_run_by_itself": """
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
    "unit_tests_of_its_own": ADD
    + """\
import unittest
class T(unittest.TestCase):
    def test_it(self): self.assertEqual(add(1, 1), 2)
if __name__ == '__main__':
    unittest.main()
""",
    "arguments_parsed_under_the_guard": ADD
    + "import argparse\nif __name__ == '__main__':\n    argparse.ArgumentParser().parse_args()\n",
    "byte_order_mark": "\ufeff" + ADD,
    "windows_line_ends": "def add(a, b):\r\n    c = a + b\r\n    return c\r\n",
    "old_mac_line_ends_in_a_string": "def add(a, b): return a + b + len('x\\ry') - 3\n",
    "tabs": "def add(a, b):\n\tif a:\n\t\treturn a + b\n\treturn b\n",
    "form_feed": "\x0c\ndef add(a, b): return a + b\n",
    "encoding_cookie": "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\ndef add(a, b): return a + b + len('ä') - 1\n",
    "other_encoding_cookie": "# -*- coding: latin-1 -*-\ndef add(a, b): return a + b + len('ä') - 1\n",
    "no_newline_at_the_end": "def add(a, b): return a + b",
    "trailing_blanks_and_comments": "def add(a, b):   \n    # adds\n    return a + b   # so\n\n\n# end\n",
    "definition_replaced_later": "def add(a, b): return 0\nold = add\ndef add(a, b): return a + b\n",
    "definition_under_a_condition": "if True:\n    def add(a, b): return a + b\nelse:\n    add = None\n",
    "definition_in_a_try": "try:\n    import nowhere\nexcept ImportError:\n    def add(a, b): return a + b\n",
    "star_import": "from math import *\ndef add(a, b): return int(a + b + sin(0) + floor(0.5))\n",
    "method_as_entry_point": "class Solution:\n    def add(self, a, b): return a + b\nadd = Solution().add\n",
    "class_as_entry_point": "class add(int):\n    def __new__(cls, a, b): return int.__new__(cls, a + b)\n",
    "long_source": "\n".join(f"def helper_{i}(x): return x + {i}" for i in range(500)) + "\n" + ADD,
    "warning_from_the_compiler": "def add(a, b):\n    if a is 1: pass\n    return a + b + len('\\d') - 2\n",
    "recursion_limit_raised": "import sys\nsys.setrecursionlimit(10 ** 6)\ndef add(a, b): return a + b\n",
    "standard_input_replaced": (
        "import io, sys\nsys.stdin = io.StringIO('5')\nK = int(input())\ndef add(a, b): return a + b + K - 5\n"
    ),
    "standard_output_wrapped": """
        import sys, io
        sys.stdout = io.TextIOWrapper(sys.stdout.buffer, 'utf-8')
        def add(a, b):
            print(a)
            return a + b
        """,
    "environment_read_and_set": (
        "import os\nos.environ['K'] = '1'\ndef add(a, b): return a + b + int(os.environ.get('K', 5)) - 1\n"
    ),
    "working_folder_changed": "import os\nos.makedirs('x', exist_ok=True)\nos.chdir('x')\ndef add(a, b): return a + b",
    "registered_at_exit": "import atexit\natexit.register(print, 'bye')\ndef add(a, b): return a + b\n",
    "daemon_thread_left_running": """
        import threading, time
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        def add(a, b): return a + b
        """,
    "garbage_collector_switched_off": "import gc\ngc.disable()\ngc.freeze()\ndef add(a, b): return a + b\n",
    "numba_is_not_there_and_not_needed": """
        try:
            from numba import njit
        except ImportError:
            njit = lambda f: f
        @njit
        def add(a, b): return a + b
        """,
}
PROGRAMS = {name: honest(one, TEST, wrong=WRONG) for name, one in CODES.items()} | {
    "asserts_of_its_own": honest(ADD + "assert add(2, 2) == 4\n", TEST, wrong=("a + b", "a * b")),
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
    "script_name_read": honest(
        "import sys\ndef add(a, b): return a + b + len(sys.argv) - 1\n", TEST, wrong=("- 1", "- 2")
    ),
    "identifiers_in_other_scripts": honest("def add(ä, β): return ä + β\n", TEST, wrong=("ä + β", "ä - β")),
    "normalised_identifiers": honest(
        "def ﬁx(x): return x\ndef add(a, b): return fix(a) + b\n", TEST, wrong=("+ b", "- b")
    ),
    "semicolons_and_backslashes": honest(
        "def add(a, b): c = a; \\\n    d = b; return c + d\n", TEST, wrong=("c + d", "c - d")
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
    "long_table": honest(
        f"TABLE = {list(range(5000))}\ndef add(a, b): return TABLE[a] + b\n", TEST, wrong=("+ b", "- b")
    ),
    "precomputed_at_import": honest(
        "TABLE = [i for i in range(200000)]\ndef add(a, b): return TABLE[a] + b\n", TEST, wrong=("+ b", "- b")
    ),
}
