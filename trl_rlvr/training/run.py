"""A run from its specification to its report: prepare, measure, train, measure again.

The trainer is TRL's in every respect but what `EfficientGRPOTrainer` documents; this module only brings it its parts.
"""

import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import transformers
from transformers import PrinterCallback
from transformers.trainer import DEFAULT_PROGRESS_CALLBACK
from trl import GRPOConfig

from trl_rlvr.evaluation import Evaluation, EvaluationReport
from trl_rlvr.rewards import build_rewards, named_reward
from trl_rlvr.training.callbacks import FiniteGradients, IterationLog, WeightsMove
from trl_rlvr.training.curriculum import Curriculum
from trl_rlvr.training.grpo import EfficientGRPOTrainer
from trl_rlvr.training.measure import measure
from trl_rlvr.training.policy import (
    load_processor,
    policy_arguments,
    require_trainable,
    without_cudnn_attention,
)
from trl_rlvr.training.problem_set import ProblemSet, prepare_problems
from trl_rlvr.training.report import REPORT_NAME, run_details, write_json
from trl_rlvr.training.spec import RunSpec
from trl_rlvr.training.stopping import fence_ids, stop_trainer_at, stop_vllm_at
from trl_rlvr.verifier import CodeVerifier

REMEMBERED_VERDICTS = 20_000
"""Verdicts kept across iterations: a policy writes the same program again and again."""


def train(spec: RunSpec) -> EvaluationReport | None:
    """Train a policy and report what it gained on held-out problems; every rank must call this.

    Saves the model to `output_dir`, with `rlvr_report.json` beside it, and pushes it with `push_to_hub`.

    Returns:
        The report; None with `heldout_samples: 0`.

    Raises:
        ConfigError: options that cannot be used.
        DataError: problems that cannot be used.
        TrainingError: nothing is trainable, or no weight moved although a gradient flowed.
        SandboxError: the sandbox cannot start, or too many programs could not be run.
    """
    with open_run(spec) as run:
        baseline = run.measure("baseline") if spec.run.heldout_samples else None
        run.train()
        trained = run.measure("trained") if spec.run.heldout_samples else None
        report = run.report(baseline, trained) if baseline and trained else None
        if spec.grpo.push_to_hub:
            run.trainer.push_to_hub(dataset_name=spec.data.data_name)
        return report


def evaluate(spec: RunSpec) -> Evaluation:
    """Measure a policy on held-out problems as `train` does, without training; see there for what it raises.

    Writes `rlvr_report.json` to `output_dir`.
    """
    with open_run(spec) as run:
        evaluation = run.measure("measured")
        figures = {**evaluation.as_dict(spec.run.heldout_k), **run_details(spec, run.timing_s)}
        if run.trainer.accelerator.is_main_process:
            write_json(run.report_path, figures)
        return evaluation


@dataclass
class Run:
    """The parts of a run in progress."""

    spec: RunSpec
    verifier: CodeVerifier
    trainer: EfficientGRPOTrainer
    heldout: ProblemSet
    timing_s: dict[str, float] = field(default_factory=dict)
    """Seconds of each part that is done."""

    @property
    def report_path(self) -> Path:
        """Where the report is written."""
        return Path(self.spec.grpo.output_dir) / REPORT_NAME

    def say(self, text: str) -> None:
        """Print on the main process only."""
        if self.trainer.accelerator.is_main_process:
            print(text, flush=True)

    @contextlib.contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Note how long a part took."""
        start = time.perf_counter()
        yield
        self.timing_s[part] = time.perf_counter() - start

    def measure(self, label: str) -> Evaluation:
        """Measure the policy as it stands and print the figure."""
        with self.timed(label):
            evaluation = measure(self.trainer, self.heldout, self.verifier, self.spec.run, label=label)
        rate = f"pass@1 {100 * evaluation.pass_at(1):.1f} %, mean reward {evaluation.mean_reward:+.3f}"
        self.say(f"{label}: {rate} on {len(evaluation.outcomes)} held-out problems, {self.timing_s[label]:.1f} s")
        return evaluation

    def train(self) -> None:
        """Train to the end, from a checkpoint if one was asked for, and save the model."""
        watch = WeightsMove(require_trainable(self.trainer.model.parameters()), self.trainer.accelerator)
        self.trainer.add_callback(watch)
        with self.timed("training"):
            self.trainer.train(resume_from_checkpoint=checkpoint(self.spec.grpo.resume_from_checkpoint))
        if watch.moved is None:
            self.say("no logged iteration had a gradient: every group was rewarded alike, and nothing was learned")
        self.trainer.save_model(self.spec.grpo.output_dir)

    def report(self, baseline: Evaluation, trained: Evaluation) -> EvaluationReport:
        """Print the final table and write it as JSON."""
        details = run_details(self.spec, self.timing_s)
        report = EvaluationReport(baseline, trained, tuple(self.spec.run.heldout_k), details)
        self.say(f"\n{report.table()}\nwritten to {self.report_path}")
        if self.trainer.accelerator.is_main_process:
            write_json(self.report_path, report.as_dict())
        return report


@contextlib.contextmanager
def open_run(spec: RunSpec) -> Iterator[Run]:
    """Load problems and policy, build the trainer, and clean up behind them."""
    if not sys.stderr.isatty():
        transformers.utils.logging.disable_progress_bar()
    processor = load_processor(spec.model, spec.run, spec.grpo)
    tokenizer = getattr(processor, "tokenizer", processor)
    with without_cudnn_attention(), CodeVerifier(config=spec.sandbox, memory=REMEMBERED_VERDICTS) as verifier:
        start = time.perf_counter()
        training, heldout = (
            prepare_problems(problems, spec.data, spec.sandbox, tokenizer, spec.grpo.seed)
            for problems in (spec.data.load_train(), spec.data.load_test())
        )
        opened = Run(spec, verifier, build_trainer(spec, verifier, training, heldout, processor), heldout)
        opened.timing_s["preparation"] = time.perf_counter() - start
        opened.say(training.describe("training") + "\n" + heldout.describe("held-out"))
        opened.say(describe_iteration(spec.grpo))
        yield opened
        if hasattr(opened.trainer, "end"):  # transformers from 5.18 on: finish trackers and the process group
            opened.trainer.end()


def build_trainer(
    spec: RunSpec, verifier: CodeVerifier, training: ProblemSet, heldout: ProblemSet, processor: Any
) -> EfficientGRPOTrainer:
    """Build the trainer and put our log line in the place of TRL's dump of all keys."""
    curriculum = None
    if spec.curriculum.enabled:
        curriculum = Curriculum.for_dataset(
            spec.curriculum, training.dataset, group_size=spec.grpo.num_generations, seed=spec.grpo.seed
        )
    rewards = build_rewards(
        spec.reward,
        verifier,
        observers=[curriculum.memory] if curriculum else [],
        max_completion_tokens=spec.grpo.max_completion_length,
    )
    weights = spec.grpo.reward_weights or [weight for _, weight in rewards]
    score = spec.curriculum.curriculum_filter_score
    if score and score not in [reward.__name__ for reward, _ in rewards]:
        decides = named_reward(score, spec.reward, verifier=verifier)
        rewards, weights = [*rewards, (decides, 0.0)], [*weights, 0.0]
    spec.grpo.reward_weights = weights
    ends = fence_ids(getattr(processor, "tokenizer", processor)) if spec.data.data_prompt_style == "chat_code" else []
    stop_vllm_at(ends, spec.grpo)
    trainer = EfficientGRPOTrainer(
        reward_funcs=[reward for reward, _ in rewards],
        args=spec.grpo,
        train_dataset=training.dataset,
        eval_dataset=heldout.dataset if spec.grpo.eval_strategy != "no" else None,
        processing_class=processor,
        skip_zero_gradient=spec.run.skip_zero_gradient,
        compact_generation=spec.run.compact_generation,
        share_prompts=spec.run.share_prompts,
        curriculum=curriculum,
        **policy_arguments(spec.model, spec.run, spec.grpo),
    )
    stop_trainer_at(ends, trainer)
    for kind in (PrinterCallback, DEFAULT_PROGRESS_CALLBACK):
        trainer.remove_callback(kind)
    trainer.add_callback(IterationLog())
    trainer.add_callback(FiniteGradients(trainer.model.parameters(), trainer.accelerator))
    return trainer


def checkpoint(asked: str | bool | None) -> str | bool | None:
    """Return what `Trainer.train` takes: a path, True for the last checkpoint of `output_dir`, or None."""
    return True if str(asked).lower() in ("true", "last") else asked


def describe_iteration(grpo: GRPOConfig) -> str:
    """Say what one iteration is, since it follows from five of TRL's fields and the number of processes."""
    completions = grpo.per_device_train_batch_size * grpo.gradient_accumulation_steps * grpo.world_size
    updates = grpo.num_iterations * grpo.generation_batch_size / completions
    return (
        f"an iteration: {completions} completions, {completions / grpo.num_generations:g} problems x "
        f"{grpo.num_generations}, on {grpo.world_size} process(es); {updates:g} update(s) from each generation"
    )
