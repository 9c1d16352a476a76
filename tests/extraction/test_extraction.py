import random
import threading
import warnings

import pytest

from trl_rlvr.extraction import Extraction, ExtractionOutcome, extract_code

CODE = ExtractionOutcome.CODE
NO_CODE = ExtractionOutcome.NO_CODE
SYNTAX_ERROR = ExtractionOutcome.SYNTAX_ERROR
MISSING = ExtractionOutcome.MISSING_ENTRY_POINT
TRUNCATED = ExtractionOutcome.TRUNCATED

F = "def f(x):\n    return x + 1"
F_BAD = "def f(x:\n    return"
OPENING = 'from typing import List\n\n\ndef f(x: int) -> int:\n    """Add one.\n\n    >>> f(1)\n    2\n    """\n'


def outcome(completion, entry_point="f", **options):
    return extract_code(completion, entry_point, **options).outcome


def code(completion, entry_point="f", **options):
    found = extract_code(completion, entry_point, **options)
    assert found.outcome is CODE, found
    assert found.error == ""
    return found.code.strip()


def run(program):
    names = {}
    exec(program, names)
    return names


@pytest.mark.parametrize(
    "opener", ["```python", "```py", "```", "```Python", "```PYTHON3", "~~~", "~~~python", "``` python", "````py"]
)
def test_a_block_is_found_whatever_its_fence(opener):
    closer = opener.rstrip("pythonPYTHON3 ")

    assert code(f"Here you are:\n\n{opener}\n{F}\n{closer}\n\nIt adds one.") == F


def test_a_fence_may_follow_text_on_its_line():
    assert code(f"Sure: ```python\n{F}\n```") == F


def test_a_closing_fence_may_follow_code_on_its_line():
    assert code(f"```python\n{F}```\nDone.") == F


def test_the_last_block_wins():
    assert code(f"```python\ndef f(x): return 0\n```\nBetter:\n```python\n{F}\n```") == F


def test_a_later_block_that_does_not_parse_is_passed_over():
    assert code(f"```python\n{F}\n```\nOutput:\n```\n3 4\n```") == F


def test_a_later_block_without_the_entry_point_is_passed_over():
    assert code(f"```python\n{F}\n```\nUse it so:\n```python\nprint(f(3))\n```") == F


def test_a_block_in_another_language_comes_last():
    assert code("```python\nx = 1\nprint(x)\n```\n```js\nprint(x)\n```", None) == "x = 1\nprint(x)"


def test_an_indented_block_loses_its_fences_indentation():
    assert code("1. Do this:\n   ```python\n   def f(x):\n       return 1\n   ```\n") == "def f(x):\n    return 1"


def test_a_fence_inside_a_docstring_does_not_end_the_block():
    program = 'def f(x):\n    """Add.\n\n    ```\n    f(1)\n    ```\n    """\n    return x'

    assert code(f"```python\n{program}\n```") == program


def test_fences_inside_strings_do_not_cut_a_bare_program():
    program = 'def f(x):\n    """\n```\ny = g(1)\n```\n    """\n    return x'

    assert code(program, None) == program


def test_a_longer_outer_fence_may_hold_the_block():
    assert code(f"````markdown\n```python\n{F}\n```\n````") == F


def test_an_unclosed_block_counts():
    assert code(f"```python\n{F}") == F


def test_an_unclosed_block_counts_when_cut_at_a_whole_statement():
    assert code(f"```python\n{F}", truncated=True) == F


def test_raw_code_counts():
    assert code(F) == F


def test_raw_code_with_a_leading_blank_counts():
    assert run(code(f" {F}"))["f"](1) == 2


def test_raw_code_indented_throughout_counts():
    assert code("    def f(x):\n        return 1\n") == "def f(x):\n    return 1"


def test_the_rest_of_a_block_that_the_prompt_opened_counts():
    assert code(f"{F}\n```") == F


def test_the_rest_of_an_opened_block_counts_with_more_blocks_after_it():
    assert code(f"{F}\n```\nExplained:\n```\nf(1) is 2\n```\n```python\nf(3)\n```") == F


def test_only_what_follows_the_thinking_counts():
    thinking = "<think>\n```python\ndef f(x): return 0\n```\n</think>\n"

    assert code(f"{thinking}```python\n{F}\n```") == F


def test_thinking_that_the_prompt_opened_is_cut_off():
    assert outcome("So `def f(x): return 0`?\n```python\ndef f(x): return 0\n```\n</think>I give up.") is NO_CODE


@pytest.mark.parametrize(("truncated", "expected"), [(False, NO_CODE), (True, TRUNCATED)])
def test_unfinished_thinking_is_no_answer(truncated, expected):
    assert outcome(f"<think>\nMaybe\n```python\n{F}\n```", truncated=truncated) is expected


@pytest.mark.parametrize(
    "text", ["", " \n\t", "Yes", "Yes.", "Answer: 5", "x, y", "pass", "# nothing", "```python\n```"]
)
@pytest.mark.parametrize("entry_point", ["f", None])
def test_prose_is_no_code_even_if_it_parses(text, entry_point):
    assert extract_code(text, entry_point) == Extraction(NO_CODE, None, "no code in the completion")


def test_prose_that_does_not_parse_is_no_code():
    assert outcome("I cannot do this for you.") is NO_CODE


def test_a_shell_block_is_no_code():
    assert outcome("Run this:\n```bash\npip install x\n```") is NO_CODE


def test_broken_code_is_a_syntax_error_with_its_line():
    found = extract_code(f"```python\nx = 1\n{F_BAD}\n```", "f")

    assert found.outcome is SYNTAX_ERROR
    assert found.code == f"x = 1\n{F_BAD}"
    assert found.error.startswith("line 2: ")


def test_broken_raw_code_is_a_syntax_error():
    assert outcome(F_BAD) is SYNTAX_ERROR


def test_broken_code_before_a_closing_fence_is_a_syntax_error():
    assert outcome(f"{F_BAD}\n```") is SYNTAX_ERROR


def test_cut_code_is_truncated():
    found = extract_code("```python\ndef f(x):\n    return (x +", "f", truncated=True)

    assert (found.outcome, found.code) == (TRUNCATED, "def f(x):\n    return (x +")


def test_cut_prose_is_truncated():
    assert outcome("First, let us think about", truncated=True) is TRUNCATED


def test_code_before_the_cut_still_counts():
    assert code(f"```python\n{F}\n```\nFor example\n```python\nprint(f(", truncated=True) == F


@pytest.mark.parametrize(
    "tail",
    [
        "def g(x):\n    return (x +",
        "def g(x):\n    return x +",
        "def g(x):",
        "class G:\n    x = 'ab",
        "print(f(1), ",
        '"""\nWrite a function\nto subtract',
        "x = [\n    1,\n",
        "if f(1) == 2:\n    pass\nel",
        "for",
    ],
)
@pytest.mark.parametrize("fence", ["", "```python\n"])
def test_a_cut_after_the_function_costs_only_the_unfinished_statement(fence, tail):
    assert code(f"{fence}{F}\n\n{tail}", truncated=True).startswith(F)


def test_a_cut_after_a_continuation_costs_only_the_unfinished_statement():
    program = code("    return x + 1\n\n\ndef g(x):\n    return (x", prompt=OPENING, truncated=True)

    assert run(program)["f"](1) == 2


def test_a_cut_in_a_continuation_leaves_nothing():
    assert outcome("    y = x\n    return (y +", prompt=OPENING, truncated=True) is TRUNCATED


def test_a_cut_function_is_not_replaced_by_what_stands_before_it():
    assert outcome("import math\n\ndef f(x):\n    return (x +", truncated=True) is TRUNCATED


def test_a_cut_excuses_no_error_before_it():
    assert outcome(f"{F}\n\nx = = 1\n\ny = (", truncated=True) is TRUNCATED


def test_a_whole_text_is_not_excused_as_cut():
    assert outcome(f"{F}\n\ndef g(x):\n    return (x +") is SYNTAX_ERROR


def test_a_closed_block_is_not_excused_as_cut():
    assert outcome(f"```python\n{F}\n\nprint(\n```\nThis", truncated=True) is TRUNCATED


def test_a_cut_program_without_entry_point_is_truncated():
    assert outcome("```python\nx = input()\nprint(x", None, truncated=True) is TRUNCATED


def test_code_without_the_entry_point_is_named_so():
    found = extract_code("```python\ndef g(x):\n    return x\n```", "f")

    assert found == Extraction(MISSING, "def g(x):\n    return x", "the code does not define 'f'")


def test_without_a_known_entry_point_any_code_will_do():
    assert code("```python\nprint(int(input()) + 1)\n```", None) == "print(int(input()) + 1)"


@pytest.mark.parametrize(
    "program",
    [
        "def f(x): pass",
        "async def f(x): pass",
        "class f: pass",
        "f = lambda x: x",
        "f: object = len",
        "g = f = len",
        "(g, f) = (len, sum)",
        "from math import gcd as f",
        "import f",
        "import f.g",
        "if True:\n    def f(x): pass",
        "try:\n    from math import f\nexcept ImportError:\n    f = None",
        "with open('a') as f: pass",
        "for f in [len]: pass",
        "if (f := len): pass",
    ],
)
def test_each_way_to_define_the_entry_point_counts(program):
    assert code(program) == program


@pytest.mark.parametrize(
    "program",
    [
        "class Solution:\n    def f(self, x): pass",
        "def g():\n    def f(x): pass",
        "def g():\n    f = 1",
        "g = [f for f in range(3)]",
        "from math import *",
        "import g.f",
        "f: int\ng = 1",
        "print(f)",
    ],
)
def test_a_name_bound_elsewhere_is_not_the_entry_point(program):
    assert outcome(program) is MISSING


def test_a_continuation_follows_its_opening():
    program = code("    return x + 1\n", prompt=OPENING)

    assert run(program)["f"](1) == 2


def test_a_fenced_continuation_follows_its_opening():
    program = code("```python\n    return x + 1\n```", prompt=OPENING)

    assert run(program)["f"](1) == 2


def test_a_whole_function_keeps_the_imports_of_its_opening():
    program = code("```python\ndef f(x: int) -> List[int]:\n    return [x]\n```", prompt=OPENING)

    assert run(program)["f"](1) == [1]


def test_an_opening_stripped_of_its_last_newline_works():
    program = code("\n    return x + 1", prompt=OPENING.rstrip())

    assert run(program)["f"](1) == 2


def test_a_bare_signature_is_an_opening():
    program = code("\n    return x + 1", prompt="def f(x):")

    assert run(program)["f"](1) == 2


@pytest.mark.parametrize("text", ["", "\n", "Yes", "# Add one.", "I cannot."])
def test_an_opening_alone_is_no_code(text):
    assert outcome(text, prompt=OPENING) is NO_CODE


def test_another_function_after_an_opening_misses_the_entry_point():
    assert outcome("```python\ndef g(x):\n    return x\n```", prompt=OPENING) is MISSING


def test_a_broken_continuation_is_a_syntax_error():
    assert outcome("    return x +\n", prompt=OPENING) is SYNTAX_ERROR


def test_a_prompt_that_is_no_opening_is_ignored():
    assert code(F, prompt="Write a function to add one.") == F


def test_windows_line_ends_are_read_as_plain_ones():
    assert code(f"```python\r\n{F}\r\n```\r\n".replace("\n    ", "\r\n    ")) == F


def test_a_byte_order_mark_is_dropped():
    assert code(f"\ufeff{F}") == F


@pytest.mark.parametrize("bad", ["\0", "\ud800", "-" * 200_000 + "1", "(" * 9_000, "1+" * 100_000 + "1"])
def test_code_that_stops_the_parser_is_a_syntax_error(bad):
    found = extract_code(f"```python\ndef f(x):\n    return '' or {bad}\n```", "f")

    assert found.outcome is SYNTAX_ERROR
    assert found.error.isprintable()
    assert found.code.encode()


def test_an_error_line_is_short_and_printable():
    found = extract_code("```\nx = '\u202e\x1b[31m" + "é" * 9_000 + "\n```", "f")

    assert found.error.isprintable()
    assert len(found.error) <= 200


def test_invalid_escapes_are_silent(recwarn):
    assert code("def f(x):\n    return '\\d'")

    assert recwarn.list == []


def test_invalid_escapes_are_no_errors_where_warnings_are():
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        assert code("def f(x):\n    return '\\d'")


def test_threads_leave_the_warning_filters_as_they_were():
    extract_code(F, "f")
    before = list(warnings.filters)

    threads = [threading.Thread(target=extract_code, args=("x = '\\d'", "x")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert list(warnings.filters) == before


@pytest.mark.parametrize(
    "text",
    [
        "`" * 1_000_000,
        "```\n" * 250_000,
        "a ```" * 200_000,
        " " * 1_000_000 + "x",
        "<think>" * 150_000,
        "</think>" * 125_000,
        "def " * 250_000,
        "x" * 1_000_000 + "```",
        "```python\n" + "x = 1\n" * 160_000,
        "    \n" * 200_000,
        "\r" * 1_000_000,
    ],
)
def test_a_megabyte_of_anything_is_classed(text):
    assert outcome(text) in (NO_CODE, SYNTAX_ERROR)


def test_random_shreds_never_raise():
    shreds = [
        "```",
        "```python\n",
        "~~~",
        "\n",
        " ",
        "\t",
        "def f(x):",
        "return 1",
        "<think>",
        "</think>",
        "'",
        '"""',
        "\0",
    ]
    shreds += ["\ud800", "\ufeff", "\r", "\\", "(", "]", "é", "x = 1", "#", ":", "    ", "import a", "f"]
    random.seed(0)

    for _ in range(3_000):
        text = "".join(random.choices(shreds, k=random.randrange(30)))
        for entry_point, prompt in ((None, None), ("f", None), ("f", OPENING)):
            found = extract_code(text, entry_point, prompt=prompt, truncated=random.random() < 0.5)
            assert (found.error == "") is (found.outcome is CODE)
