"""`docs/extraction.md` is run: each example gives the code that stands behind it."""

import re
from pathlib import Path

import pytest

from trl_rlvr.extraction import Extraction, ExtractionOutcome, extract_code

DOCUMENT = (Path(__file__).parents[2] / "docs" / "extraction.md").read_text()
EXAMPLES = re.findall(
    r"^### ([^\n]+)\n\n`{5}text\n(.*?)\n`{5}\n\n(`{3,4})python\n(.*?)\n\3$", DOCUMENT, flags=re.MULTILINE | re.DOTALL
)


def test_every_example_has_its_code():
    assert len(EXAMPLES) == DOCUMENT.count("\n### ") == 7


@pytest.mark.parametrize(("name", "completion", "fence", "code"), EXAMPLES, ids=[example[0] for example in EXAMPLES])
def test_an_example_gives_its_code(name, completion, fence, code):
    assert extract_code(completion, "f") == Extraction(ExtractionOutcome.CODE, code)


def test_every_outcome_is_documented():
    assert [outcome.value for outcome in ExtractionOutcome if f"| `{outcome.value}` |" not in DOCUMENT] == []
