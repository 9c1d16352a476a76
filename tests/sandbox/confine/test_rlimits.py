import os
import signal

import pytest

from trl_rlvr.sandbox.confine import rlimits


def test_limits_are_what_was_asked_for(anyone):
    snippet = (
        "import resource as r\n"
        "say([r.getrlimit(n) for n in (r.RLIMIT_AS, r.RLIMIT_FSIZE, r.RLIMIT_NOFILE, r.RLIMIT_CORE, r.RLIMIT_CPU)])\n"
    )

    said = anyone.run(snippet, preload=["resource"]).said

    mib = 1 << 20
    assert said == [[[512 * mib] * 2, [1 * mib] * 2, [64, 64], [0, 0], [2, 2]]]


def test_ten_gigabytes_are_a_memory_error(anyone):
    snippet = "try:\n    bytearray(10 << 30)\nexcept MemoryError:\n    say('refused')"

    assert anyone.run(snippet).said == ["refused"]


def test_a_large_file_is_an_oserror(anyone):
    snippet = "try:\n    open('big', 'wb').write(bytes(2 << 20))\nexcept OSError as error:\n    say(error.strerror)"

    assert anyone.run(snippet).said == ["File too large"]


def test_the_kernel_ends_an_endless_loop(starter):
    (result,) = starter.run("while True: pass").results

    assert os.WTERMSIG(result["status"]) == signal.SIGKILL


def test_limits_cannot_be_raised(anyone):
    snippet = (
        "import resource as r\n"
        "for n in (r.RLIMIT_AS, r.RLIMIT_NOFILE, r.RLIMIT_CPU, r.RLIMIT_FSIZE):\n"
        "    try:\n        r.setrlimit(n, (r.RLIM_INFINITY, r.RLIM_INFINITY))\n"
        "    except (ValueError, OSError):\n        say('refused')\n"
    )

    assert anyone.run(snippet, preload=["resource"]).said == ["refused"] * 4


def test_the_stack_may_be_made_deeper(anyone):
    snippet = "import resource as r; r.setrlimit(r.RLIMIT_STACK, (1 << 27, r.RLIM_INFINITY)); say('done')"

    assert anyone.run(snippet, preload=["resource"]).said == ["done"]


THREADS = """
import threading
release = threading.Event()
threads = []
try:
    for _ in range(60):
        threads.append(threading.Thread(target=release.wait)); threads[-1].start()
except RuntimeError:
    say(len(threads) - 1)
release.set()
"""


def test_threads_are_bounded_where_the_child_has_an_id_of_its_own(root):
    (started,) = root.run(THREADS, preload=["threading"]).said

    assert 8 <= started <= 8 + rlimits._OTHER_PROCESSES


def test_threads_are_bounded_in_a_user_namespace(make_setting):
    if os.geteuid() != 0:
        pytest.skip("needs root to start as somebody else")
    confined = make_setting("user", user=65534).run(THREADS, preload=["threading"])
    if not confined.on("user_ns") or not rlimits.counts_per_namespace():
        pytest.skip("this kernel does not count processes by user namespace")

    assert 8 <= confined.said[0] <= 8 + rlimits._OTHER_PROCESSES


def test_unbounded_threads_are_reported(make_setting):
    layers = make_setting("plain", off=("ids", "user_ns")).run().layers

    assert "threads bounded by memory only" in layers["rlimits"][1]
