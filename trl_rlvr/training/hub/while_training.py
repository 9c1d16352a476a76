"""What of a run is shown while it trains: the model card beside each checkpoint, and pushes by TRL's `hub_strategy`."""

from collections.abc import Callable
from typing import Any

from trl_rlvr.evaluation import Evaluation
from trl_rlvr.training.folder import RunFolder
from trl_rlvr.training.hub.card_file import write_card
from trl_rlvr.training.hub.checkpoints import CheckpointPushes
from trl_rlvr.training.policy import is_adapter
from trl_rlvr.training.spec import RunSpec


def publish_while_training(
    spec: RunSpec, trainer: Any, folder: RunFolder, baseline: Evaluation | None, details: Callable[[], dict[str, Any]]
) -> None:
    """Tell a trainer how to write the card and how to push a checkpoint.

    Args:
        spec: what was asked for.
        trainer: a `Recorded` one.
        folder: of the run.
        baseline: the measure before training; None where nothing is measured.
        details: what makes the run's figures, as far as it is known when a card is written.
    """
    before = baseline.as_dict(spec.run.heldout_k) if baseline is not None else None
    repo = spec.grpo.hub_model_id or folder.path.resolve().name

    def write() -> None:
        so_far = {"baseline": before, "rlvr": None, **details(), "steps": trainer.state.global_step}
        write_card(folder, so_far, repo=repo, weights="adapter" if is_adapter(trainer.model) else "full")

    trainer.write_card = write
    if spec.grpo.push_to_hub and trainer.accelerator.is_main_process:
        trainer.push_checkpoint = CheckpointPushes(folder, spec.grpo, tags=spec.run.hub_step_tags)
