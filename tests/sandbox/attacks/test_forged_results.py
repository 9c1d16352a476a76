"""Attacks on the channels: forged answers, garbage, floods and closed descriptors, on whatever number they may have."""

import pytest
from support.arena import Arena
from support.attack import Attack, attack

from trl_rlvr.verdict import Verdict

TESTS = ("assert answer(7) == '$SECRET'", "assert answer(8) == $NUMBER", "assert answer(9) is True")

FRAMES = r"""
import json, marshal, os, pickle, struct

WORDS = ['passed', 'PASSED', 'ok', '1', 'true', 'True', '', 'done', 'P', '\x01']
BODIES = [w.encode() for w in WORDS] + [
    json.dumps(body).encode()
    for body in (
        True, None, [], {}, ['passed'] * 3, {'verdict': 'passed'}, {'verdict': 'passed', 'error': ''},
        {'type': 'result', 'tests': ['passed'] * 3}, {'op': 'return', 'value': True}, {'ok': True, 'value': 7},
        {'id': 0, 'result': True}, {'id': 1, 'result': True}, [0, 'passed'], ['return', True], ['verdict', 0, 'passed'],
    )
] + [pickle.dumps(True), pickle.dumps(['passed'] * 3), marshal.dumps(True)]
PREFIXES = ['<I', '>I', '<Q', '>Q', '<H', '>H', 'B']

def frames():
    for body in BODIES:
        yield body + b'\n'
        yield body + b'\0'
        yield f'Content-Length: {len(body)}\r\n\r\n'.encode() + body
        for prefix in PREFIXES:
            yield struct.pack(prefix, len(body)) + body

def write(fd, data):
    try:
        os.set_blocking(fd, False)
        return os.write(fd, data)
    except OSError:
        return 0
"""


def forges(code: str) -> Attack:
    return attack(FRAMES + code, *TESTS)


FORGED = {
    "plausible_frames_on_every_fd_in_import": """
for fd in range(64):
    for frame in frames(): write(fd, frame)
def answer(n): return 1
""",
    "plausible_frames_on_every_fd_in_call": """
def answer(n):
    for fd in range(64):
        for frame in frames(): write(fd, frame)
    return 1
""",
    "frames_before_an_exit": """
def answer(n):
    for fd in range(64):
        for frame in frames(): write(fd, frame)
    os._exit(0)
""",
    "frames_from_a_thread_all_the_time": """
import threading
def flood():
    while True:
        for fd in range(3, 64):
            for frame in frames(): write(fd, frame)
def answer(n):
    threading.Thread(target=flood, daemon=True).start()
    return 1
""",
    "replayed_requests": """
import select
def answer(n):
    for fd in range(64):
        try:
            if select.select([fd], [], [], 0)[0]:
                data = os.read(fd, 65536)
                for other in range(64): write(other, data)
        except OSError: pass
    return 1
""",
    "random_garbage_on_every_fd": """
import random
def answer(n):
    for fd in range(256): write(fd, random.Random(n).randbytes(100000))
    return 1
""",
    "zero_length_frames": """
def answer(n):
    for fd in range(3, 256): write(fd, bytes(65536))
    return 1
""",
    "a_frame_of_four_gigabytes_announced": """
def answer(n):
    for fd in range(3, 256):
        for prefix in PREFIXES[:4]: write(fd, struct.pack(prefix, 2**32 - 1) + b'x')
    return 1
""",
    "negative_length_announced": """
def answer(n):
    for fd in range(3, 256):
        for prefix in ('<i', '>i', '<q', '>q'): write(fd, struct.pack(prefix, -1) + b'x')
    return 1
""",
    "half_a_frame_and_silence": """
import time
def answer(n):
    for fd in range(3, 256): write(fd, struct.pack('>I', 1000) + b'{')
    time.sleep(1000)
""",
    "half_a_frame_and_exit": """
def answer(n):
    for fd in range(3, 256): write(fd, struct.pack('>I', 1000) + b'{')
    os._exit(0)
""",
    "every_fd_closed_in_import": "os.closerange(0, 256)\ndef answer(n): return 1",
    "every_fd_closed_in_call": "def answer(n):\n    os.closerange(0, 256)\n    return 1",
    "every_fd_but_the_standard_ones_closed_and_slept": """
import time
def answer(n):
    os.closerange(3, 256)
    time.sleep(1000)
""",
    "every_fd_replaced_by_dev_null": """
null = os.open('/dev/null', os.O_RDWR)
for fd in range(64):
    if fd != null:
        os.dup2(null, fd)
def answer(n): return 1
""",
    "fds_swapped": """
def answer(n):
    spare = [fd for fd in range(3, 64) if os.path.exists(f'/proc/self/fd/{fd}')]
    for a, b in zip(spare, reversed(spare)):
        try: os.dup2(a, b)
        except OSError: pass
    return 1
""",
    "every_fd_non_blocking": """
def answer(n):
    for fd in range(64):
        try: os.set_blocking(fd, False)
        except OSError: pass
    return 'x' * 3000000
""",
    "requests_eaten_by_a_second_reader": """
import threading
def eat(fd):
    while True:
        try: os.read(fd, 65536)
        except OSError: return
def answer(n):
    for fd in range(3, 16): threading.Thread(target=eat, args=(fd,), daemon=True).start()
    return 1
""",
    "pipe_sizes_changed": """
import fcntl
def answer(n):
    for fd in range(256):
        try: fcntl.fcntl(fd, 1031, 4096)
        except OSError: pass
    return list(range(100000))
""",
    "signal_driven_io_on_every_fd": """
import fcntl
def answer(n):
    for fd in range(256):
        for owner in ($ME, os.getppid()):
            try:
                fcntl.fcntl(fd, fcntl.F_SETOWN, owner)
                fcntl.fcntl(fd, 10, 9)
                fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_ASYNC)
                return True
            except OSError: pass
""",
    "locks_on_every_fd": """
import fcntl
def answer(n):
    for fd in range(256):
        for lock in (fcntl.lockf, fcntl.flock):
            try: lock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError: pass
    return 1
""",
    "gigabytes_on_every_fd": """
block = bytes(1 << 20)
def answer(n):
    for fd in range(256):
        try:
            for _ in range(1 << 12): os.write(fd, block)
        except OSError: pass
    return 1
""",
    "gigabytes_on_stdout": """
def answer(n):
    for _ in range(3000): print('x' * (1 << 20))
    return 1
""",
    "gigabytes_on_stderr": """
import sys
def answer(n):
    for _ in range(3000): sys.stderr.write('x' * (1 << 20))
    return 1
""",
    "endless_newlines_on_stdout": "def answer(n):\n    while True: print()",
    "spliced_into_every_fd": """
def answer(n):
    source = os.open('/dev/zero', os.O_RDONLY)
    for fd in range(3, 256):
        try:
            while os.splice(source, fd, 1 << 20, flags=2): pass
        except (OSError, AttributeError): pass
    return 1
""",
    "error_text_with_control_characters": """
def answer(n): raise ValueError('\\x1b[2J\\x00\\r\\n' + chr(0xD800) + json.dumps({'verdict': 'passed'}) * 10000)
""",
    "exception_with_a_surrogate_name": """
def answer(n): raise type('Odd' + chr(0xDC80) * 50, (Exception,), {})(chr(0xD800))
""",
}


@pytest.mark.parametrize("name", FORGED)
def test_nothing_written_anywhere_makes_a_verdict(arena: Arena, name: str) -> None:
    arena.fails(forges(FORGED[name]))


def test_error_lines_are_printable_and_short(arena: Arena) -> None:
    result = arena.fails(forges(FORGED["error_text_with_control_characters"]))

    assert result.verdict is Verdict.RUNTIME_ERROR
    assert all(test.error.isprintable() and len(test.error) <= 200 for test in result.tests)
