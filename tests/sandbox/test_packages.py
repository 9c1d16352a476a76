"""Packages and modules beside the standard library that programs may import."""

import importlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.programs import run_or_fail, simple

from trl_rlvr.sandbox.backends.process import ProcessSandbox
from trl_rlvr.sandbox.forkserver.package_finder import PackageFinder
from trl_rlvr.sandbox.packages import find_packages, library_folders
from trl_rlvr.verdict import Verdict

NAMES = ("single_module", "whole_package", "json_like_no_module", "sys", "not-a-name")
PYTEST = ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments", "py")


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of packages that everybody can enter, with a module, a package, and a module that nobody names."""
    folder = Path(tempfile.mkdtemp(prefix="site-", dir="/tmp")).resolve()
    folder.chmod(0o755)
    (folder / "single_module.py").write_text("def twice(n): return 2 * n\n")
    (folder / "other_module.py").write_text("ANSWER = 42\n")
    (folder / "whole_package").mkdir()
    (folder / "whole_package" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(folder))
    importlib.invalidate_caches()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_a_module_is_its_file_and_a_package_its_folder(site: Path) -> None:
    found = find_packages(NAMES)

    assert found == {"single_module": f"{site}/single_module.py", "whole_package": f"{site}/whole_package"}
    assert library_folders(found) == list(found.values())


def test_both_are_found_where_they_lie(site: Path) -> None:
    finder = PackageFinder(find_packages(NAMES))

    module, package = finder.find_spec("single_module"), finder.find_spec("whole_package")

    assert module is not None
    assert package is not None
    assert (module.origin, module.submodule_search_locations) == (f"{site}/single_module.py", None)
    assert package.submodule_search_locations == [f"{site}/whole_package"]
    assert finder.find_spec("other_module") is None


def test_a_program_imports_the_module_that_is_named_and_no_other(site: Path) -> None:
    code = f"""
        import single_module
        def f(n): return single_module.twice(n)
        def g(n):
            import other_module
        def h(n): return open({str(site / "other_module.py")!r}).read()
    """
    tests = (
        "import single_module\nassert f(2) == single_module.twice(2) == 4",
        "try:\n    g(1)\n    assert False\nexcept ImportError: pass",
        "try:\n    h(1)\n    assert False\nexcept OSError: pass",
    )

    with ProcessSandbox(workers=1, packages=NAMES) as sandbox:
        (result,) = run_or_fail(sandbox, [simple(code, *tests, entry_points=("f", "g", "h"))])

    assert [(test.verdict, test.error) for test in result.tests] == [(Verdict.PASSED, "")] * 3


@pytest.mark.skipif(os.path.dirname(pytest.__file__).startswith("/root/"), reason="pytest lies in root's home")
def test_pytest_can_be_granted_to_tests() -> None:
    tests = (
        "import pytest\nwith pytest.raises(ZeroDivisionError):\n    f(0)\nassert f(3) == pytest.approx(1 / 3)",
        "import pytest\nwith pytest.raises(KeyError):\n    f(0)",
    )

    with ProcessSandbox(workers=1, packages=PYTEST) as sandbox:
        (result,) = run_or_fail(sandbox, [simple("def f(n): return 1 / n", *tests, entry_point="f")])

    assert [test.verdict for test in result.tests] == [Verdict.PASSED, Verdict.RUNTIME_ERROR]
