"""A training run while fork servers, harnesses and candidates die at random."""

import contextlib
import json
import os
import random
import signal
import threading
import time

import pytest
from small_run import small_spec

from trl_rlvr.sandbox.supervisor.process_clock import child_pids
from trl_rlvr.training.run import open_run

pytestmark = pytest.mark.slow

STEPS = 12
OFTEN_S = 0.2


def descendants(pid):
    return [below for child in child_pids(pid) for below in (child, *descendants(child))]


@contextlib.contextmanager
def killing(sandbox, every_s):
    """Kill one process of the sandbox after the other, whichever it is; yields the list of the killed."""
    dice, over, killed = random.Random(0), threading.Event(), []

    def kill():
        while not over.wait(every_s):
            alive = [below for pid in sandbox.worker_pids() for below in (pid, *descendants(pid))]
            if alive:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(victim := dice.choice(alive), signal.SIGKILL)
                    killed.append(victim)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield killed
    finally:
        over.set()
        killer.join()


def train(folder, disturb):
    """Train, disturbed or not; return each iteration's reward and share of sandbox errors, and who was killed."""
    with open_run(small_spec(folder, max_steps=STEPS, heldout_samples=0, sandbox_workers=2)) as run:
        opening = time.monotonic()
        run.verifier.verify_code(["x = 1"], [run.spec.data.load_train()[0]])  # opens the sandbox
        # On a slow machine less often: who kills faster than workers start leaves none to run anything.
        every_s = max(OFTEN_S, time.monotonic() - opening)
        with killing(run.verifier._sandbox, every_s) if disturb else contextlib.nullcontext([]) as killed:
            run.train()
    state = json.loads((folder / f"checkpoint-{STEPS}" / "trainer_state.json").read_text())
    records = [record for record in state["log_history"] if "reward" in record]
    return [(record["reward"], record["verdict/sandbox_error"]) for record in records], killed


def test_a_run_whose_processes_are_killed_at_random_ends_with_the_same_rewards(tmp_path):
    undisturbed, _ = train(tmp_path / "undisturbed", disturb=False)

    disturbed, killed = train(tmp_path / "disturbed", disturb=True)

    assert len(killed) >= STEPS / 2  # on a busy machine one in a second or so; else several
    assert disturbed == undisturbed
