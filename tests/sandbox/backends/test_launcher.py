"""What a launcher shows a worker in a container is all that it needs of this package."""

import shutil
from pathlib import Path

from trl_rlvr.problem import CodeProblem, IOTest
from trl_rlvr.sandbox import Program
from trl_rlvr.sandbox.backends.launcher import INSIDE_ROOT, Launcher, shown_to_worker
from trl_rlvr.sandbox.backends.process import ProcessSandbox
from trl_rlvr.sandbox.interpreter import interpreter
from trl_rlvr.sandbox.protocol.settings import WorkerSettings
from trl_rlvr.verdict import Verdict

PROGRAMS = [
    Program("def f(x): return x * x", CodeProblem("literal", "", ("assert f(2) == 4",))),
    Program("def f(x): return x * x", CodeProblem("source", "", ("assert [f(x) for x in (1, 2)] == [1, 4]",))),
    Program("print(int(input()) ** 2)", CodeProblem("stdio", "", io_tests=(IOTest("3\n", "9\n"),))),
]


class CopyLauncher(Launcher):
    """Starts workers on a copy of what a container would be shown, and of nothing else."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for outside, inside in shown_to_worker().items():
            place = root / Path(inside).relative_to(INSIDE_ROOT)
            place.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if Path(outside).is_dir() else shutil.copyfile
            copy(outside, place)

    def command(self, settings: WorkerSettings) -> list[str]:
        return interpreter("supervisor.main", settings.pack(), package_root=str(self.root))


def test_a_worker_judges_every_kind_of_program_with_what_it_is_shown(tmp_path: Path) -> None:
    with ProcessSandbox(launcher=CopyLauncher(tmp_path)) as sandbox:
        results = sandbox.run(PROGRAMS)

    assert [result.verdict for result in results] == [Verdict.PASSED] * 3
