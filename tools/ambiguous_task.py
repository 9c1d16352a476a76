"""Tasks whose statement names two operations and a sign, and says neither which of the two is wanted nor which sign.

The first test tells both. Besides the two operations the sign is open, of eighteen: were there only two answers, a
policy that always gave the other one after a failure would pass everything without reading what it is told.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations as pairs_of

from starter_operations import EVERYTHING, FAMILIES
from starter_task import FORGOTTEN, RIGHT, SLIP, Family, Operation

SIGNS = tuple("+*/|~#@&%^=:;!?<>$")
_WORDS = (
    "oak",
    "iron",
    "echo",
    "at",
    "up",
    "on",
    "if",
    "tea",
    "sofa",
    "pie",
    "go",
    "cat",
    "plum",
    "tin",
    "bird",
    "ten",
)
_CHARACTERS = "bcdfghkmnprt" + "aeiou" * 2 + "BCDFGHKMNPRT" + "AEIOU" + "123456789"


@dataclass(frozen=True)
class AmbiguousKind:
    """A family, a filter and two operations on its items: what problems differ in before their constants are drawn."""

    family: Family
    filter: Operation
    pair: tuple[Operation, Operation]

    @property
    def name(self) -> str:
        """What the split keeps apart."""
        return "/".join((self.family.name, self.filter.name, *(operation.name for operation in self.pair)))


@dataclass(frozen=True)
class AmbiguousTask:
    """A kind with its constant, the operation that is wanted and the sign."""

    kind: AmbiguousKind
    constant: str
    wanted: int
    """0 or 1: which of the pair."""
    sign: str
    is_swapped: bool = False
    """Whether the statement names the second of the pair first."""

    def statement(self, opener: str, name: str) -> str:
        """The task in one sentence.

        Args:
            opener: Has a `function` and a `{task}` for what it is to do.
            name: Of the function; no test in the prompt shows it.
        """
        family, pair = self.kind.family, self.kind.pair
        named = [operation.says.removesuffix(" of {x}") for operation in (reversed(pair) if self.is_swapped else pair)]
        items = self.kind.filter.says.format(items=family.items, where=family.where, k=self.constant)
        opener = opener.replace("function", f"function {name}({family.argument})")
        return opener.format(task=f"join with a sign {named[0]} or {named[1]} of {items}")

    def expression(self, forms: Mapping[str, str] | None = None) -> str:
        """The answer as a Python expression.

        Args:
            forms: `RIGHT`, `SLIP` or `FORGOTTEN` for `source` and `filter`, right where it is left out.
        """
        family, forms = self.kind.family, forms or {}
        source = getattr(family.source, forms.get("source", RIGHT)).format(x=family.argument)
        condition = getattr(self.kind.filter, forms.get("filter", RIGHT)).format(x="", k=self.constant)
        change = self.kind.pair[self.wanted].right
        return f"'{self.sign}'.join([{change} for v in {source}{' if ' if condition else ''}{condition}])"

    def solution(self, name: str, forms: Mapping[str, str] | None = None) -> str:
        """A function of this name that returns `expression(forms)`."""
        return f"def {name}({self.kind.family.argument}):\n    return {self.expression(forms)}\n"

    def wrong_expressions(self) -> set[str]:
        """What a slip, a forgotten filter or the other operation would write; a wrong sign fails every test anyway."""
        tasks = (self, AmbiguousTask(self.kind, self.constant, 1 - self.wanted, self.sign))
        forms = [
            {"source": source, "filter": chosen}
            for source in (RIGHT, SLIP, FORGOTTEN)
            for chosen in (RIGHT, SLIP, FORGOTTEN)
        ]
        return {task.expression(form) for task in tasks for form in forms} - {self.expression()}

    def draw(self, rng: random.Random) -> str:
        """One argument: a short string or sentence, so that a feedback is short."""
        if self.kind.family.name == "words":
            return " ".join(rng.sample(_WORDS, k=rng.randint(3, 4)))
        return "".join(rng.choices(_CHARACTERS, k=rng.randint(4, 6)))


def kinds() -> Iterator[AmbiguousKind]:
    """Every family of strings with a filter and two operations that make strings of its items."""
    for family in FAMILIES:
        if family.name not in ("words", "characters"):
            continue
        changes = [change for change, gives in family.maps if gives == "text" and change.says != "{x}"]
        for chosen in family.filters:
            if chosen.name == "not-spaces":  # there are none in these strings
                continue
            for pair in pairs_of(changes, 2):
                yield AmbiguousKind(family, chosen, pair)


def twins(kind: AmbiguousKind, rng: random.Random) -> tuple[AmbiguousTask, AmbiguousTask]:
    """Two tasks of one statement: each wants one of the two operations, with another sign."""
    constant, signs, is_swapped = rng.choice(kind.filter.constants), rng.sample(SIGNS, 2), rng.random() < 0.5
    first, second = (
        AmbiguousTask(kind, constant, wanted, sign, is_swapped) for wanted, sign in zip((0, 1), signs, strict=True)
    )
    return first, second


def keeps_all(task: AmbiguousTask) -> bool:
    """Whether the filter does nothing."""
    return task.kind.filter is EVERYTHING
