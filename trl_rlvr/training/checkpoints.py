"""Which checkpoints of a folder are whole: a run that was killed, or met a full disk, leaves half of one behind.

transformers looks at the highest number alone. Here every file is asked whether it ends where it says that it does.
"""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

STATE = "trainer_state.json"
"""transformers writes it after weights, optimizer and random state."""

_WEIGHTS = ("*.safetensors", "pytorch_model*", "adapter_model*", "global_step*", "sharded*")
_OPTIMIZER = ("optimizer*", "global_step*")
_NAME = re.compile(r"checkpoint-(\d+)")


def step_of(checkpoint: Path) -> int | None:
    """Return the number in a checkpoint's name; None where the name is no checkpoint's."""
    match = _NAME.fullmatch(checkpoint.name)
    return int(match[1]) if match else None


def checkpoints_in(folder: Path) -> list[Path]:
    """Return the checkpoints of a run, whole or not, the latest first."""
    found = [path for path in folder.glob("checkpoint-*") if path.is_dir() and step_of(path) is not None]
    return sorted(found, key=lambda path: -(step_of(path) or 0))


def flaw_of(checkpoint: Path, *, needed: tuple[str, ...] = (), with_optimizer: bool = True) -> str | None:
    """Say why a checkpoint cannot be gone on from; None where it is whole.

    Args:
        checkpoint: its folder.
        needed: names of further files that it must hold.
        with_optimizer: whether the run saves more than the model.
    """
    if not checkpoint.is_dir():
        return "there is no such folder"
    groups = [(STATE,), _WEIGHTS, *([_OPTIMIZER] if with_optimizer else []), *((name,) for name in needed)]
    for patterns in groups:
        if not any(True for pattern in patterns for _ in checkpoint.glob(pattern)):
            return f"it lacks {patterns[0]}"
    return next((f"{path.name} is not whole" for path in _broken_files(checkpoint)), None)


def _broken_files(checkpoint: Path) -> Iterator[Path]:
    whole = {
        ".json": _is_json,
        ".safetensors": _is_safetensors,
        ".pt": zipfile.is_zipfile,
        ".pth": zipfile.is_zipfile,
        ".bin": zipfile.is_zipfile,
    }
    for path in sorted(checkpoint.rglob("*")):
        check = whole.get(path.suffix)
        if path.is_file() and check is not None and not check(path):
            yield path


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True


def _is_safetensors(path: Path) -> bool:
    """Tell whether a file is as long as its header says."""
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(min(size, path.stat().st_size)))
        end = max((part["data_offsets"][1] for name, part in header.items() if name != "__metadata__"), default=0)
        return path.stat().st_size == 8 + size + int(end)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
