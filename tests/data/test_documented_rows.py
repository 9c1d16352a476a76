"""What docs/data.md shows as rows loads, as the family that it stands for; so do published parts, where they are."""

import json
import re
from pathlib import Path

import pytest

from trl_rlvr.data import LoadOptions, load_data
from trl_rlvr.data.schemas import problem_from_row
from trl_rlvr.data.schemas.table import SCHEMAS, schema_of

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text()
OWN, EXAMPLES = (
    [json.loads(line) for line in block.splitlines()]
    for block in re.findall(r"^```json\n(.*?)^```$", PAGE, re.M | re.S)
)
SETS = Path(__file__).parents[3] / "shared" / "data" / "sets"
PARTS = sorted(path for path in SETS.glob("*") if path.name.endswith((".jsonl", ".json", ".gz")))


def test_rows_of_ones_own_load_by_the_files_name_alone(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in OWN))

    loaded = load_data(str(path))

    assert [problem.task_id for problem in loaded.problems] == [row["task_id"] for row in OWN]
    assert loaded.schemas.keys() == {"this package's own"}


def test_every_family_has_an_example():
    families = {schema_of(row, "here")[0].name for row in EXAMPLES}

    assert families == {schema.name for schema in SCHEMAS} - {"this package's own"}


@pytest.mark.parametrize("row", EXAMPLES, ids=lambda row: schema_of(row, "here")[0].name)
def test_an_example_becomes_a_problem_about_doubling_or_alike(row):
    problem = problem_from_row(row, "here")

    assert problem.total == (2 if row.keys() & {"test_imports", "plus_input"} else 1)
    assert problem.reference_solution or row.keys() & {"inferences", "reward_model", "verifier_metadata", "metadata"}


@pytest.mark.skipif(not PARTS, reason=f"no parts of published sets in {SETS}")
@pytest.mark.parametrize("path", PARTS, ids=lambda path: path.name)
def test_a_published_part_loads_by_its_path_alone(path):
    loaded = load_data(str(path), None, LoadOptions(unusable="skip"))

    assert len(loaded.problems) > 0
    assert loaded.unusable == []
