"""One honest program of each kind: what must pass wherever a sandbox opens.

They use what every program is promised: memory, a file of its own, a thread.
"""

from trl_rlvr.problem import CodeProblem, IOTest
from trl_rlvr.sandbox.base import Program

_LITERAL = """
import threading
def answer(n):
    with open("note", "w") as note:
        note.write(str(n))
    found = []
    thread = threading.Thread(target=lambda: found.append(int(open("note").read())))
    thread.start()
    thread.join()
    return found
"""
_SOURCE = """
class Account:
    def __init__(self):
        self.entries = []
    def add(self, amount):
        self.entries.append(amount)
        return self
"""
_TEST = """
for n in (1, 2):
    assert sum(Account().add(n).add(2).entries) == n + 2
"""
_SCRIPT = "print(sum(map(int, input().split())))\n"

HONEST_PROGRAMS = {
    "literal tests": Program(_LITERAL, CodeProblem("honest", "", ("assert answer(7) == [7]",))),
    "source tests": Program(_SOURCE, CodeProblem("honest", "", (_TEST,))),
    "standard input": Program(_SCRIPT, CodeProblem("honest", "", io_tests=(IOTest("3 4\n", "7\n"),))),
}
"""By what decides about them."""
