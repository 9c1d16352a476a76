import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

MEASURE = """
import os, sys
sys.path.insert(0, {root!r})
from trl_rlvr.sandbox.pages import inherit_page_tables

def faults():
    pid = os.fork()
    if pid == 0:
        exec(compile("def f(xs): return sorted(str(x) for x in xs)\\nassert f([2, 1])", "s", "exec"), {{}})
        os._exit(0)
    return os.wait4(pid, 0)[2].ru_minflt

before = min(faults() for _ in range(9))
mappings = inherit_page_tables()
print(mappings, before, min(faults() for _ in range(9)))
"""


def test_children_of_a_prepared_process_fault_less():
    command = [sys.executable, "-I", "-c", MEASURE.format(root=str(ROOT))]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ})

    mappings, before, after = map(int, answer.stdout.split())

    assert mappings > 0
    assert after < before
