import subprocess
import sys


def test_blocks_asked_for_after_the_heap_was_filled_lie_side_by_side():
    script = (
        "from trl_rlvr.sandbox.forkserver.heap import fill_heap\n"
        "holes = [bytes(300) for _ in range(2000)]\n"
        "del holes[::2]\n"
        "filling = fill_heap()\n"
        "fresh = [bytes(300) for _ in range(50)]\n"
        "places = sorted(map(id, fresh))\n"
        "print(places[-1] - places[0])\n"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 50 * 1024
