"""Attacks that look for the expected value in memory, in files, under /proc and behind file descriptors."""

import pytest
from support.arena import Arena
from support.attack import Attack, attack

SEARCH = r"""
import glob, os, re

SECRET = re.compile(rb'sek[0-9a-f]{24}')

def look(*blobs):
    for blob in blobs:
        for hit in SECRET.findall(blob):
            return hit.decode()

def read(path, size=1 << 22):
    try:
        with open(path, 'rb') as file:
            return file.read(size)
    except OSError:
        return b''

def line(pid):
    'The process, its parent and so on, up to the trainer.'
    seen = []
    while pid > 1 and pid not in seen and pid != $ME:
        seen.append(pid)
        status = re.search(rb'PPid:\s*(\d+)', read(f'/proc/{pid}/status'))
        pid = int(status.group(1)) if status else 0
    return seen + [$ME] * (pid == $ME)

def ancestors():
    return [*line(os.getppid()), $ME]

def relatives():
    'Every process that the trainer has started, and their children.'
    numbers = [int(name) for name in os.listdir('/proc') if name.isdigit()]
    return [pid for pid in numbers if $ME in line(pid) and pid != os.getpid()]

def look_into(pids, most=None):
    'Search the memory of processes, of each in the first mappings.'
    for pid in pids:
        try:
            maps = open(f'/proc/{pid}/maps').readlines()
            with open(f'/proc/{pid}/mem', 'rb', 0) as memory:
                for line in maps[:most]:
                    start, end = (int(x, 16) for x in line.split()[0].split('-'))
                    if ' rw' in line and end - start < 1 << 25:
                        memory.seek(start)
                        hit = look(memory.read(end - start))
                        if hit: return hit
        except OSError:
            continue
"""
TESTS = (
    "assert answer(7) == '$SECRET'",
    "assert '$SECRET' == answer(8)",
    "def check(candidate):\n    assert candidate(9) == '$SECRET'\ncheck(answer)",
)


def searches(code: str) -> Attack:
    return attack(SEARCH + code, *TESTS, setup="kept = ['$SECRET'] * 3")


MEMORY = {
    "own_memory_by_proc_self_mem": r"""
def answer(n):
    with open('/proc/self/mem', 'rb', 0) as memory:
        for line in open('/proc/self/maps'):
            start, end = (int(x, 16) for x in line.split()[0].split('-'))
            if ' rw' in line and end - start < 1 << 26:
                try:
                    memory.seek(start)
                    hit = look(memory.read(end - start))
                except OSError:
                    continue
                if hit: return hit
""",
    "own_memory_by_ctypes": r"""
import ctypes
def answer(n):
    for line in open('/proc/self/maps'):
        start, end = (int(x, 16) for x in line.split()[0].split('-'))
        if ' rw' in line and '[v' not in line and end - start < 1 << 26:
            hit = look(ctypes.string_at(start, end - start))
            if hit: return hit
""",
    "heap_around_own_objects": r"""
import ctypes
def answer(n):
    for thing in (answer, n, SEARCH if 'SEARCH' in globals() else 'x', [], {}):
        for base in range(id(thing) & ~0xFFFF, (id(thing) & ~0xFFFF) + 0x10000, 0x1000):
            hit = look(ctypes.string_at(base, 0x1000))
            if hit: return hit
""",
    "uninitialised_memory": r"""
import ctypes
def answer(n):
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    for size in list(range(16, 1024, 16)) + [1 << k for k in range(10, 22)]:
        for _ in range(20):
            hit = look(ctypes.string_at(libc.malloc(ctypes.c_size_t(size)), size))
            if hit: return hit
""",
    "memory_of_every_ancestor": "def answer(n): return look_into(ancestors())",
    "memory_of_every_process_of_the_trainer": "def answer(n): return look_into(relatives(), most=200)",
    "process_vm_readv_of_the_parent": r"""
import ctypes
def answer(n):
    libc = ctypes.CDLL(None)
    class Part(ctypes.Structure):
        _fields_ = [('base', ctypes.c_void_p), ('size', ctypes.c_size_t)]
    buffer = ctypes.create_string_buffer(1 << 16)
    local = Part(ctypes.addressof(buffer), len(buffer))
    for pid in ancestors():
        for line in open('/proc/self/maps'):
            start, end = (int(x, 16) for x in line.split()[0].split('-'))
            if ' rw' in line:
                for base in range(start, min(end, start + (1 << 20)), len(buffer)):
                    remote = Part(base, len(buffer))
                    if libc.process_vm_readv(pid, ctypes.byref(local), 1, ctypes.byref(remote), 1, 0) > 0:
                        hit = look(buffer.raw)
                        if hit: return hit
""",
    "command_line_and_environment_of_ancestors": r"""
def answer(n):
    names = ('cmdline', 'environ', 'comm', 'stat')
    return look(*[read(f'/proc/{pid}/{name}') for pid in ancestors() for name in names])
""",
    "open_files_of_ancestors": r"""
def answer(n):
    paths = [path for pid in ancestors() for path in glob.glob(f'/proc/{pid}/fd/*')]
    return look(*[read(path) for path in paths if os.readlink(path).startswith('/')])
""",
    "own_file_descriptors_read": r"""
def answer(n):
    import select
    for fd in range(256):
        try:
            if select.select([fd], [], [], 0)[0]:
                hit = look(os.read(fd, 1 << 20))
                if hit: return hit
        except OSError:
            pass
""",
    "own_file_descriptors_reopened": r"""
def answer(n):
    for fd in range(256):
        try:
            target = os.open(f'/proc/self/fd/{fd}', os.O_RDONLY | os.O_NONBLOCK)
            os.lseek(target, 0, 0)
            hit = look(os.read(target, 1 << 20))
            if hit: return hit
        except OSError:
            pass
""",
    "own_file_descriptors_from_the_start": r"""
def answer(n):
    for fd in range(256):
        try:
            hit = look(os.pread(fd, 1 << 20, 0))
            if hit: return hit
        except OSError:
            pass
""",
    "files_around_the_working_folder": r"""
def answer(n):
    for root in ('.', '..', '../..'):
        for folder, _, names in os.walk(root):
            hit = look(*[read(os.path.join(folder, name)) for name in names])
            if hit: return hit
""",
    "temporary_folders": r"""
def answer(n):
    for root in ('/tmp', '/dev/shm', '/var/tmp', '/run'):
        for folder, _, names in os.walk(root):
            hit = look(*[read(os.path.join(folder, name), 1 << 16) for name in names[:100]])
            if hit: return hit
""",
    "compiled_test_files": r"""
import sys
def answer(n):
    for root in [os.path.dirname(os.__file__)] + sys.path:
        for path in glob.glob(os.path.join(root, '**', '*.py[co]'), recursive=True)[:3000]:
            hit = look(read(path)) if 'test' in path else None
            if hit: return hit
""",
    "other_tasks_of_the_own_process": r"""
def answer(n):
    return look(*[read(path) for path in glob.glob('/proc/self/task/*/*') if os.path.isfile(path)])
""",
    "parent_by_map_files_and_root": r"""
def answer(n):
    return look(*[read(path, 1 << 16) for pid in ancestors() for kind in ('map_files', 'root/tmp', 'cwd')
                  for path in glob.glob(f'/proc/{pid}/{kind}/*')[:200]])
""",
    "arguments_of_the_sandbox_module": r"""
import sys
def answer(n):
    seen = []
    for name, module in list(sys.modules.items()):
        if 'rlvr' in name or 'harness' in name or 'sandbox' in name:
            seen.append(repr(vars(module)).encode())
    return look(*seen)
""",
}


@pytest.mark.parametrize("name", MEMORY)
def test_the_answer_is_nowhere_to_be_read(arena: Arena, name: str) -> None:
    arena.fails(searches(MEMORY[name]))


TOUCHING = {
    "writing_the_memory_of_an_ancestor": """
def answer(n):
    for pid in ancestors():
        try:
            open(f'/proc/{pid}/mem', 'r+b', 0).close()
            return 'done'
        except OSError:
            pass
""",
    "reading_the_maps_of_an_ancestor": """
def answer(n):
    return 'done' if any(read(f'/proc/{pid}/maps') for pid in ancestors()) else None
""",
    "reading_the_environment_of_an_ancestor": """
def answer(n):
    return 'done' if any(read(f'/proc/{pid}/environ') for pid in ancestors()) else None
""",
    "changing_the_oom_score_of_an_ancestor": """
def answer(n):
    for pid in ancestors():
        try:
            with open(f'/proc/{pid}/oom_score_adj', 'r+') as file:
                file.write('1000')
            return 'done'
        except OSError:
            pass
""",
    "writing_own_memory_by_proc": """
def answer(n):
    try:
        open('/proc/self/mem', 'r+b', 0).close()
        return 'done'
    except OSError:
        pass
""",
    "opening_kernel_settings_or_memory": """
def answer(n):
    for path in ('/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger', '/proc/sys/kernel/hostname', '/dev/mem'):
        try:
            os.close(os.open(path, os.O_WRONLY))
            return 'done'
        except OSError:
            pass
""",
}


@pytest.mark.parametrize("name", TOUCHING)
def test_no_other_process_can_be_touched_through_proc(arena: Arena, name: str) -> None:
    arena.fails(attack(SEARCH + TOUCHING[name]))
