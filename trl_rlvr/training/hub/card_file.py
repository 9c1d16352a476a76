"""The model card and its curve, written into a run's folder from what the run keeps there."""

import json
from collections.abc import Mapping
from typing import Any

from trl_rlvr.json_lines import read_rows, write_text
from trl_rlvr.training.folder import RunFolder
from trl_rlvr.training.hub.card import CURVE_NAME, MADE_BY, model_card
from trl_rlvr.training.hub.curve import curves_of, curves_svg

_MADE_BY_TRL = "generated_from_trainer"


def write_card(folder: RunFolder, report: Mapping[str, Any], *, repo: str, weights: str) -> None:
    """Write `README.md` and the curve, unless the owner has made the card theirs.

    Args:
        folder: of the run.
        report: as `rlvr_report.json` has it.
        repo: owner/name on the Hub, or the folder's name.
        weights: what the repository will hold, as `model_card` takes it.
    """
    card = folder.path / "README.md"
    curves = curves_of(read_rows(folder.metrics), folder.heldout_rows())
    if curves:
        write_text(folder.path / CURVE_NAME, curves_svg(curves, f"Reward and pass rate of {repo} over its updates"))
    if not card.is_file() or _is_ours(card.read_text(encoding="utf-8")):
        write_text(card, model_card(report, repo=repo, weights=weights, has_curve=bool(curves)))


def write_card_again(folder: RunFolder, *, repo: str, weights: str) -> None:
    """Write the card from the report on disk, where there is one."""
    if folder.report.is_file():
        write_card(folder, json.loads(folder.report.read_text(encoding="utf-8")), repo=repo, weights=weights)


def held_weights(folder: RunFolder, asked: str) -> str:
    """Return what a push holds: `asked` where the run trained an adapter, else `full`."""
    return asked if (folder.path / "adapter_config.json").is_file() else "full"


def _is_ours(card: str) -> bool:
    return MADE_BY in card or _MADE_BY_TRL in card
