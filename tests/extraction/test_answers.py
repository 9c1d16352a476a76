"""The program that a person would take, from answers as models write them: each must run and add one."""

import json

import pytest

from trl_rlvr.extraction import ExtractionOutcome, extract_code

F = "def f(x):\n    return x + 1"
BAD = "def f(x):\n    return x - 1"
MATH = "import math\n\n\ndef f(x):\n    return math.floor(x) + 1"


def fenced(code, language="python"):
    return f"```{language}\n{code}\n```\n"


def call(code, **names):
    return json.dumps({"name": "submit", "arguments": {**names, "code": code}})


ANSWERS = {
    # a later block that only imports or rebinds the entry point
    "import in a usage block": f"{fenced(F)}\nTest:\n{fenced('from solution import f' + chr(10) + 'assert f(1) == 2')}",
    "import under try": fenced(F) + fenced("try:\n    from main import f\nexcept ImportError:\n    f = None\nf(1)"),
    "import as": fenced(F) + fenced("from my_module import add_one as f\nprint(f(1))"),
    "attribute of a module": fenced(F) + fenced("import solution\nf = solution.f\nprint(f(1))"),
    "getattr": fenced(F) + fenced("import solution\nf = getattr(solution, 'f')"),
    "wrapped": fenced(F) + fenced("import functools\nf = functools.cache(f)\nprint(f(1))"),
    "loop variable": fenced(F) + fenced("for f in candidates:\n    print(f(1))"),
    "a stub after it": f"{fenced(F)}\nIt fits the signature:\n{fenced('def f(x: int) -> int: ...')}",
    "a stub that raises": fenced(F) + fenced('def f(x):\n    """Add."""\n    raise NotImplementedError'),
    "a unit test before it": fenced("import unittest\nfrom m import f") + fenced(F),
    # over several blocks
    "imports": fenced("import math") + fenced("def f(x):\n    return math.floor(x) + 1"),
    "two imports": fenced("import math") + fenced("from os import path") + fenced("def f(x): return math.floor(x) + 1"),
    "a helper": fenced("def g(x):\n    return x + 1") + fenced("def f(x):\n    return g(x)"),
    "a helper of a helper": fenced("ONE = 1") + fenced("def g(x): return x + ONE") + fenced("def f(x): return g(x)"),
    "a helper behind it": f"{fenced('def f(x): return g(x)')}\nwith the helper\n{fenced('def g(x): return x + 1')}",
    "a helper that shows itself": fenced("def g(x): return x + 1\nprint(g(input()))") + fenced("def f(x): return g(x)"),
    "a draft with the helper": fenced("def g(x): return x + 1\ndef f(x): return 2 * g(x)\nassert f(1) == 2")
    + fenced("def f(x): return g(x)"),
    "a class and its method": fenced("class Solution:\n    def f(self, x):\n        return x + 1")
    + fenced("f = Solution().f"),
    "future first": fenced("import math")
    + fenced("from __future__ import annotations\ndef f(x): return math.ceil(x) + 1"),
    "in a sentence's place": f"{fenced('import math')}\nThen `f`:\n{fenced(MATH[11:])}",
    # a lost fence
    "python": f"python\n{F}",
    "Python:": f"Python:\n{F}",
    "py in the fence": f"```\npython\n{F}\n```",
    "python and a closing fence": f"python\n{F}\n```\nIt adds one.",
    # tags
    "[BEGIN] [DONE]": f"[BEGIN]\n{F}\n[DONE]",
    "[DONE] on the line": f"{F}\n[DONE]\nWrite a function",
    "[PYTHON]": f"[PYTHON]\n{F}\n[/PYTHON]",
    "[ANSWER]": f"Here you go [smile].\n[ANSWER]\n{F}\n[/ANSWER]\nBye.",
    "<answer>": f"<think>\nAdd one.\n</think>\n<answer>\n{F}\n</answer>",
    "<answer> on the line": f"<answer>{F}</answer>",
    "<answer> with a fence": f"<answer>\n{fenced(F)}\n</answer>",
    "<answer> with a sentence": f"<answer>\nThe code is:\n{F}\n\nDone.\n</answer>",
    "<code lang>": f'<code lang="python">\n{F}\n</code>',
    "<final_solution>": f"Thoughts.\n<final_solution>\n{F}\n</final_solution>\nThat is it.",
    # no fence, prose around
    "### Explanation": f"{F}\n\n### Explanation\nIt adds one to x.",
    "a sentence behind": f"{F}\n\nThis function adds one.",
    "one word behind": f"{F}\n\nDone",
    "an apostrophe behind": f"{F}\n\nIt's done (almost.",
    "a list behind": f"{F}\n\n- It adds one.\n- It's fast.",
    "bold behind": f"{F}\n\n**Note**: it adds one.",
    "a quotation mark": f"{F}\n\nHere “x” is a number.",
    "a sentence before": f"Here is the function:\n\n{F}",
    "a sentence on both sides": f"Sure! Here's one.\n\n{MATH}\n\nI hope it's what you want.",
    "a sentence in between": "import math\n\nThen the function:\n\ndef f(x):\n    return math.floor(x) + 1",
    "indented by four": f"Here it is:\n\n    {F.replace(chr(10), chr(10) + '    ')}\n\nDone.",
    "unfenced before a usage block": f"{F}\n\nTest it:\n{fenced('assert f(1) == 2')}",
    # the line of the fence
    "one line": "```python def f(x): return x + 1```",
    "one line without a language": "```def f(x): return x + 1```",
    "one line in a sentence": "Use ```python def f(x): return x + 1``` for it.",
    "in single backticks": "The answer is `def f(x): return x + 1`.",
    "a lambda in backticks": "The answer is `f = lambda x: x + 1`.",
    "begins on the fence's line": "```python def f(x):\n    return x + 1\n```",
    "begins on a bare fence's line": "```def f(x):\n    return x + 1\n```",
    "an import on the fence's line": "```python import math\ndef f(x):\n    return math.floor(x) + 1\n```",
    "a title on the fence's line": f'```python title="f.py"\n{F}\n```',
    "braces on the fence's line": f"```{{.python .numberLines}}\n{F}\n```",
    # fences in strings
    "a fence in a docstring": '```python\ndef f(x):\n    """Doc.\n```\nf(1)\n```\n    """\n    return x + 1\n```',
    "a fence with a language": '```python\ndef f(x):\n    """Doc.\n```python\nf(1)\n```\n    """\n    return x+1\n```',
    "a fence in a string": "```python\nS = '''\n```\n'''\ndef f(x):\n    return x + 1\n```",
    # characters
    "byte order mark": f"```python\n\ufeff{F}\n```",
    "zero width space": f"```python\n\u200b{F}\n```",
    "no-break spaces": fenced(F.replace("    ", "\u00a0" * 4)),
    # thinking
    "</think> in a string": "```python\ndef f(x):\n    s = '</think>'\n    return x + 1\n```",
    "</think> twice": "```python\ndef f(x):\n    s = '<think></think>'.replace('</think>', '')\n    return x + 1\n```",
    "</think> in a comment of raw code": "def f(x):\n    # after </think>\n    return x + 1",
    "thinking, then </think> in a string": f"<think>\n{fenced(BAD)}\n</think>\n" + fenced("S = '</think>'\n" + F),
    "thinking with an open fence": f"<think>\n```python\n{BAD}\n</think>\n{fenced(F)}",
    "<think> in a docstring": fenced(f'"""\n<think>\n"""\n{F}'),
    "<reasoning>": f"<reasoning>\n{fenced(BAD)}\n</reasoning>\n<answer>\n{fenced(F)}\n</answer>",
    "DeepSeek": f"Hmm, so:\n{fenced(BAD)}\n</think>\n**Solution**\n{fenced(F)}<\uff5cend\u2581of\u2581sentence\uff5c>",
    "Magistral": f"[THINK]{fenced(BAD)}[/THINK]{fenced(F)}",
    "OpenThoughts": f"<|begin_of_thought|>{BAD}\n<|end_of_thought|>\n<|begin_of_solution|>\n{F}\n<|end_of_solution|>",
    "harmony": f"<|channel|>analysis<|message|>{BAD}<|end|><|start|>assistant<|channel|>final<|message|>{F}<|return|>",
    # turns
    "Qwen": f"{fenced(F)}<|im_end|>\n<|im_start|>user\nNow this:\n{fenced(BAD)}",
    "Llama": f"<|start_header_id|>assistant<|end_header_id|>\n\n{F}<|eot_id|>",
    "Llama's python": f"<|python_tag|>{F}<|eom_id|>",
    "Gemma": f"<start_of_turn>model\n{fenced(F, 'tool_code')}<end_of_turn>\n<start_of_turn>user\n{BAD}",
    "a base model": f"{F}</s>{BAD}",
    "an end mark in a string": fenced("END = '</s>'\n" + F),
    # tool calls
    "Hermes": f"<think>so</think>\n<tool_call>\n{call(F)}\n</tool_call>",
    "Llama JSON": json.dumps({"name": "run", "parameters": {"code": F}}),
    "Mistral": f"[TOOL_CALLS][{call(F)}]",
    "arguments as text": json.dumps({"name": "run", "arguments": json.dumps({"code": F})}),
    "a fenced JSON object": fenced(json.dumps({"language": "python", "solution": F}, indent=1), "json"),
    "the call after a draft": f"{fenced(BAD)}\nNo. I submit:\n<tool_call>{call(F, note='f: done')}</tool_call>",
    "Qwen coder": f"<tool_call>\n<function=run>\n<parameter=code>\n{F}\n</parameter>\n</function>\n</tool_call>",
    # quotations and sessions
    "a blockquote": "> ```python\n> def f(x):\n>     return x + 1\n> ```",
    "a blockquote without a fence": "Here:\n> def f(x):\n>     return x + 1\n\nDone.",
    "a tight blockquote": ">```python\n>def f(x):\n>    return x + 1\n>```",
    "an interactive session": "```\n>>> def f(x):\n...     return x + 1\n...\n>>> f(1)\n2\n```",
    "another language first": fenced("f(1)", "text") + fenced(F) + fenced("function f(x) { return x }", "js"),
}


def adds_one(found):
    """Run what was found."""
    names = {"__name__": "solution"}
    try:
        exec(compile(found.code, "code", "exec"), names)
        return (names["f"](1), names["f"](-1)) == (2, 0)
    except (NameError, RecursionError, SyntaxError):
        return False


@pytest.mark.parametrize("completion", ANSWERS.values(), ids=ANSWERS.keys())
def test_the_program_that_a_person_would_take_is_taken(completion):
    found = extract_code(completion, "f")

    assert found.outcome is ExtractionOutcome.CODE, found
    assert adds_one(found), found.code


WRONG = {
    "the corrected draft": f"{fenced(F)}\nWait, it must subtract:\n{fenced(BAD)}",
    "a good draft in thinking": f"<think>\n{fenced(F)}\n</think>\n{fenced(BAD)}",
    "a good answer in another turn": f"{fenced(BAD)}<|im_end|>\n<|im_start|>assistant\n{fenced(F)}",
    "an error that prose does not explain": f"{F}\n\nx = = 1",
    "an error in the block": fenced(f"{F}\nreturn +"),
    "an import that only the example has": fenced("def f(x): return math.floor(x) + 1")
    + fenced("import math\nprint(f(math.pi))"),
    "a helper that only a test of it has": fenced("def f(x): return g(x)")
    + fenced("def g(x): return f(x)\nassert g(1)"),
    "a broken definition beside an import": fenced("def f(x:\n    return") + fenced("from math import gcd as f"),
    "the entry point in quotes only": "Call it 'def f(x): return x + 1'.",
}


@pytest.mark.parametrize("completion", WRONG.values(), ids=WRONG.keys())
def test_what_a_person_would_not_call_the_answer_is_not_mended(completion):
    found = extract_code(completion, "f")

    assert found.outcome is not ExtractionOutcome.CODE or not adds_one(found)


@pytest.mark.parametrize(
    ("completion", "kept"),
    [
        (
            fenced("n = int(input())\nprint(n)") + fenced("import sys, io\nsys.stdin = io.StringIO('3')\nmain()"),
            "n = int",
        ),
        (fenced("def main():\n    print(input())") + fenced("main()"), "def main"),
        (fenced("def main():\n    print(input())\n\n\nmain()") + fenced("print(main())"), "\n\n\nmain()"),
        (f"{fenced('print(int(input()) + 1)')}\nFor 1 it prints\n{fenced('2')}", "print(int"),
        ("Here it is:\nn = int(input())\nprint(n + 1)\n\nIt adds one.", "n = int(input())\nprint(n + 1)"),
    ],
)
def test_without_an_entry_point_the_program_that_reads_input_is_taken(completion, kept):
    found = extract_code(completion)

    assert found.outcome is ExtractionOutcome.CODE
    assert kept in found.code


HOSTILE = {
    "fields of f-strings": "```python\nf'" + "{a}" * 87_000 + "'\n```",
    "a name with many dots": "import a" + ".a" * 130_000,
    "open braces": "{" * 500_000,
    "nested objects": '[{"a":' * 80_000,
    "blocks that need each other": "".join(f"```\ndef g{n}(): return g{n + 1}()\n```\n" for n in range(20_000)),
    "strings over fences": "```python\n'''\n```\n" * 30_000,
    "marks of thinking in strings": "```python\ns='</think>'\n```\n" * 20_000,
    "turns": "<|im_start|>a\n" * 40_000,
    "tags": "<a>\n</a>\n" * 60_000,
    "statements": "```python\n" + "a;" * 130_000 + "\n```\n```python\n" + "b;" * 130_000 + "\n```",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_text_is_classed(text):
    assert extract_code(text, "f").outcome is not ExtractionOutcome.CODE
