"""Honest whole programs that read standard input and print their answer."""

from support.honest import honest

SUM = (("3\n1 2 3\n", "6\n"), ("2\n5 -7\n", "-2\n"))


def reads(code, *io, wrong):
    return honest(code, wrong=wrong, io=io or SUM)


ADDS = "print(sum(map(int, input().split())))"
ENDS = {
    "executor_that_is_not_shut_down": """
        from concurrent.futures import ThreadPoolExecutor
        executor = ThreadPoolExecutor(4)
        print(sum(executor.map(int, input().split())))
    """,
    "thread_started_by_a_thread": """
        import threading, time
        line = input()
        def second():
            time.sleep(0.1)
            print(sum(map(int, line.split())))
        def first():
            time.sleep(0.05)
            threading.Thread(target=second).start()
        threading.Thread(target=first).start()
    """,
    "own_file_over_standard_output": """
        import os
        out = os.fdopen(1, 'w')
        print(sum(map(int, input().split())), file=out)
    """,
    "own_wrapper_over_standard_output": """
        import io, sys
        out = io.TextIOWrapper(sys.stdout.buffer)
        out.write(str(sum(map(int, input().split()))))
    """,
    "standard_output_silenced_afterwards": f"import os, sys\n{ADDS}\nsys.stdout = open(os.devnull, 'w')",
    "buffer_written_at_exit": f"""
        import atexit, io, sys
        sys.stdout = buffer = io.StringIO()
        atexit.register(lambda: sys.__stdout__.write(buffer.getvalue()))
        {ADDS}
    """,
    "no_standard_output_at_the_end": f"import sys\n{ADDS}\nsys.stdout.flush()\nsys.stdout = None",
    "output_of_a_finalizer": f"class A:\n    def __del__(self): {ADDS}\na = A()",
    "work_after_the_output_was_closed": f"""
        import os, sys, time
        {ADDS}
        sys.stdout.flush()
        os.close(1)
        while time.process_time() < 0.15: pass
    """,
}
"""Programs whose output, or status, is complete only when Python itself has ended."""

PROGRAMS = {name: reads(code, ("1 2 3\n", "6\n"), wrong=("sum(", "min(")) for name, code in ENDS.items()} | {
    "input": reads("n = int(input())\nprint(sum(map(int, input().split())))", wrong=("sum(", "max(")),
    "read_at_once": reads(
        "import sys\ndata = sys.stdin.read().split()\nprint(sum(map(int, data[1:])))", wrong=("[1:]", "")
    ),
    "lines_of_standard_input": reads(
        "import sys\nfor i, line in enumerate(sys.stdin):\n    if i: print(sum(map(int, line.split())))",
        wrong=("sum(", "min("),
    ),
    "readlines": reads("import sys\nprint(sum(map(int, sys.stdin.readlines()[1].split())))", wrong=("sum(", "min(")),
    "readline_as_input": reads(
        "import sys\ninput = sys.stdin.readline\ninput()\nprint(sum(map(int, input().split())))", wrong=("sum(", "min(")
    ),
    "open_zero": reads("print(sum(map(int, open(0).read().split()[1:])))", wrong=("[1:]", "")),
    "buffer_of_standard_input": reads(
        "import sys\ndata = sys.stdin.buffer.read().split()\nprint(sum(map(int, data[1:])))", wrong=("[1:]", "")
    ),
    "raw_read": reads(
        "import os\ndata = os.read(0, 1 << 16).split()\nprint(sum(map(int, data[1:])))", wrong=("[1:]", "")
    ),
    "file_input": reads(
        "import fileinput\nlines = list(fileinput.input())\nprint(sum(map(int, lines[1].split())))",
        wrong=("lines[1]", "lines[0]"),
    ),
    "bytes_reader_of_contests": reads(
        """
        import io, os
        input = io.BytesIO(os.read(0, os.fstat(0).st_size)).readline
        input()
        print(sum(map(int, input().split())))
        """,
        wrong=("sum(", "min("),
    ),
    "main_guard": reads(
        "def main():\n    input()\n    print(sum(map(int, input().split())))\nif __name__ == '__main__':\n    main()",
        wrong=("sum(", "min("),
    ),
    "thread_with_a_larger_stack": reads(
        """
        import sys, threading
        def main():
            input()
            print(sum(map(int, input().split())))
        sys.setrecursionlimit(1 << 20)
        threading.stack_size(1 << 26)
        t = threading.Thread(target=main)
        t.start()
        t.join()
        """,
        wrong=("sum(", "min("),
    ),
    "exit_zero_at_the_end": reads(
        "import sys\ninput()\nprint(sum(map(int, input().split())))\nsys.exit(0)", wrong=("exit(0)", "exit(1)")
    ),
    "until_the_end_of_input": reads(
        """
        total = 0
        input()
        while True:
            try: total += sum(map(int, input().split()))
            except EOFError: break
        print(total)
        """,
        wrong=("total += ", "total -= 1 + "),
    ),
    "standard_output_written": reads(
        "import sys\ninput()\nsys.stdout.write(str(sum(map(int, input().split()))) + '\\n')", wrong=("sum(", "min(")
    ),
    "buffer_of_standard_output": reads(
        "import sys\ninput()\nsys.stdout.buffer.write(b'%d' % sum(map(int, input().split())))", wrong=("sum(", "min(")
    ),
    "separators_and_ends": reads(
        "a, b = input().split()\nprint(a, b, sep='-', end='!\\n')", ("x y\n", "x-y!\n"), wrong=("'-'", "'+'")
    ),
    "no_newline_at_the_end": reads("print(input(), end='')", ("x\n", "x\n"), wrong=("input()", "input() * 2")),
    "trailing_blanks_and_lines": reads(
        "print(input() + '   \\n\\n')", ("x\n", "x\n"), wrong=("input()", "input() * 2")
    ),
    "several_lines": reads(
        "for _ in range(int(input())): print(input()[::-1])", ("2\nab\ncd\n", "ba\ndc\n"), wrong=("[::-1]", "")
    ),
    "floats_within_tolerance": reads(
        "print(1 / int(input()))", ("3\n", "0.333333333\n"), ("4\n", "0.25\n"), wrong=("1 /", "1.01 /")
    ),
    "floats_in_other_notations": reads("print('%.10e' % (int(input()) / 2))", ("5\n", "2.5\n"), wrong=("/ 2", "/ 3")),
    "fixed_decimals": reads("print('%.2f' % float(input()))", ("2.5\n", "2.50\n"), wrong=("%.2f", "%.0f")),
    "words_and_numbers": reads(
        "n = int(input())\nprint('Case', n, ':', n * 0.1)", ("3\n", "Case 3 : 0.3\n"), wrong=("'Case'", "'case'")
    ),
    "nan_and_infinity_expected": reads(
        "print(float(input()), float('nan'))", ("inf\n", "inf nan\n"), wrong=("'nan'", "'1'")
    ),
    "unicode_text": reads("print(input()[::-1])", ("äö€\n", "€öä\n"), wrong=("[::-1]", "")),
    "windows_lines_in_the_input": reads("print(int(input()) + int(input()))", ("1\r\n2\r\n", "3\n"), wrong=("+", "-")),
    "empty_input": reads("import sys\nprint(len(sys.stdin.read()))", ("", "0\n"), wrong=("len(", "1 + len(")),
    "empty_output": reads(
        "x = input()\nif x == 'y': print(x)", ("n\n", ""), ("y\n", "y\n"), wrong=("== 'y'", "!= 'y'")
    ),
    "input_left_unread": reads(
        "print(input())", ("first\n" + "more\n" * 1000, "first\n"), wrong=("input()", "input()[1:]")
    ),
    "much_input": reads(
        "import sys\nprint(sum(map(int, sys.stdin.read().split())))",
        ("1 " * 100000, "100000\n"),
        wrong=("sum(", "1 + sum("),
    ),
    "much_output": reads(
        "print(*range(int(input())), sep='\\n')",
        ("20000\n", "\n".join(map(str, range(20000))) + "\n"),
        wrong=("range(", "range(1, "),
    ),
    "output_on_standard_error_ignored": reads(
        "import sys\nprint('debug', file=sys.stderr)\nprint(input())",
        ("x\n", "x\n"),
        wrong=("print(input())", "print(input(), 1)"),
    ),
    "big_integers": reads("print(int(input()) ** 20)", ("12345\n", f"{12345**20}\n"), wrong=("** 20", "** 20 + 1")),
    "files_in_the_working_folder": reads(
        "open('x', 'w').write(input())\nprint(open('x').read())", ("abc\n", "abc\n"), wrong=("read())", "read()[1:])")
    ),
    "deep_recursion": reads(
        """
        import sys
        sys.setrecursionlimit(10 ** 5)
        def f(n): return 0 if n == 0 else 1 + f(n - 1)
        print(f(int(input())))
        """,
        ("20000\n", "20000\n"),
        wrong=("1 + f", "2 + f"),
    ),
    "numpy_program": honest(
        "import numpy as np\nprint(int(np.array(input().split(), dtype=int).sum()))",
        wrong=("sum()", "max()"),
        io=(("1 2\n", "3\n"),),
        needs="numpy",
    ),
}
