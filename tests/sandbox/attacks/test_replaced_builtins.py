"""Attacks that change the interpreter under the test: builtins, modules, hooks. They change only their own."""

import pytest
from support.arena import Arena
from support.attack import Attack, attack

TESTS = (
    "assert answer(7) == $NUMBER",
    "assert math.isclose(answer(8), $NUMBER)",
    "assert abs(answer(9) - $NUMBER) < 1e-6",
    "assert set([answer(7)]) == {$NUMBER}",
    "assert sorted([answer(7)]) == [$NUMBER]",
    "assert isinstance(answer(7), str)",
    "assert len([answer(7)]) == 2",
    "assert all(x == $NUMBER for x in [answer(7)])",
    "assert any(x == $NUMBER for x in [answer(7)])",
    "assert round(answer(7)) == $NUMBER",
    "assert Counter([answer(7)]) == Counter([$NUMBER])",
    "assert re.match('$SECRET', str(answer(7)))",
    """
    import collections
    assert collections.Counter([answer(7)]) == collections.Counter([$NUMBER])
    """,
    """
    try:
        assert answer(7) == $NUMBER
    except AssertionError:
        raise
    """,
    "def check(candidate):\n    assert candidate(7) == $NUMBER\ncheck(answer)",
)


def tampers(code: str) -> Attack:
    return attack(code + "\ndef answer(n): return 3\n", *TESTS)


TAMPERING = {
    name: tampers(code)
    for name, code in {
        "assertion_error_replaced": "import builtins\nbuiltins.AssertionError = type('Never', (Exception,), {})",
        "assertion_error_is_base_exception": "import builtins\nbuiltins.AssertionError = BaseException",
        "isinstance_replaced": "import builtins\nbuiltins.isinstance = lambda *a: True",
        "all_and_any_replaced": "import builtins\nbuiltins.all = builtins.any = lambda *a: True",
        "abs_and_round_replaced": "import builtins\nbuiltins.abs = builtins.round = lambda *a: 0",
        "set_and_sorted_replaced": "import builtins\nbuiltins.set = builtins.sorted = lambda *a: 0",
        "len_and_print_replaced": "import builtins\nbuiltins.len = lambda x: 2\nbuiltins.print = lambda *a, **k: 0",
        "repr_and_str_replaced": "import builtins\nbuiltins.repr = builtins.str = lambda *a: ''",
        "type_replaced": "import builtins\nbuiltins.type = lambda *a: int",
        "int_replaced": "import builtins\nbuiltins.int = lambda *a: 1",
        "import_replaced": "import builtins\nbuiltins.__import__ = lambda *a, **k: None",
        "every_builtin_replaced": """
import builtins
for name in dir(builtins):
    if not name.startswith('__'):
        setattr(builtins, name, lambda *a, **k: True)
""",
        "builtins_emptied": "import builtins\nvars(builtins).clear()",
        "builtins_of_the_module_replaced": "__builtins__ = {'AssertionError': int, 'len': lambda x: 2}",
        "math_isclose_replaced": "import math\nmath.isclose = lambda *a, **k: True",
        "counter_replaced": "import collections\ncollections.Counter = lambda *a: 0",
        "re_match_replaced": "import re\nre.match = re.search = re.fullmatch = lambda *a: True",
        "sys_modules_entries_replaced": """
import sys, types
class Fake(types.ModuleType):
    def __getattr__(self, name): return lambda *a, **k: True
for name in ('math', 'collections', 're', 'builtins', 'copy', 'json'):
    sys.modules[name] = Fake(name)
""",
        "sys_modules_emptied": "import sys\nsys.modules.clear()",
        "sys_modules_is_none": "import sys\nsys.modules = None",
        "package_in_sys_modules_replaced": """
import sys
for name in [name for name in sys.modules if name.startswith('trl_rlvr')]:
    module = sys.modules[name]
    for key in dir(module):
        if callable(getattr(module, key, None)) and not key.startswith('__'):
            try: setattr(module, key, lambda *a, **k: True)
            except Exception: pass
""",
        "meta_path_hook": """
import sys
class Finder:
    def find_spec(self, name, path=None, target=None): raise SystemExit(0)
sys.meta_path.insert(0, Finder())
""",
        "path_hooks_emptied": "import sys\nsys.path_hooks.clear()\nsys.path_importer_cache.clear()\nsys.path.clear()",
        "trace_function": "import sys, os\nsys.settrace(lambda *a: os._exit(0))",
        "profile_function": "import sys, os\nsys.setprofile(lambda *a: os._exit(0))",
        "threading_settrace": "import threading, os\nthreading.settrace(lambda *a: os._exit(0))",
        "audit_hook_that_raises": """
import sys
def hook(*a): raise RuntimeError
sys.addaudithook(hook)
""",
        "stdout_replaced": """
import sys
class Out:
    def __getattr__(self, name): raise SystemExit(0)
sys.stdout = sys.stderr = sys.stdin = Out()
""",
        "stdout_closed": "import sys, os\nsys.stdout.close(); os.close(1); os.close(2); os.close(0)",
        "main_module_replaced": "import sys\nsys.modules['__main__'] = None",
        "own_module_replaced": "import sys\nsys.modules[__name__] = type('M', (), {'answer': lambda n: True})",
        "gc_disabled_and_callbacks": "import gc, os\ngc.callbacks.append(lambda *a: os._exit(0))\ngc.collect()",
        "codecs_replaced": """
import codecs
codecs.register_error('strict', lambda error: ('', error.end))
codecs.register_error('surrogatepass', lambda error: ('', error.end))
""",
        "json_and_struct_replaced": """
import json, struct, pickle, marshal
for module in (json, struct, pickle, marshal):
    for name in ('dumps', 'dump', 'pack', 'pack_into'):
        if hasattr(module, name):
            setattr(module, name, lambda *a, **k: b'true')
""",
        "os_functions_replaced": """
import os
for name in ('write', 'read', '_exit', 'close', 'dup2', 'fork'):
    setattr(os, name, lambda *a: 0)
""",
        "types_patched_by_ctypes": """
import ctypes, gc
gc.get_referents(int.__dict__)[0]['__eq__'] = lambda self, other: True
ctypes.pythonapi.PyType_Modified(ctypes.py_object(int))
""",
        "int_dict_patched_with_bool": """
import gc
gc.get_referents(int.__dict__)[0]['__bool__'] = lambda self: True
gc.get_referents(list.__dict__)[0]['__iter__'] = lambda self: iter(())
""",
        "small_integers_changed_by_ctypes": """
import ctypes
ctypes.memmove(id(3) + 24, (1).to_bytes(4, 'little'), 4)
""",
        "immortal_true_changed_by_ctypes": """
import ctypes
ctypes.memmove(id(False) + 24, (1).to_bytes(4, 'little'), 4)
""",
        "recursion_limit_lowered": "import sys\nsys.setrecursionlimit(12)",
        "switch_interval_huge": "import sys\nsys.setswitchinterval(1e9)",
        "int_digits_limited": "import sys\nsys.set_int_max_str_digits(640)",
        "excepthook_replaced": "import sys\nsys.excepthook = sys.displayhook = sys.unraisablehook = None",
        "abc_register": """
import collections.abc, numbers
for base in (collections.abc.Sequence, collections.abc.Mapping, numbers.Number):
    base.register(int)
""",
        "decimal_context_traps_cleared": """
import decimal
decimal.setcontext(decimal.Context(prec=1, traps=[]))
""",
        "locale_and_umask": "import os, locale\nos.umask(0o777)\nlocale.localeconv = lambda: {}",
    }.items()
}


@pytest.mark.parametrize("name", TAMPERING)
def test_tampering_reaches_no_test(arena: Arena, name: str) -> None:
    arena.fails(TAMPERING[name])
