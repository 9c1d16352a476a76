"""The end of a run: measure, report, table, advice, save, page, card, push. What fails loses nothing else.

A phase that failed is said at the end, in one sentence, with what is safe; phases that do not need it are still done.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from trl import GRPOTrainer

from trl_rlvr.errors import RlvrError, TrainingError
from trl_rlvr.evaluation import Evaluation, EvaluationReport
from trl_rlvr.json_lines import read_rows, write_json
from trl_rlvr.report import advise, read_run, write_page
from trl_rlvr.report.history import History
from trl_rlvr.training.checkpoints import checkpoints_in
from trl_rlvr.training.folder import RunFolder
from trl_rlvr.training.hub.card_file import held_weights, write_card_again
from trl_rlvr.training.publish import one_line, push_run
from trl_rlvr.training.refinement.heldout import TurnsMeasure, turns_table
from trl_rlvr.training.spec import RunSpec


@dataclass
class Ending:
    """What the phases work with, and what they have come to."""

    spec: RunSpec
    trainer: GRPOTrainer
    folder: RunFolder
    baseline: Evaluation | None
    """None where nothing is measured."""
    measure: Callable[..., Evaluation]
    """Measures the policy as it stands; takes a label and, for a set of `heldout_data`, its name. Every rank must call
    it."""
    details: Callable[[], dict[str, Any]]
    """What made the run's figures, ready for JSON."""
    say: Callable[[str], None]
    """Prints on the main process."""
    measure_turns: Callable[[str], TurnsMeasure | None] = lambda label: None
    """Measures it turn by turn, where code is repaired; takes a label. Every rank must call it."""
    turns_before: TurnsMeasure | None = None
    turns_after: TurnsMeasure | None = None
    others_before: dict[str, Evaluation] = field(default_factory=dict)
    """The measures before training of each set of `heldout_data`."""
    others: dict[str, tuple[Evaluation, Evaluation]] = field(default_factory=dict)
    """The same before and after."""
    trained: Evaluation | None = None
    report: EvaluationReport | None = None
    failures: dict[str, Exception] = field(default_factory=dict)
    """Phase -> why it failed."""

    @property
    def is_main(self) -> bool:
        """Whether this process writes."""
        return bool(self.trainer.accelerator.is_main_process)


@dataclass(frozen=True)
class Phase:
    """One step of the end of a run; every rank does it."""

    name: str
    do: Callable[[Ending], None]
    result: str
    """What is there once it is done."""
    needs: tuple[str, ...] = ()
    """Phases without which it makes no sense."""


def measure_again(ending: Ending) -> None:
    """Measure the trained policy, where there is something to compare it with."""
    if ending.baseline is not None:
        ending.trained = ending.measure("trained")
    if ending.turns_before is not None:
        ending.turns_after = ending.measure_turns("trained")
    for name, before in ending.others_before.items():
        ending.others[name] = before, ending.measure("trained", name)


def write_report(ending: Ending) -> None:
    """Write `rlvr_report.json`, with as much as was measured."""
    if ending.baseline is not None and ending.trained is not None:
        ks = tuple(ending.spec.run.heldout_k)
        ending.report = EvaluationReport(ending.baseline, ending.trained, ks, ending.details(), ending.others)
        figures = ending.report.as_dict()
    else:
        before = ending.baseline.as_dict(ending.spec.run.heldout_k) if ending.baseline is not None else None
        figures = {"baseline": before, "rlvr": None, "improvement": None, **ending.details()}
    figures["steps"] = ending.trainer.state.global_step
    if ending.turns_before is not None and ending.turns_after is not None:
        figures["turns"] = {"baseline": ending.turns_before.as_dict(), "rlvr": ending.turns_after.as_dict()}
    if ending.is_main:
        write_json(ending.folder.report, figures)


def print_table(ending: Ending) -> None:
    """Print the final table."""
    table = f"\n{ending.report.table()}\n" if ending.report is not None else ""
    if ending.turns_before is not None and ending.turns_after is not None:
        table += f"\n{turns_table(ending.turns_before, ending.turns_after)}\n"
    ending.say(f"{table}written to {ending.folder.report}")


def give_advice(ending: Ending) -> None:
    """Say what the run's own metrics call for, if anything."""
    if ending.is_main:
        folder = ending.folder
        for one in advise(History(read_rows(folder.metrics), folder.heldout_rows())):
            ending.say(f"advice: {one}")


def show_page(ending: Ending) -> None:
    """Write the page that shows the run."""
    if ending.is_main:
        ending.say(f"to look at: {write_page(read_run(ending.folder.path))}")


def save_model(ending: Ending) -> None:
    """Save the model; without the push that transformers makes of it."""
    ending.trainer.save_model(str(ending.folder.path), _internal_call=True)


def write_model_card(ending: Ending) -> None:
    """Write the model card from the report."""
    if ending.is_main:
        folder, grpo = ending.folder, ending.spec.grpo
        repo = grpo.hub_model_id or folder.path.resolve().name
        write_card_again(folder, repo=repo, weights=held_weights(folder, "adapter"))


def push(ending: Ending) -> None:
    """Put the folder on the Hub, if that was asked for."""
    grpo, asked = ending.spec.grpo, ending.spec.run
    if not grpo.push_to_hub or not ending.is_main:
        return
    if (pushes := getattr(ending.trainer, "push_checkpoint", None)) is not None:
        pushes.wait()  # of a checkpoint, by `hub_strategy`
    address = push_run(
        ending.folder,
        grpo.hub_model_id,
        private=grpo.hub_private_repo,
        revision=grpo.hub_revision,
        weights=asked.hub_weights,
        completions=asked.hub_completions,
    )
    ending.say(f"pushed: {address}")


ENDING: list[Phase] = [
    Phase("measure", measure_again, "the measure (heldout.jsonl)"),
    Phase("report", write_report, "the report (rlvr_report.json)"),
    Phase("table", print_table, "the table", needs=("measure", "report")),
    Phase("advice", give_advice, "the advice"),
    Phase("save", save_model, "the model"),
    Phase("page", show_page, "the page (report.html)", needs=("report",)),
    Phase("card", write_model_card, "the model card (README.md)", needs=("report", "save")),
    Phase("push", push, "the model on the Hub", needs=("measure", "report", "save")),
]
"""In order. A phase that is added behind another finds all of that one's results in `Ending`."""


def finish(ending: Ending, phases: list[Phase] | None = None) -> EvaluationReport | None:
    """Do all phases and return the report.

    Raises:
        TrainingError: one or more failed; the message says what is on disk.
    """
    done: list[str] = []
    for phase in ENDING if phases is None else phases:
        if ending.failures.keys() & set(phase.needs):
            continue
        try:
            phase.do(ending)
            done.append(phase.result)
        except Exception as error:
            ending.failures[phase.name] = error
    if ending.failures:
        raise TrainingError(_told(ending, done)) from next(iter(ending.failures.values()))
    return ending.report


def _told(ending: Ending, done: list[str]) -> str:
    """Say which phases failed and what is safe."""
    if ending.failures.keys() == {"push"} and isinstance(ending.failures["push"], RlvrError):
        return str(ending.failures["push"])
    failed = "; ".join(f"{name}: {one_line(error)}" for name, error in ending.failures.items())
    safe = [*(path.name for path in checkpoints_in(ending.folder.path)[:1]), *done]
    again = "" if "save" in ending.failures else f"; push with `trl-rlvr push {ending.folder.path}`"
    if not ending.spec.grpo.push_to_hub:
        again = ""
    more = "; go on with resume_from_checkpoint last" if checkpoints_in(ending.folder.path) else ""
    place = f"safe in {str(ending.folder.path)!r}: {', '.join(safe)}" if safe else "nothing is saved"
    return f"training is done, its end failed ({failed}); {place}{again or more}"
