"""Attacks that look for the expected value, or for a lever, in frames, in the collector's lists and in modules."""

import pytest
from support.arena import Arena
from support.attack import Attack, attack

SEARCH = """
import gc, re

def found(values, most=30000):
    'The first text that looks like the secret of a run, in the values or in anything that they lead to.'
    todo, seen = list(values), set()
    while todo and len(seen) < most:
        thing = todo.pop(0)
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, (str, bytes, bytearray)):
            match = re.search('sek[0-9a-f]{24}', thing if isinstance(thing, str) else thing.decode('latin-1'))
            if match: return match.group()
        elif len(todo) < most:
            todo += gc.get_referents(thing)
"""
TESTS = (
    "assert answer(7) == '$SECRET'",
    "expected = '$SECRET'\nassert answer(8) == expected",
    "def check(candidate):\n    want = '$SECRET'\n    assert candidate(9) == want\ncheck(answer)",
    "assert [answer(1)] == ['$SECRET'] and len(answer(1)) == 27",
)


def searches(code: str) -> Attack:
    return attack(SEARCH + code, *TESTS, setup="hidden = '$SECRET'")


INTROSPECTION = {
    name: searches(code)
    for name, code in {
        "walks_the_frames": """
import sys
def answer(n):
    frame, seen = sys._getframe(), []
    while frame:
        seen += [frame.f_locals, frame.f_globals, frame.f_code.co_consts]
        frame = frame.f_back
    return found(seen)
""",
        "frames_of_all_threads": """
import sys
def answer(n):
    seen = []
    for frame in sys._current_frames().values():
        while frame:
            seen += [frame.f_locals, frame.f_globals, frame.f_code.co_consts]
            frame = frame.f_back
    return found(seen)
""",
        "inspect_stack": """
import inspect
def answer(n):
    return found([part for info in inspect.stack() for part in (info.code_context, info.frame.f_locals)])
""",
        "locals_of_a_traceback": """
import sys
def answer(n):
    try:
        raise ValueError
    except ValueError as error:
        trace, seen = error.__traceback__, []
        frame = trace.tb_frame
        while frame:
            seen.append(frame.f_locals)
            frame = frame.f_back
    return found(seen)
""",
        "gc_get_objects": "import gc\ndef answer(n): return found(gc.get_objects())",
        "gc_get_referrers_of_itself": """
import gc
def answer(n):
    level, seen = [answer], []
    for _ in range(4):
        level = [r for o in level[:50] for r in gc.get_referrers(o)]
        seen += level
    return found(seen)
""",
        "gc_referents_transitively": """
import gc
def answer(n):
    todo, seen = gc.get_objects(), set()
    for _ in range(200000):
        if not todo: break
        item = todo.pop()
        if id(item) in seen: continue
        seen.add(id(item))
        if type(item) is str and len(item) < 2000:
            hit = found([item])
            if hit: return hit
        todo.extend(gc.get_referents(item))
""",
        "all_modules": """
import sys
def answer(n): return found([vars(module) for module in list(sys.modules.values()) if hasattr(module, '__dict__')])
""",
        "main_module": """
import sys
def answer(n): return found([vars(sys.modules['__main__']), vars(sys.modules.get(__name__, sys))])
""",
        "own_globals_and_builtins": """
import builtins
def answer(n): return found([globals(), vars(builtins), locals()])
""",
        "argv_and_flags": """
import sys
def answer(n): return found([sys.argv, sys.orig_argv, sys.flags, sys._xoptions, sys.warnoptions, sys.path])
""",
        "linecache": "import linecache\ndef answer(n): return found([linecache.cache])",
        "interned_strings_by_globals_of_subclasses": """
def answer(n):
    seen = []
    for cls in object.__subclasses__():
        for value in list(vars(cls).values()):
            seen.append(getattr(value, '__globals__', None))
    return found(seen)
""",
        "type_cache_of_re": """
import re, functools
def answer(n): return found([re._cache, getattr(re, '_cache2', None)])
""",
        "trace_of_the_caller": """
import sys
seen = []
def tracer(frame, event, arg):
    seen.append(frame.f_locals)
    frame.f_trace = tracer
    return tracer
def answer(n):
    sys.settrace(tracer)
    frame = sys._getframe().f_back
    while frame:
        frame.f_trace = tracer
        frame = frame.f_back
    return found(seen)
""",
        "profile_of_what_runs_between_calls": """
import sys
seen = []
sys.setprofile(lambda frame, event, arg: seen.append((frame.f_locals, arg)))
def answer(n): return found(seen)
""",
        "code_of_the_asking_loop": """
import sys
def answer(n):
    frame, seen = sys._getframe(1), []
    while frame:
        todo = [frame.f_code]
        while todo:
            code = todo.pop()
            seen.append(code.co_consts)
            todo += [c for c in code.co_consts if hasattr(c, 'co_consts')]
        frame = frame.f_back
    return found(seen)
""",
        "weakrefs_and_finalizers": """
import gc, weakref
def answer(n): return found([weakref.getweakrefs(o) for o in gc.get_objects()] + list(weakref.finalize._registry))
""",
        "thread_locals_of_the_main_thread": """
import sys, threading
def answer(n):
    box = []
    def look():
        for frame in sys._current_frames().values():
            while frame:
                box.append((frame.f_locals, frame.f_globals))
                frame = frame.f_back
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return found(box)
""",
        "dead_objects_in_free_lists": """
import ctypes
def answer(n):
    seen = []
    for size in range(16, 512, 16):
        raw = ctypes.create_string_buffer(size)
        seen.append(ctypes.string_at(ctypes.addressof(raw) - 4096, 8192).decode('latin-1'))
    return found(seen)
""",
        "warnings_and_logging_records": """
import logging, warnings
def answer(n): return found([logging.root.manager.loggerDict, vars(warnings), logging._handlers])
""",
        "asyncio_tasks_and_contextvars": """
import asyncio, contextvars
def answer(n): return found([list(contextvars.copy_context().items()), vars(asyncio.tasks)])
""",
    }.items()
}


@pytest.fixture(scope="module")
def searches_done(arena: Arena) -> Arena:
    """The arena in which all have searched, side by side."""
    arena.run_ahead(INTROSPECTION.values())
    return arena


@pytest.mark.parametrize("name", INTROSPECTION)
def test_no_object_of_the_candidate_leads_to_the_answer(searches_done: Arena, name: str) -> None:
    searches_done.fails(INTROSPECTION[name])


def test_a_later_argument_is_not_the_answer_to_an_earlier_call(arena: Arena) -> None:
    """Round trips: the second test's argument is the first test's answer, so it must not arrive ahead of time."""
    code = (
        SEARCH
        + """
import sys
def answer(text):
    if text != 'plain': return 'plain'
    frame, seen = sys._getframe(), []
    while frame:
        seen.append(frame.f_locals)
        frame = frame.f_back
    return found(seen)
"""
    )

    arena.fails(attack(code, "assert answer('plain') == '$SECRET'", "assert answer('$SECRET') == 'plain'", may_pass=1))


def test_a_later_call_cannot_be_read_from_a_pipe_ahead_of_time(arena: Arena) -> None:
    code = (
        SEARCH
        + """
import fcntl, os, select
def answer(text):
    if text != 'plain': return 'plain'
    for fd in range(64):
        try:
            if select.select([fd], [], [], 0)[0]:
                hit = found([os.read(fd, 1 << 20).decode('latin-1')])
                if hit: return hit
        except OSError:
            pass
"""
    )

    arena.fails(attack(code, "assert answer('plain') == '$SECRET'", "assert answer('$SECRET') == 'plain'", may_pass=1))
