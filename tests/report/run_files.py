"""Folders of runs for the tests of `trl_rlvr.report`, of any length and gone wrong in any way."""

import json
import random
from pathlib import Path

from trl_rlvr.evaluation import Evaluation, EvaluationReport, ProblemOutcome
from trl_rlvr.json_lines import write_json, write_rows
from trl_rlvr.verdict import Verdict

SHARES = {
    "pass_rate/visible": 0.7,
    "pass_rate/hidden": 0.5,
    "verdict/sandbox_error": 0.0,
    "verdict/timeout": 0.01,
    "extraction/code": 0.95,
    "extraction/no_code": 0.01,
    "extraction/syntax_error": 0.03,
    "extraction/missing_entry_point": 0.01,
    "extraction/truncated": 0.0,
    "reward_hacking/exit": 0.0,
    "reward_hacking/hard_coded": 0.01,
    "sandbox/faults": 0.0,
    "frac_reward_zero_std": 0.4,
    "completions/mean_length": 60.0,
    "grad_norm": 0.1,
    "entropy": 0.3,
    "step_time": 10.0,
    "verification_s": 0.5,
}


def metric_rows(pass_rates, **constant):
    """Rows of a run with these pass rates, healthy in all other respects but those that are named."""
    named = {key.replace("__", "/"): value for key, value in constant.items()}
    return [
        {**SHARES, "step": step, "reward": 1.5 * rate - 0.5, "reward_std": 0.4, "pass_rate": rate, **named}
        for step, rate in enumerate(pass_rates, start=1)
    ]


def heldout_rows(*rates):
    return [{"step": step, "label": f"step {step}", "heldout/pass@1": rate} for step, rate in enumerate(rates)]


def evaluation(passed):
    """A measure in which each problem passed so many of two samples."""
    return Evaluation(
        tuple(
            ProblemOutcome(
                task,
                tuple(Verdict.PASSED if sample < count else Verdict.WRONG_ANSWER for sample in range(2)),
                tuple(1.0 if sample < count else -0.5 for sample in range(2)),
            )
            for task, count in passed.items()
        )
    )


TURNS = [
    {"text": "", "tokens": 9, "code": "def inc(x): pass", "verdict": "wrong_answer", "passed": 0, "total": 1,
     "feedback": "A test fails:\nassert inc(1) == 2"},
    {"text": "", "tokens": 12, "code": "def inc(x): return x + 1", "verdict": "passed", "passed": 1, "total": 1,
     "feedback": ""},
]  # fmt: skip


def completion_rows(step, count=8):
    rows = []
    for place in range(count):
        passes = (step + place) % 3 == 0
        rows.append(
            {
                "step": step,
                "task_id": f"p{place // 4}",
                "prompt": [{"role": "user", "content": "Add <b>one</b> & more </script>"}],
                "completion": "```python\ndef inc(x):\n    return x + 1\n```",
                "code": f"def inc(x):  # </script><img src=x onerror=alert({place})>\n    return x + {place}",
                "verdict": "passed" if passes else "wrong_answer",
                "passed": 2 if passes else 1,
                "total": 2,
                "tests": ["passed", "passed" if passes else "wrong_answer"],
                "test_tiers": {"visible": 1, "hidden": 1, "augmented": 0},
                "isolation": "together" if place == 6 else "apart",
                "reward_hacking": "exit" if place == 7 else "",
                "error": "" if passes else "expected 2, got <3>",
                "test_errors": ["", "" if passes else "expected 2, got <3>"],
                **({"turns": TURNS} if place == 5 else {}),
                "rewards": {"graded": 1.0 if passes else 0.25},
                "advantage": 0.5 if passes else -0.25,
            }
        )
    return rows


def make_run(folder: Path, *, steps=12, count=8, before=None, after=None) -> Path:
    """Write the folder of a finished run and return it."""
    draw = random.Random(0)
    folder.mkdir(parents=True, exist_ok=True)
    rates = [0.2 + 0.4 * step / steps + draw.uniform(-0.03, 0.03) for step in range(steps)]
    write_rows(folder / "metrics.jsonl", metric_rows(rates))
    baseline, trained = evaluation(before or {"a": 0, "b": 1, "c": 2}), evaluation(after or {"a": 2, "b": 2, "c": 1})
    measures = {0: baseline, steps: trained}
    rows = [{"step": step, "heldout/pass@1": found.pass_at(1)} for step, found in measures.items()]
    write_rows(folder / "heldout.jsonl", rows)
    details = {"seed": 3, "steps": steps, "timing_s": {"training": 12.5}, "command": ["trl-rlvr", "train"]}
    write_json(folder / "rlvr_report.json", EvaluationReport(baseline, trained, (1,), details).as_dict())
    (folder / "_rlvr_config.yaml").write_text("model_name_or_path: tiny\ndata_name: starter\n")
    for step in range(1, steps + 1):
        write_rows(folder / "completions" / f"step-{step:06d}.jsonl", completion_rows(step, count))
    return folder


def report_of(folder: Path):
    return json.loads((folder / "rlvr_report.json").read_text())
