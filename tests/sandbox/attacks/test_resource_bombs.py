"""Attacks that use up memory, disk, output, threads or stack; each is bounded in case the limits do not hold."""

from dataclasses import replace

import pytest
from support.arena import Arena
from support.attack import Attack, attack
from support.programs import run_or_fail, simple

from trl_rlvr.sandbox.base import Sandbox
from trl_rlvr.verdict import Verdict

WRONG = ("assert answer(7) == $NUMBER", "assert answer(8) == $NUMBER")


def bombs(code: str) -> Attack:
    return attack(code, *WRONG)


@pytest.fixture(scope="module", autouse=True)
def _memory_is_limited(quick_sandbox: Sandbox) -> None:
    """Bombs are only safe to set off where the address space is limited."""
    look = simple(
        "import resource\ndef answer(n): return resource.getrlimit(resource.RLIMIT_AS)[1] < 1 << 34",
        "assert answer(0) is True",
    )
    (result,) = run_or_fail(quick_sandbox, [look])
    assert result.verdict is Verdict.PASSED, "no limit on the address space: not setting off bombs"


MEMORY = {
    "ten_gigabytes_of_bytes": bombs("def answer(n): return len(bytearray(10 * 2**30))"),
    "ten_gigabytes_in_import": bombs("held = 'a' * 10**10\ndef answer(n): return 1"),
    "list_doubling": bombs("""
        def answer(n):
            grown = [0]
            while len(grown) < 2**33: grown += grown
            return 1
    """),
    "bytes_doubling_with_memory_errors_swallowed": bombs("""
        def answer(n):
            held = []
            while len(held) < 10**6:
                try: held.append(bytearray(1 << 26))
                except MemoryError: pass
            return 1
    """),
    "everything_filled_then_an_answer": bombs("""
        held, size = [], 1 << 28
        def answer(n):
            global size
            while size > 64:
                try: held.append(bytearray(size))
                except MemoryError: size //= 2
            return 'x' * 100
    """),
    "mapped_files": bombs("""
        import mmap
        def answer(n):
            held = [mmap.mmap(-1, 1 << 30) for _ in range(100)]
            return len(held)
    """),
    "tuple_nesting_by_multiplication": bombs("def answer(n): return len(((0,) * 10**5) * 10**5)"),
    "set_of_ten_million": bombs("def answer(n): return len({(i, i) for i in range(10**8)})"),
    "string_joined": bombs("def answer(n): return len(','.join(['x' * 10**6] * 10**4))"),
    "format_width": bombs("def answer(n): return len('%*d' % (2**31 - 1, 1) * 8)"),
    "bytes_from_int": bombs("def answer(n): return bytes(2**40)"),
    "big_shift": bombs("def answer(n): return 1 << (1 << 40)"),
    "stack_of_threads": bombs("""
        import threading
        def answer(n):
            threading.stack_size(1 << 30)
            for _ in range(40): threading.Thread(target=threading.Event().wait, daemon=True).start()
            return 1
    """),
    "memory_in_a_destructor": bombs("""
        class Late:
            def __del__(self): self.more = [Late(), bytearray(1 << 24)]
        def answer(n):
            Late()
            return 1
    """),
}
DISK = {
    "scratch_filled": bombs("""
        def answer(n):
            block = bytes(1 << 20)
            for index in range(64):
                try:
                    with open(f'file{index}', 'wb') as file:
                        for _ in range(15): file.write(block)
                except OSError: break
            return 1
    """),
    "many_files": bombs("""
        def answer(n):
            for index in range(20000):
                try: open(f'file{index}', 'wb').close()
                except OSError: break
            return 1
    """),
    "sparse_file": bombs("""
        import os
        def answer(n):
            file = os.open('sparse', os.O_RDWR | os.O_CREAT)
            os.truncate(file, 1 << 40)
            return 1
    """),
    "preallocated_file": bombs("""
        import os
        def answer(n):
            os.posix_fallocate(os.open('big', os.O_RDWR | os.O_CREAT), 0, 1 << 30)
            return 1
    """),
    "file_limit_signal_ignored": bombs("""
        import signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        def answer(n):
            with open('big', 'wb') as file:
                for _ in range(100): file.write(bytes(1 << 20))
            return 1
    """),
    "three_thousand_nested_folders": bombs("""
        import os
        def answer(n):
            for _ in range(3000):
                os.mkdir('d')
                os.chdir('d')
            open('leaf', 'w').close()
            return 1
    """),
    "unreadable_folders": bombs("""
        import os
        def answer(n):
            os.makedirs('a/b/c')
            open('a/b/c/file', 'w').close()
            for folder in ('a/b/c', 'a/b', 'a', '.'): os.chmod(folder, 0)
            return 1
    """),
    "names_that_hurt": bombs("""
        def answer(n):
            for name in (b'\\xff\\xfe', b'a\\nb', b' ', b'-rf', b'x' * 255, b'\\x1b[2J'): open(name, 'w').close()
            return 1
    """),
    "links_out_of_the_scratch": bombs("""
        import os
        def answer(n):
            for index, target in enumerate(('/', '/etc', '..', '$BAIT')): os.symlink(target, f'link{index}')
            return 1
    """),
    "pipes_and_sockets_as_files": bombs("""
        import os, socket
        def answer(n):
            os.mkfifo('pipe')
            socket.socket(socket.AF_UNIX).bind('socket')
            return 1
    """),
    "scratch_itself_removed": bombs("""
        import os, shutil
        def answer(n):
            shutil.rmtree(os.getcwd(), ignore_errors=True)
            return 1
    """),
    "scratch_renamed": bombs("""
        import os
        def answer(n):
            os.rename(os.getcwd(), os.getcwd() + '-moved')
            return 1
    """),
    "open_files_used_up": bombs("""
        import os
        def answer(n):
            held = []
            try:
                while len(held) < 10**5: held.append(os.open('/dev/null', os.O_RDONLY))
            except OSError: pass
            globals()['held'] = held
            return 1
    """),
}
STACK_AND_THREADS = {
    "recursion": bombs("def answer(n): return answer(n + 1)"),
    "recursion_without_limit": bombs(
        "import sys\nsys.setrecursionlimit(2**31 - 1)\ndef answer(n): return answer(n) + 1"
    ),
    "recursion_in_repr": bombs("""
        class Deep:
            def __repr__(self): return repr(self)
        def answer(n): return repr(Deep())
    """),
    "recursion_in_the_compiler": bombs("def answer(n): return eval('(' * 10**5 + ')' * 10**5)"),
    "recursion_in_the_solution_text": replace(
        bombs("def answer(n): return " + "(" * 3000 + "1" + ")" * 3000), compiles=False
    ),
    "recursion_swallowed": bombs("""
        def answer(n):
            try: return answer(n)
            except RecursionError: return answer(n)
    """),
    "thread_bomb": bombs("""
        import threading
        def answer(n):
            for _ in range(3000):
                try: threading.Thread(target=threading.Event().wait, daemon=True).start()
                except RuntimeError: pass
            return 1
    """),
    "threads_that_start_threads": bombs("""
        import threading
        def more(left):
            for _ in range(2):
                if left: threading.Thread(target=more, args=(left - 1,), daemon=True).start()
        def answer(n):
            more(12)
            return 1
    """),
    "busy_threads": bombs("""
        import threading
        def burn():
            while True: pass
        def answer(n):
            for _ in range(8): threading.Thread(target=burn, daemon=True).start()
            return 1
    """),
    "timers": bombs("""
        import threading
        def answer(n):
            for _ in range(500): threading.Timer(30, print).start()
            return 1
    """),
    "gigantic_source": bombs("def answer(n): return 1\n" + "x = 1\n" * 200_000),
    "gigantic_constant_in_the_source": bombs("x = 9 ** 9 ** 9\ndef answer(n): return 1"),
    "deep_source": bombs(
        "def answer(n):\n" + "".join(" " * (i + 1) + "if n:\n" for i in range(97)) + " " * 98 + "return 1"
    ),
}


@pytest.mark.parametrize(
    "bomb", [pytest.param(b, id=name) for name, b in {**MEMORY, **DISK, **STACK_AND_THREADS}.items()]
)
def test_a_bomb_costs_nobody_else_anything(arena: Arena, bomb: Attack) -> None:
    arena.fails(bomb)


def test_running_out_of_memory_is_called_so(arena: Arena) -> None:
    result = arena.fails(MEMORY["ten_gigabytes_of_bytes"])

    assert result.verdict is Verdict.MEMORY_LIMIT
