"""Attacks that end the program: an end of any kind is no evidence that a test passed."""

from dataclasses import replace

import pytest
from support.arena import Arena
from support.attack import Attack, attack

from trl_rlvr.verdict import Verdict

WRONG = ("assert answer(7) == $NUMBER", "assert answer(8) == '$SECRET'")


def ends(code: str) -> Attack:
    return attack(code, *WRONG)


EXITS = {
    "sys_exit_0_in_import": ends("import sys\nsys.exit(0)"),
    "sys_exit_0_in_call": ends("import sys\ndef answer(n): sys.exit(0)"),
    "os_exit_0_in_import": ends("import os\nos._exit(0)"),
    "os_exit_0_in_call": ends("import os\ndef answer(n): os._exit(0)"),
    "os_exit_0_after_definitions": ends("import os\ndef answer(n): return 1\nos._exit(0)"),
    "raise_system_exit": ends("def answer(n): raise SystemExit(0)"),
    "raise_system_exit_none": ends("def answer(n): raise SystemExit"),
    "raise_base_exception": ends("def answer(n): raise BaseException('passed')"),
    "raise_keyboard_interrupt": ends("def answer(n): raise KeyboardInterrupt"),
    "raise_generator_exit": ends("def answer(n): raise GeneratorExit"),
    "exit_builtin": ends("def answer(n): exit()"),
    "exit_in_atexit": ends("import atexit, os\natexit.register(os._exit, 0)\ndef answer(n): return 1"),
    "exit_in_del": ends("""
        import os
        class Late:
            def __del__(self): os._exit(0)
        def answer(n):
            Late()
            return 1
    """),
    "exit_in_thread": ends("""
        import os, threading
        def answer(n):
            threading.Thread(target=os._exit, args=(0,)).start()
            while True: pass
    """),
    "exit_in_other_thread_during_the_answer": ends("""
        import os, threading, time
        def late():
            time.sleep(0.05)
            os._exit(0)
        def answer(n):
            threading.Thread(target=late).start()
            return list(range(200000))
    """),
    "exit_from_a_signal_handler": ends("""
        import os, signal
        signal.signal(signal.SIGUSR1, lambda *a: os._exit(0))
        def answer(n): signal.raise_signal(signal.SIGUSR1)
    """),
    "exit_from_an_audit_hook": ends("""
        import os, sys
        sys.addaudithook(lambda *a: os._exit(0))
        def answer(n): return 1
    """),
    "exit_from_the_unraisable_hook": ends("""
        import os, sys
        sys.unraisablehook = lambda *a: os._exit(0)
        class Late:
            def __del__(self): raise ValueError
        def answer(n): Late()
    """),
    "exit_from_excepthook": ends("""
        import os, sys
        sys.excepthook = lambda *a: os._exit(0)
        def answer(n): raise ValueError
    """),
    "segfault_by_ctypes": ends("import ctypes\ndef answer(n): ctypes.string_at(0)"),
    "segfault_in_import": ends("import ctypes\nctypes.string_at(0)\ndef answer(n): return 1"),
    "segfault_by_bytecode": ends("""
        def answer(n):
            code = answer.__code__.replace(co_code=bytes([0x64, 0xFF] * 20), co_consts=())
            exec(code)
    """),
    "stack_overflow_in_c": ends("""
        import sys
        sys.setrecursionlimit(10**9)
        def answer(n):
            class Deep:
                def __repr__(self): return repr(self)
            return repr(Deep())
    """),
    "stack_overflow_in_a_thread": ends("""
        import sys, threading
        sys.setrecursionlimit(10**9)
        def deep(): return max(map(lambda _: deep(), [1]))
        def answer(n):
            thread = threading.Thread(target=deep)
            thread.start()
            thread.join()
    """),
    "os_abort": ends("import os\ndef answer(n): os.abort()"),
    "kills_itself": ends("import os, signal\ndef answer(n): os.kill(os.getpid(), signal.SIGKILL)"),
    "faulthandler_sigabrt": ends("import faulthandler\ndef answer(n): faulthandler._sigabrt()"),
    "interpreter_finalized_by_ctypes": ends("import ctypes\ndef answer(n): ctypes.pythonapi.Py_FinalizeEx()"),
    "libc_exit_by_ctypes": ends("import ctypes\ndef answer(n): ctypes.CDLL(None).exit(0)"),
    "fatal_error_by_ctypes": ends("import ctypes\ndef answer(n): ctypes.pythonapi.Py_FatalError(b'ok')"),
    "exec_replaces_the_process": ends("import os\ndef answer(n): os.execv('/bin/true', ['true'])"),
    "stops_itself": ends("import os, signal\ndef answer(n): os.kill(os.getpid(), signal.SIGSTOP)"),
    "exception_whose_str_exits": ends("""
        import os
        class Loud(Exception):
            def __str__(self): os._exit(0)
            __repr__ = __str__
        def answer(n): raise Loud
    """),
    "exception_whose_class_lies": ends("""
        class Sly(BaseException):
            __class__ = property(lambda self: AssertionError)
        def answer(n): raise Sly
    """),
    "stop_iteration_at_top_level": ends("raise StopIteration"),
    "syntax_error": replace(ends("def answer(n) return 1"), compiles=False),
    "nothing_at_all": ends(""),
    "only_nul_bytes": replace(ends("def answer(n): return 1\n\x00"), compiles=False),
    "lone_surrogate_in_the_code": replace(ends("def answer(n): return '\ud800'"), compiles=False),
}


@pytest.mark.parametrize("name", EXITS)
def test_an_exit_is_no_pass(arena: Arena, name: str) -> None:
    arena.fails(EXITS[name])


def test_an_exit_after_the_first_test_keeps_only_that_one(arena: Arena) -> None:
    half = attack(
        """
        import os
        def answer(n):
            if n == 2: os._exit(0)
            return n + 1
        """,
        "assert answer(1) == 2",
        "assert answer(2) == 3",
        "assert answer(3) == 4",
        may_pass=1,
    )

    result = arena.fails(half)

    first, second, third = (test.verdict for test in result.tests)
    assert (first, second) == (Verdict.PASSED, Verdict.CRASHED)
    assert third is not Verdict.PASSED
