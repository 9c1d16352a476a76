"""Whole runs of a few iterations on the embedded policy, with the sandbox that users get."""

import contextlib
import json
import os
import signal
import threading
from pathlib import Path

import peft
import pytest
import torch
from small_run import small_spec
from transformers import AutoModelForCausalLM

from trl_rlvr.errors import TrainingError
from trl_rlvr.report.run_record import REPORT_NAME
from trl_rlvr.training import evaluate, run, train
from trl_rlvr.training.build import describe_iteration
from trl_rlvr.training.embedded import EMBEDDED_POLICY
from trl_rlvr.training.folder import EVAL_REPORT_NAME
from trl_rlvr.training.run import open_run

pytestmark = pytest.mark.slow


def history(folder, step=2):
    """Return the log records with a reward that a run left in its last checkpoint."""
    state = json.loads((Path(folder) / f"checkpoint-{step}" / "trainer_state.json").read_text())
    return [record for record in state["log_history"] if "reward" in record]


def weights(folder):
    return AutoModelForCausalLM.from_pretrained(folder).state_dict()


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """One run to the end: folder, report and what was printed."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        lines: list[str] = []
        patch.setattr("builtins.print", lambda *values, **_: lines.append(" ".join(map(str, values))))
        report = train(small_spec(folder))
    return folder, report, "\n".join(lines).splitlines()


def test_a_run_prints_one_line_an_iteration_and_ends_in_the_table(finished):
    lines = finished[2]
    iterations = [line for line in lines if line.startswith("iteration ")]
    table = [line.split("  ")[0] for line in lines[lines.index("FINAL RESULTS") :]]

    assert [line.split(" | ")[0] for line in iterations] == ["iteration 1/2", "iteration 2/2"]
    assert all("pass rate" in line and line.endswith(" s") for line in iterations)
    assert {"Metric", "Pass@1", "Mean Reward"} <= set(table)


def test_a_run_says_how_many_problems_and_completions_an_iteration_has(finished):
    assert any("16 completions, 4 problems x 4, on 1 process(es); 1 update(s)" in line for line in finished[2])


def test_the_report_beside_the_model_holds_the_figures_of_the_table(finished):
    folder, report, _ = finished
    written = json.loads((folder / REPORT_NAME).read_text())

    assert (folder / "model.safetensors").is_file()
    assert written["rlvr"]["pass_at"]["1"] == report.trained.pass_at(1)
    assert (written["baseline"]["problems"], written["baseline"]["samples"]) == (6, 6)
    assert written["timing_s"].keys() == {"preparation", "baseline", "training", "trained"}
    assert written["configuration"]["RunConfig"]["heldout_temperature"] == 0.2


def test_the_page_of_the_run_shows_its_figures_and_its_completions(finished):
    folder, report, lines = finished
    page = (folder / "report.html").read_text()

    assert f'data-value="{report.trained.pass_at(1)}"' in page
    assert "32 of 32 are on this page" in page
    assert f"to look at: {folder / 'report.html'}" in lines
    assert [line for line in lines if line.startswith("advice: ")] == [], "two updates are too few to tell"


def test_a_run_whose_completions_are_cut_off_says_which_field_to_change(tmp_path, capsys):
    train(small_spec(tmp_path, max_steps=3, max_completion_length=6, heldout_samples=0, save_strategy="no"))

    (advice,) = [
        line for line in capsys.readouterr().out.splitlines() if line.startswith("advice: many completions are")
    ]
    assert "a longer max_completion_length" in advice
    assert "many completions are cut off" in (tmp_path / "report.html").read_text()


def test_the_weights_moved(finished):
    before, after = weights(EMBEDDED_POLICY), weights(finished[0])

    assert any(not torch.equal(before[name], after[name]) for name in before)


def test_every_logged_key_is_in_the_glossary(finished):
    glossary = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
    keys = {key.replace("graded", "<name>") for record in history(finished[0]) for key in record} - {"step"}

    assert [key for key in sorted(keys) if f"`{key}`" not in glossary] == []


def test_resuming_from_the_last_checkpoint_ends_where_an_unbroken_run_does(finished, tmp_path):
    train(small_spec(tmp_path, max_steps=1))

    train(small_spec(tmp_path, resume_from_checkpoint="last"))

    unbroken, resumed = weights(finished[0]), weights(tmp_path)
    assert all(torch.allclose(unbroken[name], resumed[name], atol=1e-6) for name in unbroken)
    assert [record["reward"] for record in history(tmp_path)] == [record["reward"] for record in history(finished[0])]


@pytest.mark.parametrize("beta", [0.0, 0.1])
def test_an_adapter_is_trained_further_and_saved_as_an_adapter(tmp_path, beta):
    torch.manual_seed(0)
    base = AutoModelForCausalLM.from_pretrained(EMBEDDED_POLICY)
    peft.get_peft_model(base, peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj"])).save_pretrained(
        tmp_path / "adapter"
    )

    train(small_spec(tmp_path / "out", adapter_name_or_path=tmp_path / "adapter", beta=beta, heldout_samples=0))

    old = peft.load_peft_weights(tmp_path / "adapter")
    new = peft.load_peft_weights(tmp_path / "out")
    assert old.keys() == new.keys()
    assert any(not torch.equal(old[name], new[name]) for name in old)
    assert not (tmp_path / "out" / "model.safetensors").exists()


def test_a_frozen_model_is_refused_before_training(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "build_trainer", _wrapped(run.build_trainer, lambda t: t.model.requires_grad_(False)))

    with pytest.raises(TrainingError, match="no parameter of the model is trainable"):
        train(small_spec(tmp_path, heldout_samples=0))


def test_a_run_whose_optimizer_forgot_the_weights_is_stopped(tmp_path, monkeypatch):
    def forget(trainer):
        elsewhere = torch.nn.Parameter(torch.zeros(1))
        trainer.optimizer = torch.optim.SGD([elsewhere], lr=trainer.args.learning_rate)

    monkeypatch.setattr(run, "build_trainer", _wrapped(run.build_trainer, forget))

    with pytest.raises(TrainingError, match="no trainable weight has changed"):
        train(small_spec(tmp_path, heldout_samples=0, max_steps=8))


def _wrapped(build, change):
    def build_and_change(*args):
        trainer = build(*args)
        change(trainer)
        return trainer

    return build_and_change


def test_curriculum_options_reach_the_trainer(tmp_path):
    train(small_spec(tmp_path, curriculum_focus=1.0, heldout_samples=0))

    assert [record["curriculum/seen"] for record in history(tmp_path)] == pytest.approx([4 / 24, 8 / 24])


def test_a_filter_score_joins_the_rewards_without_weight(tmp_path):
    options = {"curriculum_filter_score": "binary", "curriculum_refill_rounds": 1}

    train(small_spec(tmp_path, heldout_samples=0, **options))

    for record in history(tmp_path):
        assert record["rewards/binary/mean"] >= 0
        assert record["reward"] == pytest.approx(record["rewards/graded/mean"])


def test_evaluate_measures_without_training(tmp_path):
    evaluation = evaluate(small_spec(tmp_path, heldout_samples=2, heldout_k="2"))

    written = json.loads((tmp_path / EVAL_REPORT_NAME).read_text())
    assert not (tmp_path / REPORT_NAME).exists()
    assert sum(len(outcome.verdicts) for outcome in evaluation.outcomes) == 12
    assert written["pass_at"].keys() == {"2"}
    assert not (tmp_path / "checkpoint-1").exists()


def test_the_first_measure_is_the_same_with_and_without_training_after_it(finished, tmp_path):
    assert evaluate(small_spec(tmp_path)).outcomes == finished[1].baseline.outcomes


def kill_workers_during_each_batch(sandbox, monkeypatch):
    """Kill all of a sandbox's workers once, shortly after each batch has begun; return what was killed."""
    killed = []

    def kill():
        for pid in sandbox.worker_pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

    def run_and_kill(programs, **options):
        threading.Timer(0.05, kill).start()
        return original(programs, **options)

    original = sandbox.run
    monkeypatch.setattr(sandbox, "run", run_and_kill)
    return killed


def test_killing_the_fork_servers_while_training_costs_no_reward(finished, tmp_path, monkeypatch):
    with open_run(small_spec(tmp_path, heldout_samples=0)) as opened:
        opened.verifier.verify_code(["x = 1"], [opened.spec.data.load_train()[0]])  # opens the sandbox
        killed = kill_workers_during_each_batch(opened.verifier._sandbox, monkeypatch)
        opened.train()

    disturbed, undisturbed = history(tmp_path), history(finished[0])
    assert killed
    assert [record["reward"] for record in disturbed] == [record["reward"] for record in undisturbed]
    assert [record["verdict/sandbox_error"] for record in disturbed] == [0, 0]


def test_an_iteration_is_described_by_what_follows_from_trl_fields(tmp_path):
    spec = small_spec(tmp_path, gradient_accumulation_steps=2, num_iterations=3, steps_per_generation=4)

    assert describe_iteration(spec.grpo) == (
        "an iteration: 32 completions, 8 problems x 4, on 1 process(es); 6 update(s) from each generation"
    )
