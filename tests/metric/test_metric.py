"""The `evaluate` metric, loaded the way users load it, on a fake sandbox and on the real one."""

from collections.abc import Iterator
from typing import Any

import pytest

from trl_rlvr.errors import ConfigError
from trl_rlvr.metric import PATH
from trl_rlvr.sandbox import SandboxConfig

TESTS = ["assert add(2, 3) == 5", "assert sub(2, 3) == -1\nassert sub(3, 3) == 0"]
CANDIDATES = [
    ["def add(a, b):\n    return a * b", "def add(a, b):\n    return a + b"],
    ["def sub(a, b):\n    return a - b", "def sub(a, b):\n    return -1"],
]


@pytest.fixture(scope="module")
def metric(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HF_EVALUATE_OFFLINE", "HF_DATASETS_OFFLINE", "HF_HUB_OFFLINE"):
            patch.setenv(name, "1")
        patch.delenv("HF_ALLOW_CODE_EVAL", raising=False)
        import evaluate

        folder = tmp_path_factory.mktemp("modules")
        yield evaluate.load(PATH, cache_dir=str(folder), experiment_id=str(folder.name))


def test_the_metric_loads_from_its_path_without_a_network(metric: Any) -> None:
    assert set(metric.features) == {"predictions", "references"}


def test_the_class_can_be_had_without_loading() -> None:
    from trl_rlvr.metric import VerifiedPassAtK

    assert VerifiedPassAtK().compute(
        predictions=[["x = 1"]], references=["assert f() == 1"], k=[1], config=SandboxConfig(sandbox_backend="fake")
    )[0] == {"pass@1": 1.0}


def test_k_below_one_is_refused(metric: Any) -> None:
    with pytest.raises(ConfigError, match=r"k is \[0\]"):
        metric.compute(predictions=CANDIDATES, references=TESTS, k=[0])


def test_pass_at_k_and_results_have_code_evals_shape(metric: Any) -> None:
    pass_at_k, results = metric.compute(predictions=CANDIDATES, references=TESTS, k=[1, 2, 3])

    assert pass_at_k == {"pass@1": 0.5, "pass@2": 1.0}
    assert {task: [row["passed"] for _, row in rows] for task, rows in results.items()} == {
        0: [False, True],
        1: [True, False],
    }
    assert results[0][1] == (
        1,
        {"task_id": 0, "completion_id": 1, "passed": True, "result": "passed", "verdict": "passed"},
    )


def test_a_humaneval_check_function_is_a_test(metric: Any) -> None:
    test = "def check(candidate):\n    for n in range(3):\n        assert candidate(n) == 2 * n\n\ncheck(double)"
    candidates = [["def double(n):\n    return 2 * n", "def double(n):\n    return n"]]

    pass_at_k, _ = metric.compute(predictions=candidates, references=[test], k=[1])

    assert pass_at_k == {"pass@1": 0.5}


def test_an_endless_loop_times_out_at_the_callers_limit(metric: Any) -> None:
    loop = "def add(a, b):\n    while True:\n        pass"

    _, results = metric.compute(predictions=[[loop]], references=TESTS[:1], k=[1], timeout=0.3, num_workers=1)

    assert results[0][0][1]["result"] == "timed out"


@pytest.mark.parametrize(
    ("tests", "candidates", "k", "expected"),
    [
        (["assert add(2,3)==5"], [["def add(a,b): return a*b", "def add(a, b): return a+b"]], [1, 2], [0.5, 1.0]),
        (["assert add(2,3)==5"], [["def add(a, b): return a+b"]], [1], [1.0]),
        (
            ["assert add(2,3)==5", "assert mul(2,3)==6"],
            [["def add(a,b): return a+b"], ["def mul(a,b): return a-b"]],
            [1],
            [0.5],
        ),
        (["assert add(2,3)==5"], [["def add(a,b): return a-b"]], [1], [0.0]),
    ],
)
def test_the_examples_of_code_eval_have_its_answers(
    metric: Any, tests: list[str], candidates: list[list[str]], k: list[int], expected: list[float]
) -> None:
    pass_at_k, _ = metric.compute(predictions=candidates, references=tests, k=k)

    assert pass_at_k == {f"pass@{n}": rate for n, rate in zip(k, expected, strict=True)}


def test_a_k_that_some_problem_has_too_few_candidates_for_is_left_out(metric: Any) -> None:
    pass_at_k, _ = metric.compute(predictions=[CANDIDATES[0], CANDIDATES[1][:1]], references=TESTS, k=[1, 2, 10])

    assert pass_at_k == {"pass@1": 0.75}


def test_one_k_may_be_a_number(metric: Any) -> None:
    assert metric.compute(predictions=CANDIDATES, references=TESTS, k=2)[0] == {"pass@2": 1.0}


def test_a_failure_says_so_once(metric: Any) -> None:
    _, results = metric.compute(predictions=CANDIDATES[:1], references=TESTS[:1], k=[1])

    assert results[0][0][1]["result"].count("failed") == 1
