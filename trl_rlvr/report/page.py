"""`report.html`: one file that shows a run, needs no network and runs only the script that it was written with."""

import base64
import hashlib
import json
from importlib import resources
from pathlib import Path
from typing import Any

from trl_rlvr.json_lines import plain, write_text
from trl_rlvr.report import curves
from trl_rlvr.report.advice import advise
from trl_rlvr.report.figures import before_after, changes, reward_weights
from trl_rlvr.report.history import History
from trl_rlvr.report.run_record import RunRecord
from trl_rlvr.report.samples import MOST_ROWS, TOKEN_KINDS, gather

PAGE_NAME = "report.html"

_MOST_CHANGES = 10


def write_page(run: RunRecord, path: Path | None = None, *, most_rows: int = MOST_ROWS) -> Path:
    """Write the page of a run and return where it is.

    Args:
        run: as far as it has come.
        path: None: `report.html` in the run's folder, whose links to the completions hold only there.
        most_rows: completions to show.

    Raises:
        OSError: the file cannot be written.
    """
    target = path or run.path / PAGE_NAME
    write_text(target, render(run, most_rows=most_rows))
    return target


def render(run: RunRecord, *, most_rows: int = MOST_ROWS) -> str:
    """Return the page of a run as HTML."""
    from jinja2 import Environment
    from markupsafe import Markup

    samples = gather(run, reward_weights(run.report, run.metrics[-1] if run.metrics else {}), most_rows)
    embedded = {"rows": samples.rows, "texts": samples.texts, "codes": samples.codes, "kinds": TOKEN_KINDS}
    script, style = (_part(name) for name in ("page.js", "page.css"))
    changed = changes(run.report)
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(_part("page.html.jinja"))
    template.globals.update(percent=_percent, points=_points, number=_number, cell=_cell, interval=_interval)
    return template.render(
        run=run,
        policy=_policy(script, style),
        script=Markup(script),
        style=Markup(style),
        data=Markup(embeddable(embedded)),
        lines=before_after(run.report),
        gained=[one for one in changed if one.change > 0][:_MOST_CHANGES],
        lost=[one for one in reversed(changed) if one.change < 0][:_MOST_CHANGES],
        advice=advise(History(run.metrics, run.heldout)),
        panels=curves.panels(run.metrics, run.heldout),
        geometry=curves,
        samples=samples,
        most_in_bin=max((one.count for one in samples.histogram), default=1),
    )


def embeddable(content: Any) -> str:
    """Return JSON that no text in it can end: `<` and the line separators of old scripts are escaped."""
    text = json.dumps(plain(content), allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _policy(script: str, style: str) -> str:
    """Return the content security policy: nothing but this script and this style."""

    def of(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return f"default-src 'none'; script-src {of(script)}; style-src {of(style)}; base-uri 'none'; form-action 'none'"


def _part(name: str) -> str:
    return resources.files("trl_rlvr.report").joinpath(name).read_text(encoding="utf-8")


def _percent(share: float | None) -> str:
    return "n/a" if share is None else f"{100 * share:.1f} %"


def _points(share: float | None) -> str:
    return "n/a" if share is None else f"{100 * share:+.1f}pp"


def _number(value: float | None, form: str = ".3f") -> str:
    return "n/a" if value is None else format(value, form)


def _cell(value: float | None, is_share: bool, *, is_change: bool = False) -> str:
    if is_change:
        return _points(value) if is_share else _number(value, "+.3f")
    return _percent(value) if is_share else _number(value)


def _interval(ends: tuple[float, float] | None, *, is_change: bool = False) -> str:
    show = _points if is_change else _percent
    return "" if ends is None else f"{show(ends[0])} to {show(ends[1])}"
