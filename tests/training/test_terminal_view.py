"""What a terminal shows of a run, and that anything else gets plain lines."""

import io
import types

import pytest
import transformers
from rich.console import Console

from trl_rlvr.training import terminal_view
from trl_rlvr.training.iteration_log import IterationLog
from trl_rlvr.training.terminal_view import TerminalView, completions_table, open_view, sparkline


def row(place, code="def f(x):\n    return x", **more):
    return {
        "task_id": f"p{place}",
        "verdict": "passed",
        "passed": 2,
        "total": 2,
        "advantage": -place,
        "code": code,
    } | more


@pytest.fixture
def screen():
    return Console(file=io.StringIO(), force_terminal=True, width=100, height=40, color_system=None)


@pytest.fixture
def state():
    return transformers.TrainerState(max_steps=20, is_world_process_zero=True, is_local_process_zero=True)


def run(view, state, arguments, updates):
    with view.shown():
        view.on_train_begin(arguments, state, None)
        for step, rate in enumerate(updates, start=1):
            view.on_scored(step, [row(place) for place in range(5)])
            state.global_step = step
            view.on_step_end(arguments, state, None)
            view.on_log(arguments, state, None, logs={"reward": rate - 0.5, "pass_rate": rate, "loss": 0.0})
        with view.paused():
            view.on_log(arguments, state, None, logs={"heldout/pass@1": 0.4})


def test_a_terminal_has_lines_a_bar_curves_and_now_and_then_completions(screen, state, tmp_path):
    arguments = transformers.TrainingArguments(output_dir=str(tmp_path), report_to=[])

    run(TerminalView(completions_every=2, console=screen), state, arguments, [0.0, 0.25, 0.5, 1.0])

    shown = screen.file.getvalue()
    assert "iteration 4/20 | reward +0.500 | pass rate 100.0 %" in shown
    assert "iteration  4/20 ━" in shown
    assert "pass rate  ▁▃▅█  100.0%" in shown
    assert "held-out" in shown
    assert [f"completions of update {step}" in shown for step in (1, 2, 3, 4)] == [False, True, False, True]
    assert shown.rstrip().endswith("\x1b[?25h")  # the cursor is there again


def test_the_terminal_is_left_as_it_was_when_training_fails(screen):
    with pytest.raises(ZeroDivisionError), TerminalView(console=screen).shown():
        raise ZeroDivisionError

    assert screen.file.getvalue().rstrip().endswith("\x1b[?25h")


def test_a_table_has_the_best_the_worst_and_one_between_and_no_control_character(screen):
    rows = [row(place) for place in range(9)] + [row(9, code="x = 1  # \x1b[2J\n" * 20, verdict="crashed\x1b[2J")]

    screen.print(completions_table(rows, 7))

    shown = screen.file.getvalue()
    assert [name for name in (f"p{place}" for place in range(10)) if f" {name} " in shown] == ["p0", "p4", "p9"]
    assert ("\x1b" in shown, "..." in shown) == (False, True)


def test_a_sparkline_goes_from_the_least_to_the_greatest():
    assert sparkline([0.0, 1.0]) == "▁█"
    assert sparkline([3.0, 3.0]) == "▁▁"
    assert sparkline([*range(80)], width=8) == "▁▂▃▄▅▆▇█"


@pytest.mark.parametrize(
    ("is_terminal", "is_main", "disable", "shown"),
    [(True, True, False, TerminalView), (False, True, False, IterationLog), (True, False, False, IterationLog),
     (True, True, True, IterationLog)],
)  # fmt: skip
def test_only_the_main_process_on_a_terminal_shows_more_than_lines(monkeypatch, is_terminal, is_main, disable, shown):
    monkeypatch.setattr(terminal_view.sys, "stdout", types.SimpleNamespace(isatty=lambda: is_terminal, write=len))
    spec = types.SimpleNamespace(
        grpo=types.SimpleNamespace(disable_tqdm=disable), run=types.SimpleNamespace(show_completions_every=10)
    )

    assert type(open_view(spec, is_main=is_main)) is shown
