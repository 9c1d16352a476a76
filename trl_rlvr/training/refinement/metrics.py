"""What the turns of a batch show: sums that can be added over ranks, and the shares that follow."""

from collections.abc import Sequence

from trl_rlvr.refinement.turns import Trajectory, Turn

_COUNTS = ("rows", "failed_first", "repaired", "repairs", "worse", "repeated", "lacked_room", "unknown", "turns", "fed")


def sums(trajectories: Sequence[Trajectory], turns: int) -> list[float]:
    """Count over the trajectories of this rank; a fixed number of sums.

    Args:
        trajectories: The rows.
        turns: The most turns that one may have.
    """
    found = dict.fromkeys(_COUNTS, 0.0)
    passed, tokens, had = [0.0] * turns, [0.0] * turns, [0.0] * turns
    for one in trajectories:
        known = [turn for turn in one.turns if turn.found is not None]
        if not known:  # nothing visible, so nothing to repair
            continue
        found["rows"] += 1
        found["unknown"] += one.is_unknown
        found["turns"] += len(known)
        found["lacked_room"] += one.lacked_room
        found["fed"] += len(one.mask) - sum(one.mask)
        found["failed_first"] += not known[0].passes
        found["repaired"] += not known[0].passes and known[-1].passes
        for place in range(turns):
            passed[place] += known[min(place, len(known) - 1)].passes
        for place, turn in enumerate(known):
            tokens[place] += len(turn.ids)
            had[place] += 1
        for place in range(1, len(known)):
            found["repairs"] += 1
            found["worse"] += _tests_passed(known[place]) < _tests_passed(known[place - 1])
            found["repeated"] += _code(known[place]) in {_code(turn) for turn in known[:place]}
    return [*found.values(), *passed, *tokens, *had]


def figures(summed: Sequence[float], turns: int) -> dict[str, float]:
    """Return the metrics from sums over all ranks; shares (0..1) of nothing are left out."""
    found = dict(zip(_COUNTS, summed, strict=False))
    passed, tokens, had = (list(summed[len(_COUNTS) + turns * part :][:turns]) for part in range(3))
    of = {
        "repaired": ("repaired", "failed_first"),
        "broken": ("worse", "repairs"),
        "repeated": ("repeated", "repairs"),
        "no_room": ("lacked_room", "rows"),
        "unknown": ("unknown", "rows"),
        "turns": ("turns", "rows"),
        "feedback_tokens": ("fed", "rows"),
    }
    named = {name: found[part] / found[whole] for name, (part, whole) in of.items() if found[whole]}
    for place in range(turns):
        if found["rows"]:
            named[f"pass_rate_{place + 1}"] = passed[place] / found["rows"]
        if had[place]:
            named[f"tokens_{place + 1}"] = tokens[place] / had[place]
    return {f"refinement/{name}": value for name, value in named.items()}


def _tests_passed(turn: Turn) -> int:
    return turn.found.result.passed if turn.found is not None else 0


def _code(turn: Turn) -> str | None:
    return turn.found.extraction.code if turn.found is not None else None
