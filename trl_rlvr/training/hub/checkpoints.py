"""Pushes while training goes on, by TRL's `hub_strategy`: one at a time, behind training's back, and none is fatal."""

from pathlib import Path
from typing import Any

from transformers.trainer_utils import HubStrategy

from trl_rlvr.training.folder import RunFolder
from trl_rlvr.training.hub.commit import commit_files, why
from trl_rlvr.training.hub.files import checkpoint_files


class CheckpointPushes:
    """Give it to a trainer as `push_checkpoint`.

    transformers' own push takes the whole folder, the completions and the rows that were set aside among it; this one
    takes what the push at the end takes as well.

    Args:
        folder: of the run.
        grpo: TRL's configuration, for its `hub_*` fields.
        tags: whether each pushed revision is tagged `step-N`.
    """

    def __init__(self, folder: RunFolder, grpo: Any, *, tags: bool) -> None:
        from huggingface_hub import HfApi

        self._folder, self._tags = folder, tags
        self._api = HfApi(token=grpo.hub_token)
        self._repo: str | None = None
        self._name = grpo.hub_model_id or folder.path.resolve().name
        self._private, self._revision = grpo.hub_private_repo, grpo.hub_revision
        self._strategy, self._always = HubStrategy(grpo.hub_strategy), grpo.hub_always_push
        self._latest: Any = None

    def __call__(self, checkpoint: Path, step: int) -> None:
        """Begin to push a checkpoint, unless one is under way and `hub_always_push` is false."""
        if self._strategy is HubStrategy.END:
            return
        if self._latest is not None and not self._latest.done() and not self._always:
            return
        self._latest = self._api.run_as_future(self._push, checkpoint, step)

    def wait(self) -> None:
        """Wait until the latest push has ended."""
        if self._latest is not None:
            self._latest.result()

    def _push(self, checkpoint: Path, step: int) -> None:
        places = {HubStrategy.CHECKPOINT: "last-checkpoint", HubStrategy.ALL_CHECKPOINTS: checkpoint.name}
        try:
            if self._repo is None:
                self._repo = self._api.create_repo(self._name, private=self._private, exist_ok=True).repo_id
                if self._revision is not None:
                    self._api.create_branch(self._repo, branch=self._revision, exist_ok=True)
            files = checkpoint_files(self._folder.path, checkpoint, places.get(self._strategy))
            done = commit_files(
                self._api, self._repo, files, f"Training in progress, step {step}", revision=self._revision
            )
            if self._tags:
                self._api.create_tag(self._repo, tag=f"step-{step}", revision=done.oid, exist_ok=True)
        except Exception as error:  # training is worth more than a push that the one at the end makes good
            print(f"the push of {checkpoint.name} failed: {why(error)}; training goes on", flush=True)
