"""A Ray cluster of raylets on loopback, less what the tests do not need of it."""

import atexit
import contextlib
import functools
import importlib.util
import os
import shutil
import signal
import tempfile
from typing import Any

from trl_rlvr.sandbox import Sandbox
from trl_rlvr.sandbox.backends.ray_node import NodeSandbox

RAY_MISSING = "the package ray is not installed" if importlib.util.find_spec("ray") is None else None

_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",  # tests need no network
    "RAY_prestart_worker_first_driver": "0",
    "RAY_enable_worker_prestart": "0",
    "RAY_worker_niceness": "0",  # on a busy machine the tests would wait for long
    "RAY_health_check_period_ms": "1000",  # a node that is gone is known to be after three
    "RAY_health_check_failure_threshold": "3",
}


def start_cluster(head_cpus: int) -> Any:
    """Start a cluster of this process, with a head of so many logical CPUs; it ends with `shutdown`."""
    os.environ.update(_SETTINGS)
    from ray.cluster_utils import Cluster

    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")  # a socket's path must be short
    cluster = Cluster(shutdown_at_exit=False)
    end = cluster.shutdown

    def shutdown() -> None:
        import ray

        ray.shutdown()
        with contextlib.suppress(Exception):
            end()
        shutil.rmtree(folder, ignore_errors=True)

    cluster.shutdown = shutdown
    cluster.add_node(num_cpus=head_cpus, include_dashboard=False, no_monitor=True, temp_dir=folder)
    return cluster


@functools.cache
def _contract_cluster() -> Any:
    cluster = start_cluster(head_cpus=8)
    atexit.register(cluster.shutdown)
    return cluster


def contract_cluster() -> Any:
    """Join the cluster that the contract is tried on: one node, large enough for several sandboxes.

    It is started once a process, which stays joined: Ray keeps a descriptor open for each time that it has joined, and
    one for its first actor.
    """
    import ray

    cluster = _contract_cluster()
    if not ray.is_initialized():
        handler = signal.getsignal(signal.SIGTERM)
        ray.init(address=cluster.address, log_to_driver=False)
        signal.signal(signal.SIGTERM, handler)  # Ray's own would outlive this test's module
        ray.get(ray.remote(NodeSandbox).remote().__ray_ready__.remote())
    return cluster


def open_ray_sandbox(**options: Any) -> Sandbox:
    """Open the backend on that cluster."""
    from trl_rlvr.sandbox.backends.ray import RaySandbox

    return RaySandbox(address=contract_cluster().address, **options)
