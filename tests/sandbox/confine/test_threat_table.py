import re
from pathlib import Path

from trl_rlvr.sandbox.confine.layers import LAYERS

ROOT = Path(__file__).parents[3]
THREATS = ROOT / "docs" / "threat-model.md"
LAYER_PAGE = ROOT / "docs" / "sandbox.md"


def test_every_test_that_the_page_names_exists():
    named = set(re.findall(r"`(test_\w+)`", THREATS.read_text()))
    defined = {
        name
        for file in (ROOT / "tests" / "sandbox").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)\(", file.read_text())
    }

    assert len(named) > 50
    assert named - defined == set()


def test_every_family_of_attacks_has_a_place_in_the_threat_tables():
    page = THREATS.read_text()
    families = {
        file.name
        for file in (ROOT / "tests" / "sandbox" / "attacks").glob("test_*.py")
        if not any(f"`{name}`" in page for name in re.findall(r"def (test_\w+)\(", file.read_text()))
    }

    assert families == set()


def test_every_layer_is_explained():
    page = LAYER_PAGE.read_text()

    assert [name for name in LAYERS if f"`{name}`" not in page] == []
