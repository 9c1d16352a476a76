"""The script that we are compared with: `GRPOTrainer` as TRL's documentation shows it, with a reward written by hand.

The reward is the usual one: take the fenced block, append the tests, run it all in a fresh interpreter. It counts the
tests that pass and pays what our `graded` reward pays. It can be cheated in many ways, which no policy here does.
"""

import re
import subprocess
import sys
from typing import Any

from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer

TIMEOUT_S = 3.0
_COUNT = """
passed = 0
for test in {tests!r}:
    try:
        exec(test)
        passed += 1
    except Exception:
        pass
print(passed)
"""


def subprocess_reward(completions: list[Any], tests: list[list[str]], **_: Any) -> list[float]:
    """Run each completion with its tests in an interpreter of its own."""
    return [_reward(completion, asked) for completion, asked in zip(completions, tests, strict=True)]


def _reward(completion: Any, tests: list[str]) -> float:
    text = completion if isinstance(completion, str) else completion[-1]["content"]
    fenced = re.search(r"```(?:python)?\n(.*?)```", text, re.DOTALL)
    program = (fenced[1] if fenced else text) + _COUNT.format(tests=tests)
    try:
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=TIMEOUT_S)
        passed = int(done.stdout.split()[-1])
    except (subprocess.TimeoutExpired, ValueError, IndexError):
        passed = 0
    return 1.0 if passed == len(tests) else 0.5 * passed / len(tests) if passed else -0.5


def plain_trainer(model: str, arguments: GRPOConfig, dataset: Dataset, processor: Any, **given: Any) -> GRPOTrainer:
    """Build the trainer; `given` is what a script would pass for an adapter."""
    return GRPOTrainer(
        model=model,
        reward_funcs=subprocess_reward,
        args=arguments,
        train_dataset=dataset,
        processing_class=processor,
        **given,
    )
