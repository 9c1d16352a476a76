"""Programs that must fail the tests of a problem, or its tests prove nothing."""

from trl_rlvr.analysis.attributes import mentioned_attributes
from trl_rlvr.analysis.parsing import try_parse
from trl_rlvr.problem import CodeProblem

_WRONG_BODIES = {
    "one that returns its argument": "return args[0] if args else None",
    "one that returns None": "return None",
    "one that returns NaN": "return float('nan')",
    "one that returns a bare object()": "return object()",
    "one that empties its arguments": "_empty(args)\n    return args[0] if args else None",
    "one that empties its arguments and returns 0": "_empty(args)\n    return 0",
    "one that empties its arguments and returns []": "_empty(args)\n    return []",
    "one that empties its arguments and returns True": "_empty(args)\n    return True",
    "one that leaves by os._exit(0)": "__import__('os')._exit(0)",
    "one that raises StopIteration": "raise StopIteration",
    "one whose answer equals everything": "return _Liar()",
}
"""The body of every function of a wrong program, by its description."""
_NUMPY_BODIES = {"one that returns an array without items": "return __import__('numpy').zeros((0, 1, 1))"}
"""Tried as well where the tests use numpy: what holds for all items of nothing holds."""
_HELPERS = """def _empty(args):
    for value in args:
        try:
            value.clear()
        except Exception:
            for name in _ATTRIBUTES:
                try:
                    setattr(value, name, None if name in ('left', 'right', 'next', 'children') else 0)
                except Exception:
                    pass

class _Liar:
    __hash__ = None
    def __init__(self, *args, **keywords): pass
    def __getattr__(self, name): return self
    def __call__(self, *args, **keywords): return self
    def __eq__(self, other): return True
    def __exit__(self, *error): return True
    __ne__ = __bool__ = lambda self, *other: False
    __lt__ = __le__ = __gt__ = __ge__ = __contains__ = lambda self, other: True
    __add__ = __sub__ = __mul__ = __truediv__ = __mod__ = __abs__ = lambda self, *other: 0.0
    __radd__ = __rsub__ = __enter__ = lambda self, *other: self

"""
_WRONG_SCRIPTS = {
    "one that prints its input": "import sys\nprint(sys.stdin.read())",
    "one that prints nothing": "pass",
    "one that leaves by os._exit(0)": "import os\nos._exit(0)",
    "one that raises StopIteration": "raise StopIteration",
}


def _all_nan(problem: CodeProblem) -> str:
    """Return a script that prints `nan` for each expected word: no comparison with it tells that it is wrong."""
    shapes = {
        test.input: "\n".join(" ".join("nan" for _ in line.split()) for line in test.output.split("\n"))
        for test in problem.io_tests
    }
    return f"import sys\nprint({shapes!r}.get(sys.stdin.read(), 'nan'))"


def wrong_programs(problem: CodeProblem) -> dict[str, str]:
    """Return programs that must not pass, by what each is."""
    if problem.io_tests:
        return {**_WRONG_SCRIPTS, "one that prints nan for everything": _all_nan(problem)}
    trees = filter(None, map(try_parse, (problem.test_setup, *problem.tests)))
    helpers = f"_ATTRIBUTES = {sorted(mentioned_attributes(trees))}\n{_HELPERS}"
    numpy = any("np." in test or "numpy" in test for test in (problem.setup_code, *problem.tests))
    bodies = _WRONG_BODIES | (_NUMPY_BODIES if numpy else {})
    programs = {
        what: helpers
        + "\n\n".join(f"def {name}(*args, **keywords):\n    {body}" for name in problem.entry_points)
        + "\n"
        for what, body in bodies.items()
    }
    classes = [name for name in problem.entry_points if name[:1].isupper()]
    if classes:
        liars = "".join(
            f"class {name}(_Liar): pass\n" if name in classes else f"def {name}(*args, **keywords): return _Liar()\n"
            for name in problem.entry_points
        )
        programs["one whose classes agree to everything"] = helpers + liars
    return programs
