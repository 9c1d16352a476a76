"""A run from its specification to its report: prepare, measure, train, and the phases of `ending`.

The trainer is TRL's in every respect but what its class documents; this module only brings it its parts.
"""

import contextlib
import copy
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import transformers

from trl_rlvr.errors import RunInterruptedError
from trl_rlvr.evaluation import Evaluation, EvaluationReport
from trl_rlvr.json_lines import write_json
from trl_rlvr.training.build import build_trainer, describe_iteration
from trl_rlvr.training.callbacks import WeightsMove
from trl_rlvr.training.ending import Ending, finish
from trl_rlvr.training.folder import RunFolder
from trl_rlvr.training.grpo import EfficientGRPOTrainer
from trl_rlvr.training.hub.while_training import publish_while_training
from trl_rlvr.training.interrupt import Interrupts, StopAtOnce, StopOnSignal
from trl_rlvr.training.iteration_log import IterationLog
from trl_rlvr.training.machine import token_in_environment, use_all_cores
from trl_rlvr.training.measure import HeldoutMeasures, from_row, heldout_figures, measure, to_row
from trl_rlvr.training.policy import load_processor, require_trainable, without_cudnn_attention
from trl_rlvr.training.preflight import require_enough, require_system_role, require_usable
from trl_rlvr.training.problem_set import ProblemSet, prepare_problems
from trl_rlvr.training.records import MetricsFile, PageFile, listeners, to_each
from trl_rlvr.training.refinement.heldout import TurnsMeasure, turns_of_run
from trl_rlvr.training.report import run_details
from trl_rlvr.training.resume import NothingLeftError, Start, StopWhenDone, how_to_go_on, starting_point
from trl_rlvr.training.run_problems import HELDOUT, TRAINING, problems_of
from trl_rlvr.training.spec import RunSpec
from trl_rlvr.training.terminal_view import open_view
from trl_rlvr.verifier import CodeVerifier

REMEMBERED_VERDICTS = 20_000
"""Verdicts kept across iterations: a policy writes the same program again and again."""

FAKE_WARNING = "WARNING: sandbox_backend is fake: NOTHING IS VERIFIED, and every verdict and figure is made up"


def train(spec: RunSpec) -> EvaluationReport | None:
    """Train a policy and report what it gained on held-out problems; every rank must call this.

    Keeps in `output_dir` what `docs/run-folder.md` says, saves the model there, and pushes it with `push_to_hub`.

    Returns:
        The report; None with `heldout_samples: 0`, where the file holds no figures.

    Raises:
        ConfigError: options that cannot be used.
        DataError: problems that cannot be used.
        TrainingError: nothing is trainable, no weight moved although a gradient flowed, or a phase of the end failed.
        SandboxError: the sandbox cannot start, or too many programs could not be run.
        RunInterruptedError: Ctrl-C or SIGTERM; the message says what was saved.
    """
    require_usable(spec, trains=True)
    start = starting_point(spec)
    with _interruptible(spec) as interrupts, open_run(spec, start, interrupts) as run:
        run.begin()
        baseline, by_turn = run.baseline() if spec.run.heldout_samples else None, turns_of_run(run, "baseline")
        publish_while_training(spec, run.trainer, run.folder, baseline, run.details)
        run.train()
        return finish(run.ending(baseline, by_turn))


def evaluate(spec: RunSpec, *, on: Literal["held-out", "training"] = "held-out") -> Evaluation:
    """Measure a policy on held-out problems as `train` does, without training; see there for what it raises.

    Loads no training problems, or only those where `on` asks for them. Writes `rlvr_eval.json` to `output_dir`, and
    nothing else.
    """
    require_usable(spec, trains=False)
    spec.grpo.push_to_hub, spec.grpo.report_to = False, []
    with _interruptible(spec, trains=False) as interrupts, open_run(spec, Start(), interrupts, measures=on) as run:
        evaluation = run.measure("measured")
        figures = {**evaluation.as_dict(spec.run.heldout_k), **run_details(spec, run.timing_s, run.verifier.layers)}
        if run.trainer.accelerator.is_main_process:
            write_json(run.folder.eval_report, figures)
        return evaluation


@dataclass
class Run:
    """The parts of a run in progress."""

    spec: RunSpec
    start: Start
    interrupts: Interrupts
    verifier: CodeVerifier
    trainer: EfficientGRPOTrainer
    heldout: ProblemSet | None
    """What is measured on; None where nothing is measured."""
    measured_name: str = "held-out"
    """What to call them."""
    others: dict[str, ProblemSet] = field(default_factory=dict)
    """The sets of `heldout_data`, measured before and after as well."""
    others_before: dict[str, Evaluation] = field(default_factory=dict)
    timing_s: dict[str, float] = field(default_factory=dict)
    """Seconds of each part that is done."""
    view: IterationLog = field(default_factory=IterationLog)
    """What shows the training."""

    @property
    def folder(self) -> RunFolder:
        """What the run keeps."""
        return RunFolder(self.spec.grpo.output_dir)

    @property
    def is_main(self) -> bool:
        """Whether this process prints and writes."""
        return bool(self.trainer.accelerator.is_main_process)

    def say(self, text: str) -> None:
        """Print on the main process only."""
        if self.is_main:
            print(text, flush=True)

    @contextlib.contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Note how long a part took."""
        start = time.perf_counter()
        yield
        self.timing_s[part] = time.perf_counter() - start

    def begin(self) -> None:
        """Make the folder ready; what was there of another run goes if that was asked for."""
        self.trainer.accelerator.wait_for_everyone()
        if self.is_main:
            if self.spec.run.overwrite_run and not self.start.goes_on:
                self.folder.remove_run()
            self.folder.begin(self.spec, [sys.argv[0], *sys.argv[1:]], self.start.step)
        self.trainer.accelerator.wait_for_everyone()

    def baseline(self) -> Evaluation:
        """Return the measure before training of what is held out, and keep those of the other sets."""
        found = self._baseline("baseline", None)
        self.others_before = {name: self._baseline(_on("baseline", name), name) for name in self.others}
        return found

    def _baseline(self, label: str, name: str | None) -> Evaluation:
        """Return a measure before training: as it was taken where the run goes on, else a new one."""
        rows = [row for row in self.folder.heldout_rows() if row.get("label") == label] if self.start.goes_on else []
        known = from_row(rows[-1], self._set(name), self.spec.run) if rows else None
        self.trainer.accelerator.wait_for_everyone()  # no rank reads what another has begun to add
        if known is None:
            return self.measure("baseline", name)
        self.say(f"{label}: {self._figures(known)}, as measured when the run began")
        return known

    def _set(self, name: str | None) -> ProblemSet:
        found = self.heldout if name is None else self.others[name]
        assert found is not None
        return found

    def measure(self, label: str, name: str | None = None) -> Evaluation:
        """Measure the policy as it stands, print the figures, keep them and hand them to the trackers.

        Args:
            label: what to call the measure.
            name: of a set of `heldout_data`; None: the run's own.
        """
        label = _on(label, name)
        with self.timed(label), self.view.paused():
            evaluation = measure(self.trainer, self._set(name), self.verifier, self.spec.run, label=label)
        self.say(f"{label}: {self._figures(evaluation)}, {self.timing_s[label]:.1f} s")
        trainer = self.trainer
        if label != "measured":
            if self.is_main:
                self.folder.add_heldout(to_row(evaluation, self.spec.run, label=label, step=trainer.state.global_step))
            figures = heldout_figures(evaluation, self.spec.run.heldout_k, name)
            control = copy.copy(trainer.control)  # transformers takes a log record for the one that it has asked for
            trainer.callback_handler.on_log(trainer.args, trainer.state, control, figures)
        return evaluation

    def _figures(self, evaluation: Evaluation) -> str:
        rates = ", ".join(f"pass@{k} {100 * evaluation.pass_at(k):.1f} %" for k in self.spec.run.heldout_k)
        problems = f"{len(evaluation.outcomes)} {self.measured_name} problems"
        return f"{rates}, mean reward {evaluation.mean_reward:+.3f} on {problems}"

    def train(self) -> None:
        """Train to the end, from a checkpoint if one was asked for.

        Raises:
            RunInterruptedError: a signal came; a checkpoint was saved.
        """
        trainer, begun = self.trainer, self.start.checkpoint
        watch = WeightsMove(require_trainable(trainer.model.parameters()), trainer.accelerator)
        files = (MetricsFile(self.folder), PageFile(self.folder))
        callbacks = [watch, *files, StopOnSignal(self.interrupts, trainer.accelerator)]
        if self.heldout is not None:
            callbacks.append(HeldoutMeasures(self.spec.run.heldout_every, self.measure))
        for callback in [*callbacks, StopWhenDone()]:
            trainer.add_callback(callback)
        trainer.on_scored = to_each([self.view.on_scored, *listeners(self.spec, trainer, self.folder)])
        self.view.measure_s = sum(seconds for part, seconds in self.timing_s.items() if part.startswith("baseline"))
        with self.timed("training"), self.interrupts.waiting(), self.view.shown():
            try:
                trainer.train(resume_from_checkpoint=str(begun) if begun is not None else None)
            except NothingLeftError:
                trainer.is_in_train = False
                self.say(f"all {trainer.state.max_steps} updates are made: nothing is left to train")
        step = trainer.state.global_step
        if self.interrupts.asked is not None and step < trainer.state.max_steps:
            raise RunInterruptedError(how_to_go_on(self.folder, f"stopped behind update {step}"), self.interrupts.asked)
        if step > self.start.step and (note := watch.nothing_learned()):
            self.say(note)

    def details(self) -> dict[str, Any]:
        """Return what makes the run's figures, ready for JSON."""
        return run_details(self.spec, self.timing_s, self.verifier.layers)

    def ending(self, baseline: Evaluation | None, turns_before: TurnsMeasure | None = None) -> Ending:
        """Return what the phases of the end work with."""
        return Ending(
            spec=self.spec,
            trainer=self.trainer,
            folder=self.folder,
            baseline=baseline,
            measure=self.measure,
            measure_turns=partial(turns_of_run, self),
            turns_before=turns_before,
            others_before=self.others_before,
            details=self.details,
            say=self.say,
        )


@contextlib.contextmanager
def open_run(
    spec: RunSpec, start: Start | None = None, interrupts: Interrupts | None = None, *, measures: str | None = None
) -> Iterator[Run]:
    """Load problems and policy, build the trainer, and clean up behind them.

    Args:
        spec: what was asked for.
        start: where training begins.
        interrupts: of the signals that may stop it.
        measures: only measure, on `held-out` or on `training` problems; None: train.
    """
    trains = measures is None
    if not sys.stderr.isatty():
        transformers.utils.logging.disable_progress_bar()
    start, interrupts = start or Start(), interrupts or Interrupts()
    begun = time.perf_counter()
    use_all_cores(on_cpu=spec.grpo.use_cpu)
    with (
        token_in_environment(spec.grpo),
        without_cudnn_attention(),
        CodeVerifier(config=spec.sandbox, memory=REMEMBERED_VERDICTS) as verifier,
    ):
        problems = problems_of(spec, measures)
        processor = load_processor(spec.model, spec.run, spec.grpo)
        tokenizer = getattr(processor, "tokenizer", processor)
        require_system_role(tokenizer, spec.data)
        sets = {
            split: prepare_problems(found, spec.data, spec.sandbox, tokenizer, spec.grpo.seed)
            for split, found in problems.items()
        }
        name = measures or HELDOUT
        heldout = sets.get(name)
        trained_on = sets[TRAINING] if trains else sets[name]  # TRL wants a training set to measure as well
        if trains:
            require_enough(len(trained_on.dataset), spec.grpo)
        trainer = build_trainer(spec, verifier, trained_on, heldout, processor)
        others = {other: found for other, found in sets.items() if other not in (TRAINING, HELDOUT)}
        opened = Run(spec, start, interrupts, verifier, trainer, heldout, name, others)
        if trains:
            opened.view = open_view(spec, is_main=opened.is_main)
            trainer.add_callback(opened.view)
        opened.timing_s["preparation"] = time.perf_counter() - begun
        fake = [FAKE_WARNING] if spec.sandbox.sandbox_backend == "fake" else []
        lines = [*fake, *start.notes, *(found.describe(split) for split, found in sets.items())]
        opened.say("\n".join([*lines, *([describe_iteration(spec.grpo)] if trains else [])]))
        yield opened
        if hasattr(opened.trainer, "end"):  # transformers from 5.18 on: finish trackers and the process group
            opened.trainer.end()


@contextlib.contextmanager
def _interruptible(spec: RunSpec, *, trains: bool = True) -> Iterator[Interrupts]:
    """Turn a signal that stops at once into our error."""
    with Interrupts().listening() as interrupts:
        try:
            yield interrupts
        except KeyboardInterrupt as stop:
            signum = stop.signum if isinstance(stop, StopAtOnce) else signal.SIGINT
            folder = RunFolder(spec.grpo.output_dir)
            raise RunInterruptedError(how_to_go_on(folder, "stopped", trains=trains), signum) from None


def _on(label: str, name: str | None) -> str:
    return label if name is None else f"{label} on {name}"
