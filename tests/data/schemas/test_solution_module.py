"""Modules that tests take the solution from, by whatever name and however the import is written."""

import pytest

from trl_rlvr.data.schemas.solution_module import all_with_solution_module, module_asked

REFERENCE = "def area(r):\n    return 3 * r * r\n"


@pytest.mark.parametrize(
    "source",
    [
        "from shapes import area\nassert area(1) == 3",
        "from shapes import (\n    area,\n)\nassert area(1) == 3",
        "from \\\n  shapes \\\n  import area\nassert area(1) == 3",
        "import os; from shapes import area; assert area(1) == 3",
        "import shapes\nassert shapes.area(1) == 3",
        "import os, shapes\nassert shapes.area(1) == 3",
        "import os, \\\n  shapes\nassert shapes.area(1) == 3",
        "import shapes as s\nassert s.area(1) == 3",
        "import os as shapes_of_paths, shapes as s\nassert s.area(1) == 3",
        "def test():\n    from shapes import *\n    assert area(1) == 3",
    ],
)
def test_a_module_of_any_name_is_found(source):
    assert module_asked(source, REFERENCE, None) == "shapes"


@pytest.mark.parametrize(
    "source",
    [
        "assert area(1) == 3",
        "import math\nimport numpy as np\nfrom os.path import join\nassert area(1) == 3",
        "from solution import area\nassert area(1) == 3",
        "from shapes import perimeter\nassert area(1) == 3",
        "from . import area\nassert area(1) == 3",
        "assert area(1) == 3  # import shapes",
    ],
)
def test_libraries_and_other_modules_are_none(source):
    assert module_asked(source, REFERENCE, None) is None


def test_tests_then_import_from_the_solution():
    found = all_with_solution_module(["from shapes import area\nassert area(1) == 3"], REFERENCE, None)

    assert found == ("from solution import area\nassert area(1) == 3",)
