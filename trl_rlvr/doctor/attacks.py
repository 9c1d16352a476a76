"""A small battery of attacks for `trl-rlvr doctor`, run against the real sandbox on this very host.

An attack passes its test only if it achieved its aim, so PASSED always means a hole. They are samples, one or two a
kind: the full suite is in tests/sandbox/attacks.
"""

import os
import secrets
import socket
import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from string import Template

from trl_rlvr.problem import CodeProblem
from trl_rlvr.sandbox.base import Program

SECRET_VARIABLE = "TRL_RLVR_DOCTOR_SECRET"  # a name, not a password


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack: a program whose `answer()` returns 'done' if it got through."""

    aim: str
    """What it tries, for the report."""
    code: str
    before: str = ""
    """A program to run first, for attacks on the one that comes next."""
    expected: str = "done"
    """What `answer()` must return."""

    def programs(self, known: Mapping[str, object]) -> list[Program]:
        """Return the programs to run; the last one's verdict tells. `known` fills the `$NAMES` in them."""
        expected = Template(self.expected).substitute(known)
        problem = CodeProblem("doctor", "", tests=(f"assert answer() == {expected!r}",), entry_point="answer")
        codes = [textwrap.dedent(code) for code in (self.before, self.code) if code]
        return [Program(Template(code).safe_substitute(known), problem) for code in codes]


ATTACKS = (
    Attack(
        "answer with an object that equals everything",
        """
        class Liar:
            def __eq__(self, other): return True
        def answer(): return Liar()
        """,
    ),
    Attack("exit with status 0 instead of answering", "import os\ndef answer(): os._exit(0)\n"),
    Attack(
        "find the expected answer in its own memory",
        """
        import gc, sys
        def answer():
            frame, found = sys._getframe(), []
            while frame:
                found += [*frame.f_locals.values(), *frame.f_globals.values()]
                frame = frame.f_back
            for thing in [*gc.get_objects(), *found]:
                for text in thing if isinstance(thing, (list, tuple, set)) else [thing]:
                    if isinstance(text, str) and text.startswith('answer-') and len(text) == 31: return text
        """,
        expected="answer-$EXPECTED",
    ),
    Attack(
        "write a forged verdict to every descriptor",
        """
        import os
        def answer():
            for fd in range(1, 64):
                try: os.write(fd, b'passed' * 100)
                except OSError: pass
            return 'wrong'
        """,
    ),
    Attack(
        "read a secret from the trainer's environment",
        """
        import glob, os
        def answer():
            for path in ['', *glob.glob('/proc/*/environ')]:
                try: data = open(path, 'rb').read() if path else repr(os.environ).encode()
                except OSError: continue
                if b'$SECRET_VARIABLE' in data: return 'done'
        """,
    ),
    Attack("read a file of the host", "def answer():\n    return open('$BAIT').read() and 'done'\n"),
    Attack("write to a file of the host", "def answer():\n    return open('$BAIT', 'a').write('x') and 'done'\n"),
    Attack(
        "connect to a server on this machine",
        """
        import socket
        def answer():
            socket.create_connection(('127.0.0.1', $PORT), 1)
            return 'done'
        """,
    ),
    Attack("start a process", "import os\ndef answer():\n    if os.fork() == 0: os._exit(0)\n    return 'done'\n"),
    Attack("become another program", "import os\ndef answer(): os.execv('/bin/sleep', ['sleep', '0'])\n"),
    Attack("signal the trainer", "import os\ndef answer():\n    os.kill($ME, 0)\n    return 'done'\n"),
    Attack(
        "lower the trainer's own limits",
        """
        import resource
        def answer():
            resource.prlimit($ME, resource.RLIMIT_CORE, (0, 0))
            return 'done'
        """,
    ),
    Attack(
        "call the kernel past Python: ptrace, new namespaces, memory files",
        """
        import ctypes
        def answer():
            libc = ctypes.CDLL(None)
            tried = [libc.ptrace(0, 0, 0, 0), libc.unshare(0x10000000), libc.memfd_create(b'x', 0)]
            return 'done' if max(tried) >= 0 else 'refused'
        """,
    ),
    Attack("allocate 10 GiB", "def answer():\n    return len(bytearray(10 << 30)) and 'done'\n"),
    Attack(
        "store 256 MiB of files",
        """
        def answer():
            for number in range(32):
                open(str(number), 'wb').write(bytes(8 << 20))
            return 'done'
        """,
    ),
    Attack(
        "start 1,000 threads",
        """
        import threading
        def answer():
            wait = threading.Event()
            try:
                for _ in range(1000): threading.Thread(target=wait.wait, daemon=True).start()
                return 'done'
            finally:
                wait.set()
        """,
    ),
    Attack("loop inside one C call", "def answer():\n    return sum(iter(int, 1))\n"),
    Attack("print without end", "def answer():\n    while True: print('x' * 100_000)\n"),
    Attack(
        "leave a message for the next candidate",
        before="""
        def answer():
            for folder in ('.', '..', '/tmp', '/var/tmp', '/dev/shm'):
                try: open(folder + '/doctor-left-$EXPECTED', 'w').close()
                except OSError: pass
        """,
        code="""
        import os
        def answer():
            for folder in ('.', '..', '/tmp', '/var/tmp', '/dev/shm'):
                if os.path.exists(folder + '/doctor-left-$EXPECTED'): return 'done'
        """,
    ),
)
"""Nineteen attacks of different kinds."""


@contextmanager
def surroundings() -> Iterator[dict[str, object]]:
    """Lay out what the attacks are after: a secret in our environment, a file open to all, a server, our process.

    Open the sandbox inside, so that it could leak the secret if it leaked.
    """
    with tempfile.TemporaryDirectory(prefix="doctor-") as folder, socket.create_server(("127.0.0.1", 0)) as server:
        os.chmod(folder, 0o777)
        bait = os.path.join(folder, "bait")
        with open(bait, "w") as file:
            file.write("a secret of the host")
        os.chmod(bait, 0o666)
        os.environ[SECRET_VARIABLE] = secrets.token_hex(12)
        try:
            yield {
                "BAIT": bait,
                "EXPECTED": secrets.token_hex(12),
                "ME": os.getpid(),
                "PORT": server.getsockname()[1],
                "SECRET_VARIABLE": SECRET_VARIABLE,
            }
        finally:
            del os.environ[SECRET_VARIABLE]
