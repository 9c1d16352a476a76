"""Attacks on what the trainer's machine holds: its environment, its files, and places to write to."""

import os
from pathlib import Path

import pytest
from support.arena import Arena
from support.attack import TOKEN, attack

import trl_rlvr

REPOSITORY = Path(trl_rlvr.__file__).resolve().parent.parent
TOKENS = ("assert answer(7) == '$TOKEN'", "assert '$TOKEN' in answer(8)", "assert answer(9).endswith('$TOKEN')")

SEARCH = r"""
import glob, os, re

def token(*texts):
    for text in texts:
        hit = re.search(r'hf_[0-9a-f]{32}', text if isinstance(text, str) else repr(text))
        if hit: return hit.group()
    return 'nothing'

def read(path):
    try:
        with open(path, 'rb') as file: return file.read(1 << 20).decode('latin-1')
    except OSError:
        return ''
"""
SECRETS = {
    "environment": "def answer(n): return token(dict(os.environ))",
    "environment_by_name": "def answer(n): return os.environ['HF_TOKEN']",
    "environment_of_libc": """
import ctypes
def answer(n):
    getenv = ctypes.CDLL(None).getenv
    getenv.restype = ctypes.c_char_p
    return (getenv(b'HF_TOKEN') or b'').decode()
""",
    "environment_by_environ_pointer": """
import ctypes
def answer(n):
    environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), 'environ')
    seen = []
    for index in range(200):
        if not environ[index]: break
        seen.append(environ[index].decode('latin-1'))
    return token(*seen)
""",
    "proc_self_environ": "def answer(n): return token(read('/proc/self/environ'))",
    "environ_of_the_parent": "def answer(n): return token(*[read(f'/proc/{p}/environ') for p in (os.getppid(), $ME)])",
    "environ_of_a_thread": "def answer(n): return token(read(f'/proc/thread-self/environ'))",
    "stack_where_the_environment_was": """
import ctypes
def answer(n):
    for line in open('/proc/self/maps'):
        if '[stack]' in line:
            start, end = (int(x, 16) for x in line.split()[0].split('-'))
            return token(ctypes.string_at(start, end - start).decode('latin-1'))
""",
    "whole_heap": """
import ctypes
def answer(n):
    for line in open('/proc/self/maps'):
        start, end = (int(x, 16) for x in line.split()[0].split('-'))
        if ' rw' in line and '[v' not in line and end - start < 1 << 26:
            hit = token(ctypes.string_at(start, end - start).decode('latin-1'))
            if hit != 'nothing': return hit
""",
    "bait_readable_by_everybody": "def answer(n): return read('$BAIT')",
    "bait_by_a_link": "def answer(n):\n    os.symlink('$BAIT', 'link')\n    return read('link')",
    "bait_by_a_hard_link": "def answer(n):\n    os.link('$BAIT', 'hard')\n    return read('hard')",
    "bait_by_dot_dot": "def answer(n): return read('../' * 40 + '$BAIT'.lstrip('/'))",
    "bait_by_the_root_of_the_process": "def answer(n): return read('/proc/self/root$BAIT')",
    "bait_by_the_root_of_the_parent": "def answer(n): return read(f'/proc/{os.getppid()}/root$BAIT')",
    "bait_by_an_open_folder": """
def answer(n):
    for fd in range(64):
        try: return os.read(os.open('..' + '/..' * 20 + '$BAIT', os.O_RDONLY, dir_fd=fd), 1000).decode()
        except OSError: pass
    return ''
""",
    "private_file": "def answer(n): return read('$BAIT.private')",
}


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_is_found(arena: Arena, name: str) -> None:
    assert os.environ["HF_TOKEN"] == TOKEN

    arena.fails(attack(SEARCH + SECRETS[name], *TOKENS))


READING = {
    "netrc": "os.path.expanduser('~/.netrc')",
    "home_of_root": "'/root/.bashrc'",
    "password_file": "'/etc/shadow'",
    "hostname": "'/etc/hostname'",
    "resolver": "'/etc/resolv.conf'",
    "machine_id": "'/etc/machine-id'",
    "kernel_log": "'/var/log/dmesg'",
    "package_source": repr(str(REPOSITORY / "trl_rlvr" / "problem.py")),
    "package_metadata": repr(str(REPOSITORY / "setup.cfg")),
    "tests_of_the_package": repr(str(Path(__file__).resolve())),
    "installed_packages": repr(str(Path(pytest.__file__).resolve())),
    "the_trainers_program": "f'/proc/{os.getppid()}/cmdline'",
    "mounts_of_the_parent": "f'/proc/{os.getppid()}/mounts'",
}


@pytest.mark.parametrize("name", READING)
def test_no_file_of_the_machine_is_read(arena: Arena, name: str) -> None:
    arena.fails(attack(f"import os\ndef answer(n):\n    open({READING[name]}, 'rb').read(1)\n    return 'done'"))


LISTING = ["/home", "/root", "/tmp", "/dev/shm", str(REPOSITORY), str(REPOSITORY / "trl_rlvr" / "data")]


@pytest.mark.parametrize("folder", LISTING, ids=lambda folder: folder.replace(str(REPOSITORY), "repository"))
def test_no_folder_of_the_machine_is_listed(arena: Arena, folder: str) -> None:
    """An empty folder that a private mount shows in its place is as good as a refusal."""
    arena.fails(attack(f"import os\ndef answer(n): return 'done' if os.listdir({folder!r}) else None"))


WRITING = {
    "file_in_tmp": "open('/tmp/rlvr-attack-$ME', 'x')",
    "file_in_var_tmp": "open('/var/tmp/rlvr-attack-$ME', 'x')",
    "file_in_shared_memory": "open('/dev/shm/rlvr-attack-$ME', 'x')",
    "file_in_the_home": "open(os.path.expanduser('~/rlvr-attack-$ME'), 'x')",
    "folder_above_the_scratch": "os.mkdir('../rlvr-attack-$ME')",
    "file_beside_the_bait": "open('$BAIT.new', 'x')",
    "bait_appended_to": "open('$BAIT', 'ab')",
    "bait_truncated": "os.truncate('$BAIT', 0)",
    "bait_removed": "os.remove('$BAIT')",
    "bait_renamed": "os.rename('$BAIT', '$BAIT.moved')",
    "bait_linked": "os.link('$BAIT', '$BAIT.linked')",
    "bait_chmod": "os.chmod('$BAIT', 0o666)",
    "bait_chown": "os.chown('$BAIT', os.getuid(), os.getgid())",
    "bait_utime": "os.utime('$BAIT')",
    "bait_xattr": "os.setxattr('$BAIT', 'user.rlvr', b'x')",
    "bait_lock": "__import__('fcntl').flock(os.open('$BAIT', os.O_RDONLY), 2)",
    "folder_chmod": "os.chmod(os.path.dirname('$BAIT'), 0o777)",
    "interpreter_files_opened": "open(os.__file__, 'ab')",
    "interpreter_files_chmod": "os.chmod(os.__file__, 0o644)",
    "site_packages": f"open({str(Path(pytest.__file__).parent / 'rlvr-attack-$ME')!r}, 'x')",
    "package_files": f"open({str(REPOSITORY / 'trl_rlvr' / 'problem.py')!r}, 'ab')",
    "null_device_chmod": "os.chmod('/dev/null', 0o666)",
    "null_device_xattr": "os.setxattr('/dev/null', 'user.rlvr', b'x')",
    "device_made": "os.mknod('device', 0o020666, os.makedev(1, 1))",
    "set_user_id_file": "(open('own', 'w').close(), os.chown('own', 0, 0), os.chmod('own', 0o4755))",
    "shared_memory_object": "__import__('multiprocessing.shared_memory').shared_memory.SharedMemory('rlvr', True, 64)",
    "named_semaphore": "__import__('_multiprocessing').SemLock(1, 1, 1, '/rlvr-attack-$ME', True)",
    "terminal": "open('/dev/tty', 'wb')",
    "pty": "os.openpty()",
    "serial_console": "open('/dev/console', 'wb')",
    "core_dumps_allowed": "__import__('resource').setrlimit(4, (1 << 20, 1 << 20))",
}


@pytest.mark.parametrize("name", WRITING)
def test_nothing_outside_the_scratch_is_changed(arena: Arena, bait: Path, name: str) -> None:
    before = bait.stat()

    arena.fails(attack(f"import os\ndef answer(n):\n    {WRITING[name]}\n    return 'done'"))

    after = bait.stat()
    assert (after.st_mode, after.st_mtime_ns, after.st_ctime_ns) == (
        before.st_mode,
        before.st_mtime_ns,
        before.st_ctime_ns,
    )
    assert sorted(file.name for file in bait.parent.iterdir()) == ["open.txt", "open.txt.private"]
