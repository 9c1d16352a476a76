"""Attacks on the folder in which the harness runs the tests, found by what a fork remembers of its server."""

from collections.abc import Iterator

import pytest
from support.arena import NAMESPACES, Arena
from support.attack import VICTIM, attack, program
from support.programs import simple

from trl_rlvr.sandbox.backends.process import ProcessSandbox
from trl_rlvr.sandbox.limits import Limits
from trl_rlvr.verdict import Verdict

OFF = {"as_it_is": (), "without_ids": ("ids",), "without_ids_and_namespaces": ("ids", *NAMESPACES)}
FOLDERS = (
    VICTIM
    + """
import os, sys

def folders():
    frame = sys._getframe()
    while frame:
        for value in frame.f_locals.values():
            if type(value).__name__ == '_Server':
                scratch = victim(victim(value, 'confinement'), '_scratch')['harness']
                root = bytes(victim(victim(scratch, '_path'), 'data'))[:victim(scratch, '_name_place').start].decode()
                names = victim(scratch, '_living').values()
                if not names: raise Unarmed('no harness lives')
                return [root + name for name in names]
        frame = frame.f_back
    raise Unarmed('_Server')
"""
)
READS = (
    FOLDERS
    + """
def answer(n):
    for folder in folders():
        for name in os.listdir(folder):
            return open(f'{folder}/{name}').read()
"""
)
FILLS = (
    FOLDERS
    + """
def f(n):
    try:
        for m in range(5000): os.mkdir(f'{folders()[0]}/d{m}')
    except OSError: pass
    return 0
"""
)
WARM = simple("def f(x): return x + 1", "assert f(1) == 2")
"""Starts the harness that outlives a program."""


@pytest.fixture(params=OFF.values(), ids=OFF.keys())
def arena(request: pytest.FixtureRequest) -> Iterator[Arena]:
    with ProcessSandbox(limits=Limits(cpu_s=2.0), workers=1, off=request.param) as sandbox:
        if not {name: on for name, on, _ in sandbox.layers}["landlock"]:
            pytest.skip("no Landlock, which is what keeps roles of one id apart")
        with Arena(sandbox, {}) as arena:
            yield arena


def test_a_file_of_the_test_cannot_be_read(arena: Arena) -> None:
    arena.sandbox.run([WARM])

    arena.fails(attack(READS, "with open('want', 'w') as f: f.write('$SECRET')\nassert answer(1) == '$SECRET'"))


def test_the_folder_of_the_tests_cannot_be_filled(arena: Arena) -> None:
    arena.sandbox.run([WARM])
    arena.fails(attack(FILLS, "assert f(1) == '$SECRET'", entry_point="f"))

    honest = program(attack("def f(x): return x + 1", "assert f(1) + 0 == 2", entry_point="f"))
    assert [result.verdict for result in arena.sandbox.run([honest])] == [Verdict.PASSED]
