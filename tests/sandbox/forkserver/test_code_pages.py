import subprocess
import sys

import pytest

_HEAD = """
import ctypes, hashlib
from trl_rlvr.sandbox.forkserver import code_pages

def areas():
    for line in open("/proc/self/smaps"):
        words = line.split()
        if not words[0].endswith(":"):
            area, rights, path = words[0], words[1], words[5] if len(words) > 5 else ""
            start, end = (int(number, 16) for number in area.split("-"))
        elif words[0] == "Anonymous:":
            own = int(words[1])
        elif words[0] == "AnonHugePages:":
            yield start, end, rights, path, own, int(words[1])

def libraries():
    return [area for area in areas() if area[3].startswith("/") and area[2].endswith("p")]

def content(stretches):
    return [hashlib.sha256(ctypes.string_at(start, end - start)).hexdigest() for start, end in stretches]

def readable():
    return [area[:2] for area in libraries() if area[2] in ("r--p", "r-xp")]

before = readable()
known = content(before)
"""


def said_by_fresh_interpreter(script):
    done = subprocess.run([sys.executable, "-c", _HEAD + script], capture_output=True, text=True, check=True)
    return done.stdout


def test_code_on_huge_pages_is_the_same_and_cannot_be_written():
    script = """
windows = list(code_pages._huge_windows())
code_pages.use_huge_pages()
huge = [area for area in areas() if area[5] and area[2] == "r-xp"]
assert content(before) == known
assert not [area for area in areas() if "w" in area[2] and "x" in area[2]]
print(len(windows), sum(end - start for start, end in windows) >> 10, sum(area[5] for area in huge))
import json, re, decimal
assert json.loads(re.sub("a", "1", "[a]")) == [1] and decimal.Decimal(1) / 4 == decimal.Decimal("0.25")
"""
    count, kib, huge_kib = map(int, said_by_fresh_interpreter(script).split())

    if count == 0 or huge_kib == 0:
        pytest.skip("this interpreter's code fills no huge page, or this kernel makes none")
    assert huge_kib == kib


def test_no_trace_is_left_where_no_huge_page_can_be_had():
    script = """
code_pages._COLLAPSE = -1  # an advice that no kernel knows
start = [area[:4] for area in libraries()]
code_pages.use_huge_pages()
assert [area[:4] for area in libraries()] == start
assert not [area for area in areas() if area[5]]
print("kept", content(before) == known)
"""
    assert said_by_fresh_interpreter(script) == "kept True\n"


def test_joined_mappings_are_fewer_hold_the_same_and_none_is_writable_code():
    script = """
import array, math, select, _decimal
start = len(libraries())
known = content(area[:2] for area in libraries() if area[2] != "rw-p")
stretches = [area[:2] for area in libraries() if area[2] != "rw-p"]
code_pages.join_mappings()
assert content(stretches) == known
assert not [area for area in libraries() if "w" in area[2] and "x" in area[2]]
assert math.floor(2.5) == 2 and array.array("i", [1])[0] == 1
import _bisect
print(start, len(libraries()))
"""
    before, after = map(int, said_by_fresh_interpreter(script).split())

    assert after < 0.7 * before
