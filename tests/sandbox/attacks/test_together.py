"""What the mode in which solution and tests share a process holds, and what it does not.

Each attack answers wrongly. Those of `HELD` must not pass; those of `GETS_THROUGH` do, and
`docs/threat-model.md` names them.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from trl_rlvr.errors import SandboxError
from trl_rlvr.problem import CodeProblem
from trl_rlvr.sandbox.backends.process import ProcessSandbox
from trl_rlvr.sandbox.base import Program, Sandbox
from trl_rlvr.sandbox.limits import Limits
from trl_rlvr.verdict import ExecutionResult, Verdict

UNITTEST = """
import unittest
class TestAnswer(unittest.TestCase):
    def test_two(self):
        self.assertEqual(answer(2), 4)
    def test_three(self):
        self.assertEqual(answer(3), 6)
"""
PYTEST = "def test_five():\n    assert answer(5) == 10"
ASSERT = "assert answer(7) == 14"
TESTS = (UNITTEST, PYTEST, ASSERT)

HELD = {
    "an exit while it loads": "import os; os._exit(0)",
    "an exit in a call": "import os\ndef answer(n): os._exit(0)",
    "an exit by an exception": "import sys\ndef answer(n): sys.exit(0)",
    "an exit by a signal": "import os, signal\ndef answer(n): os.kill(os.getpid(), signal.SIGTERM)",
    "an exit from a thread": """
import os, threading
def answer(n): threading.Thread(target=os._exit, args=(0,)).start()
""",
    "words on every descriptor": """
import os
def answer(n):
    for fd in range(64):
        try: os.write(fd, b'OK\\n1 passed in 0.01s\\n' * 20)
        except OSError: pass
""",
    "closed descriptors": "import os\ndef answer(n): os.closerange(0, 64)",
    "a verdict without its token": """
import os, struct
for fd in range(64):
    for number in range(3):
        try: os.write(fd, bytes(16) + struct.pack('<HBB200s', number, 0, 0, b''))
        except OSError: pass
def answer(n): return None
""",
    "an object that equals everything": """
class Liar:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
def answer(n): return Liar()
""",
    "an object that equals everything, made by exec": """
exec('class Liar:\\n  def __eq__(self, other): return True')
def answer(n): return Liar()
""",
    "a replaced assertion": """
import unittest
def answer(n):
    unittest.TestCase.assertEqual = lambda *args: None
""",
    "an assertion replaced while it loads": """
import unittest
unittest.TestCase.assertEqual = print
def answer(n): pass
""",
    "an assertion replaced on the case itself": """
import sys
def answer(n):
    frame = sys._getframe()
    while frame:
        if 'self' in frame.f_locals: frame.f_locals['self'].assertEqual = lambda *args: None
        frame = frame.f_back
""",
    "a runner that runs nothing": """
import unittest
unittest.TestSuite.run = lambda self, result: result
def answer(n): pass
""",
    "an outcome that takes no note of errors": """
import contextlib, unittest
def answer(n):
    unittest.case._Outcome.testPartExecutor = lambda *args, **options: contextlib.suppress(Exception)
""",
    "a loader that finds nothing": """
import unittest
unittest.TestLoader.getTestCaseNames = lambda *args: []
unittest.TestLoader.loadTestsFromTestCase = lambda *args: unittest.TestSuite()
def answer(n): pass
""",
    "a skip": "import unittest\ndef answer(n): raise unittest.SkipTest('later')",
    "replaced tests": """
import sys
def answer(n):
    tests = sys.modules['tests']
    tests.test_five = tests.TestAnswer = lambda *args: None
""",
    "replaced methods": """
import sys
def answer(n):
    kind = getattr(sys.modules['tests'], 'TestAnswer', None)
    for name in ('test_two', 'test_three'):
        if kind: setattr(kind, name, lambda self: None)
""",
    "replaced builtins": """
import builtins
builtins.AssertionError = ValueError
builtins.len = id
def answer(n): pass
""",
    "replaced comparisons": """
import sys
def answer(n):
    frame = sys._getframe(1)
    frame.f_globals['__trl_equal__'] = lambda *args: True
""",
    "a trace function": """
import sys
def jump(frame, event, argument):
    return jump
def answer(n):
    sys.settrace(jump)
""",
    "an endless loop": "def answer(n):\n    while True: pass",
    "an exit handler": "import atexit, os\natexit.register(os._exit, 0)\ndef answer(n): pass",
    "a token looked for in frames and objects": """
import gc, os, struct, sys
def tokens():
    seen, frame = [], sys._getframe()
    while frame:
        seen += [*frame.f_locals.values(), *frame.f_globals.values()]
        frame = frame.f_back
    seen += [getattr(one, '__self__', None) for one in gc.get_objects()]
    seen += [one for group in seen if type(group) in (list, tuple) for one in group]
    return {one for one in seen if type(one) is bytes and len(one) == 16}
def answer(n):
    for token in tokens():
        for fd in range(3, 16):
            for number in range(3):
                try: os.write(fd, token + struct.pack('<HBB200s', number, 0, 0, b''))
                except OSError: pass
""",
}
GETS_THROUGH = {
    "a runner whose functions are replaced through a frame": """
import sys
def answer(n):
    frame = sys._getframe()
    while frame:
        runner = frame.f_locals.get('self')
        if type(runner).__name__ == '_Runner':
            passed = frame.f_globals['Outcome'](frame.f_globals['Verdict'].PASSED, '')
            type(runner).run = lambda self, number: passed
        frame = frame.f_back
    return 2 * n  # the first test is over before what comes next is forged
""",
    "an object that lies with care": """
class Liar:
    def __eq__(self, other): return other in (4, 6, 10, 14)
def answer(n): return Liar()
""",
    "an expected value that is read from the tests": """
import sys
def answer(n):
    frame = sys._getframe(1)
    consts = [one for one in frame.f_code.co_consts if type(one) is int]
    return consts[-1]
""",
}


@pytest.fixture(scope="module")
def together() -> Iterator[Sandbox]:
    """A sandbox that may run solution and tests in one process."""
    with ProcessSandbox(limits=Limits(cpu_s=2.0, idle_s=1.0), workers=1) as sandbox:
        sandbox.judges_together = True
        yield sandbox


def run(sandbox: Sandbox, code: str, *tests: str) -> ExecutionResult:
    problem = CodeProblem("t", "", tests or TESTS, isolation="together", entry_point="answer")
    return sandbox.run([Program(code, problem)])[0]


def test_an_honest_program_passes_each_test_by_itself(together: Sandbox) -> None:
    result = run(together, "def answer(n): return 2 * n if n != 5 else 0")

    assert [test.verdict for test in result.tests] == [Verdict.PASSED, Verdict.WRONG_ANSWER, Verdict.PASSED]
    assert result.isolation == "together"


@pytest.mark.parametrize("attack", HELD.values(), ids=HELD)
def test_no_cheap_trick_passes_a_test(together: Sandbox, attack: str) -> None:
    result = run(together, attack)

    assert result.passed == 0, [test.verdict.value for test in result.tests]
    assert result.verdict is not Verdict.SANDBOX_ERROR, result.error


@pytest.mark.parametrize(("name", "attack"), GETS_THROUGH.items(), ids=GETS_THROUGH)
def test_what_gets_through_is_named(together: Sandbox, name: str, attack: str) -> None:
    documented = Path(__file__).parents[3].joinpath("docs", "threat-model.md").read_text()

    assert run(together, attack).verdict is Verdict.PASSED, "it is held by now: say so"
    assert name in " ".join(documented.split())


EMPTY = {
    "nothing": "x = 1",
    "a class without tests": "import unittest\nclass TestNothing(unittest.TestCase):\n    pass",
    "tests that are marked to be skipped": "import unittest\n@unittest.skip('no')\n"
    + UNITTEST.strip().split("\n", 1)[1],
    "no parameters": "import pytest\n@pytest.mark.parametrize('n', [])\ndef test_n(n):\n    assert answer(n)",
    "a test that yields": "def test_n():\n    yield answer(1)",
}


@pytest.mark.parametrize("tests", EMPTY.values(), ids=EMPTY)
def test_an_empty_collection_is_no_pass(together: Sandbox, tests: str) -> None:
    assert run(together, "def answer(n): return 2 * n", tests).verdict is Verdict.REFUSED_VALUE


def test_a_sandbox_that_was_not_told_to_runs_nothing_together(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match="sandbox_tests"):
        run(sandbox, "def answer(n): return 2 * n")
