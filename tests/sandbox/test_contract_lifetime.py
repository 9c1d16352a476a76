"""What `Sandbox` promises about its own life, on every backend: opening, closing, being killed, forked, configured."""

import contextlib
import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable

import pytest
from support.backends import LIMITS, MISSING, OPENERS
from support.programs import honest_programs, run_or_fail, simple
from support.ray_cluster import contract_cluster, open_ray_sandbox
from support.traces import Traces, descendants, settle, wait_until

from trl_rlvr.errors import ConfigError, SandboxError, SandboxUnavailableError
from trl_rlvr.sandbox import Sandbox, SandboxConfig, open_sandbox
from trl_rlvr.sandbox.backends.bubblewrap import BubblewrapSandbox
from trl_rlvr.sandbox.backends.process import ProcessSandbox
from trl_rlvr.sandbox.backends.ray import RaySandbox
from trl_rlvr.verdict import ExecutionResult, Verdict


@pytest.mark.parametrize("name", OPENERS)
def test_every_backend_whose_programs_are_here_is_tested(name: str) -> None:
    """The tests below leave the others out; this one says so."""
    if (why := MISSING[name]) is not None:
        pytest.skip(f"{name} cannot be tested: {why}")


def test_the_statistics_count_what_ran_and_no_program_that_the_deadline_kept_from_running(
    backend: Callable[..., Sandbox],
) -> None:
    with backend(limits=LIMITS, workers=1) as sandbox:
        sandbox.run(honest_programs(3))
        sandbox.run(honest_programs(2), deadline_s=0.0)

        assert (sandbox.stats.programs, sandbox.stats.faults) == (3, 0)


def test_a_closed_sandbox_says_so(backend: Callable[..., Sandbox]) -> None:
    sandbox = backend(limits=LIMITS, workers=1)
    sandbox.close()
    sandbox.close()

    with pytest.raises(SandboxError, match="closed"):
        sandbox.run(honest_programs(1))


def test_closing_leaves_no_process_and_no_descriptor(backend: Callable[..., Sandbox]) -> None:
    gc.collect()
    before = Traces.now()

    with backend(limits=LIMITS, workers=2) as sandbox:
        sandbox.run(honest_programs(4))
    gc.collect()

    assert wait_until(lambda: Traces.now().within(before)), (Traces.now(), before)


def test_a_sandbox_that_is_dropped_without_closing_leaves_no_process(backend: Callable[..., Sandbox]) -> None:
    before = len(descendants())

    sandbox = backend(limits=LIMITS, workers=1)
    sandbox.run(honest_programs(1))
    del sandbox
    gc.collect()

    assert wait_until(lambda: len(descendants()) <= before)


def test_running_a_program_changes_no_signal_handler_of_the_trainer(opened: Sandbox) -> None:
    before = [signal.getsignal(number) for number in range(1, 32)], signal.pthread_sigmask(signal.SIG_BLOCK, [])

    run_or_fail(opened, [simple("while True: pass", "assert f(1) == 1")])

    assert (
        [signal.getsignal(number) for number in range(1, 32)],
        signal.pthread_sigmask(signal.SIG_BLOCK, []),
    ) == before


@pytest.mark.parametrize("which", ["workers", "everything"])
def test_what_is_killed_from_outside_costs_no_verdict(backend: Callable[..., Sandbox], which: str) -> None:
    programs = [simple(f"import time\ntime.sleep(0.1)\ndef f(): return {n}", f"assert f() == {n}") for n in range(16)]
    before = set(descendants())
    with backend(limits=LIMITS, workers=2) as sandbox:
        assert isinstance(sandbox, ProcessSandbox | RaySandbox)
        idle = set(descendants()) - before
        killed = 0
        thread_results: list[ExecutionResult] = []
        thread = threading.Thread(target=lambda: thread_results.extend(sandbox.run(programs)))
        thread.start()
        for _ in range(2):
            wait_until(lambda: False, 0.25)
            victims = sandbox.worker_pids() if which == "workers" else [pid for pid in descendants() if pid in idle]
            for pid in victims:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed += 1
        thread.join(60)

        assert [result.verdict for result in thread_results] == [Verdict.PASSED] * 16
        assert killed > 0


def test_a_fork_of_the_trainer_cannot_use_or_close_its_sandbox(opened: Sandbox) -> None:
    child = os.fork()
    if child == 0:
        try:
            opened.run(honest_programs(1))
        except SandboxError:
            opened.close()
            os._exit(7)
        os._exit(1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert run_or_fail(opened, honest_programs(1))[0].verdict is Verdict.PASSED


def test_the_trainers_folder_umask_and_open_files_do_not_matter(
    backend: Callable[..., Sandbox], tmp_path: "os.PathLike[str]"
) -> None:
    leave = "" if backend is open_ray_sandbox else "os.rmdir(gone)"  # Ray joins from a folder that is there, only
    script = f"""
        import os, tempfile
        private = tempfile.mkdtemp(dir={str(tmp_path)!r})
        os.chmod(private, 0o700)
        os.environ['TMPDIR'] = private
        gone = tempfile.mkdtemp(dir=private)
        os.chdir(gone)
        {leave}
        os.umask(0o777)
        results = os.open(os.path.join(private, 'results'), os.O_RDWR | os.O_CREAT, 0o600)
        for fd in (20, 40, 60): os.dup2(results, fd, inheritable=True)
        os.close(0)
        from trl_rlvr.problem import CodeProblem
        from trl_rlvr.sandbox import Program
        from trl_rlvr.sandbox.backends.{PLACES.get(backend, "docker import DockerSandbox")} as Backend
        code = '''
        import os
        def f(n):
            for fd in range(3, 70):
                try: os.write(fd, b'') if os.fstat(fd).st_mode & 0o100000 else None
                except OSError: pass
            open('x', 'w').write('y')
            return n
        '''
        import textwrap
        with Backend(workers=1) as sandbox:
            result, = sandbox.run([Program(textwrap.dedent(code), CodeProblem('t', '', tests=('assert f(1) == 1',)))])
        assert result.verdict.value == 'passed', result
        assert os.fstat(results).st_size == 0
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    cluster = {"RAY_ADDRESS": contract_cluster().address} if backend is open_ray_sandbox else {}

    done = subprocess.run(command, env=os.environ | cluster, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr[-800:]


PLACES: dict[Callable[..., Sandbox], str] = {
    ProcessSandbox: "process import ProcessSandbox",
    BubblewrapSandbox: "bubblewrap import BubblewrapSandbox",
    open_ray_sandbox: "ray import RaySandbox",
}
"""Where the classes are, but for docker's."""


def test_five_hundred_programs_leave_nothing_behind(opened: Sandbox) -> None:
    settle(opened)
    before = Traces.now()

    results = run_or_fail(opened, honest_programs(500))

    assert {result.verdict for result in results} == {Verdict.PASSED}
    assert wait_until(lambda: Traces.now().within(before)), (Traces.now(), before)


def test_a_required_layer_that_is_off_refuses_to_start(backend: Callable[..., Sandbox]) -> None:
    with pytest.raises(SandboxUnavailableError, match="seccomp"):
        backend(limits=LIMITS, workers=1, off=["seccomp"], require=["seccomp"])


def test_a_required_layer_that_does_not_exist_is_named(backend: Callable[..., Sandbox]) -> None:
    with pytest.raises((ConfigError, SandboxUnavailableError), match="'moat'"):
        backend(limits=LIMITS, workers=1, require=["moat"])


def test_an_unknown_backend_is_named_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"unknown sandbox backend 'dokcer'; choose one of .*process"):
        open_sandbox(SandboxConfig(sandbox_backend="dokcer"))


def test_no_workers_are_a_mistake() -> None:
    with pytest.raises(ConfigError, match="sandbox_workers is 0"):
        open_sandbox(SandboxConfig(sandbox_workers=0))


@pytest.mark.parametrize("name", ["process", "fake"])
def test_the_configuration_opens_the_backend_that_it_names(name: str) -> None:
    with open_sandbox(SandboxConfig(sandbox_backend=name, sandbox_workers=1)) as sandbox:
        results = sandbox.run(honest_programs(3))

        assert (sandbox.name, [result.verdict for result in results]) == (name, [Verdict.PASSED] * 3)
