"""EvalPlus' own files of HumanEval+ and MBPP+: inputs without results, and a solution that gives the results.

JSON has no tuples, sets and complex numbers. MBPP+'s own asserts write the same inputs in Python, so they show where
the plus inputs hold them.
"""

import ast
from typing import Any

from trl_rlvr.analysis.parsing import try_parse
from trl_rlvr.data.fields import Fields
from trl_rlvr.data.literals import literal_source
from trl_rlvr.data.schemas.schema import Schema, has_fields
from trl_rlvr.problem import CodeProblem

_AGREES = '''
import numpy as np


def agrees(out, expected, atol):
    """Say whether an answer is the expected one, or close where that has a fraction."""
    if isinstance(expected, re.Match):
        return bool(out)
    if atol == 0 and is_floats(expected):
        atol = 1e-6
    return out == expected or (atol != 0 and bool(np.allclose(out, expected, rtol=1e-07, atol=atol)))


def is_floats(x):
    if isinstance(x, (list, tuple)):
        return bool(x) and all(isinstance(i, float) for i in x)
    return isinstance(x, float)
'''
_REFERENCE = "reference_of_"
Path = tuple[str | int, ...]


def _read(fields: Fields) -> CodeProblem:
    name = fields.name("entry_point")
    if name is None:
        raise fields.wrong("entry_point", "is missing")
    prompt, solution = fields.text("prompt"), fields.text("canonical_solution")
    opens = fields.has("test")  # HumanEval+: the prompt begins the program
    reference = prompt + solution if opens else solution
    renamed = _renamed(fields, reference, name)
    base = _humaneval_tests(fields, name) if opens else _asserts(fields)
    kinds = {} if opens else _kinds(base, name)
    plus = _plus_tests(fields, name, kinds, as_sets=any(f"set({name}(" in test for test in base))
    return CodeProblem(
        task_id=fields.task_id(),
        prompt=prompt if opens else _plain_prompt(prompt),
        tests=(*base, *plus),
        setup_code=f"import math\nimport re\n{_AGREES}\n\n{renamed}\n",
        entry_point=name,
        entry_points=(name,),
        reference_solution=reference,
        visible_limit=0 if opens else len(base),
    )


def _plus_tests(fields: Fields, name: str, kinds: dict[Path, type], *, as_sets: bool) -> tuple[str, ...]:
    atol = fields.row.get("atol", 0)
    if not isinstance(atol, int | float):
        raise fields.wrong("atol", f"is {atol!r:.60}, not a number")
    field = "plus_input"
    inputs = fields.row[field] or []  # an empty object stands where no input is left
    if not isinstance(inputs, list):
        raise fields.wrong(field, f"is {inputs!r:.60}, not a list")
    if name == "find_zero":  # HumanEval/32 has many right answers
        calls = map(literal_source, inputs)
        return tuple(f"assert abs(poly(*{call}, {name}(*{call}))) <= 1e-4" for call in calls)
    tests = []
    for index, given in enumerate(inputs):
        try:
            arguments = [_typed(value, (place,), kinds) for place, value in enumerate(given)]
            call = ", ".join(map(literal_source, arguments))
        except (ValueError, TypeError) as error:
            raise fields.wrong(f"{field}[{index}]", f"is no list of plain data: {error}") from error
        out, expected = f"{name}({call})", f"{_REFERENCE}{name}({call})"
        if as_sets:
            out, expected = f"set({out})", f"set({expected})"
        tests.append(f"assert agrees({out}, {expected}, {atol!r})")
    return tuple(tests)


def _asserts(fields: Fields) -> tuple[str, ...]:
    source = fields.code("assertion")
    body = ast.parse(source).body
    tests = tuple(ast.unparse(node) for node in body if isinstance(node, ast.Assert))
    if not tests:
        raise fields.wrong("assertion", "holds no assert")
    return tests


def _humaneval_tests(fields: Fields, name: str) -> tuple[str, ...]:
    return (f"{fields.code('test')}\n\ncheck({name})\n",)


def _plain_prompt(prompt: str) -> str:
    return prompt.strip().removeprefix('"""').removesuffix('"""').strip()


def _renamed(fields: Fields, reference: str, name: str) -> str:
    """Write the reference with another name, as the tests' own, so that they can ask it too."""
    tree = try_parse(reference)
    if tree is None:
        raise fields.wrong("canonical_solution", "does not parse, and only it says what the plus inputs give")
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            node.name = _REFERENCE + name
        elif isinstance(node, ast.Name) and node.id == name:
            node.id = _REFERENCE + name
    return ast.unparse(tree)


def _kinds(tests: tuple[str, ...], name: str) -> dict[Path, type]:
    """Learn what stands where in the arguments of the asserts that JSON cannot say.

    A path is the place of an argument, then a star for each level within; where items of one level differ, it is none.
    """
    kinds: dict[Path, type] = {}
    mixed: set[Path] = set()

    def learn(value: Any, path: Path) -> None:
        kind = type(value)
        place = path if isinstance(value, list | tuple | set | dict) else (*path, "scalar")
        if kinds.setdefault(place, kind) is not kind:
            mixed.add(place)
        for item in value if isinstance(value, list | tuple | set) else ():
            learn(item, (*path, "*"))
        for item in value.values() if isinstance(value, dict) else ():
            learn(item, (*path, "*"))

    for test in tests:
        for node in ast.walk(ast.parse(test)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                for place, argument in enumerate(node.args):
                    try:
                        learn(ast.literal_eval(argument), (place,))
                    except (ValueError, TypeError):
                        continue
    return {path: kind for path, kind in kinds.items() if path not in mixed}


def _typed(value: Any, path: Path, kinds: dict[Path, type]) -> Any:
    if isinstance(value, list):
        items = [_typed(item, (*path, "*"), kinds) for item in value]
        kind = next((kinds[path[:end]] for end in range(len(path), 0, -1) if path[:end] in kinds), list)
        return kind(items) if kind in (tuple, set) else items
    if isinstance(value, dict):
        return {key: _typed(item, (*path, "*"), kinds) for key, item in value.items()}
    kind = kinds.get((*path, "scalar"), type(value))
    if isinstance(value, str) and kind in (complex, int, float):
        try:
            return complex(value) if kind is complex else float(value)
        except ValueError:
            return value  # a plus input that is text where the base inputs are numbers
    return value


EVALPLUS = Schema("EvalPlus' own file", has_fields("plus_input", "canonical_solution"), _read)
