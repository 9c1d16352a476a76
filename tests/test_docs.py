"""The documents are run: code blocks execute, printed output is real, links and options exist."""

import ast
import contextlib
import dataclasses
import importlib
import importlib.util
import inspect
import io
import json
import re
import shlex
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
    assert "'rewards/all_pass/mean'" in ran.stdout + ran.stderr


def in_shell(block, folder):
    """Run a block of commands as a shell does, less the lines that say otherwise, and stop at the first that fails."""
    text = "".join(line for line in block.splitlines(keepends=True) if "# not run" not in line)
    script = f'set -e\ntrl-rlvr() {{ "{sys.executable}" -m trl_rlvr "$@"; }}\n{text}'
    ran = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_file_of_the_readme_is_checked_and_scored(tmp_path):
    block = next(block for block in blocks(README, "bash") if "mine.jsonl" in block)

    rows = [json.loads(line) for line in in_shell(block, tmp_path).splitlines()]

    assert [(row["verdict"], row["passed"], row["total"], row["reward"]) for row in rows] == [
        ("wrong_answer", 1, 2, 0.25)
    ]


def examples_of(page):
    """Return each block of Python with what the page says that it prints."""
    text = (ROOT / "docs" / page).read_text()
    return re.findall(r"^```python\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?", text, re.MULTILINE | re.DOTALL)


def check_examples(page):
    """Run the blocks of a page one after the other and return how many there were."""
    names = {}
    for code, shown in examples_of(page):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, page, "exec"), names)
        assert printed.getvalue() == shown
    return len(examples_of(page))


def test_the_quickstart_does_what_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    install, score, run = blocks((ROOT / "docs" / "quickstart.md").read_text(), "bash")

    in_shell(score, tmp_path)

    assert check_examples("quickstart.md") == 2
    assert [line.split()[0] for block in (install, run) for line in block.splitlines()] == [
        "git",
        "pip",
        *["trl-rlvr"] * 3,
    ]


@pytest.mark.parametrize(("page", "count"), [("rewards.md", 6), ("evaluation.md", 1), ("refinement.md", 2)])
def test_a_page_prints_what_it_shows(page, count):
    assert check_examples(page) == count


BLOCKS = {
    "README.md": (2, "here"),
    "docs/evaluation.md": (1, "here"),
    "docs/extraction.md": (11, "tests/extraction/test_documented.py"),
    "docs/ppo.md": (1, "its model is on the Hub: the names in it are looked up here, and tests/training/ppo trains"),
    "docs/quickstart.md": (2, "here"),
    "docs/refinement.md": (2, "here"),
    "docs/rewards.md": (6, "here"),
    "docs/test-semantics.md": (1, "tests/sandbox/test_semantics.py"),
}
"""Blocks of Python in each document, and where they are run."""


def test_no_block_of_python_is_left_out():
    found = {path.relative_to(ROOT).as_posix(): len(blocks(path.read_text(), "python")) for path in DOCUMENTS}

    assert {name: n for name, n in found.items() if n} == {name: n for name, (n, _) in BLOCKS.items()}
    assert sum(found.values()) == 26


def test_the_block_about_ppo_names_what_there_is():
    from trl_rlvr import PPOConfig, PPOTrainer

    (block,) = blocks((ROOT / "docs" / "ppo.md").read_text(), "python")
    made = [
        node for node in ast.walk(ast.parse(block)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    named = {call.func.id: {key.arg for key in call.keywords} for call in made}

    assert named["PPOConfig"] <= {field.name for field in dataclasses.fields(PPOConfig)}
    known = {name for kind in PPOTrainer.__mro__ for name in inspect.signature(kind.__init__).parameters}
    assert named["PPOTrainer"] <= known


def commands_of(path):
    """Return the calls of `trl-rlvr` in the shell blocks of a document, as lists of words."""
    text = "\n".join(blocks(path.read_text(), "bash")).replace("\\\n", " ")
    lines = [line.partition(" #")[0] for line in text.splitlines() if line.startswith("trl-rlvr ")]
    return [shlex.split(line)[1:] for line in lines]


COMMANDS_SHOWN = [(path, words) for path in DOCUMENTS for words in commands_of(path)]


def test_the_documents_show_commands():
    assert len(COMMANDS_SHOWN) >= 13


def test_every_command_that_a_document_shows_has_its_options():
    from trl_rlvr import PPOConfig
    from trl_rlvr.cli import COMMANDS
    from trl_rlvr.training import RunSpec

    parts = (*RunSpec.__annotations__.values(), PPOConfig)
    fields = {field.name for part in parts for field in dataclasses.fields(part)}
    wrong = []
    for path, (command, *words) in COMMANDS_SHOWN:
        known = fields | {"config"}
        if command in COMMANDS and command not in ("train", "eval", "filter"):
            parser = importlib.import_module(f"trl_rlvr.cli.{command}").build_parser()
            known = {text.removeprefix("--") for action in parser._actions for text in action.option_strings}
        given = {word.removeprefix("--").partition("=")[0] for word in words if word.startswith("--")}
        if command not in COMMANDS or not given <= known | {"output"}:
            wrong.append((path.name, command, given - known))
    assert wrong == []


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


def public_names():
    """Return every public class, function and method of the package's own modules, by its full name."""
    import trl_rlvr

    for name in trl_rlvr.__all__:
        if name == "__version__":
            continue
        found = getattr(trl_rlvr, name)
        yield name, found
        if inspect.isclass(found):
            own = [part for part in vars(found).items() if not part[0].startswith("_")]
            yield from (
                (f"{name}.{key}", one) for key, one in own if inspect.isfunction(one) or isinstance(one, property)
            )


def test_no_public_name_is_without_a_docstring():
    names = dict(public_names())

    assert len(names) > 40
    assert [name for name, found in names.items() if not inspect.getdoc(found)] == []


@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="no mkdocs here; pip install -e '.[docs]'")
@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]

    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr
    built = {path.parent.name for path in (tmp_path / "site").glob("*/index.html")}
    assert {path.stem for path in (ROOT / "docs").glob("*.md")} - {"index"} <= built
    api = (tmp_path / "site" / "api" / "index.html").read_text()
    assert "trl_rlvr.verifier.CodeVerifier" in api


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
