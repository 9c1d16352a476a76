"""`trl-rlvr score` end to end, on the sandbox that users get."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from trl_rlvr.cli import COMMANDS, main
from trl_rlvr.cli.score import CHUNK

KEYS = ["task_id", "verdict", "passed", "total", "reward", "error", "cpu_s", "wall_s"]

PROBLEMS = [
    {
        "task_id": 5001,
        "text": "Write a function that adds one.",
        "code": "def inc(x):\n    return x + 1",
        "test_list": ["assert inc(1) == 2", "assert inc(-1) == 0"],
        "test_setup_code": "",
        "challenge_test_list": [],
    },
    {
        "task_id": 5002,
        "text": "Write a function that doubles.",
        "code": "def twice(x):\n    return 2 * x",
        "test_list": ["assert twice(0) == 0", "assert twice(3) == 6"],
        "test_setup_code": "",
        "challenge_test_list": [],
    },
]

HUMANEVAL = {
    "task_id": "Own/0",
    "prompt": 'def clip(x: int, top: int) -> int:\n    """Return x, but at most top."""\n',
    "entry_point": "clip",
    "canonical_solution": "    return min(x, top)\n",
    "test": "def check(candidate):\n    for x in range(5):\n        assert candidate(x, 2) == (x if x < 2 else 2)\n",
}


def jsonl(path: Path, rows: list[dict]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


@pytest.fixture
def problems(tmp_path):
    return jsonl(tmp_path / "problems.jsonl", PROBLEMS)


def score(tmp_path, problems, rows, *options):
    """Return the exit status and the output rows."""
    output = tmp_path / "scored.jsonl"
    status = main(["score", problems, jsonl(tmp_path / "rows.jsonl", rows), "--output", str(output), *options])
    return status, [json.loads(line) for line in output.read_text().splitlines()]


def test_each_row_gets_one_row_in_order_with_the_named_keys(tmp_path, problems):
    rows = [
        {"task_id": 5002, "solution": "def twice(x):\n    return 2 * x"},
        {"task_id": 5001, "completion": "Here:\n```python\ndef inc(x):\n    return x + 1\n```"},
        {"task_id": "5001", "solution": "def inc(x):\n    return 2"},
    ]

    status, scored = score(tmp_path, problems, rows)

    assert status == 0
    assert [list(row) for row in scored] == [KEYS] * 3
    assert [row["task_id"] for row in scored] == [5002, 5001, "5001"]
    assert [row["verdict"] for row in scored] == ["passed", "passed", "wrong_answer"]
    assert [(row["passed"], row["total"], row["reward"]) for row in scored] == [(2, 2, 1.0), (2, 2, 1.0), (1, 2, 0.25)]


def test_a_solution_is_taken_as_it_is_and_a_completion_is_searched_for_code(tmp_path, problems):
    text = "Sure.\n```python\ndef inc(x):\n    return x + 1\n```"

    _, scored = score(tmp_path, problems, [{"task_id": 5001, "solution": text}, {"task_id": 5001, "completion": text}])

    assert [row["verdict"] for row in scored] == ["syntax_error", "passed"]


def test_whatever_programs_do_is_a_verdict_and_status_0(tmp_path, problems):
    bodies = ["import os; os._exit(0)", "raise SystemExit(0)", "while True: pass", "return x.nothing"]
    rows = [{"task_id": 5001, "solution": f"def inc(x):\n    {body}"} for body in bodies]

    status, scored = score(tmp_path, problems, rows, "--sandbox_cpu_s", "0.5")

    assert status == 0
    assert [row["verdict"] for row in scored] == ["crashed", "runtime_error", "timeout", "runtime_error"]
    assert {row["reward"] for row in scored} == {-0.5}


def test_humaneval_format_scores_the_reference_and_not_a_stub(tmp_path):
    problems = jsonl(tmp_path / "own.jsonl", [HUMANEVAL])
    rows = [
        {"task_id": "Own/0", "solution": HUMANEVAL["prompt"] + HUMANEVAL["canonical_solution"]},
        {"task_id": "Own/0", "completion": HUMANEVAL["canonical_solution"]},
        {"task_id": "Own/0", "solution": "def clip(x, top): pass"},
    ]

    _, scored = score(tmp_path, problems, rows)

    assert [row["verdict"] for row in scored] == ["passed", "passed", "wrong_answer"]


def test_the_summary_has_pass_at_k_verdicts_and_rate(tmp_path, problems, capsys):
    good, bad = "def inc(x):\n    return x + 1", "def inc(x):\n    return 9"
    rows = [{"task_id": 5001, "solution": code} for code in (good, bad)]

    score(tmp_path, problems, rows, "--k", "1", "2")

    told = capsys.readouterr().err
    assert "2 solutions of 1 tasks" in told
    assert "a second" in told
    assert "pass@1: 50.0 %" in told
    assert "pass@2: 100.0 %" in told
    assert "passed 1, wrong_answer 1" in told


def test_a_problem_that_is_refused_by_name_is_scored_together_where_that_is_allowed(tmp_path, capsys):
    problems = jsonl(tmp_path / "problems.jsonl", [{**PROBLEMS[0], "test_list": ["assert eval(str(inc(1))) == 2"]}])
    rows = [{"task_id": 5001, "solution": "def inc(x):\n    return x + 1"}]

    assert main(["score", problems, jsonl(tmp_path / "rows.jsonl", rows)]) == 2
    assert "hands the candidate's value to eval" in capsys.readouterr().err
    status, (row,) = score(tmp_path, problems, rows, "--sandbox_tests", "together_where_needed")
    assert (status, row["verdict"]) == (0, "passed")
    assert "1 were judged together with their tests: a verdict could be forged" in capsys.readouterr().err


def test_a_k_that_some_task_has_too_few_rows_for_is_refused_before_anything_runs(
    tmp_path, problems, monkeypatch, capsys
):
    monkeypatch.setattr("trl_rlvr.cli.score.CodeVerifier", None)
    rows = [{"task_id": task, "solution": "x = 1"} for task in (5001, 5001, 5002)]
    command = ["score", problems, jsonl(tmp_path / "rows.jsonl", rows)]

    assert [main([*command, "--k", k]) for k in ("2", "0")] == [2, 2]
    assert capsys.readouterr().err == (
        "trl-rlvr score: --k is 2, but task_id '5002' has 1 row(s); pass@k needs k of each task\n"
        "trl-rlvr score: --k is 0; give 1 or more\n"
    )


def test_the_fake_backend_says_that_its_verdicts_are_made_up(tmp_path, problems, capsys):
    status, scored = score(
        tmp_path,
        problems,
        [{"task_id": 5001, "solution": "x = 1"}],
        "--sandbox_backend",
        "fake",
        "--sandbox_accept_fake",
    )

    assert (status, scored[0]["verdict"]) == (0, "passed")
    assert "sandbox_backend is fake: no program runs, and every verdict is made up" in capsys.readouterr().err


def test_an_interrupted_command_keeps_what_it_has_and_the_old_file_and_leaves_no_process(tmp_path, problems):
    output = tmp_path / "scored.jsonl"
    output.write_text("old\n")
    good = [{"task_id": 5001, "solution": f"def inc(x):\n    return x + 1 + 0 * {n}"} for n in range(CHUNK)]
    slow = {"task_id": 5001, "solution": "def inc(x):\n    while True: pass"}
    rows = jsonl(tmp_path / "rows.jsonl", [*good, slow])
    command = [sys.executable, "-m", "trl_rlvr", "score", problems, rows, "--output", str(output)]

    ran = subprocess.Popen(
        [*command, "--sandbox_cpu_s", "100"],
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    partial = tmp_path / "scored.jsonl.partial"
    while not (partial.exists() and partial.read_text().count("\n") == CHUNK):
        assert ran.poll() is None
        time.sleep(0.05)
    os.killpg(ran.pid, signal.SIGINT)
    told = ran.communicate(timeout=60)[1].decode()

    assert ran.returncode == 130
    assert told == f"trl-rlvr score: interrupted; what was done so far is in {partial}\n"
    assert output.read_text() == "old\n"
    with pytest.raises(ProcessLookupError):
        os.killpg(ran.pid, 0)


def test_more_rows_than_one_chunk_keep_their_order(tmp_path, problems):
    rows = [{"task_id": 5001, "solution": f"def inc(x):\n    return x + {n % 3}"} for n in range(CHUNK + 5)]

    _, scored = score(tmp_path, problems, rows)

    assert [row["verdict"] == "passed" for row in scored] == [n % 3 == 1 for n in range(CHUNK + 5)]


def test_without_output_the_rows_are_standard_output(tmp_path, problems, capsys):
    main(["score", problems, jsonl(tmp_path / "rows.jsonl", [{"task_id": 5001, "solution": "x = 1"}])])

    assert json.loads(capsys.readouterr().out)["verdict"] == "missing_entry_point"


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([{"task_id": 9, "solution": ""}], "rows.jsonl, line 1 names task_id 9"),
        ([{"task_id": 5001, "solution": "x"}, {"task_id": 5001}], "line 2 has neither completion nor solution"),
    ],
)
def test_malformed_input_is_one_sentence_and_status_2_before_anything_runs(
    tmp_path, problems, capsys, monkeypatch, rows, complaint
):
    monkeypatch.setattr("trl_rlvr.cli.score.CodeVerifier", None)

    status = main(["score", problems, jsonl(tmp_path / "rows.jsonl", rows)])

    told = capsys.readouterr()
    assert status == 2
    assert complaint in told.err
    assert told.err.count("\n") == 1
    assert told.out == ""


def test_an_unknown_data_set_is_status_2(tmp_path, capsys):
    assert main(["score", "no-such-set", "rows.jsonl"]) == 2
    assert "unknown data set 'no-such-set'" in capsys.readouterr().err


def test_an_output_that_cannot_be_written_is_status_2(tmp_path, problems, capsys):
    rows = jsonl(tmp_path / "rows.jsonl", [{"task_id": 5001, "solution": "x = 1"}])

    assert main(["score", problems, rows, "--output", str(tmp_path / "no" / "folder")]) == 2
    assert "cannot write" in capsys.readouterr().err


def test_rows_that_the_sandbox_could_not_judge_have_no_reward_and_status_1(tmp_path, problems, monkeypatch):
    from trl_rlvr.sandbox.backends.fake import FakeSandbox
    from trl_rlvr.verdict import ExecutionResult, Verdict

    broken = FakeSandbox(lambda program: ExecutionResult.uniform(Verdict.SANDBOX_ERROR, 2, "no worker"))
    monkeypatch.setattr("trl_rlvr.verifier.open_sandbox", lambda config: broken)

    status, scored = score(tmp_path, problems, [{"task_id": 5001, "solution": "x = 1"}])

    assert status == 1
    assert scored[0]["reward"] is None


def test_a_reader_that_goes_away_ends_it_quietly(tmp_path, problems):
    rows = [{"task_id": 5001, "solution": f"def inc(x):\n    return {n}"} for n in range(2000)]
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-c", "import sys; from trl_rlvr.cli import main; sys.exit(main(sys.argv[1:]))"]

    ran = subprocess.run(
        [*command, "score", problems, jsonl(tmp_path / "rows.jsonl", rows)], stdout=write, stderr=subprocess.PIPE
    )
    os.close(write)

    assert ran.returncode == 1
    assert b"Traceback" not in ran.stderr
    assert b"Exception" not in ran.stderr


@pytest.mark.slow
def test_all_mbpp_references_pass_all_their_tests(tmp_path, mbpp_path):
    problems = [json.loads(line) for line in mbpp_path.read_text().splitlines()]

    status, scored = score(
        tmp_path, str(mbpp_path), [{"task_id": row["task_id"], "solution": row["code"]} for row in problems]
    )

    assert status == 0
    assert len(scored) == 974
    assert [row["task_id"] for row in scored if row["verdict"] != "passed" or row["reward"] != 1.0] == []


@pytest.mark.slow
def test_a_stub_passes_no_mbpp_problem(tmp_path, mbpp_path):
    problems = [json.loads(line) for line in mbpp_path.read_text().splitlines()]
    names = {row["task_id"]: re.findall(r"def (\w+)", row["code"]) for row in problems}
    rows = [
        {"task_id": task, "solution": "\n".join(f"def {name}(*args):\n    pass" for name in defined)}
        for task, defined in names.items()
    ]

    _, scored = score(tmp_path, str(mbpp_path), rows)

    assert [row["task_id"] for row in scored if row["verdict"] == "passed"] == []


def test_the_commands_are_listed_without_arguments(capsys):
    assert main([]) == 0
    assert "score" in capsys.readouterr().out


def test_an_unknown_command_is_named_with_the_known_ones(capsys):
    assert main(["scor"]) == 2
    assert f"unknown command 'scor'; choose one of {', '.join(sorted(COMMANDS))}\n" in capsys.readouterr().err
