"""How a source, a filter, a map and an aggregate make one task: its statement, its solution and its wrong solutions.

Every operation carries the slip that people typically make with it. The slips serve twice: a problem's tests must catch
them, and the embedded policy is trained to make them.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product

RIGHT, SLIP, FORGOTTEN = "right", "slip", "forgotten"
SLOTS = ("source", "filter", "map", "aggregate")


@dataclass(frozen=True)
class Operation:
    """One step of a task: how a statement says it, the code that does it, and the slip that people make with it."""

    name: str
    says: str
    """What a statement says; `{x}` stands for what the step works on, `{k}` for its constant."""
    right: str
    """The code, in which `{x}` is what the step works on, `v` the item at hand and `{k}` the constant."""
    slip: str
    """The code with the typical slip; the same as `right` where there is nothing to get wrong."""
    forgotten: str = "{x}"
    """The code when the step is forgotten."""
    constants: tuple[str, ...] = ("",)
    """What `{k}` may be."""


@dataclass(frozen=True)
class Family:
    """One kind of input with every operation that suits it."""

    name: str
    argument: str
    """The parameter of the solution."""
    items: str
    """What the input consists of, in words."""
    where: str
    """The input, in words."""
    source: Operation
    """How the solution walks over the items; `{x}` is the parameter."""
    filters: tuple[Operation, ...]
    maps: tuple[tuple[Operation, str], ...]
    """Each map and what it makes of an item: `number` or `text`."""
    aggregates: Mapping[str, tuple[Operation, ...]]
    """What can be done with the mapped items, by what they are."""
    draw: Callable[[random.Random], object]
    """Makes one input."""


@dataclass(frozen=True)
class Task:
    """One operation for each slot, with its constant: what a problem asks for."""

    family: Family
    filter: Operation
    map: Operation
    aggregate: Operation
    constants: Mapping[str, str]
    """The constant of each slot."""

    @property
    def kind(self) -> str:
        """The combination of operations, without their constants: what the split keeps apart."""
        return "/".join((self.family.name, self.filter.name, self.map.name, self.aggregate.name))

    @property
    def operations(self) -> dict[str, Operation]:
        """The operation of each slot, in the order of `SLOTS`."""
        return dict(zip(SLOTS, (self.family.source, self.filter, self.map, self.aggregate), strict=True))

    def statement(self, opener: str) -> str:
        """The task in one sentence; `opener` has a `{task}` for what is to be done."""
        words = self.filter.says.format(items=self.family.items, where=self.family.where, k=self.constants["filter"])
        words = self.map.says.format(x=words, k=self.constants["map"])
        return opener.format(task=self.aggregate.says.format(x=words))

    def expression(self, forms: Mapping[str, str] | None = None) -> str:
        """The answer as a Python expression.

        Args:
            forms: `RIGHT`, `SLIP` or `FORGOTTEN` for each slot; a slot without one is right.
        """
        forms = dict.fromkeys(SLOTS, RIGHT) | dict(forms or {})
        code = {slot: getattr(operation, forms[slot]) for slot, operation in self.operations.items()}
        source = code["source"].format(x=self.family.argument)
        condition = code["filter"].format(x="", k=self.constants["filter"])
        mapped = code["map"].format(x="v", k=self.constants["map"])
        items = f"[{mapped} for v in {source}{' if ' if condition else ''}{condition}]"
        return code["aggregate"].format(x=items)

    def solution(self, name: str, forms: Mapping[str, str] | None = None) -> str:
        """A function of this name that returns `expression(forms)`."""
        return f"def {name}({self.family.argument}):\n    return {self.expression(forms)}\n"

    def wrong_expressions(self) -> set[str]:
        """What every mix of slips and forgotten steps would write, except what the right solution writes."""
        forms = product((RIGHT, SLIP, FORGOTTEN), repeat=len(SLOTS))
        written = {self.expression(dict(zip(SLOTS, form, strict=True))) for form in forms}
        return written - {self.expression()}
