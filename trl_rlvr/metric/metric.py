"""pass@k for `evaluate`, in the shape of its `code_eval`, with every candidate run in this package's sandbox.

`evaluate.load` copies this one file elsewhere and imports the copy, so it reaches the package by its full name only.
Nothing has to be allowed by HF_ALLOW_CODE_EVAL, since nothing of a candidate runs in this process.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import datasets
import evaluate

from trl_rlvr.errors import ConfigError
from trl_rlvr.evaluation import Evaluation
from trl_rlvr.extraction import Extraction, ExtractionOutcome
from trl_rlvr.problem import CodeProblem
from trl_rlvr.rewards.scores import graded
from trl_rlvr.sandbox import SandboxConfig
from trl_rlvr.verdict import ExecutionResult, Verdict
from trl_rlvr.verifier import CodeVerifier, Verification

_DESCRIPTION = "Estimates pass@k of candidate programs by running them against tests in a sandbox."

_CITATION = """@article{chen2021codex,
    title={Evaluating Large Language Models Trained on Code},
    author={Mark Chen and others},
    journal={arXiv preprint arXiv:2107.03374},
    year={2021}
}"""

_KWARGS_DESCRIPTION = """
Args:
    predictions: for each problem, a list of candidate programs, run as they are.
    references: for each problem, its test as Python source.
    k: the k of each pass@k to estimate, or a single one (default: 1, 10, 100).
    num_workers: candidates that run at once; by default this process's share of the cores.
    timeout: CPU seconds of one candidate; by default the sandbox's own limit.
    config: a trl_rlvr SandboxConfig; num_workers and timeout go before it.

Returns:
    pass_at_k: `pass@k` for each k of which every problem has as many candidates, as `code_eval` does; NaN where no
        problem has k candidates that the sandbox could judge.
    results: for each problem's index, a list of (completion_id, {task_id, completion_id, passed, result, verdict});
        `passed` is None where the sandbox could not judge.
"""


def _failure(error: str) -> str:
    return error if error.startswith("failed: ") else f"failed: {error}"


def _result(task: int, completion: int, result: ExecutionResult) -> tuple[int, dict[str, Any]]:
    text = {Verdict.PASSED: "passed", Verdict.TIMEOUT: "timed out"}.get(result.verdict, _failure(result.error))
    is_known = result.verdict is not Verdict.SANDBOX_ERROR
    return completion, {
        "task_id": task,
        "completion_id": completion,
        "passed": result.verdict is Verdict.PASSED if is_known else None,
        "result": text,
        "verdict": result.verdict.value,
    }


class VerifiedPassAtK(evaluate.Metric):  # type: ignore[misc]  # evaluate is not type-checked here
    """The metric; `evaluate.load` finds it in this file."""

    def _info(self) -> Any:
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=datasets.Features(
                {"predictions": datasets.Sequence(datasets.Value("string")), "references": datasets.Value("string")}
            ),
        )

    def _compute(
        self,
        predictions: Sequence[Sequence[str]],
        references: Sequence[str],
        k: Sequence[int] | int = (1, 10, 100),
        num_workers: int | None = None,
        timeout: float | None = None,
        config: SandboxConfig | None = None,
    ) -> tuple[dict[str, float], dict[int, list[tuple[int, dict[str, Any]]]]]:
        config = config or SandboxConfig()
        if num_workers is not None:
            config = replace(config, sandbox_workers=num_workers)
        if timeout is not None:
            config = replace(config, sandbox_cpu_s=timeout)
        ks = [k] if isinstance(k, int) else list(k)
        if not ks or min(ks) < 1:
            raise ConfigError(f"k is {k!r}; give one or more numbers from 1 on")
        if len(predictions) != len(references):
            raise ConfigError(
                f"got candidates of {len(predictions)} problems and {len(references)} references; give one for one"
            )
        problems = [CodeProblem(str(task), "", tests=(test,)) for task, test in enumerate(references)]
        codes = [code for candidates in predictions for code in candidates]
        asked = [problem for problem, codes in zip(problems, predictions, strict=True) for _ in codes]
        with CodeVerifier(config=config, batch_deadline_s=None, fault_rate=1.0) as verifier:
            ran = iter(verifier.verify_code(codes, asked))
        samples = [
            [Verification(Extraction(ExtractionOutcome.CODE, code), next(ran)) for code in candidates]
            for candidates in predictions
        ]
        results = {
            task: [_result(task, completion, sample.result) for completion, sample in enumerate(row)]
            for task, row in enumerate(samples)
        }
        evaluation = Evaluation.of(problems, samples, graded)
        fewest = min((len(candidates) for candidates in predictions), default=0)
        return {f"pass@{n}": evaluation.pass_at(n) for n in ks if n <= fewest}, results
