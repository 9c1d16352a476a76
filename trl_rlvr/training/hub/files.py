"""Which files of a run's folder go to the Hub, under which names, and with what content."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from trl_rlvr.report.page import PAGE_NAME
from trl_rlvr.report.run_record import HELDOUT_NAME, METRICS_NAME
from trl_rlvr.training.hub.card import CURVE_NAME
from trl_rlvr.training.hub.merged import MERGED, merge_adapter
from trl_rlvr.training.redact import published

LEFT_OUT = (
    *("_*", ".*", "checkpoint-*", "completions/*", "runs/*", f"{MERGED}/*"),
    *("rlvr_eval.json", "set_aside.jsonl", PAGE_NAME),
)
"""What stays here: checkpoints, completions, trackers' files, and whatever begins with `_`."""

_NAMING_FOLDERS = ("README.md", "adapter_config.json", "config.json", "trainer_state.json")
_WEIGHTS = ("*.safetensors", "*.safetensors.index.json", "pytorch_model*.bin", "adapter_config.json")
_OF_MODEL = (
    *_WEIGHTS,
    *("config.json", "generation_config.json", "*tokenizer*", "special_tokens_map.json", "added_tokens.json"),
    *("vocab.*", "merges.txt", "*.model", "*.jinja", "*processor_config.json", "training_args.bin", "critic/*"),
)
_OF_RUN = ("README.md", CURVE_NAME, METRICS_NAME, HELDOUT_NAME)

Files = dict[str, Path]


def run_files(folder: Path, weights: str) -> Files:
    """Return what a push of a finished run holds, by its name there.

    Args:
        folder: of the run.
        weights: `adapter`, `full`, `merged` or `both`.
    """
    files = {name: path for name, path in _all(folder).items() if not _matches(name, LEFT_OUT)}
    if weights not in ("merged", "both"):
        return files
    adapter = {name: path for name, path in files.items() if fnmatch(name, "adapter_*")}
    files = {name: path for name, path in files.items() if name not in adapter} | _all(merge_adapter(folder))
    return files | ({f"adapter/{name}": path for name, path in adapter.items()} if weights == "both" else {})


def checkpoint_files(folder: Path, checkpoint: Path, place: str | None) -> Files:
    """Return what a push while training goes on holds: the model as it stands, and the run's figures.

    Args:
        folder: of the run.
        checkpoint: the latest.
        place: folder in the repository for the whole checkpoint, from which training can go on; None: not pushed.
    """
    held = _all(checkpoint)
    whole = {f"{place}/{name}": path for name, path in held.items()} if place else {}
    model = {name: path for name, path in held.items() if _matches(name, _OF_MODEL)}
    return model | whole | {name: folder / name for name in _OF_RUN if (folder / name).is_file()}


def operations(files: Mapping[str, Path], there: Iterable[str] = ()) -> list[Any]:
    """Return what adds files to a repository, and takes weights out of its root that would be loaded in their place.

    Args:
        files: name -> path.
        there: names that the repository has.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    stale = [name for name in there if "/" not in name and name not in files and _matches(name, _WEIGHTS)]
    added = [CommitOperationAdd(name, _content(path)) for name, path in sorted(files.items())]
    return [*(CommitOperationDelete(name) for name in stale), *added]


def _all(folder: Path) -> Files:
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def _content(path: Path) -> Path | bytes:
    """Return a file as it is, or its text without this host's folders, which adapters and cards name."""
    if path.name not in _NAMING_FOLDERS:
        return path
    return str(published(path.read_text(encoding="utf-8"))).encode()
