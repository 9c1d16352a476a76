"""A naive grader: it runs a program and its tests in one process and believes the exit status, as many scripts do.

It is itself run as a program in the sandbox, so what an attack does to it stays there.
"""

from collections.abc import Mapping

from support.attack import Attack, program
from trl_rlvr.problem import CodeProblem, IOTest
from trl_rlvr.sandbox.base import Program

_GRADER = """
import os

def grade(code, setup, tests):
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for test in tests:
        for parts in ((code, setup, test), (setup, code, test)):
            names = {'__name__': 'solution'}
            try:
                for part in parts: exec(part, names)
            except SystemExit:
                raise
            except BaseException:
                continue
            os._exit(0)
    os._exit(1)
"""


def graded(attack: Attack, known: Mapping[str, object]) -> Program:
    """Return a program that passes if the attack deceives the naive grader in at least one of its tests."""
    attacker = program(attack, known)
    problem = attacker.problem
    tests = problem.tests[attack.may_pass :]
    script = f"{_GRADER}\ngrade({attacker.code!r}, {problem.setup_code!r}, {tests!r})\n"
    return Program(script, CodeProblem("naive", "", io_tests=(IOTest("", ""),)))
