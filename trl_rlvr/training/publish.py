"""Put a run's folder on the Hub: the model, its card and what was measured; nothing that is this host's alone."""

from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

from trl_rlvr.errors import ConfigError, TrainingError
from trl_rlvr.report.page import PAGE_NAME
from trl_rlvr.report.run_record import CONFIG_NAME
from trl_rlvr.training.checkpoints import checkpoints_in
from trl_rlvr.training.folder import RunFolder
from trl_rlvr.training.redact import published

LEFT_OUT = ("_*", ".*", "checkpoint-*", "completions/*", "runs/*", "rlvr_eval.json", "set_aside.jsonl", PAGE_NAME)
"""What stays here: checkpoints, completions, the page, trackers' files, and whatever begins with `_`."""


_NAMING_FOLDERS = ("README.md", "adapter_config.json", "config.json")


def push_run(
    folder: RunFolder,
    repo: str | None = None,
    *,
    token: str | None = None,
    private: bool | None = None,
    revision: str | None = None,
) -> str:
    """Push the folder of a run and return the address of the commit.

    Args:
        folder: of a run whose model was saved.
        repo: owner/name, or a name for the owner of the token; None: what the run was given, else the folder's name.
        token: None: the one that this machine is logged in with.
        private: whether a new repository is private; None: as its owner's setting says.
        revision: branch to push to; None: main.

    Raises:
        ConfigError: the folder holds no model.
        TrainingError: the Hub did not take it; everything is still in the folder.
    """
    from huggingface_hub import HfApi

    if not any(folder.path.glob("*.safetensors")) and not any(folder.path.glob("pytorch_model*")):
        have = f" (it has {checkpoints_in(folder.path)[0].name})" if checkpoints_in(folder.path) else ""
        raise ConfigError(f"{str(folder.path)!r} holds no saved model{have}; give the output_dir of a run that ended")
    api = HfApi(token=token)
    name = repo or _asked_repo(folder) or folder.path.resolve().name
    try:
        found = api.create_repo(name, private=private, exist_ok=True)
        if revision is not None:
            api.create_branch(found.repo_id, branch=revision, exist_ok=True)
        return str(
            api.create_commit(
                found.repo_id, _operations(folder.path), commit_message="End of training", revision=revision
            )
        )
    except Exception as error:  # the Hub's client changes its HTTP library, and its errors with it
        raise TrainingError(
            f"the push to {name!r} failed ({one_line(error)}); the model and its report are safe in "
            f"{str(folder.path)!r}: push again with `trl-rlvr push {folder.path}`"
        ) from error


def _operations(folder: Path) -> list[Any]:
    """Return what adds each file that is to be published."""
    from huggingface_hub import CommitOperationAdd

    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    kept = [name for name in names if not any(fnmatch(name, pattern) for pattern in LEFT_OUT)]
    return [CommitOperationAdd(name, _content(folder / name)) for name in kept]


def _content(path: Path) -> Path | bytes:
    """Return a file as it is, or its text without this host's folders, which adapters and cards name."""
    if path.name not in _NAMING_FOLDERS:
        return path
    return str(published(path.read_text(encoding="utf-8"))).encode()


def _asked_repo(folder: RunFolder) -> str | None:
    """Return the `hub_model_id` that the run was given."""
    try:
        options = yaml.safe_load((folder.path / CONFIG_NAME).read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return None
    return options.get("hub_model_id") if isinstance(options, dict) else None


def one_line(error: BaseException, most: int = 300) -> str:
    """Return the first line of an error's message, or its kind where it has none."""
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), "") or type(error).__name__
    return text if len(text) <= most else text[: most - 3] + "..."


def run_folder(path: str) -> RunFolder:
    """Return the folder of a run.

    Raises:
        ConfigError: there is no such folder.
    """
    if not Path(path).is_dir():
        raise ConfigError(f"no folder {path!r}; give the output_dir of a run")
    return RunFolder(path)
