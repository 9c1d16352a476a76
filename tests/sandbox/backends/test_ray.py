"""The Ray backend on raylets of this machine: nodes that come and go, actors that die or hang, and no node at all."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from support.programs import honest_programs, run_or_fail, simple
from support.ray_cluster import RAY_MISSING, start_cluster
from support.traces import wait_until

from trl_rlvr.errors import SandboxUnavailableError
from trl_rlvr.sandbox import Limits, SandboxConfig, open_sandbox
from trl_rlvr.sandbox.backends import ray as backend
from trl_rlvr.sandbox.base import DEADLINE_PASSED
from trl_rlvr.sandbox.supervisor.process_clock import child_pids
from trl_rlvr.verdict import Verdict

LIMITS = Limits(cpu_s=5.0, idle_s=5.0)
needs_ray = pytest.mark.skipif(RAY_MISSING is not None, reason=f"the Ray backend cannot be tested: {RAY_MISSING}")
PLAIN = simple("def f(): return 1", "assert f() == 1", "assert f() == 2")


@pytest.fixture(scope="module")
def cluster():
    """A cluster whose head has no CPU for programs; whoever has joined another one leaves it."""
    import ray

    ray.shutdown()
    started = start_cluster(head_cpus=0)
    yield started
    started.shutdown()


@pytest.fixture(scope="module")
def node(cluster):
    """The first node that has."""
    return cluster.add_node(num_cpus=2)


@pytest.fixture
def opened(cluster, node):
    with backend.RaySandbox(address=cluster.address, workers=2, limits=LIMITS) as sandbox:
        yield sandbox


def sleepers(count, seconds=0.2):
    """Programs of which every third is right."""
    code = f"import time\ntime.sleep({seconds})\ndef f(): return {{}} % 3"
    return [simple(code.format(n), "assert f() == 0") for n in range(count)]


def kill_raylet(node):
    process = node.all_processes["raylet"][0].process
    process.kill()
    process.wait()  # a zombie is alive to the processes that look whether it is


def actors(node):
    """Process ids of the actors on a node."""
    children = child_pids(node.all_processes["raylet"][0].process.pid)
    titles = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children}
    return [pid for pid, title in titles.items() if title.startswith(b"ray::NodeSandbox")]


def tree(pid):
    return [pid, *(below for child in child_pids(pid) for below in tree(child))]


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def started(sandbox, programs, **options):
    """Run programs in a thread of their own; return it and where the results will be."""
    results = []
    thread = threading.Thread(target=lambda: results.extend(sandbox.run(programs, **options)), daemon=True)
    thread.start()
    return thread, results


def verdicts(results):
    return [result.verdict for result in results]


def right(results, count):
    """Tell whether as many sleepers have their verdicts, in order."""
    return [verdict is Verdict.PASSED for verdict in verdicts(results)] == [n % 3 == 0 for n in range(count)]


def a_batch(count, size=2):
    return backend._Batch(honest_programs(count), size, time.monotonic() + 100)


def test_a_batch_is_cut_into_chunks_and_put_together_in_order():
    batch = a_batch(5)
    chunks = [batch.next_for(None) for _ in range(3)]
    for number, chunk in enumerate(chunks):
        batch.flight[number] = (chunk, None)

    for chunk in reversed(chunks):
        batch.put(chunk, [(program, "result") for program in chunk.programs])

    assert [len(chunk.programs) for chunk in chunks] == [2, 2, 1]
    assert batch.results == [(program, "result") for program in batch.programs]
    assert batch.unanswered() == []


def test_a_late_chunk_goes_to_another_node_too_and_the_first_answer_counts(monkeypatch):
    batch, one, other = a_batch(2), object(), object()
    chunk = batch.next_for(one)
    batch.flight["first"] = (chunk, one)
    chunk.given_s = time.monotonic()
    assert batch.next_for(other) is None
    monkeypatch.setattr(backend, "_LATE_S", 0.0)

    assert batch.next_for(one) is None
    assert batch.next_for(other) is chunk

    batch.flight["second"] = (chunk, other)
    batch.put(chunk, ["a", "b"])
    assert batch.flight == {}


def test_whatever_no_node_can_run_is_given_up_as_a_sandbox_error():
    batch = a_batch(5)
    chunk = batch.next_for(None)
    batch.flight["ref"] = (chunk, None)

    for chunk in batch.unanswered():
        batch.fail(chunk, "no node")

    assert batch.unanswered() == []
    assert [(result.verdict, result.error) for result in batch.results] == [(Verdict.SANDBOX_ERROR, "no node")] * 5


def test_without_ray_it_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)

    with pytest.raises(SandboxUnavailableError, match=r"pip install 'trl-rlvr\[ray\]'"):
        open_sandbox(SandboxConfig(sandbox_backend="ray"))


@needs_ray
def test_without_a_cluster_it_says_how_to_start_one(monkeypatch):
    import ray

    def init(address, **options):
        raise ConnectionError(f"Could not find any running Ray instance for {address}.")

    monkeypatch.setattr(ray, "init", init)
    monkeypatch.setattr(ray, "is_initialized", lambda: False)  # another module's tests may have joined a cluster

    with pytest.raises(SandboxUnavailableError, match=r"finds no Ray cluster at 'auto'.*`ray start --head`"):
        open_sandbox(SandboxConfig(sandbox_backend="ray"))


@needs_ray
def test_a_cluster_without_a_node_for_it_says_so(cluster):
    config = SandboxConfig(sandbox_backend="ray", sandbox_ray_address=cluster.address, sandbox_workers=3)

    with pytest.raises(SandboxUnavailableError, match="no node of the Ray cluster has 3 CPUs"):
        open_sandbox(config)


@needs_ray
def test_it_uses_the_cluster_that_the_caller_has_joined_and_leaves_it_joined(cluster, node):
    import ray

    handler = signal.getsignal(signal.SIGTERM)
    ray.init(address=cluster.address, log_to_driver=False)
    try:
        with open_sandbox(SandboxConfig(sandbox_backend="ray", sandbox_ray_address="nowhere:1")) as sandbox:
            result = sandbox.run([PLAIN])[0]
            workers = len(sandbox.worker_pids())

        assert (workers, result.passed, result.total) == (2, 1, 2)
        assert ray.is_initialized()
    finally:
        ray.shutdown()
        signal.signal(signal.SIGTERM, handler)


@needs_ray
def test_an_actor_that_is_killed_costs_no_verdict_and_leaves_no_process(opened, node):
    (actor,) = actors(node)
    killed = tree(actor)
    thread, results = started(opened, sleepers(24))
    wait_until(lambda: False, 0.5)

    os.kill(actor, signal.SIGKILL)
    thread.join(120)

    assert right(results, 24)
    assert wait_until(lambda: not any(map(alive, killed)), 60)


@needs_ray
def test_a_hung_chunk_is_a_sandbox_error_at_its_deadline_and_its_actor_is_replaced(opened, node, monkeypatch):
    monkeypatch.setattr(backend, "GRACE_S", 0.0)
    monkeypatch.setattr(backend, "_HOP_S", 0.5)
    (actor,) = actors(node)
    hung = tree(actor)
    os.kill(actor, signal.SIGSTOP)

    results = opened.run(honest_programs(3), deadline_s=1.0)

    assert verdicts(results) == [Verdict.SANDBOX_ERROR] * 3
    assert {result.error for result in results} == {DEADLINE_PASSED}
    assert verdicts(run_or_fail(opened, honest_programs(3))) == [Verdict.PASSED] * 3
    assert wait_until(lambda: not any(map(alive, hung)), 60)


@needs_ray
def test_nodes_come_and_are_killed_in_mid_batch_until_there_is_none(opened, cluster, node, monkeypatch):
    monkeypatch.setattr(backend, "_LATE_S", 3.0)
    monkeypatch.setattr(backend, "_NO_NODE_S", 2.0)
    thread, results = started(opened, sleepers(60))
    other = cluster.add_node(num_cpus=2)
    assert wait_until(lambda: opened.run(sleepers(2)) and len(actors(other)) == 1, 120)
    thread.join(240)
    assert right(results, 60)

    thread, results = started(opened, sleepers(60))
    wait_until(lambda: False, 0.5)
    killed = [pid for actor in actors(node) for pid in tree(actor)]
    kill_raylet(node)
    thread.join(240)
    assert right(results, 60)
    assert wait_until(lambda: not any(map(alive, killed)), 60)

    thread, results = started(opened, sleepers(40))
    killed = [pid for actor in actors(other) for pid in tree(actor)]
    kill_raylet(other)
    thread.join(240)
    assert results[-1].error == "no node of the Ray cluster could run programs for 2 s"
    assert opened.stats.faults == verdicts(results).count(Verdict.SANDBOX_ERROR)
    assert wait_until(lambda: not any(map(alive, killed)), 60)
