import subprocess
import sys

from trl_rlvr.sandbox.forkserver.heap import gather


def said_by_fresh_interpreter(script):
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stdout


def test_gathered_functions_work_as_before():
    made = []
    for number in range(3):
        exec(f"def f(x, y=1):\n    return x + y + {number}\nmade.append(f)")
    before = [f.__code__ for f in made]

    gather(made)

    assert [f(10, y=2) for f in made] == [12, 13, 14]
    assert [f.__code__ for f in made] == before
    assert all(f.__code__ is not code for f, code in zip(made, before, strict=True))


def test_gathered_code_lies_side_by_side_in_a_filled_heap():
    script = (
        "from trl_rlvr.sandbox.forkserver.heap import fill_heap, gather\n"
        "made, between = [], []\n"
        "for number in range(50):\n"
        "    exec('def f(x):\\n' + '    x += 1\\n' * 100 + 'made.append(f)')\n"
        "    between.append(bytes(5000))\n"
        "filling = fill_heap()\n"
        "gather(made)\n"
        "places = sorted(id(f.__code__) for f in made)\n"
        "print((places[-1] - places[0]) / (50 * made[0].__code__.__sizeof__()))\n"
    )

    assert float(said_by_fresh_interpreter(script)) < 1.5


def test_functions_that_share_code_share_it_afterwards():
    made = [lambda: None for _ in range(3)]

    gather(made)

    assert len({f.__code__ for f in made}) == 1


def test_blocks_asked_for_after_the_heap_was_filled_lie_side_by_side():
    script = (
        "from trl_rlvr.sandbox.forkserver.heap import fill_heap\n"
        "holes = [bytes(700) for _ in range(2000)]\n"
        "del holes[::2]\n"
        "filling = fill_heap()\n"
        "fresh = [bytes(700) for _ in range(50)]\n"
        "places = sorted(map(id, fresh))\n"
        "print(places[-1] - places[0])\n"
    )

    assert int(said_by_fresh_interpreter(script)) < 50 * 1024


def test_equal_code_of_two_files_keeps_the_names_of_its_files():
    made = []
    for file in ("one.py", "other.py"):
        exec(compile("def f(x):\n    return x\nmade.append(f)", file, "exec"))

    gather(made)

    assert [f.__code__.co_filename for f in made] == ["one.py", "other.py"]
