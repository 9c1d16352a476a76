"""Conversations of two turns for the embedded policy that repairs: an answer, what it is told, and another answer.

What it is told is the product's own feedback on the answer. The second turn is mediocre on purpose: a thing that was
wrong is not always put right, but stays or becomes something else that is wrong. No problem is of a kind in the test
split of either set.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ambiguous_task import SIGNS, AmbiguousKind, kinds, twins
from make_ambiguous_set import ambiguous_set
from make_ambiguous_set import draw_example as draw_ambiguous_example
from make_starter_set import draw_example, starter_set
from starter_operations import NAMES, OPENERS, combinations, draw_task
from starter_task import RIGHT, SLIP

from trl_rlvr import CodeProblem, CodeVerifier
from trl_rlvr.data.prompts import build_prompt
from trl_rlvr.training.refinement import Refinement, RefinementConfig

PUT_RIGHT = 0.75
"""How often a second turn puts right what was wrong."""
SLIPS = 0.3
"""How often a filter or a source is wrong in a turn of an ambiguous problem."""
SHOWN = {"starter": "1", "ambiguous": "none"}
"""How many tests the prompt of each set shows."""


@dataclass(frozen=True)
class Draft:
    """A problem and two answers to it."""

    problem: CodeProblem
    shown: str
    answers: tuple[str, str]
    right: str


@dataclass(frozen=True)
class Conversation:
    """What a policy reads and writes; `second` is empty where the first answer passed."""

    prompt: str
    first: str
    feedback: str
    second: str
    right: str = ""
    """The answer that would pass."""


def starter_draft(rng: random.Random, rates: Mapping[tuple[str, str], float], held_out: set[object]) -> Draft | None:
    """A problem of the starter set's making with two answers; None where a draw makes no good one.

    Args:
        rng: Source of all draws.
        rates: How often a first answer has the slip of each slot and operation.
        held_out: Kinds that may not occur.
    """
    task = draw_task(rng, rng.choice(_COMBINATIONS))
    example = None if task.kind in held_out else draw_example(task, rng)
    if example is None:
        return None
    name = rng.choice(NAMES)
    first = {slot: SLIP if rng.random() < rates[slot, op.name] else RIGHT for slot, op in task.operations.items()}
    second = {slot: RIGHT if rng.random() < PUT_RIGHT else form for slot, form in first.items()}
    test = f"assert {name}({example[0]!r}) == {example[1]!r}"
    problem = CodeProblem("drawn", task.statement(rng.choice(OPENERS)), tests=(test,), entry_point=name)
    answers = task.solution(name, first), task.solution(name, second)
    return Draft(problem, SHOWN["starter"], answers, task.solution(name))


def ambiguous_draft(rng: random.Random, allowed: list[AmbiguousKind]) -> Draft | None:
    """A problem of the ambiguous set's making with two answers; None where a draw makes no good one."""
    task = rng.choice(twins(rng.choice(allowed), rng))
    example = draw_ambiguous_example(task, rng)
    if example is None:
        return None
    name, value = rng.choice(NAMES), example[0]
    test = f"assert {name}({value!r}) == {example[1]!r}"
    problem = CodeProblem("drawn", task.statement(rng.choice(OPENERS), name), tests=(test,), entry_point=name)
    guess = replace(task, wanted=rng.randrange(2), sign=rng.choice(SIGNS))
    wanted = task.wanted if rng.random() < PUT_RIGHT else rng.randrange(2)
    sign = task.sign if rng.random() < PUT_RIGHT else rng.choice((guess.sign, *SIGNS))
    again = replace(task, wanted=wanted, sign=sign)
    answers = guess.solution(name, _slips(rng)), again.solution(name, _slips(rng))
    return Draft(problem, SHOWN["ambiguous"], answers, task.solution(name))


def _slips(rng: random.Random) -> dict[str, str]:
    return {slot: SLIP if rng.random() < SLIPS else RIGHT for slot in ("source", "filter")}


_COMBINATIONS = list(combinations())


def conversations(
    count: int, ambiguous_share: float, rates: Mapping[tuple[str, str], float], rng: random.Random
) -> list[Conversation]:
    """Draw problems and answers, and run the first answers for what their writer is told.

    Args:
        count: Conversations to make.
        ambiguous_share: Of them, 0..1; the others are of the starter set.
        rates: See `starter_draft`.
        rng: Source of all draws.
    """
    held_out: set[object] = {problem["kind"] for problem in starter_set()[1]}
    held_out_pairs = {problem["kind"] for problem in ambiguous_set()[1]}
    allowed = [kind for kind in kinds() if kind.name not in held_out_pairs]
    drafts: list[Draft] = []
    while len(drafts) < count:
        is_ambiguous = rng.random() < ambiguous_share
        draft = ambiguous_draft(rng, allowed) if is_ambiguous else starter_draft(rng, rates, held_out)
        if draft is not None:
            drafts.append(draft)
    with CodeVerifier() as verifier:
        reviewer = Refinement(RefinementConfig(refinement_turns=2), verifier)
        firsts = [draft.answers[0] for draft in drafts]
        turns = reviewer.judged([draft.problem for draft in drafts], [[]] * count, firsts, key="")
    return [
        Conversation(
            str(build_prompt(draft.problem, "completion", visible_tests=draft.shown)),
            draft.answers[0],
            turn.feedback,
            "" if turn.passes else draft.answers[1],
            draft.right,
        )
        for draft, turn in zip(drafts, turns, strict=True)
    ]
