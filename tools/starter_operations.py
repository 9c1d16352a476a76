"""Every operation of the starter set, by the family of inputs that it suits.

The first filter and the first map of a family do nothing; a task has at least one that does something.
"""

import random
from collections.abc import Iterator
from itertools import product

from starter_task import Family, Operation, Task


def _filters(*rows: tuple[str, str, str, str, str]) -> tuple[Operation, ...]:
    """Filters from rows of name, words, condition, slip and constants; forgetting one keeps every item."""
    return tuple(
        Operation(name, says, right, slip, forgotten="", constants=tuple(constants.split()) or ("",))
        for name, says, right, slip, constants in rows
    )


EVERYTHING = Operation("all", "the {items} {where}", "", "", forgotten="")
UNCHANGED = Operation("same", "{x}", "v", "v", forgotten="v")


def _maps(gives: str, *rows: tuple[str, str, str, str, str]) -> tuple[tuple[Operation, str], ...]:
    """Maps from rows of name, words, code, slip and constants; forgetting one leaves the item as it is."""
    return tuple(
        (Operation(name, says, right, slip, forgotten="v", constants=tuple(constants.split()) or ("",)), gives)
        for name, says, right, slip, constants in rows
    )


_INTEGER_FILTERS = (
    EVERYTHING,
    *_filters(
        ("even", "the even {items} {where}", "v % 2 == 0", "v % 2 == 1", ""),
        ("odd", "the odd {items} {where}", "v % 2 == 1", "v % 2 == 0", ""),
        ("above", "the {items} {where} that are greater than {k}", "v > {k}", "v >= {k}", "2 3 4 5 6"),
        ("below", "the {items} {where} that are less than {k}", "v < {k}", "v <= {k}", "4 5 6 7 8"),
        ("at-least", "the {items} {where} that are at least {k}", "v >= {k}", "v > {k}", "3 4 5 6 7"),
        ("multiple", "the {items} {where} that are divisible by {k}", "v % {k} == 0", "v // {k} == 0", "3 4 5"),
        ("other", "the {items} {where} other than {k}", "v != {k}", "v == {k}", "2 3 4 5 6 7"),
    ),
)
_SIGN_FILTERS = _filters(
    ("positive", "the positive {items} {where}", "v > 0", "v >= 0", ""),
    ("negative", "the negative {items} {where}", "v < 0", "v > 0", ""),
)
_INTEGER_MAPS = (
    (UNCHANGED, "number"),
    *_maps(
        "number",
        ("square", "the squares of {x}", "v * v", "v * 2", ""),
        ("cube", "the cubes of {x}", "v ** 3", "v * 3", ""),
        ("double", "the doubles of {x}", "v * 2", "v ** 2", ""),
        ("half", "the halves, rounded down, of {x}", "v // 2", "v % 2", ""),
        ("rest", "the remainders modulo {k} of {x}", "v % {k}", "v // {k}", "3 4 5"),
        ("plus", "the results of adding {k} to {x}", "v + {k}", "v - {k}", "2 3 4 5 6 7 8 9"),
    ),
)
_SIGN_MAPS = _maps(
    "number",
    ("absolute", "the absolute values of {x}", "abs(v)", "-v", ""),
    ("negated", "the negatives of {x}", "-v", "abs(v)", ""),
)
_AGGREGATES = (
    Operation("list", "list {x}", "{x}", "{x}[::-1]"),
    Operation("ascending", "list in ascending order {x}", "sorted({x})", "{x}"),
    Operation("descending", "list in descending order {x}", "sorted({x})[::-1]", "sorted({x})", forgotten="{x}[::-1]"),
    Operation("first", "find the first of {x}", "{x}[0]", "{x}[1]"),
    Operation("last", "find the last of {x}", "{x}[-1]", "{x}[0]"),
    Operation("distinct", "count the distinct values among {x}", "len(set({x}))", "len({x})"),
)
_NUMBER_AGGREGATES = (
    Operation("sum", "find the sum of {x}", "sum({x})", "len({x})"),
    Operation("largest", "find the largest of {x}", "max({x})", "min({x})"),
    Operation("smallest", "find the smallest of {x}", "min({x})", "max({x})"),
    *_AGGREGATES,
)
_TEXT_AGGREGATES = (
    Operation("join", "join {x} into one string", "''.join({x})", "' '.join({x})"),
    Operation("dashes", "join with dashes {x}", "'-'.join({x})", "'_'.join({x})"),
    *_AGGREGATES,
)
COUNT = Operation("count", "count {x}", "len({x})", "sum({x})")
"""Only for items as they are: a map would not change how many there are."""

_CHARACTER_FILTERS = (
    EVERYTHING,
    *_filters(
        ("vowels", "the lower-case vowels {where}", "v in 'aeiou'", "v not in 'aeiou'", ""),
        ("letters", "the letters {where}", "v.isalpha()", "v.isalnum()", ""),
        ("digits", "the digits {where}", "v.isdigit()", "v.isalnum()", ""),
        ("upper-case", "the upper-case letters {where}", "v.isupper()", "v.islower()", ""),
        ("lower-case", "the lower-case letters {where}", "v.islower()", "v.isupper()", ""),
        ("not-spaces", "the {items} {where} other than spaces", "v != ' '", "v == ' '", ""),
    ),
)
_CHARACTER_MAPS = (
    (UNCHANGED, "text"),
    *_maps(
        "text",
        ("raised", "the upper-case forms of {x}", "v.upper()", "v.lower()", ""),
        ("lowered", "the lower-case forms of {x}", "v.lower()", "v.upper()", ""),
        ("swapped", "the opposite-case forms of {x}", "v.swapcase()", "v.upper()", ""),
    ),
    *_maps("number", ("codes", "the code points of {x}", "ord(v)", "int(v)", "")),
)
_WORD_FILTERS = (
    EVERYTHING,
    *_filters(
        ("longer", "the {items} {where} that have more than {k} letters", "len(v) > {k}", "len(v) >= {k}", "2 3 4"),
        ("shorter", "the {items} {where} that have less than {k} letters", "len(v) < {k}", "len(v) <= {k}", "4 5 6"),
        ("starts", "the {items} {where} that start with a vowel", "v[0] in 'aeiou'", "v[-1] in 'aeiou'", ""),
        ("ends", "the {items} {where} that end with a vowel", "v[-1] in 'aeiou'", "v[0] in 'aeiou'", ""),
        ("contains", "the {items} {where} that contain the letter {k}", "'{k}' in v", "'{k}' not in v", "a e i o n r"),
    ),
)
_WORD_MAPS = (
    (UNCHANGED, "text"),
    *_maps(
        "text",
        ("raised", "the upper-case forms of {x}", "v.upper()", "v.lower()", ""),
        ("titled", "the capitalized forms of {x}", "v.title()", "v.upper()", ""),
        ("mirrored", "the mirror images of {x}", "v[::-1]", "v[:-1]", ""),
        ("initials", "the first letters of {x}", "v[0]", "v[1]", ""),
        ("endings", "the last letters of {x}", "v[-1]", "v[0]", ""),
    ),
    *_maps("number", ("lengths", "the lengths of {x}", "len(v)", "len(s)", "")),
)
# fmt: off
_WORDS = (
    "apple", "oak", "iron", "under", "echo", "idea", "open", "at", "up", "on", "if", "olive", "arrow", "tea", "cocoa",
    "sofa", "plane", "house", "pie", "go", "river", "stone", "cat", "plum", "garden", "tin", "bird", "window", "moss",
    "ten",
)
# fmt: on
_CHARACTERS = "bcdfghkmnprt" + "aeiou" * 2 + "BCDFGHKMNPRT" + "0123456789" + "   "


def _draw_numbers(rng: random.Random) -> object:
    return [rng.randint(-9, 12) for _ in range(rng.randint(5, 7))]


def _draw_whole_number(rng: random.Random) -> object:
    return rng.randint(10_000, 9_999_999)


def _draw_limit(rng: random.Random) -> object:
    return rng.randint(6, 20)


def _draw_string(rng: random.Random) -> object:
    return "".join(rng.choices(_CHARACTERS, k=rng.randint(6, 9)))


def _draw_sentence(rng: random.Random) -> object:
    return " ".join(rng.choices(_WORDS, k=rng.randint(4, 6)))


_NUMBERS = {"number": _NUMBER_AGGREGATES, "text": _TEXT_AGGREGATES}

FAMILIES = (
    Family(
        name="numbers",
        argument="xs",
        items="numbers",
        where="in a list",
        source=Operation("numbers", "", "{x}", "{x}"),
        filters=_INTEGER_FILTERS + _SIGN_FILTERS,
        maps=_INTEGER_MAPS + _SIGN_MAPS,
        aggregates=_NUMBERS,
        draw=_draw_numbers,
    ),
    Family(
        name="digits",
        argument="n",
        items="digits",
        where="of a whole number",
        source=Operation("digits", "", "map(int, str({x}))", "str({x})", forgotten="map(int, str({x}))"),
        filters=_INTEGER_FILTERS,
        maps=_INTEGER_MAPS,
        aggregates=_NUMBERS,
        draw=_draw_whole_number,
    ),
    Family(
        name="range",
        argument="n",
        items="integers",
        where="from 1 to n",
        source=Operation("range", "", "range(1, {x} + 1)", "range(1, {x})", forgotten="range({x})"),
        filters=_INTEGER_FILTERS,
        maps=_INTEGER_MAPS,
        aggregates=_NUMBERS,
        draw=_draw_limit,
    ),
    Family(
        name="characters",
        argument="s",
        items="characters",
        where="of a string",
        source=Operation("characters", "", "{x}", "{x}"),
        filters=_CHARACTER_FILTERS,
        maps=_CHARACTER_MAPS,
        aggregates=_NUMBERS,
        draw=_draw_string,
    ),
    Family(
        name="words",
        argument="s",
        items="words",
        where="of a sentence",
        source=Operation("words", "", "{x}.split()", "{x}"),
        filters=_WORD_FILTERS,
        maps=_WORD_MAPS,
        aggregates=_NUMBERS,
        draw=_draw_sentence,
    ),
)

OPENERS = ("Write a function to {task}.", "Write a Python function to {task}.", "Define a function to {task}.")
NAMES = tuple(
    f"{verb}_{noun}"
    for verb in ("find", "get", "give", "make", "compute", "select", "build", "derive")
    for noun in ("answer", "result", "value", "output", "outcome", "target", "solution", "item")
)


Combination = tuple[Family, Operation, Operation, Operation]
"""A family with a filter, a map and an aggregate: a kind of problem before its constants are drawn."""


def combinations() -> Iterator[Combination]:
    """Every family, filter, map and aggregate that go together and ask for more than one step."""
    for family in FAMILIES:
        for chosen, (change, gives) in product(family.filters, family.maps):
            plain = change is UNCHANGED
            if plain and chosen is EVERYTHING:
                continue
            for aggregate in family.aggregates[gives] + ((COUNT,) if plain else ()):
                yield family, chosen, change, aggregate


def draw_task(rng: random.Random, combination: Combination) -> Task:
    """A task of this combination, with constants drawn."""
    family, chosen, change, aggregate = combination
    constants = {"filter": rng.choice(chosen.constants), "map": rng.choice(change.constants)}
    return Task(family, chosen, change, aggregate, constants)
