"""Where a run begins: at the start, or behind a checkpoint; and whether its folder is free for it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from trl_rlvr.errors import ConfigError
from trl_rlvr.training.checkpoints import checkpoints_in, flaw_of, step_of
from trl_rlvr.training.dynamic_sampling import STATE_NAME
from trl_rlvr.training.folder import RunFolder
from trl_rlvr.training.ppo.checkpoint import STATE_NAME as PPO_STATE_NAME
from trl_rlvr.training.spec import RunSpec


@dataclass(frozen=True)
class Start:
    """Where a run begins."""

    checkpoint: Path | None = None
    """What it goes on from; None: from the start."""
    goes_on: bool = False
    """Whether it was asked to go on, so that what was measured before counts."""
    notes: tuple[str, ...] = ()
    """Sentences for the user."""

    @property
    def step(self) -> int:
        """Updates that are already made."""
        return (step_of(self.checkpoint) or 0) if self.checkpoint is not None else 0


def wants_last(asked: str | bool | None) -> bool:
    """Tell whether `resume_from_checkpoint` asks for the last checkpoint of `output_dir`."""
    return str(asked).lower() in ("true", "last")


def starting_point(spec: RunSpec) -> Start:
    """Find where to begin; reads only.

    Raises:
        ConfigError: the checkpoint cannot be gone on from, or the folder holds another run.
    """
    asked, folder = spec.grpo.resume_from_checkpoint, RunFolder(spec.grpo.output_dir)
    if asked is None or str(asked).lower() in ("false", "none", ""):
        _require_free(folder, spec)
        return Start()
    differences = [] if spec.run.overwrite_run else folder.differences(spec)
    if differences and folder.holds():
        raise ConfigError(
            f"output_dir {spec.grpo.output_dir!r} holds another run ({'; '.join(differences)}); "
            "give that run's options, another output_dir, or overwrite_run true to replace it"
        )
    files = {STATE_NAME: spec.curriculum.enabled, PPO_STATE_NAME: spec.run.algorithm == "ppo"}
    needed = tuple(name for name, has_it in files.items() if has_it)
    rules = {"needed": needed, "with_optimizer": not spec.grpo.save_only_model}
    if not wants_last(asked):
        path = Path(str(asked))
        flaw = flaw_of(path, **rules)  # type: ignore[arg-type]  # two kinds of values
        if flaw is not None:
            raise ConfigError(
                f"cannot resume from checkpoint {str(asked)!r}: {flaw}; give a checkpoint-N folder, or last"
            )
        return Start(path, goes_on=True)
    notes = []
    for path in checkpoints_in(folder.path):
        flaw = flaw_of(path, **rules)  # type: ignore[arg-type]  # two kinds of values
        if flaw is None:
            notes.append(f"resuming from {path}")
            return Start(path, goes_on=True, notes=tuple(notes))
        notes.append(f"{path.name} is skipped: {flaw}")
    notes.append(f"no whole checkpoint in {str(folder.path)!r}: starting from the beginning")
    return Start(None, goes_on=True, notes=tuple(notes))


def _require_free(folder: RunFolder, spec: RunSpec) -> None:
    held = folder.holds()
    if held and not spec.run.overwrite_run:
        shown = ", ".join(held[:3]) + (", ..." if len(held) > 3 else "")
        raise ConfigError(
            f"output_dir {spec.grpo.output_dir!r} holds a run already ({shown}); give another output_dir, "
            "resume_from_checkpoint last to go on with it, or overwrite_run true to replace it"
        )


class NothingLeftError(Exception):
    """All updates that were asked for are made."""


class StopWhenDone(TrainerCallback):  # type: ignore[misc]  # transformers is not type-checked here
    """Ends training before its first update where a checkpoint has all of them; transformers would make one more."""

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Look once everything is loaded.

        Raises:
            NothingLeftError: no update is left.
        """
        if state.global_step >= state.max_steps:
            raise NothingLeftError


def how_to_go_on(folder: RunFolder, happened: str, *, trains: bool = True) -> str:
    """Say what a run that was stopped has left."""
    whole = next((path for path in checkpoints_in(folder.path) if flaw_of(path, with_optimizer=False) is None), None)
    if not trains:
        return f"{happened}; the measure is not done, and nothing was written"
    if whole is None:
        return f"{happened}; no checkpoint was saved yet: start again, with a smaller save_steps if need be"
    return f"{happened}; {whole} is saved: go on with the same command and --resume_from_checkpoint last"
