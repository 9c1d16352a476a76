"""Measure how many tasks a second the Ray backend verifies on one node and on several, and what the hop to it costs.

The nodes are raylets of this machine, so they share its cores. Two kinds of tasks tell apart what that hides: *compute*
are the references of a data set, whose rate ends at the cores of the machine; *wait* sleep for most of their time, as
if each node had cores of its own, and show whether the window keeps all nodes at work. Efficiency is the rate on N
nodes by N times the rate on one. The same tasks run in the local pool with the workers of one node: the hop is the
difference a task.

    pip install -e ".[ray]"
    python benchmarks/ray_scaling.py --nodes 1 2 4
"""

import argparse
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from trl_rlvr.data import load_problems
from trl_rlvr.problem import CodeProblem
from trl_rlvr.sandbox import Program, Sandbox
from trl_rlvr.sandbox.backends.process import ProcessSandbox
from trl_rlvr.sandbox.backends.ray import RaySandbox
from trl_rlvr.verdict import Verdict

WAIT_S = 0.2


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    kind: str
    where: str
    nodes: int
    rates: Sequence[float]
    """Tasks a second, one a round."""

    @property
    def rate(self) -> float:
        """The median over rounds."""
        return statistics.median(self.rates)


def compute(data: str, count: int) -> list[Program]:
    """Return references of a data set, again and again until there are enough; no two programs are the same."""
    problems = [problem for problem in load_problems(data) if problem.reference_solution]
    chosen = enumerate(islice(cycle(problems), count))
    return [Program(f"{problem.reference_solution}\n# {number}", problem) for number, problem in chosen]


def waiting(count: int) -> list[Program]:
    """Return programs that sleep."""
    problem = CodeProblem("wait", "", tests=("assert f() == 1",))
    code = f"import time\ntime.sleep({WAIT_S})\ndef f(): return 1\n# "
    return [Program(f"{code}{number}", problem) for number in range(count)]


def rates(sandbox: Sandbox, programs: Sequence[Program], rounds: int) -> list[float]:
    """Return tasks a second of each round; every task must pass, and a first part of them warms up."""
    sandbox.run(programs[: len(programs) // 4])
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        results = sandbox.run(programs)
        found.append(len(programs) / (time.perf_counter() - began))
        wrong = [result for result in results if result.verdict is not Verdict.PASSED]
        assert not wrong, wrong[0].error
    return found


def measure(cluster: Any, kinds: dict[str, list[Program]], options: argparse.Namespace) -> Iterable[Row]:
    """Yield the rows of the local pool, then of Ray with ever more nodes."""
    with ProcessSandbox(workers=options.workers) as sandbox:
        for kind, programs in kinds.items():
            yield Row(kind, "local pool", 0, rates(sandbox, programs, options.rounds))
    nodes = 1
    for wanted in sorted(options.nodes):
        for _ in range(wanted - nodes):
            cluster.add_node(num_cpus=options.workers)
        nodes = wanted
        with RaySandbox(address=cluster.address, workers=options.workers) as sandbox:
            for kind, programs in kinds.items():
                yield Row(kind, "ray", nodes, rates(sandbox, programs, options.rounds))


def table(rows: Sequence[Row]) -> list[str]:
    """Return the lines of the table, and the cost of the hop."""
    lines = ["| tasks | where | nodes | tasks/s | spread | efficiency |", "| --- | --- | --- | --- | --- | --- |"]
    local = {row.kind: row.rate for row in rows if not row.nodes}
    first = {row.kind: row for row in reversed(rows) if row.nodes}
    for row in rows:
        spread = f"{min(row.rates):.1f} to {max(row.rates):.1f}"
        base = first[row.kind]
        share = f"{row.rate * base.nodes / (row.nodes * base.rate):.2f}" if row.nodes else ""
        lines.append(f"| {row.kind} | {row.where} | {row.nodes or ''} | {row.rate:.1f} | {spread} | {share} |")
    for kind, row in first.items():
        if row.nodes == 1:
            hop_ms = 1000 * (1 / row.rate - 1 / local[kind])
            lines.append(f"hop, {kind}: {hop_ms:+.2f} ms a task, {100 * (local[kind] / row.rate - 1):+.1f} %")
    return lines


def main() -> None:
    """Start a cluster, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 2, 4], help="how many nodes")
    parser.add_argument("--workers", type=int, default=1, help="tasks that run at once on a node")
    parser.add_argument("--tasks", type=int, default=400, help="computing tasks of a round")
    parser.add_argument("--waiting", type=int, default=80, help="waiting tasks of a round")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, of which the median is shown")
    parser.add_argument("--data", default="starter", help="the data set of the computing tasks")
    options = parser.parse_args()
    from ray.cluster_utils import Cluster

    head = {"num_cpus": options.workers, "include_dashboard": False, "no_monitor": True}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    kinds = {"compute": compute(options.data, options.tasks), "wait": waiting(options.waiting)}
    try:
        print("\n".join(table(list(measure(cluster, kinds, options)))))
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    main()
