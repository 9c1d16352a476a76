"""What one candidate leaves must not be there for the next: one leaves a mark, the other looks for it.

Both run on a sandbox of one worker, one after the other; the second passes only if it found the mark.
"""

import pytest
from support.attack import SECRET, TOKEN, attack, program
from support.programs import honest_programs, run_or_fail

from trl_rlvr.sandbox.base import Sandbox
from trl_rlvr.verdict import Verdict

MARK = f"mark-{TOKEN[3:13]}"


def is_locked(path: str) -> str:
    """Code that finds out whether somebody holds a lock on a path."""
    return f"""
import fcntl, os
try:
    fcntl.flock(os.open({path!r}, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
    found = False
except BlockingIOError:
    found = True
"""


PAIRS = {
    "file_in_the_working_folder": (
        "open('$MARK', 'w').close()",
        "import os\nfound = '$MARK' in os.listdir('.')",
    ),
    "anything_in_the_working_folder": (
        "open('$MARK', 'w').close()\nopen('.hidden', 'w').close()",
        "import os\nfound = bool(os.listdir('.'))",
    ),
    "file_in_the_temporary_folder": (
        "import tempfile\nopen(tempfile.gettempdir() + '/$MARK', 'w').close()",
        "import os, tempfile\nfound = os.path.exists(tempfile.gettempdir() + '/$MARK')",
    ),
    "file_in_tmp": ("open('/tmp/$MARK', 'w').close()", "import os\nfound = os.path.exists('/tmp/$MARK')"),
    "file_in_shared_memory": ("open('/dev/shm/$MARK', 'w').close()", "found = bool(open('/dev/shm/$MARK'))"),
    "module_beside_the_solution": (
        "open('json.py', 'w').write('mark = 1')\nopen('sitecustomize.py', 'w').write('mark = 1')",
        "import json\nfound = hasattr(json, 'mark')",
    ),
    "package_cache": (
        "import os\nos.makedirs('__pycache__')\nopen('__pycache__/x.pyc', 'w').close()",
        "import os\nfound = os.path.exists('__pycache__')",
    ),
    "environment_variable": ("import os\nos.environ['$MARK'] = '1'", "import os\nfound = '$MARK' in os.environ"),
    "state_of_a_module": ("import math\nmath.mark = '$MARK'", "import math\nfound = hasattr(math, 'mark')"),
    "patched_builtin": (
        "import builtins\nbuiltins.len = lambda x: 99",
        "found = len([]) == 99",
    ),
    "new_builtin": ("import builtins\nbuiltins.mark = 1", "import builtins\nfound = hasattr(builtins, 'mark')"),
    "entry_in_sys_modules": (
        "import sys, types\nsys.modules['mark'] = types.ModuleType('mark')",
        "import sys\nfound = 'mark' in sys.modules",
    ),
    "changed_sys_path": ("import sys\nsys.path.insert(0, '$MARK')", "import sys\nfound = '$MARK' in sys.path"),
    "meta_path_finder": ("import sys\nsys.meta_path.append(1)", "import sys\nfound = 1 in sys.meta_path"),
    "random_state": (
        "import random\nrandom.seed(1)",
        "import random\nstate = random.getstate()\nrandom.seed(1)\nfound = state == random.getstate()",
    ),
    "decimal_context": (
        "import decimal\ndecimal.getcontext().prec = 3",
        "import decimal\nfound = decimal.getcontext().prec == 3",
    ),
    "recursion_limit": (
        "import sys\nsys.setrecursionlimit(4321)",
        "import sys\nfound = sys.getrecursionlimit() == 4321",
    ),
    "signal_handler": (
        "import signal\nsignal.signal(signal.SIGUSR1, print)",
        "import signal\nfound = signal.getsignal(signal.SIGUSR1) is print",
    ),
    "ignored_signal": (
        "import signal\nsignal.signal(signal.SIGUSR1, signal.SIG_IGN)",
        "import signal\nfound = signal.getsignal(signal.SIGUSR1) is signal.SIG_IGN",
    ),
    "blocked_signal": (
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])",
        "import signal\nfound = signal.SIGUSR1 in signal.pthread_sigmask(signal.SIG_BLOCK, [])",
    ),
    "thread": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), name='$MARK', daemon=True).start()",
        "import threading\nfound = threading.active_count() > 1",
    ),
    "umask": ("import os\nos.umask(0o123)", "import os\nfound = os.umask(0) == 0o123"),
    "niceness": ("import os\nos.nice(3)", "import os\nfound = os.nice(0) >= 3"),
    "open_descriptor": (
        "import os\nos.dup2(0, 57)",
        "import os\nfound = bool(os.fstat(57))",
    ),
    "extended_attribute_of_the_folder": (
        "import os\nos.setxattr('.', 'user.mark', b'1')",
        "import os\nfound = bool(os.getxattr('.', 'user.mark'))",
    ),
    "mode_of_the_folder": (
        "import os\nos.chmod('.', 0o751)",
        "import os\nfound = os.stat('.').st_mode & 0o777 == 0o751",
    ),
    "times_of_the_folder": ("import os\nos.utime('.', (1, 1))", "import os\nfound = int(os.stat('.').st_mtime) == 1"),
    "lock_on_the_folder": (
        "import fcntl, os\nfcntl.flock(os.open('.', os.O_RDONLY), fcntl.LOCK_EX)",
        is_locked("."),
    ),
    "lock_on_the_null_device": (
        "import fcntl\nfcntl.flock(0, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        is_locked("/dev/null"),
    ),
    "flags_of_standard_input": (
        "import fcntl, os\nfcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_APPEND)",
        "import fcntl, os\nfound = bool(fcntl.fcntl(0, fcntl.F_GETFL) & os.O_APPEND)",
    ),
    "abstract_socket": (
        "import socket\nsocket.socket(socket.AF_UNIX).bind('\\0$MARK')",
        "import socket\nsocket.socket(socket.AF_UNIX).connect('\\0$MARK')\nfound = True",
    ),
    "sysv_shared_memory": (
        "import ctypes\nctypes.CDLL(None).shmget(0x524C5652, 4096, 0o1666)",
        "import ctypes\nfound = ctypes.CDLL(None).shmget(0x524C5652, 0, 0) != -1",
    ),
    "module_attribute_of_the_package": (
        "import sys\nfor m in list(sys.modules.values()): m.__dict__['mark'] = 1",
        "import sys\nfound = any('mark' in vars(m) for m in list(sys.modules.values()) if hasattr(m, '__dict__'))",
    ),
    "gc_settings": ("import gc\ngc.set_threshold(7, 7, 7)", "import gc\nfound = gc.get_threshold() == (7, 7, 7)"),
    "int_text_limit": (
        "import sys\nsys.set_int_max_str_digits(777)",
        "import sys\nfound = sys.get_int_max_str_digits() == 777",
    ),
    "warnings_filter": (
        "import warnings\nwarnings.simplefilter('error')",
        "import warnings\nfound = any(f[0] == 'error' for f in warnings.filters)",
    ),
    "regular_expression_cache": (
        "import re\nre.compile('$MARK')",
        "import re\nfound = any('$MARK' in repr(key) for key in re._cache)",
    ),
    "immortal_small_integer": (
        "import ctypes\nctypes.memmove(id(77) + 24, (78).to_bytes(4, 'little'), 4)",
        "found = int('1000') - (int('70') + int('7')) != int('923')",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_nothing_is_left_for_the_next_candidate(lone_sandbox: Sandbox, name: str) -> None:
    leave, look = (text.replace("$MARK", MARK) for text in PAIRS[name])
    leaver = program(attack(f"{leave}\ndef answer(n): return n", "assert answer(1) == 1"))
    leaver_by_call = program(
        attack(
            "def answer(n):\n" + "".join(f"    {line}\n" for line in leave.splitlines()) + "    return n",
            "assert answer(1) == 1",
        )
    )
    looker = program(attack(f"{look}\ndef answer(n): return 'done' if found else None"))

    run_or_fail(lone_sandbox, [leaver, leaver_by_call])
    looked = run_or_fail(
        lone_sandbox, [looker, program(attack(look + "\n\ndef answer(n): return 'done' if found else 0"))]
    )
    after = run_or_fail(lone_sandbox, honest_programs(2))

    assert [r.verdict for r in looked if r.verdict in (Verdict.PASSED, Verdict.SANDBOX_ERROR)] == []
    assert [r.verdict for r in after] == [Verdict.PASSED] * 2


def test_names_of_files_are_not_in_the_memory_of_the_next_candidate(lone_sandbox: Sandbox) -> None:
    names = "import os, time\nfor i in range(200):\n    open(f'LEAK-$SECRET-{i:03}', 'w').close()\n"
    names += "time.sleep(0.3)  # until what it stores has been measured\ndef answer(n): return n"
    leaver = program(attack(names, "assert answer(1) == 1"), {"SECRET": SECRET})
    search = r"""
import ctypes, os, re
def answer(n):
    libc = ctypes.CDLL(None)
    libc.write.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
    reading, writing = os.pipe()
    pattern = re.compile(rb'LEAK-(sek[0-9a-f]{24})-')
    for place in {id(object()), id([]), id(b'y' * 3000)}:
        for page in range((place & ~4095) - (16 << 20), (place & ~4095) + (16 << 20), 4096):
            if page > 0 and libc.write(writing, page, 4096) == 4096:
                found = pattern.search(os.read(reading, 4096))
                if found:
                    return found[1].decode()
"""
    looker = program(attack(search, "assert answer(7) == '$SECRET'"))

    (left,) = run_or_fail(lone_sandbox, [leaver])
    (looked,) = run_or_fail(lone_sandbox, [looker])

    assert left.verdict is Verdict.PASSED
    assert looked.verdict is not Verdict.PASSED


def test_the_working_folder_is_never_the_same_inode_twice(lone_sandbox: Sandbox) -> None:
    folders = []
    for turn in range(4):
        code = f"""
            import os
            folder = os.stat('.')
            def answer(n): raise ValueError(f'{{folder.st_dev}}-{{folder.st_ino}}-{turn}')
        """
        (result,) = run_or_fail(lone_sandbox, [program(attack(code))])
        folders.append(result.error.rsplit("-", 1)[0])

    assert len(set(folders)) == 4


def test_two_candidates_at_once_do_not_see_each_other(quick_sandbox: Sandbox) -> None:
    holder = attack(
        f"import time\nheld = '{MARK}'\nopen(held, 'w').close()\ndef answer(n):\n    time.sleep(0.3)\n    return n",
        "assert answer(1) == 1",
    )
    spy = attack(
        f"""
        import glob, os, time
        def answer(n):
            end = time.monotonic() + 0.2
            while time.monotonic() < end:
                for path in glob.glob('../*/*') + glob.glob('/proc/[0-9]*/cwd/*') + glob.glob('/tmp/*/*'):
                    if {MARK[:8]!r} + {MARK[8:]!r} in path: return 'done'
                others = [name for name in os.listdir('/proc') if name.isdigit() and int(name) != os.getpid()]
                for name in others:
                    try: os.kill(int(name), 0)
                    except OSError: continue
                    return 'done'
        """
    )

    held, spied = run_or_fail(quick_sandbox, [program(holder), program(spy)])

    assert held.verdict is Verdict.PASSED
    assert spied.verdict not in (Verdict.PASSED, Verdict.SANDBOX_ERROR)
