"""Test source of EvalPlus on the Hub: a table of inputs, a table of results, and one loop over both.

The tables become one literal assert a case. Where `assertion(out, exp, atol)` is the usual one, an equality or
`np.allclose` says exactly what it checks; a reference that computes the results stays source.
"""

import re
from dataclasses import dataclass

from trl_rlvr.data.literals import literal_source, read_literal

_TABLES = re.compile(
    r"(?P<head>.*?)^(?P<indent> *)inputs = (?P<inputs>[^\n]*)\n"
    r"(?: *results = (?P<results>[^\n]*)\n)?"
    r" *for i, .*?:\n(?P<body>[^\n]*)\n*\Z",
    re.DOTALL | re.MULTILINE,
)
_COMPARES = re.compile(r"\s*assertion\((?P<name>\w+)\(\*inp\), exp, (?P<atol>[\d.e-]+)\)\s*\Z")
_COMPUTES = re.compile(r"\s*assertion\((?P<name>\w+)\(\*inp\), ref_func\(\*inp\), (?P<atol>[\d.e-]+)\)\s*\Z")
_USUAL = re.compile(
    r"def assertion\(out, exp, atol\):\n"
    r"(?: +exact_match = out == exp\n\s*)?"
    r" +if atol == 0 and is_floats\(exp\):\n +atol = 1e-6\n"
    r"(?P<sets> +out = set\(out\)\n +exp = set\(exp\)\n)?"
    r" +if (?:out != exp|not exact_match) and atol != 0:\n"
    r" +assert np\.allclose\(out, exp, rtol=1e-0?7, atol=atol\)\n"
    r" +else:\n +assert (?:out == exp|exact_match)[^\n]*\n"
)
_ASSERTS = re.compile(r"^\s*(?:assert|raise)\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PlusTests:
    """What a test source says."""

    name: str
    """The function that it calls."""
    tests: tuple[str, ...]
    setup_code: str


def read_plus_tests(source: str, entry_point: str | None = None) -> PlusTests | None:
    """Take a test source apart; None if it has another form.

    Args:
        source: of the field `test`.
        entry_point: the function that is called there by another name, such as `candidate`.

    Raises:
        ValueError: its `assertion` asserts nothing, or a table is no literal.
    """
    found = _TABLES.match(source) if "def assertion(" in source else None
    if found is None:
        return None
    head = found["head"].replace("def check(candidate):\n", "")
    if not _ASSERTS.search(head[head.index("def assertion(") :].split("\n\n\n")[0]):
        raise ValueError("its `assertion` asserts nothing, so that any program passes")
    compares, computes = _COMPARES.match(found["body"]), _COMPUTES.match(found["body"])
    if compares is not None and found["results"] is not None:
        usual = _USUAL.search(head)
        if usual is not None:
            name = entry_point or compares["name"]
            tests = _asserts(name, found["inputs"], found["results"], float(compares["atol"]), bool(usual["sets"]))
            return PlusTests(name, tests, "")
    if computes is not None and found["results"] is None:
        name = entry_point or computes["name"]
        calls = (", ".join(map(literal_source, arguments)) for arguments in read_literal(found["inputs"]))
        asked = tuple(f"assertion({name}({call}), ref_func({call}), {computes['atol']})" for call in calls)
        return PlusTests(name, asked, head.strip() + "\n")
    return None


def _asserts(name: str, inputs: str, results: str, atol: float, as_sets: bool) -> tuple[str, ...]:
    cases = list(zip(read_literal(inputs), read_literal(results), strict=True))
    return tuple(plus_assert(name, arguments, result, atol, as_sets=as_sets) for arguments, result in cases)


def plus_assert(name: str, arguments: list[object], result: object, atol: float, *, as_sets: bool = False) -> str:
    """Write one case as EvalPlus judges it: equal, or close where numbers with a fraction are expected.

    Raises:
        ValueError: a value is no plain data.
    """
    call = f"{name}({', '.join(map(literal_source, arguments))})"
    if as_sets:
        return f"assert set({call}) == {literal_source(set(result))}"  # type: ignore[call-overload]
    if atol == 0 and _is_floats(result):
        atol = 1e-6
    expected = literal_source(result)
    if atol == 0 or not _has_numbers(result):
        return f"assert {call} == {expected}"
    return f"assert np.allclose({call}, {expected}, rtol=1e-07, atol={atol!r})"


def _is_floats(value: object) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and all(isinstance(item, float) for item in value)
    return isinstance(value, float)


def _has_numbers(value: object) -> bool:
    """Say whether `np.allclose` can compare with a value; it takes anything for close to nothing."""
    if isinstance(value, list | tuple):
        return bool(value) and all(map(_has_numbers, value))
    return isinstance(value, int | float | complex)
