"""One worker: takes jobs from the trainer, runs each to its verdicts, and mends what breaks on the way.

It holds tests, so nothing is ever forked from it; an `Attempt` runs one job once, and its `Watchdog` looks on.
"""

import json
import marshal
import struct
import time
from dataclasses import replace

from trl_rlvr.sandbox.confine.rlimits import raise_soft_limits
from trl_rlvr.sandbox.protocol.control import JOB_BYTES, SOURCE, TOGETHER, Answer, Job, pack_work
from trl_rlvr.sandbox.protocol.frames import read_frame, write_frame
from trl_rlvr.sandbox.protocol.outcomes import Outcome
from trl_rlvr.sandbox.protocol.settings import WorkerSettings
from trl_rlvr.sandbox.rewrite.compiled import compiled_tests
from trl_rlvr.sandbox.supervisor.attempt import Attempt
from trl_rlvr.sandbox.supervisor.fork_server_client import ForkServerClient, ServerLost
from trl_rlvr.sandbox.supervisor.harness_process import Disturbed, HarnessProcess
from trl_rlvr.sandbox.supervisor.memory_kills import memory_kills
from trl_rlvr.sandbox.supervisor.progress import Progress
from trl_rlvr.sandbox.supervisor.watchdog import TrainerGone
from trl_rlvr.verdict import Verdict

_ATTEMPTS, _PATIENCE_S = 4, 20.0
"""Attempts per program. If the fork server died each time (a program cannot cause that), keep trying for at least
`_PATIENCE_S` seconds."""
_PAUSE_S = 0.05
"""The first wait before another attempt, for what is wrong with the host to pass."""
_HARNESS_JOBS = 1000
"""Programs after which a harness is replaced: they may have left something in its memory."""
_STDIN, _STDOUT = 0, 1


class Supervisor:
    """Keeps one fork server and one harness for literal suites, and runs jobs one at a time.

    Args:
        settings: of the fork server.
        trainer: pipe that hangs up when the trainer is gone; None: nobody looks.
    """

    def __init__(self, settings: WorkerSettings, trainer: int | None = None) -> None:
        self.settings = settings
        self.trainer = trainer
        self.server = ForkServerClient(settings)
        self.harness: HarnessProcess | None = None
        self.restarts = 0

    def run(self, job: Job) -> Answer:
        """Run a job to its verdicts; what an outsider broke is run again.

        Raises:
            TrainerGone: nobody waits for them any more.
        """
        started = time.monotonic()
        try:
            job = _with_compiled_tests(job)
        except Exception as error:  # no fault of the program
            outcome = Outcome(Verdict.SANDBOX_ERROR, f"the tests could not be compiled: {error!r:.200}")
            return self._answer([outcome] * job.tests, 0.0, started, 0)
        disturbed: list[Disturbed] = []
        kills: list[int] = []
        lost = 0
        while True:
            try:
                progress = self._attempt(job)
                return self._answer(progress.outcomes(), progress.cpu_s, started, len(disturbed) + lost)
            except (Disturbed, OSError, ValueError, ArithmeticError, struct.error) as error:
                disturbed.append(error if isinstance(error, Disturbed) else _of_our_own(error))
                kills.append(memory_kills())
                if len(disturbed) == _ATTEMPTS or not disturbed[-1].again:
                    outcome = _outcome(disturbed[-1], len(disturbed), kills[-1] - kills[0])
                    break
                time.sleep(_PAUSE_S * len(disturbed))
            except ServerLost as loss:
                lost += 1
                cause = self._restart() or str(loss)
                if lost >= _ATTEMPTS and time.monotonic() - started > _PATIENCE_S:
                    outcome = Outcome(Verdict.SANDBOX_ERROR, f"the fork server was lost again and again: {cause}")
                    break
                time.sleep(min(_PAUSE_S * lost, 1.0))
        return self._answer([outcome] * job.tests, 0.0, started, len(disturbed) + lost)

    def _answer(self, outcomes: list[Outcome], cpu_s: float, started: float, retried: int) -> Answer:
        restarts, self.restarts = self.restarts, 0
        return {
            "tests": [(verdict.value, text) for verdict, text in outcomes],
            "cpu_s": cpu_s,
            "wall_s": time.monotonic() - started,
            "retried": retried,
            "restarts": restarts,
        }

    def _attempt(self, job: Job) -> Progress:
        harness = self.harness
        if not job.alone:
            if harness is not None and harness.jobs >= _HARNESS_JOBS:
                harness.close()
            if harness is None or harness.gone:
                harness = self.harness = HarnessProcess(self.server, job.kind)
        else:
            harness = HarnessProcess(self.server, job.kind)
        try:
            return Attempt(self.server, harness, job, self.trainer).run()
        finally:
            if harness is not self.harness or harness.gone:
                harness.close()

    def _restart(self) -> str:
        """Start another fork server; return why there is none, empty if there is."""
        self.restarts += 1
        self.server.close()
        self.harness = None
        try:
            self.server = ForkServerClient(self.settings)
        except (ServerLost, OSError) as error:
            return str(error)
        return ""


def _with_compiled_tests(job: Job) -> Job:
    """Compile the tests where they are source, for the process that will run them."""
    if job.kind == SOURCE:
        return replace(job, harness=compiled_tests(job.harness))
    if job.kind == TOGETHER:
        *work, tests, token = marshal.loads(job.candidate)
        return replace(job, candidate=pack_work([*work, compiled_tests(tests, together=True), token]))
    return job


def _of_our_own(error: Exception) -> Disturbed:
    """Return what an error of this process means: a lack of memory or descriptors, which may pass, or a mistake."""
    return Disturbed(f"{type(error).__name__} in the supervisor: {error}", again=isinstance(error, OSError))


def _outcome(last: Disturbed, times: int, kills: int) -> Outcome:
    """Say what it means that a program could not be run to its end.

    Args:
        last: what kept it from that the last time.
        times: how often something did.
        kills: how often the kernel ended a process of this machine for lack of memory since the first time.
    """
    by_kernel = times > 1 and kills >= times - 1
    if last.own and not by_kernel:
        # Nothing keeps programs here from doing that themselves, and an outsider does not hit the same one that often.
        return Outcome(Verdict.CRASHED, "the process was killed again and again")
    cause = "the kernel ended it again and again for lack of memory" if by_kernel else last.cause
    return Outcome(Verdict.SANDBOX_ERROR, cause)


def main(package_root: str, settings: str) -> None:
    """Serve the trainer on the standard streams until it closes them."""
    del package_root
    raise_soft_limits()
    try:
        supervisor = Supervisor(WorkerSettings.unpack(settings), _STDIN)
    except (ServerLost, OSError) as error:
        write_frame(_STDOUT, json.dumps(str(error)).encode())  # in the place of the layers
        return
    try:
        write_frame(_STDOUT, json.dumps(supervisor.server.layers).encode())
        while (frame := read_frame(_STDIN, JOB_BYTES)) is not None:
            write_frame(_STDOUT, json.dumps(supervisor.run(Job.unpack(frame))).encode())
    except (BrokenPipeError, TrainerGone):
        pass  # what still runs ends with the server
    finally:
        supervisor.server.close()
