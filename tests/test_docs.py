"""The documents are run: code blocks execute, printed output is real, links and options exist."""

import contextlib
import dataclasses
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "recipes" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]


def blocks(text, language):
    """Return the fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def test_the_readme_is_a_page_with_code_to_run():
    assert (len(README.splitlines()) <= 120, len(blocks(README, "python"))) == (True, 2)


def test_the_verifier_example_prints_what_the_readme_shows():
    code = next(block for block in blocks(README, "python") if "CodeVerifier" in block)
    printed = io.StringIO()

    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})

    assert printed.getvalue() == blocks(README, "text")[0]


def test_the_reward_of_ones_own_scores():
    names = {}
    page = (ROOT / "docs" / "rewards.md").read_text()
    exec(next(block for block in blocks(page, "python") if "all_or_nothing" in block), names)

    columns = {"task_id": ["1"], "tests": [["assert inc(1) == 2"]], "entry_point": ["inc"]}
    rewards = names["reward"](completions=["def inc(x):\n    return x + 1"], **columns)

    assert rewards == [1.0]


@pytest.mark.slow
def test_the_stock_trainer_example_trains(tmp_path):
    code = next(block for block in blocks(README, "python") if "GRPOTrainer" in block)

    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr[-3000:]
    assert "'pass_rate'" in ran.stdout + ran.stderr


def test_the_rewards_page_prints_what_it_shows():
    page = (ROOT / "docs" / "rewards.md").read_text()
    examples = re.findall(r"^```python\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?", page, re.MULTILINE | re.DOTALL)
    names = {}

    for code, shown in examples:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "rewards.md", "exec"), names)
        assert printed.getvalue() == shown

    assert len(examples) == 6


def test_the_rewards_page_has_every_reward_and_preset():
    from trl_rlvr.rewards import PRESETS, REWARD_NAMES

    page = (ROOT / "docs" / "rewards.md").read_text()

    assert [name for name in (*PRESETS, *REWARD_NAMES) if f"\n| `{name}`" not in page] == []


def test_the_site_has_every_page_and_every_public_name():
    import trl_rlvr

    site = (ROOT / "mkdocs.yml").read_text()
    named = re.findall(r"^::: trl_rlvr\.[\w.]+\.(\w+)$", (ROOT / "docs" / "api.md").read_text(), re.MULTILINE)

    assert [path.name for path in (ROOT / "docs").glob("*.md") if f": {path.name}\n" not in site] == []
    assert sorted(named) == sorted(set(trl_rlvr.__all__) - {"__version__"})


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_local_links_lead_somewhere(path):
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text())

    assert [target for target in targets if not (path.parent / target).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "docs/training.md", "docs/troubleshooting.md"])
def test_every_option_that_a_page_names_exists(page):
    from trl_rlvr.training import RunSpec

    options = {field.name for part in RunSpec.__annotations__.values() for field in dataclasses.fields(part)}
    named = set(
        re.findall(
            r"\b((?:data|reward|sandbox|heldout|curriculum|refinement)_[a-z_]+[a-z])\b", (ROOT / page).read_text()
        )
    )
    named -= {"reward_funcs", "reward_std", "reward_hacking", "sandbox_error"}  # an argument, keys of a log, a verdict

    assert named - options == set()


def test_every_command_is_in_the_readme():
    from trl_rlvr.cli import COMMANDS

    assert [name for name in COMMANDS if f"`trl-rlvr {name}" not in README] == []


def map_entries():
    lines = next(block for block in blocks(README, "text") if block.startswith("trl_rlvr/")).splitlines()
    entries = [line.split("  ")[0 if not line.startswith(" ") else 1].split() for line in lines]
    return [name for entry in entries for name in entry]


def test_every_file_of_the_map_exists():
    paths = map_entries()

    assert [name for name in paths if not (ROOT / name).exists() and not (ROOT / "trl_rlvr" / name).exists()] == []


def test_the_map_names_every_room_of_the_package():
    rooms = {f"{path.parent.name}/" for path in (ROOT / "trl_rlvr").glob("*/__init__.py")}

    assert rooms - set(map_entries()) == set()


def test_every_file_that_the_architecture_names_exists():
    package, page = ROOT / "trl_rlvr", (ROOT / "docs" / "architecture.md").read_text()
    named = set(re.findall(r"`([\w/]+(?:\.py|/))", page))
    known = {path.name for path in package.rglob("*.py")}

    assert len(named) > 40
    roots = (ROOT, package, package / "sandbox")
    missing = {name for name in named if not any((root / name).exists() for root in roots)}
    assert {name for name in missing if "/" in name or name not in known} == set()
