"""The first module of a fork server: it fixes the order in which everything else is loaded.

The order is the layout of the memory. A page that the server has written is copied by each child that counts a
reference in it; loaded last, into a heap without holes, the objects of this package that every child touches lie on few
pages.
"""

from trl_rlvr.sandbox.forkserver.heap import fill_heap
from trl_rlvr.sandbox.forkserver.preload import preload


def main(package_root: str, settings: str) -> None:
    """Become a fork server; see `server.main`."""
    preload()
    filling = fill_heap()
    from trl_rlvr.sandbox.forkserver import server  # here, after all else

    server.main(package_root, settings)
    del filling
