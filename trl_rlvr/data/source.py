"""Where a data set came from, as a report may say it: its id on the Hub or a file's sum, its revision and its licence.

Nothing is asked of the network: what the Hub's cache on this machine holds is what was loaded.
"""

import hashlib
import importlib.metadata
from pathlib import Path
from typing import Any

from trl_rlvr.data.hub import HUB_IDS

_BUNDLED = ("ambiguous", "starter")
_CHUNK = 1 << 20


def source_of(name: str, split: str | None) -> dict[str, Any]:
    """Return `name`, `hub_id`, `configuration`, `split`, `revision` and `licence`; None where one is not known.

    Args:
        name: as `data_name` takes it.
        split: that was loaded.
    """
    source: dict[str, Any] = dict.fromkeys(("name", "hub_id", "configuration", "split", "revision", "licence"))
    source |= {"name": name, "split": split}
    place = Path(name).expanduser()
    if name in _BUNDLED:
        return source | {"revision": f"trl-rlvr {importlib.metadata.version('trl-rlvr')}", "licence": "mit"}
    if place.exists():
        return source | {"name": place.name, "revision": f"sha256:{_sum(place)}" if place.is_file() else None}
    hub_id, _, configuration = HUB_IDS.get(name, name).partition(":")
    if hub_id.count("/") != 1:
        return source
    card = cached_file(hub_id, "README.md", kind="dataset")
    return source | {
        "hub_id": hub_id,
        "configuration": configuration or None,
        "revision": card.parent.name if card else None,
        "licence": _licence(card) if card else None,
    }


def cached_file(hub_id: str, file: str, *, kind: str | None = None, revision: str | None = None) -> Path | None:
    """Return the path of a file in the Hub's cache; its folder's name is the commit that it is of.

    Args:
        hub_id: owner/name.
        file: in the repository.
        kind: `dataset`; None: of a model.
        revision: branch, tag or commit; None: main.
    """
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(hub_id, file, repo_type=kind, revision=revision)
    except HFValidationError:
        return None
    return Path(found) if isinstance(found, str) else None


def _licence(card: Path) -> str | None:
    """Return what a data set's card says of its licence."""
    from huggingface_hub import DatasetCard

    try:
        said = DatasetCard.load(card, ignore_metadata_errors=True).data.to_dict().get("license")
    except (OSError, ValueError):  # a card that cannot be read says nothing
        return None
    return ", ".join(map(str, said)) if isinstance(said, list) else said


def _sum(path: Path) -> str:
    """Return the first half of a file's SHA-256, in hexadecimal."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()[:32]
