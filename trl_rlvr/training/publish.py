"""Put a run's folder on the Hub: the model, its card and what was measured; nothing that is this host's alone."""

from pathlib import Path
from typing import Any

import yaml

from trl_rlvr.errors import ConfigError, TrainingError
from trl_rlvr.report.run_record import CONFIG_NAME
from trl_rlvr.training.checkpoints import checkpoints_in
from trl_rlvr.training.folder import RunFolder
from trl_rlvr.training.hub.card_file import held_weights, write_card_again
from trl_rlvr.training.hub.commit import commit_files, one_line, why
from trl_rlvr.training.hub.completions import push_completions
from trl_rlvr.training.hub.files import run_files

__all__ = ["one_line", "push_run", "run_folder"]


def push_run(
    folder: RunFolder,
    repo: str | None = None,
    *,
    token: str | None = None,
    private: bool | None = None,
    revision: str | None = None,
    weights: str | None = None,
    completions: bool | None = None,
) -> str:
    """Push the folder of a run and return the address of the commit.

    Args:
        folder: of a run whose model was saved.
        repo: owner/name, or a name for the owner of the token; None: what the run was given, else the folder's name.
        token: None: the one that this machine is logged in with.
        private: whether a new repository is private; None: what the run was given, else as its owner's setting says.
        revision: branch to push to; None: what the run was given, else main.
        weights: of a LoRA run: `adapter`, `merged` or `both`; None: what the run was given, else the adapter.
        completions: whether the completions go to a data set; None: what the run was given, else not.

    Raises:
        ConfigError: the folder holds no model, or no completions where they are to be pushed.
        TrainingError: the Hub did not take it; everything is still in the folder.
    """
    from huggingface_hub import HfApi

    _require_model(folder)
    asked = _asked(folder)
    private = asked.get("hub_private_repo") if private is None else private
    revision = revision or asked.get("hub_revision")
    held = held_weights(folder, weights or asked.get("hub_weights") or "adapter")
    name = repo or asked.get("hub_model_id") or folder.path.resolve().name
    api = HfApi(token=token)
    try:
        found = api.create_repo(name, private=private, exist_ok=True).repo_id
        if revision is not None:
            api.create_branch(found, branch=revision, exist_ok=True)
        write_card_again(folder, repo=found, weights=held)
        done = commit_files(api, found, run_files(folder.path, held), "End of training", revision=revision)
        if asked.get("hub_completions") if completions is None else completions:
            push_completions(api, folder, found, private=private)
        return str(done)
    except (ConfigError, TrainingError):
        raise
    except Exception as error:  # the Hub's client changes its HTTP library, and its errors with it
        raise TrainingError(
            f"the push to {name!r} failed ({why(error)}); the model and its report are safe in "
            f"{str(folder.path)!r}: push again with `trl-rlvr push {folder.path}`"
        ) from error


def _require_model(folder: RunFolder) -> None:
    if not any(folder.path.glob("*.safetensors")) and not any(folder.path.glob("pytorch_model*")):
        have = f" (it has {checkpoints_in(folder.path)[0].name})" if checkpoints_in(folder.path) else ""
        raise ConfigError(f"{str(folder.path)!r} holds no saved model{have}; give the output_dir of a run that ended")


def _asked(folder: RunFolder) -> dict[str, Any]:
    """Return the options that the run was given."""
    try:
        options = yaml.safe_load((folder.path / CONFIG_NAME).read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return {}
    return options if isinstance(options, dict) else {}


def run_folder(path: str) -> RunFolder:
    """Return the folder of a run.

    Raises:
        ConfigError: there is no such folder.
    """
    if not Path(path).is_dir():
        raise ConfigError(f"no folder {path!r}; give the output_dir of a run")
    return RunFolder(path)
