"""The bundled set `ambiguous`: a first turn can only guess, and a feedback on the first test tells the answer."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from transformers import AutoTokenizer

import trl_rlvr
from trl_rlvr.data import load_problems
from trl_rlvr.data.prompts import build_prompt
from trl_rlvr.data.source import source_of
from trl_rlvr.training.embedded import EMBEDDED_POLICY

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(trl_rlvr.__file__).parent / "data" / "ambiguous"
SPLITS = {
    split: [json.loads(line) for line in (FOLDER / f"{split}.jsonl").read_text("utf-8").splitlines()]
    for split in ("train", "test")
}
PROBLEMS = SPLITS["train"] + SPLITS["test"]


def passed(code, tests):
    """Which tests this code passes; the code is ours, so it may run here."""
    namespace = {}
    exec(code, namespace)
    found = []
    for test in tests:
        try:
            exec(test, dict(namespace))
            found.append(True)
        except Exception:
            found.append(False)
    return found


def twins():
    """The problems of each prompt."""
    found = {}
    for row, problem in zip(PROBLEMS, load_problems("ambiguous"), strict=True):
        found.setdefault(build_prompt(problem, "completion", visible_tests="none"), []).append(row)
    return found


def test_its_splits():
    assert (len(SPLITS["train"]), len(SPLITS["test"])) == (188, 100)
    kinds = {split: {row["kind"] for row in rows} for split, rows in SPLITS.items()}
    assert not kinds["train"] & kinds["test"]
    assert source_of("ambiguous", "test")["licence"] == "mit"


def test_every_reference_passes_its_tests():
    assert all(all(passed(row["code"], row["test_list"])) for row in PROBLEMS)


def test_each_prompt_is_that_of_two_problems_and_no_answer_passes_a_test_of_both():
    counts = Counter(len(rows) for rows in twins().values())
    assert counts == {2: len(PROBLEMS) // 2}
    for one, other in twins().values():
        assert not any(passed(one["code"], other["test_list"]))
        assert not any(passed(other["code"], one["test_list"]))


def test_the_first_test_tells_operation_and_sign():
    for one, other in twins().values():
        sign, others = (re.search(r"'(.)'\.join", row["code"]).group(1) for row in (one, other))
        borrowed = other["code"].replace(f"'{others}'.join", f"'{sign}'.join")
        assert passed(borrowed, one["test_list"][:1]) == [False]
        assert sign in one["test_list"][0].rpartition(" == ")[2]


def test_the_embedded_policy_reads_a_sign_as_the_token_that_it_writes():
    tokenizer = AutoTokenizer.from_pretrained(EMBEDDED_POLICY)
    (quote,) = tokenizer(" '")["input_ids"]
    for row in PROBLEMS:
        (sign,) = tokenizer(row["code"].partition("return '")[2][0])["input_ids"]
        written = tokenizer(row["code"])["input_ids"]
        assert written[written.index(quote) + 1] == sign
        assert sign in tokenizer("expected" + row["test_list"][0].rpartition(" ==")[2])["input_ids"]


def test_the_script_makes_the_bundled_set_again(tmp_path):
    script = ROOT / "tools" / "make_ambiguous_set.py"
    if not script.exists():
        pytest.skip("the tools folder is not part of an installed package")

    subprocess.run([sys.executable, str(script), "--output", str(tmp_path)], check=True)

    for split in SPLITS:
        assert (tmp_path / f"{split}.jsonl").read_bytes() == (FOLDER / f"{split}.jsonl").read_bytes()
