"""Completions of a run for its page: all of them counted, some of them shown."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from trl_rlvr.json_lines import Row
from trl_rlvr.problem import TOGETHER
from trl_rlvr.report.run_record import RunRecord

MOST_ROWS = 1000
"""Completions on a page, spread evenly over the updates."""

MOST_CHARS = 6000
"""Characters of one text on the page; what is cut off stands in the JSONL file."""

_BINS = 20


@dataclass(frozen=True)
class Bin:
    """One bar of the reward histogram."""

    low: float
    high: float
    """The bar holds low <= reward < high; the last one its upper end as well, one of a single value just that."""
    count: int


@dataclass(frozen=True)
class Samples:
    """What a page shows of a run's completions."""

    total: int
    rows: list[dict[str, Any]]
    texts: list[str]
    """Prompts, completions and errors, which rows name by their place."""
    codes: list[list[str | int]]
    """Programs as token kind, text, token kind, text ..., which rows name by their place."""
    histogram: list[Bin]


def gather(run: RunRecord, weights: Mapping[str, float], most: int = MOST_ROWS) -> Samples:
    """Read a run's completions.

    Args:
        run: whose.
        weights: of the rewards, by name; a reward that is not in it counts 1.
        most: rows to show.
    """
    files = run.completion_files()
    share = max(1, most // max(1, len(files)))
    stride = math.ceil(len(files) / most) if files else 1
    rewards: list[float] = []
    rows: list[dict[str, Any]] = []
    texts, codes = _Pool(), _Pool()
    total = 0
    for place, (path, found) in enumerate(run.completions()):
        totals = [weighted(row, weights) for row in found]
        total += len(found)
        rewards += [reward for reward in totals if reward is not None]
        if place % stride == 0:
            shown = zip(found[:share], totals[:share], strict=True)
            rows += [_shown(row, reward, path.name, texts, codes) for row, reward in shown]
    return Samples(total, rows[:most], texts.held, [tokens(code) for code in codes.held], histogram(rewards))


def weighted(row: Row, weights: Mapping[str, float]) -> float | None:
    """Return the weighted sum of a completion's rewards; None where none could judge it."""
    found = {name: value for name, value in (row.get("rewards") or {}).items() if value is not None}
    return sum(weights.get(name, 1.0) * value for name, value in found.items()) if found else None


def histogram(rewards: Sequence[float]) -> list[Bin]:
    """Count rewards: one bar a value where there are few, else bars of equal width."""
    values = sorted({round(reward, 6) for reward in rewards})
    if len(values) <= _BINS:
        counts = dict.fromkeys(values, 0)
        for reward in rewards:
            counts[round(reward, 6)] += 1
        return [Bin(value, value, count) for value, count in counts.items()]
    low, width = values[0], (values[-1] - values[0]) / _BINS
    held = [0] * _BINS
    for reward in rewards:
        held[min(_BINS - 1, int((reward - low) / width))] += 1
    return [Bin(low + width * at, low + width * (at + 1), count) for at, count in enumerate(held)]


def _shown(row: Row, reward: float | None, file: str, texts: "_Pool", codes: "_Pool") -> dict[str, Any]:
    hacks = row.get("reward_hacking") or ""
    return {
        "step": row.get("step"),
        "task": str(row.get("task_id")),
        "verdict": row.get("verdict") or "",
        "passed": row.get("passed"),
        "total": row.get("total"),
        "tests": row.get("tests") or [],
        "tiers": row.get("test_tiers"),
        "together": row.get("isolation") == TOGETHER,
        "turns": [_turn(turn, texts, codes) for turn in row.get("turns") or ()],
        "hacks": hacks.split() if isinstance(hacks, str) else list(hacks),
        "reward": reward,
        "rewards": row.get("rewards") or {},
        "advantage": row.get("advantage"),
        "file": file,
        "prompt": texts.add(as_text(row.get("prompt"))),
        "completion": texts.add(as_text(row.get("completion"))),
        "error": row.get("error") or "",
        "errors": row.get("test_errors") or [],
        "code": codes.add(row.get("code") or ""),
    }


def _turn(turn: Mapping[str, Any], texts: "_Pool", codes: "_Pool") -> dict[str, Any]:
    return {
        **{name: turn.get(name) for name in ("verdict", "passed", "total", "tokens")},
        **{name: texts.add(turn.get(name) or "") for name in ("text", "feedback")},
        "code": codes.add(turn.get("code") or ""),
    }


def as_text(value: Any) -> str:
    """Return a prompt or a completion as text; of messages each with its role before it."""
    if isinstance(value, list):
        return "\n\n".join(f"[{part.get('role')}]\n{part.get('content')}" for part in value if isinstance(part, dict))
    return "" if value is None else str(value)


class _Pool:
    """Texts, each kept once: completions of a group share their prompt, and often their code."""

    def __init__(self) -> None:
        self.held: list[str] = []
        self._places: dict[str, int] = {}

    def add(self, text: str) -> int:
        if len(text) > MOST_CHARS:
            text = text[:MOST_CHARS] + "\n... cut off here"
        if text not in self._places:
            self._places[text] = len(self.held)
            self.held.append(text)
        return self._places[text]


TOKEN_KINDS = ("plain", "keyword", "name", "string", "number", "comment", "operator")


def tokens(code: str) -> list[str | int]:
    """Return a program as place in `TOKEN_KINDS` and text, in turn; neighbours of one kind are one."""
    found: list[str | int] = []
    for token, text in _lexer().get_tokens(code):
        kind = _kind(token)
        if found and (found[-2] == kind or not text.strip()):
            found[-1] = f"{found[-1]}{text}"
        else:
            found += [kind, text]
    return found


@lru_cache(maxsize=1)
def _lexer() -> Any:
    from pygments.lexers import PythonLexer

    return PythonLexer(stripnl=False, ensurenl=False)


@lru_cache(maxsize=200)
def _kind(token: Any) -> int:
    from pygments.token import Comment, Keyword, Name, Number, Operator, String

    kinds = (Keyword, Name.Function, String, Number, Comment, Operator)
    return next((place for place, kind in enumerate(kinds, start=1) if token in kind), 0)
